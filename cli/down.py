"""`down`: a network is taken away from state alone, whatever became of its definition."""

import sys
from typing import TYPE_CHECKING

import click

from cli import words
from cli.board import farewell
from cli.formats import as_json
from cli.loading import Deployed, as_deployed, named
from cli.options import NetworkName, format_option, yes_option
from cli.running import agreed, can_ask, watched
from cli.session import Session
from cli.terminal import counted, note, say, style_of
from provisioner.errors import Exit, NetprovError, Refused
from provisioner.home import NetworkFolder

if TYPE_CHECKING:
    from provisioner.engine.registry import Record


@click.command(epilog="Example: netprov down severn")
@click.argument("network", type=NetworkName())
@yes_option
@click.option("--delete-studies", is_flag=True, help="Go on even where nodes hold studies.")
@format_option("text", "json")
@click.pass_obj
def down(session: Session, *, network: str, yes: bool, delete_studies: bool, form: str) -> int:
    """Take a network away.

    Needs no definition; refuses to delete studies unless told to.
    """
    if not yes:
        can_ask(network)
    folder = named(network, session)
    record = _record(folder)
    if not (yes or _agreed(record, delete_studies)):
        return Exit.INTERRUPTED
    request = as_deployed(Deployed(folder, record), session, delete_studies)
    stack = session.target(record.target)
    result = watched(lambda listen: stack.down(request, listen), farewell(record.topology), session)
    style = style_of(sys.stdout, session.environ)
    say(as_json(result) if form == "json" else words.outcome(result, record.topology, "gone", style))
    if result.interrupted:
        return Exit.INTERRUPTED
    return Exit.FAILED if result.failed else Exit.DONE


def _record(folder: NetworkFolder) -> "Record":
    """What was last deployed; where that cannot be known, a record of nothing."""
    from provisioner import VERSION
    from provisioner.definition.choices import Shape
    from provisioner.engine.registry import Record, load
    from provisioner.links.topology import Topology

    nothing = Topology(folder.id, folder.id, "test", "", "", "", Shape.HUB, "", 0, "", (), (), ())
    try:
        record = load(folder)
    except NetprovError as error:
        note(f"{error.message}: going on without it")
        record = None
    return record or Record(nothing, "local", "", "", VERSION)


def _agreed(record: "Record", delete_studies: bool) -> bool:
    """A plain question; where images may be lost, the network's id has to be typed."""
    topology = record.topology
    note(f"{topology.name} ({topology.id}): {counted(len(topology.nodes), 'node')} will be taken away.")
    if not delete_studies:
        return agreed("Go on?")
    note("The studies that they hold will be deleted, for good.")
    if click.prompt(f"Type {topology.id} to go on", err=True) != topology.id:
        raise Refused("that is not the network's id: nothing was changed")
    return True
