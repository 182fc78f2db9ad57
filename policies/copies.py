"""RES: where copies of images end up by way of others: links, routing, pools, replicas, backups and readers."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import UK_GDPR
from policies.stated import governance, listed, production
from provisioner.definition.countries import UNITED_KINGDOM
from provisioner.definition.network import External, Network
from provisioner.findings import Severity

TRANSFER = "transfer"
"""The kind of agreement that records a restricted transfer."""


def by_way(network: Network, holder: str, member: str = "") -> str:
    """How a copy, of that member's, comes to a holder, to be added to a message; nothing where nobody's comes."""
    from provisioner.links.reach import reaching  # 1 ms, which a network with nothing abroad need not wait for

    known = reaching(network)
    found = known.to(holder, member) if holder in known.holders else None
    return f"; copies come by {found.words}" if found and found.ways else ""


def by_way_of_copies(network: Network) -> str:
    """How images come to the off-site copy."""
    from provisioner.links.reach import OFFSITE

    return by_way(network, OFFSITE)


def by_way_of_support(network: Network) -> str:
    """How the support desk comes to see images."""
    from provisioner.links.reach import DESK

    return by_way(network, DESK)


@rule("RES-14", Severity.ERROR, f"law: {UK_GDPR} Chapter V and Art. 26: who sends data abroad answers for it")
def who_sends_abroad_has_agreed_to_it(network: Network) -> Judging:
    """Each member whose images can get abroad, by way of whomever, is a party to the agreement on that transfer.

    Follows every link, route, pool and reader on the way. Looks at each place beyond the network that is outside the
    UK: a signed agreement of kind `transfer` must name its operator (or the place), and every member whose images can
    reach it. `netprov graph --reach RXA` draws where a member's images can end up.

    PASS:
        external: [{name: night-reporting, kind: teleradiology, country: NZ, operator: Night Reporting Limited}]
        governance:
          agreements:
            - {kind: transfer, parties: [RXA, RXB, Night Reporting Limited], signed: 2026-03-02, ref: IDTA-1}

    FAIL:
        external:
          - name: night-reporting  # here
            kind: teleradiology
            country: NZ
            operator: Night Reporting Limited
        governance:
          agreements:
            - {kind: transfer, parties: [RXA, Night Reporting Limited], signed: 2026-03-02, ref: IDTA-1}
    """
    abroad = [place for place in network.external if place.country != UNITED_KINGDOM]
    if abroad and production(network):
        from provisioner.links.reach import reaching

        reached = reaching(network).members(place.name for place in abroad)
        for place in abroad:
            yield from _agreed(network, place, reached[place.name])
    return None if abroad else "no place beyond the network is outside the UK"


def _agreed(network: Network, place: External, reached: tuple[str, ...]) -> Iterator[Fault]:
    names = {place.name, place.operator} - {""}
    signed = [a.parties for a in governance(network).agreements if a.kind == TRANSFER and a.signed]
    parties = {party for each in signed if names.intersection(each) for party in each}
    missing = frozenset(reached).difference(parties)
    absent = [m.ods for m in network.members if m.ods in missing and m.name not in parties] if missing else []
    if absent:
        found = f"found one without {listed(absent)}" if parties else "found none"
        message = (
            f"expected a signed transfer agreement with {place.operator or place.name} of each member whose images "
            f"reach {place.name} in {place.country}, {found}{by_way(network, place.name, absent[0])}"
        )
        hint = f"add `{{kind: {TRANSFER}, parties: [{listed(absent)}, ...]}}`, or take away what leads there"
        yield Fault((*place.path, "name"), message, hint, place.name)


RULES = (who_sends_abroad_has_agreed_to_it,)
