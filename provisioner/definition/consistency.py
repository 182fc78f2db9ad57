"""What single values cannot show: one AE title for two, a share without an owner, a waiver twice."""

from collections.abc import Callable, Iterator
from itertools import chain

from provisioner.definition import mistakes
from provisioner.definition.choices import IndexKind
from provisioner.definition.hub import HUB, home, legal_person
from provisioner.definition.network import Hub, Network
from provisioner.definition.organisation import Owner
from provisioner.definition.quoting import quoted
from provisioner.definition.spelling import closest
from provisioner.findings import Finding, Path, Severity

Line = Callable[[Path], int]


def inconsistencies(network: Network, line: Line) -> Iterator[Finding]:
    """All of them; the network may hold empty values where the file was wrong."""
    return chain(
        _titles(network, line),
        _owners(network),
        _accounts(network, line),
        _database(network),
        _waivers(network, line),
    )


def _titles(network: Network, line: Line) -> Iterator[Finding]:
    """A node tells callers apart by AE title alone (DICOM PS3.8), so one title is one thing in the whole network.

    A title that is another site's code is for the link compiler to find: only it knows who is called by what.
    """
    first: dict[str, tuple[str, Path]] = {}
    for title, what, path in _bearers(network):
        holder, at = first.setdefault(title, (what, path)) if title else ("", path)
        if at is not path:
            message = f"AE title {quoted(title)} is already that of {holder} (line {line((*at, 'aet'))})"
            hint = "each node, scanner and place needs a title of its own"
            yield _error(mistakes.TITLE, (*path, "aet"), message, hint)


def _bearers(network: Network) -> Iterator[tuple[str, str, Path]]:
    """Each AE title that is written down, whose it is, and where."""
    for hub in _own_hub(network):
        yield hub.aet, "the hub", hub.path
    for _, site in network.sites():
        yield site.aet, site.ods, site.path
        for scanner in site.modalities:
            yield scanner.aet, site.ods, scanner.path
    for place in network.external:
        yield place.aet, place.name, place.path


def _own_hub(network: Network) -> tuple[Hub, ...]:
    """The hub's own settings, where it is a node of its own."""
    hub = network.platform.hub if network.platform else None
    return (hub,) if hub and home(network) == HUB else ()


def _owners(network: Network) -> Iterator[Finding]:
    governance = network.governance
    shares: tuple[Owner, ...] = network.ownership
    if governance:
        shares = (*shares, *governance.risk_shares, *governance.cost_shares)
    for share in shares:
        if bool(share.member) is bool(share.name):
            what = "names both a member and another owner" if share.member else "has no owner"
            hint = "write `member: ` and its code, or `name: ` for an owner that is no member"
            yield _error(mistakes.OWNER, share.path, f"this share {what}", hint)


def _accounts(network: Network, line: Line) -> Iterator[Finding]:
    """Whose account is misspelt would have none, and all that is theirs would lie in another's."""
    aws = network.deployment.aws if network.deployment else None
    parties = {word: person for word in ("entity", "supplier") if (person := legal_person(network, word)) != word}
    known = {*(member.ods for member in network.members), *parties, *parties.values()}
    first: dict[str, Path] = {}
    for each in aws.accounts if aws else ():
        if each.owner and each.owner not in known and "" not in known:
            close = closest(each.owner, sorted(known), 0.75)
            message = f"{quoted(each.owner)} is no member, entity or supplier of this definition"
            hint = f"did you mean {close}?" if close else "a member's ODS code, `entity` or `supplier`"
            yield _error(mistakes.DANGLING, (*each.path, "owner"), message, hint)
        for key, value in (("owner", legal_person(network, each.owner)), ("account", each.account)):
            at = first.setdefault(value, each.path) if value else each.path
            if at != each.path:
                message = f"{quoted(value)} has an account already (line {line((*at, key))})"
                hint = "one entry for each account; whoever has none shares the account of the platform's owner"
                yield _error(mistakes.DECLARED, (*each.path, key), message, hint)


def _database(network: Network) -> Iterator[Finding]:
    storage = network.platform.storage if network.platform else None
    if storage and storage.postgresql and storage.index is not IndexKind.POSTGRESQL:
        message = f"`postgresql` is given, but the index is kept in {storage.index}"
        yield _error(mistakes.DATABASE, (*storage.path, "postgresql"), message, "add `index: postgresql`, or remove it")


def _waivers(network: Network, line: Line) -> Iterator[Finding]:
    first: dict[tuple[str, str], Path] = {}
    for waiver in network.policies.waivers if network.policies else ():
        at = first.setdefault((waiver.rule, waiver.subject), waiver.path)
        if at != waiver.path:
            subject = f" for {quoted(waiver.subject)}" if waiver.subject else ""
            message = f"{waiver.rule} is already waived{subject} (line {line(at)})"
            yield _error(mistakes.WAIVER, waiver.path, message, "keep one of the two")


def _error(rule: str, path: Path, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, hint)
