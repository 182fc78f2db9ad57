"""Looking at what is deployed: `list`, `status`, `outputs`, `verify`, `drift`. None of them needs a definition."""

import sys
from typing import TYPE_CHECKING

import click

from cli import words
from cli.formats import as_json, report_as_json, report_as_junit
from cli.loading import Deployed, as_deployed, deployed, known, up_to_date
from cli.options import format_option, network_argument
from cli.running import awaited
from cli.session import Session
from cli.terminal import Style, say, style_of, table
from provisioner.engine.backend import noted
from provisioner.errors import Exit
from provisioner.home import NetworkFolder

if TYPE_CHECKING:
    from provisioner.engine.registry import Record
    from stacks.target import Target


def _style(session: Session) -> Style:
    return style_of(sys.stdout, session.environ)


def _found(reference: str, session: Session) -> tuple[Deployed, "Target"]:
    network = deployed(reference, session)
    return network, session.target(network.record.target)


@click.command("list", epilog="Example: netprov list --format json")
@format_option("text", "json")
@click.pass_obj
def list_networks(session: Session, *, form: str) -> int:
    """List the deployed networks."""
    rows = [row for folder in known(session).values() if (row := _listed(folder, session))]
    if form == "json":
        say(as_json({"networks": rows}))
    elif rows:
        header = ("network", "nodes", "target", "deployed", "name")
        cells = [[_cell(row, key) for key in header] for row in rows]
        say(table(header, cells, frozenset({1}), _style(session).columns, spare=("deployed", "target")))
    else:
        say("no network is deployed here")
    return Exit.DONE


def _cell(row: dict[str, object], key: str) -> str:
    text = str(row[key])
    return f"{text[:16].replace('T', ' ')} UTC" if key == "deployed" and text else text


def _listed(folder: NetworkFolder, session: Session) -> dict[str, object] | None:
    """One network's row, None if it was taken down from elsewhere; one that cannot be read must not hide the others."""
    from provisioner.engine.registry import load
    from provisioner.errors import NetprovError

    try:
        if not up_to_date(folder, session):
            return None
    except NetprovError as error:
        return _row(folder, None, error.message)
    try:
        return _row(folder, load(folder), "never fully deployed")
    except NetprovError:
        return _row(folder, None, "its record cannot be read")


def _row(folder: NetworkFolder, record: "Record | None", trouble: str) -> dict[str, object]:
    if record is None:
        facts: dict[str, object] = {"nodes": 0, "target": "", "deployed": "", "name": f"({trouble})"}
    else:
        topology = record.topology
        facts = {
            "nodes": len(topology.nodes),
            "target": record.target,
            "deployed": record.when,
            "name": topology.name,
        }
    return {"network": folder.id, **facts, "folder": str(folder.root)}


@click.command(epilog="Example: netprov status severn")
@network_argument
@format_option("text", "json")
@click.pass_obj
def status(session: Session, *, network: str, form: str) -> int:
    """Show each node as it is now.

    Exits 3 if a node does not run.
    """
    found, target = _found(network, session)
    folder, topology = found.folder, found.record.topology
    nodes = awaited(f"asking {topology.id}", lambda: target.status(folder, topology), session)
    counts = target.counts(folder, topology)
    state = noted(folder)
    place = {"backend": state.url, "secrets_provider": state.secrets}
    facts = {"network": topology.id, "name": topology.name, "state": place, "nodes": nodes, "worklist": counts}
    where = f"\nits state is in {state.words()}" if state.url else ""
    style = _style(session)
    told = [words.statuses(nodes, style), *(words.worklist(topology.home, counts, style) if counts else ())]
    say(as_json(facts) if form == "json" else "\n".join(told) + where)
    return Exit.DONE if all(node.running for node in nodes) else Exit.FAILED


@click.command(epilog="Example: storescu $(netprov outputs severn --scanner ALDER_CT1) image.dcm")
@network_argument
@click.option("--scanner", metavar="AET", default="", help="Only what a DCMTK tool needs to speak as this scanner.")
@click.option("--curl", metavar="NODE", default="", help="Only what curl needs to speak to this node.")
@format_option("text", "json")
@click.pass_obj
def outputs(session: Session, *, network: str, scanner: str, curl: str, form: str) -> int:
    """Show addresses, AE titles and certificate files.

    No secret is among them.
    """
    found, target = _found(network, session)
    facts = target.outputs(found.folder, found.record.topology)
    if scanner or curl:
        say(words.as_scanner(facts, scanner) if scanner else words.as_operator(facts, curl))
    else:
        say(as_json(facts) if form == "json" else words.outputs(facts, _style(session)))
    return Exit.DONE


@click.command(epilog="Example: netprov verify severn --format junit")
@network_argument
@click.option("--all", "every", is_flag=True, help="Show each check, and not only what failed.")
@format_option("text", "json", "junit")
@click.pass_obj
def verify(session: Session, *, network: str, every: bool, form: str) -> int:
    """Prove that links work and that all else is refused.

    Exits 4 if a check fails.
    """
    found, target = _found(network, session)
    folder, topology = found.folder, found.record.topology
    report = awaited(f"verifying {topology.id}", lambda: target.verify(folder, topology), session)
    if form == "json":
        say(as_json(report_as_json(report)))
    elif form == "junit":
        say(report_as_junit(report))
    else:
        say(words.verification(report, _style(session), every))
    return Exit.UNVERIFIED if report.failed else Exit.DONE


@click.command(epilog="Example: netprov drift severn")
@network_argument
@format_option("text", "json")
@click.pass_obj
def drift(session: Session, *, network: str, form: str) -> int:
    """Compare what was deployed with what is there.

    Changes nothing; exits 5 if something differs.
    """
    found, target = _found(network, session)
    wanted = as_deployed(found, session)
    differences = awaited(f"comparing {found.folder.id}", lambda: target.drift(wanted), session)
    facts = {"network": found.folder.id, "drift": differences}
    say(as_json(facts) if form == "json" else words.drifts(differences, _style(session)))
    return Exit.CHANGES if differences else Exit.DONE
