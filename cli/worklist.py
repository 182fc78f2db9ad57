"""`worklist`: the network's shared list of studies to be reported, from the terminal."""

import getpass
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from cli.formats import as_json
from cli.loading import deployed
from cli.options import NetworkName, NodeName, format_option
from cli.running import awaited
from cli.session import Session, Usage
from cli.terminal import counted, listed, say, style_of, table
from provisioner.errors import Exit, NetprovError
from provisioner.proving.worklist import SHARING, Asked

STATES = {"open": "SCHEDULED", "claimed": "IN PROGRESS", "reported": "COMPLETED", "canceled": "CANCELED"}
WORDS = {state: word for word, state in STATES.items()}
MOST = 100
REBUILD_SECONDS = 3600.0
LOOK_SECONDS = 0.5
HIDDEN = frozenset(
    {"history", "transfers", "destinations", "reports", "changed", "due_at", "start_at", "mine", "may_report"}
)
"""What only programs ask of one entry."""
DATED = ("due", "start", "birth_date")
DICOM_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?([+-]\d{4})?")

UID = re.compile(r"[0-2](\.(0|[1-9]\d*)){1,31}")


def _uid(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """It becomes part of an address at the home: nothing else may stand there."""
    if not UID.fullmatch(value):
        raise Usage(f"'{value[:64]}' is no entry's UID", "the last column of `netprov worklist list` has them")
    return value


uid_argument = click.argument("uid", callback=_uid)
network_option = click.option("--network", default="", type=NetworkName(), help="Which, where several are deployed.")


@click.group(epilog="Example: netprov worklist list --state open --overdue")
def worklist() -> None:
    """Look at the shared worklist; claim, send and release what is on it."""


def _ask(session: Session, network: str, asked: Asked) -> Any:
    found = deployed(network, session)
    folder, topology, target = found.folder, found.record.topology, session.target(found.record.target)
    who = asked.node or topology.home or topology.id
    return awaited(f"asking {who}", lambda: target.worklist(folder, topology, asked), session)


def _site(session: Session, network: str, given: str) -> str:
    """A site's id however it is written; the home would refuse what is none, and not say which there are."""
    topology = deployed(network, session).record.topology
    known = [node.id for node in topology.nodes]
    if given and given.upper() not in known:
        raise NetprovError(f"{given} is no node of {topology.id}", f"they are {listed(known)}")
    return given.upper()


def _whoever(session: Session) -> str:
    return session.environ.get("USER") or getpass.getuser()


@worklist.command("list", epilog="Example: netprov worklist list --site RXB01 --text smith")
@click.option("--state", type=click.Choice(tuple(STATES)), multiple=True, help="Only these; open and claimed if none.")
@click.option("--site", default="", type=NodeName(), help="Acquired there.")
@click.option("--modality", default="", metavar="CODE", help="CT, MR, DX ...")
@click.option("--text", default="", help="In the name, or a patient's or an accession number.")
@click.option("--overdue", is_flag=True, help="Only what is past its time.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="At most so many.")
@network_option
@format_option("text", "json")
@click.pass_obj
def list_entries(session: Session, /, *, network: str, form: str, state: Sequence[str], **given: Any) -> int:
    """List what is to be reported, the most urgent first."""
    wanted = {name: value.upper() if name in ("site", "modality") else value for name, value in given.items() if value}
    states = [STATES[word] for word in state or ("open", "claimed")]
    told = _ask(session, network, Asked("POST", "search", wanted | {"states": states}))
    if form == "json":
        say(as_json(told))
    elif told["entries"]:
        header = ("priority", "due", "study", "patient", "site", "state", "held by", "workitem")
        say(table(header, [_row(entry) for entry in told["entries"]]))
        if told["more"]:
            say(f"{told['total']} in all")
    else:
        say("nothing is on the worklist that fits")
    return Exit.DONE


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    due, name = entry["due"], entry["patient_name"]
    when = f"{due[:4]}-{due[4:6]}-{due[6:8]}" if due else ""
    held = f"{entry['person']} at {entry['holder']}" if entry["person"] else entry["holder"]
    cells = (
        entry["priority"].lower(),
        f"{when} OVERDUE" if entry["overdue"] else when,
        " ".join([*entry["modalities"], entry["description"]]),
        f"{name} ({entry['patient_id']})",
        entry["site"],
        WORDS[entry["state"]],
        held,
        entry["uid"],
    )
    return tuple(_printable(cell) for cell in cells)


def _printable(text: str) -> str:
    """What a modality has put into a name must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@worklist.command("show", epilog="Example: netprov worklist show 2.25.329800735698586629295641978511506172918")
@uid_argument
@network_option
@format_option("text", "json")
@click.pass_obj
def show(session: Session, *, uid: str, network: str, form: str) -> int:
    """Show one entry, who may report it, and what was done with it."""
    told = _ask(session, network, Asked("GET", f"workitems/{uid}", person=_whoever(session)))
    if form == "json":
        say(as_json(told))
        return Exit.DONE
    shown = {
        name: value for name, value in told.items() if name not in HIDDEN and value not in ("", None, [], 0, False)
    }
    facts = [(name.replace("_", " "), _text(name, value)) for name, value in shown.items()]
    say("\n".join(f"{name:<16}{_printable(value)}" for name, value in facts))
    if told.get("reports"):
        say("\n" + "\n".join(_printable(f"report {each['instance']} from {each['site']}") for each in told["reports"]))
    if told["transfers"]:
        say("\n" + "\n".join(_progress(each) for each in told["transfers"]))
    columns = style_of(sys.stdout, session.environ).columns
    header = ("time", "site", "person", "action", "result")
    say("\n" + table(header, [_line(line, header) for line in told["history"]], columns=columns))
    return Exit.DONE


def _line(line: dict[str, Any], header: Sequence[str]) -> tuple[str, ...]:
    """One line of the audit log."""
    shown = line | {"time": _dated(str(line["time"]))}
    return tuple(_printable(str(shown[key])) for key in header)


def _text(name: str, value: object) -> str:
    if name in ("since", "until") and isinstance(value, float):
        return _clock(value)
    if name in DATED:
        return _dated(str(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _dated(text: str) -> str:
    """DICOM's digits as people write them; whatever else it is stays as it is."""
    found = DICOM_TIME.fullmatch(text)
    if not found:
        return text
    year, month, day, hour, minute, second, zone = found.groups()
    clock = f" {hour}:{minute}:{second}" if hour else ""
    return f"{year}-{month}-{day}{clock}{f' {zone}'.replace(' +0000', ' UTC') if zone else ''}"


@worklist.command("claim", epilog="Example: netprov worklist claim 2.25.3298... --as RXB01 --person 'Dr A Reader'")
@uid_argument
@click.option("--as", "site", required=True, type=NodeName(), help="The site that will report it.")
@click.option("--person", default="", help="Who will; you, if nobody is named.")
@network_option
@format_option("text", "json")
@click.pass_obj
def claim(session: Session, *, uid: str, site: str, person: str, network: str, form: str) -> int:
    """Claim an entry for a site; whoever is too late is told who holds it."""
    who = person or _whoever(session)
    told = _ask(session, network, Asked("POST", f"workitems/{uid}/claim", {}, _site(session, network, site), who))
    held = f"{told['person']} at {told['site']} holds it until {_clock(told['until'])}"
    held += f"\ntransaction  {told['transaction']}"
    say(as_json(told) if form == "json" else held)
    return Exit.DONE


@worklist.command("release", epilog="Example: netprov worklist release 2.25.3298...")
@uid_argument
@network_option
@click.pass_obj
def release(session: Session, *, uid: str, network: str) -> int:
    """Release a claim, whoever holds it, as the network's operator."""
    _ask(session, network, Asked("POST", f"workitems/{uid}/release", {}, person=_whoever(session)))
    say("it is open again")
    return Exit.DONE


@worklist.command("accept", epilog="Example: netprov worklist accept 2.25.3298... --as RXB01 --person 'Dr A Reader'")
@uid_argument
@click.option("--as", "site", required=True, type=NodeName(), help="The site that holds the entry.")
@click.option("--person", default="", help="Who holds it; you, if nobody is named.")
@click.option("--report", "reports", multiple=True, metavar="UID", help="Only that SOP Instance; all if none is named.")
@network_option
@click.pass_obj
def accept(session: Session, *, uid: str, site: str, person: str, reports: Sequence[str], network: str) -> int:
    """Accept a report that came from a site that did not hold the entry: that completes it.

    `netprov worklist show` names the reports that are kept. Claim the entry before.
    """
    wanted: dict[str, object] = {"instances": list(reports)}
    who = person or _whoever(session)
    told = _ask(session, network, Asked("POST", f"workitems/{uid}/accept", wanted, _site(session, network, site), who))
    say(f"it is reported, by {counted(len(told['accepted']), 'report')} that was here")
    return Exit.DONE


@worklist.command("send", epilog="Example: netprov worklist send 2.25.3298... RXC01")
@uid_argument
@click.argument("to", metavar="SITE|PLACE")
@click.option("--as", "site", default="", type=NodeName(), help="In the name of a site, within what it may do.")
@click.option("--person", default="", help="Who wants it; you, if nobody is named.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it has arrived.")
@network_option
@click.pass_obj
def send(session: Session, *, uid: str, to: str, site: str, person: str, no_wait: bool, network: str) -> int:
    """Send an entry's study to a site of the network, or to a place that the definition declares.

    Waits until the receiver has said that it holds all of it. Exits 3 if it cannot be sent; what is interrupted
    here goes on there.
    """
    order: dict[str, object] = {"to": _receiver(session, network, to)}
    who = person or _whoever(session)
    _ask(session, network, Asked("POST", f"workitems/{uid}/send", order, _site(session, network, site), who))
    if no_wait:
        say(f"it will be sent to {order['to']}")
        return Exit.DONE
    told = ""
    while True:
        found = _ask(session, network, Asked("GET", f"workitems/{uid}", person=who))
        (transfer,) = (each for each in found["transfers"] if each["to"] == order["to"])
        words = _progress(transfer)
        if words != told:
            say(words)
        if transfer["state"] in ("arrived", "failed"):
            return Exit.DONE if transfer["state"] == "arrived" else Exit.FAILED
        told = words
        time.sleep(LOOK_SECONDS)


def _receiver(session: Session, network: str, given: str) -> str:
    """A site however it is written, or a declared place."""
    topology = deployed(network, session).record.topology
    nodes, places = [node.id for node in topology.nodes], [place.name for place in topology.places]
    if given.upper() in nodes:
        return given.upper()
    if given not in places:
        problem = f"{given} is no site of {topology.id}, and no place that it declares"
        raise NetprovError(problem, f"there are {listed([*places, *nodes])}")
    return given


def _progress(transfer: dict[str, Any]) -> str:
    to, reason = transfer["to"], _printable(transfer["reason"])
    count = f", {transfer['sent']} of {transfer['total']} images" if transfer["total"] else ""
    if transfer["state"] == "arrived":
        return f"arrived at {to}{count}"
    if transfer["state"] == "failed":
        return f"it cannot be sent to {to}: {reason}"
    return f"on its way to {to}{count}{f', delayed: {reason}' if reason else ''}"


@worklist.command("retry", epilog="Example: netprov worklist retry RXB01")
@click.argument("node", default="", type=NodeName())
@network_option
@click.pass_obj
def retry(session: Session, *, node: str, network: str) -> int:
    """Try again at once what could not be sent: at one node, or at all of them.

    `netprov status` says what that is. Exits 3 if a node does not answer.
    """
    topology = deployed(network, session).record.topology
    one = _site(session, network, node)
    failed = False
    for name in [one] if one else [each.id for each in topology.nodes]:
        try:
            told = _ask(session, network, Asked("POST", "retry", {}, node=name, root=SHARING))
            say(f"{name}  {counted(told['retried'], 'study', 'studies')} tried again")
        except NetprovError as error:
            say(f"{name}  {error.message}")
            failed = True
    if topology.home and one in ("", topology.home):
        told = _ask(session, network, Asked("POST", "retry", {}, person=_whoever(session)))
        say(f"worklist  {counted(told['retried'], 'sending', 'sendings')} tried again")
    return Exit.FAILED if failed else Exit.DONE


@worklist.command("rebuild", epilog="Example: netprov worklist rebuild")
@network_option
@click.pass_obj
def rebuild(session: Session, *, network: str) -> int:
    """Make entries that are missing anew, from the studies that the home holds.

    Exits 3 if a study cannot be announced.
    """
    told = _ask(session, network, Asked("POST", "rebuild", {}, person=_whoever(session), seconds=REBUILD_SECONDS))
    say("\n".join([f"{told['created']} made anew, {told['there']} were there", *map(_printable, told["failed"])]))
    return Exit.FAILED if told["failed"] else Exit.DONE


@worklist.command("audit", epilog="Example: netprov worklist audit --after 1200")
@click.option("--after", type=click.IntRange(0), default=0, help="Only lines after that number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")
@network_option
@format_option("text", "json")
@click.pass_obj
def audit(session: Session, *, after: int, limit: int, network: str, form: str) -> int:
    """Show the audit log, and whether it is whole.

    Exits 4 if a line was changed, removed or swapped.
    """
    told = _ask(session, network, Asked("GET", f"audit?after={after}&limit={limit}"))
    if form == "json":
        say(as_json(told))
    else:
        header = ("number", "time", "site", "person", "action", "workitem", "result")
        say(table(header, [_line(line, header) for line in told["entries"]], frozenset({0})))
        away = f", the first {told['away']} of them kept elsewhere" if told["away"] else ""
        say(f"whole: {told['lines']} lines{away}" if told["whole"] else f"NOT WHOLE: {told['fault']}")
    return Exit.DONE if told["whole"] else Exit.UNVERIFIED
