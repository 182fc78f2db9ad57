"""`graph`: the network as a picture."""

from pathlib import Path

import click

from cli.loading import checked, deployed, is_definition
from cli.options import NetworkName, format_option
from cli.session import Session, Usage
from cli.terminal import say
from provisioner.errors import Exit


@click.command(epilog="Example: netprov graph network.yaml -o network.svg")
@click.argument("network", type=NetworkName())
@format_option("svg", "mermaid")
@click.option("--output", "-o", default="-", show_default=True, help="Where to write; - is standard output.")
@click.pass_obj
def graph(session: Session, *, network: str, form: str, output: str) -> int:
    """Draw the network.

    Takes a definition or a deployed network's id.
    """
    from provisioner.graph import mermaid, svg

    drawn = checked(network, session) if is_definition(network, session) else deployed(network, session).record
    topology = drawn.topology
    picture = {"svg": svg, "mermaid": mermaid}[form](topology)
    if output == "-":
        say(picture)
        return Exit.DONE
    try:
        Path(output).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Usage(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from None
    return Exit.DONE
