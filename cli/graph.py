"""`graph`: the network as a picture; with `--reach`, where copies of a member's images can end up."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.examining import read_bytes, readable
from cli.loading import checked, deployed, is_definition
from cli.options import NetworkName, format_option
from cli.session import Session, Usage
from cli.terminal import listed, say
from provisioner.errors import Exit

if TYPE_CHECKING:
    from provisioner.definition.network import Network


@click.command(epilog="Example: netprov graph network.yaml -o network.svg")
@click.argument("network", type=NetworkName())
@click.option("--reach", "member", default="", metavar="MEMBER", help="Where copies of its images can end up.")
@format_option("svg", "mermaid", "dot", "text", "json")
@click.option("--output", "-o", default="-", show_default=True, help="Where to write; - is standard output.")
@click.pass_obj
def graph(session: Session, *, network: str, member: str, form: str, output: str) -> int:
    """Draw the network.

    Takes a definition or a deployed network's id; with --reach, draws where copies of a member's images can end up.
    """
    picture = _reach(network, member.upper(), form, session) if member else _links(network, form, session)
    if output == "-":
        say(picture)
        return Exit.DONE
    try:
        Path(output).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Usage(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from None
    return Exit.DONE


def _links(reference: str, form: str, session: Session) -> str:
    """Members, sites and links."""
    from provisioner.links.graph import mermaid, svg

    draw = {"svg": svg, "mermaid": mermaid}.get(form)
    if draw is None:
        raise Usage(f"{form} is a form of --reach", "--format svg or mermaid; or --reach with a member's code")
    drawn = checked(reference, session) if is_definition(reference, session) else deployed(reference, session).record
    return draw(drawn.topology)


def _reach(reference: str, member: str, form: str, session: Session) -> str:
    """Who can hold or see a copy: also of a definition that is refused, since this may be why."""
    from provisioner.links import spread
    from provisioner.links.picture.spread import svg

    network = _network(reference, session)
    try:
        shown = spread.spread(network, member)
    except KeyError:
        codes = listed([each.ods for each in network.members], 20)
        raise Usage(f"there is no member {member} in {network.network.id}", f"its members: {codes}") from None
    if form == "json":
        from cli.formats import as_json

        return as_json({"network": shown.network_id, "member": member, "reach": spread.facts(shown)})
    return {"svg": svg, "mermaid": spread.mermaid, "dot": spread.dot, "text": spread.text}[form](shown)


def _network(reference: str, session: Session) -> "Network":
    if is_definition(reference, session):
        return readable(reference, read_bytes(reference), session)[1]
    kept = str(deployed(reference, session).folder.definition)
    return readable(kept, read_bytes(kept), session)[1]
