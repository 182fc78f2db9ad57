"""`state`: where the states of networks are that several people work on."""

import click

from cli.formats import as_json
from cli.options import format_option
from cli.session import Session
from cli.terminal import note, say
from provisioner.engine.backend import SECRETS, URL
from provisioner.errors import Exit


@click.group(epilog="Example: netprov state init s3://severn-state --kms alias/severn-state --region eu-west-2")
def state() -> None:
    """Make the bucket and the key that several people share a network's state in."""


@state.command("init", epilog="Example: netprov state init s3://severn-state --region eu-west-2")
@click.argument("bucket", metavar="s3://BUCKET[/PREFIX]")
@click.option("--kms", default="alias/netprov-state", show_default=True, metavar="ALIAS", help="The key's alias.")
@click.option("--region", default="", help="Where both are; else what the address or your profile says.")
@format_option("text", "json")
@click.pass_obj
def init(_: Session, *, bucket: str, kms: str, region: str, form: str) -> int:
    """Make a bucket and a KMS key for states, or bring those that are there in line.

    Prints the two variables to set. Running it again changes nothing.
    """
    from stacks.aws.founding import found

    made = found(bucket, kms, region, note)
    if form == "json":
        say(as_json({"backend": made.url, "secrets_provider": made.secrets}))
    else:
        say(f"export {URL}='{made.url}'\nexport {SECRETS}='{made.secrets}'")
    return Exit.DONE
