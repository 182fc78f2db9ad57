"""`readers`: who may come in by a site's readers' door, to the shared worklist."""

import re

import click

from cli.formats import as_json
from cli.loading import Deployed, deployed_with
from cli.options import NodeName, format_option, node_network_option
from cli.session import Session, Usage
from cli.terminal import say, table
from provisioner.errors import Exit
from stacks.target import Target

PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

node_argument = click.argument("node", type=NodeName())
person_argument = click.argument("person")


@click.group(epilog="Example: netprov readers add RXB01 a.reader")
def readers() -> None:
    """Let people in at a site's readers' door, and list them.

    The door is the page of the shared worklist: `netprov outputs` shows its address.
    """


def _site(node: str, network: str, session: Session) -> tuple[Deployed, Target]:
    found = deployed_with(node, network, session)
    return found, session.target(found.record.target)


@readers.command("add", epilog="Example: netprov readers add RXB01 a.reader")
@node_argument
@person_argument
@node_network_option
@format_option("text", "json")
@click.pass_obj
def add(session: Session, *, node: str, person: str, network: str, form: str) -> int:
    """Let a person in, or give one a new password; it is shown once and kept nowhere."""
    if not PERSON.fullmatch(person):
        raise Usage(f"'{person}' cannot be a reader's name", "small letters, digits, '.', '_' and '-', at most 64")
    found, target = _site(node.upper(), network, session)
    password = target.admit(found.folder, found.record.topology, node.upper(), person)
    nodes = target.outputs(found.folder, found.record.topology)["nodes"]
    door = nodes[node.upper()]["worklist"] if isinstance(nodes, dict) else ""
    facts = {"page": door, "name": person, "password": password}
    say(as_json(facts) if form == "json" else "\n".join(f"{key:<8}  {value}" for key, value in facts.items()))
    return Exit.DONE


@readers.command("remove", epilog="Example: netprov readers remove RXB01 a.reader")
@node_argument
@person_argument
@node_network_option
@click.pass_obj
def remove(session: Session, *, node: str, person: str, network: str) -> int:
    """Let a person in no more."""
    found, target = _site(node.upper(), network, session)
    if not target.dismiss(found.folder, found.record.topology, node.upper(), person):
        raise Usage(f"{node.upper()} has no reader '{person}'", f"netprov readers list {node.upper()}")
    say(f"{person} may come in at {node.upper()} no more")
    return Exit.DONE


@readers.command("list", epilog="Example: netprov readers list RXB01")
@node_argument
@node_network_option
@format_option("text", "json")
@click.pass_obj
def list_readers(session: Session, *, node: str, network: str, form: str) -> int:
    """List the people who may come in at a site."""
    found, target = _site(node.upper(), network, session)
    names = target.readers(found.folder, found.record.topology, node.upper())
    if form == "json":
        say(as_json({"node": node.upper(), "readers": list(names)}))
    elif names:
        say(table(("reader",), [(name,) for name in names]))
    else:
        say(f"nobody may come in at {node.upper()} yet: netprov readers add {node.upper()} NAME")
    return Exit.DONE
