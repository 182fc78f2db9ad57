"""What a definition states, an empty record where it states nothing, and who owes a statement at all.

A production network owes every document and every role. A test network may leave out what it has not got; what it
states is judged all the same.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from policies.rule import Fault
from provisioner.definition.choices import Environment, OperatingModel, Shape
from provisioner.definition.network import Backup, Member, Network, Platform, Storage
from provisioner.definition.organisation import Board, Governance, Owner, Roles, SafetyRecord, Workforce
from provisioner.findings import Path, Severity
from provisioner.record import changed

HUB = "HUB"
"""The id of a hub that is no site's node."""
LONGEST_YEAR = 366
MOST_NAMED = 8
TOLERANCE = 0.01
"""Of a total of shares, in percent."""


def production(network: Network) -> bool:
    return network.network.environment is Environment.PRODUCTION


def mesh(network: Network) -> bool:
    """Whether every site links with every other; by itself only an alliance does."""
    own = Shape.MESH if network.operating_model is OperatingModel.ALLIANCE else Shape.HUB
    return (network.topology or own) is Shape.MESH


def listed(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more: a message is one line, also in a network of 150 members."""
    more = len(names) - MOST_NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:MOST_NAMED])} and {more} more"


def owed(network: Network, value: object, path: Path, what: str, hint: str, subject: str = "") -> Iterator[Fault]:
    """A fault if a production network does not state `value`."""
    if not value and production(network):
        found = "false" if value is False else "none"
        yield Fault(path, f"expected {what}, found {found}", hint, subject or network.network.id)


def governance(network: Network) -> Governance:
    return network.governance or Governance((*network.path, "governance"))


def board(network: Network) -> Board:
    stated = governance(network)
    return stated.board or Board((*stated.path, "board"))


def roles(network: Network) -> Roles:
    stated = governance(network)
    return stated.roles or Roles((*stated.path, "roles"))


def workforce(network: Network) -> Workforce:
    return network.workforce or Workforce((*network.path, "workforce"))


def platform(network: Network) -> Platform:
    return network.platform or Platform((*network.path, "platform"))


def storage(network: Network) -> Storage:
    stated = platform(network)
    return stated.storage or Storage((*stated.path, "storage"))


def backup(network: Network) -> Backup:
    stated = platform(network)
    return stated.backup or Backup((*stated.path, "backup"))


def legal_persons(network: Network) -> tuple[str, ...]:
    """Who may own what the network has: members by their codes, and the words for the entity and the supplier."""
    entity = ("entity",) if network.legal_entity else ()
    supplier = ("supplier",) if network.supplier else ()
    return (*(member.ods for member in network.members), *entity, *supplier)


def lighter(severity: Severity, faults: Iterator[Fault]) -> Iterator[Fault]:
    """The same faults, where they weigh less than their rule."""
    for fault in faults:
        yield changed(fault, severity=severity)


def overdue(network: Network, day: date | None, today: date, path: Path, what: str) -> Iterator[Fault]:
    """A fault if the last day for something is past; a test network does not age."""
    if day and day < today and production(network):
        message = f"expected {what} by {day}, found none on {today}"
        yield Fault(path, message, "do it, and write down the next day", network.network.id)


def recent(network: Network, day: date | None, today: date, path: Path, what: str) -> Iterator[Fault]:
    """A fault if something was last done more than a year ago, or is said to have been on a day to come."""
    if day and not 0 <= (today - day).days <= LONGEST_YEAR and production(network):
        message = f"expected {what} in the year before {today}, found {day}"
        yield Fault(path, message, "do it, and write down the day", network.network.id)


def filed(
    network: Network, key: str, record: SafetyRecord | None, what: str, asked: tuple[str, ...]
) -> Iterator[Fault]:
    """A fault for each thing that is asked of a document under `governance` and not stated; one if it is not there."""
    path = (*network.path, "governance", key)
    if record is None:
        hint = f"`{key}: {{{', '.join(f'{fact}: ...' for fact in asked)}}}`"
        yield from owed(network, None, path, what, hint, key)
        return
    facts = {
        "ref": (record.ref, "the reference of"),
        "dated": (record.dated, "the date of"),
        "approved": (record.approved, "the day of approval of"),
        "approved_by": (record.approved_by, "who answers for"),
        "review": (record.review, "the day of the next review of"),
    }
    for fact in asked:
        value, words = facts[fact]
        yield from owed(network, value, (*path, fact), f"{words} {what}", f"`{fact}:` under {key}", key)


def named(member: Member, parties: Collection[str]) -> bool:
    """Whether a document that these parties signed is this member's too: by its code or by its name."""
    return member.ods in parties or member.name in parties


def left_out(network: Network, parties: tuple[str, ...]) -> str:
    """The codes of the members that are no party, with commas between."""
    signed = frozenset(parties)
    return listed([member.ods for member in network.members if not named(member, signed)])


def signed_by_all(network: Network, kinds: tuple[str, ...], hint: str) -> Iterator[Fault]:
    """A fault unless an agreement of one of these kinds names every member; a test network may have none at all."""
    stated = governance(network)
    found = [agreement for agreement in stated.agreements if agreement.kind in kinds]
    what = f"an agreement of kind {' or '.join(kinds)}"
    yield from owed(network, found, (*stated.path, "agreements"), what, hint)
    absent = [left_out(network, agreement.parties) for agreement in found]
    if absent and all(absent):
        message = f"expected every member as a party to {found[0].ref or found[0].kind}, found it without {absent[0]}"
        yield Fault((*found[0].path, "parties"), message, "add them, once they have signed", network.network.id)


def whole(shares: tuple[Owner, ...]) -> bool:
    """Whether shares total 100 percent, or as near as three thirds of two decimals come."""
    return round(abs(sum(owner.share for owner in shares) - 100), 6) <= TOLERANCE


def total_of(shares: tuple[Owner, ...], path: Path, what: str, subject: str) -> Iterator[Fault]:
    """A fault where shares are stated that do not total 100 percent."""
    if shares and not whole(shares):
        listed = " + ".join(f"{owner.member or owner.name} {owner.share:g}" for owner in shares)
        total = sum(owner.share for owner in shares)
        message = f"expected {what} that total 100 percent, found {total:g} ({listed})"
        yield Fault(path, message, "list everyone with their share in percent", subject, at_key=True)
