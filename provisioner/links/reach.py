"""Where copies of images can end up: Network -> who can hold or see one, in which country, and on which way it came.

A copy goes from one holder to the next where the first may store there, or the next may fetch from the first; to every
copy that is kept of a store; and to whoever may look into one. What netprov does by itself (routing to the hub, pools,
claims) goes along these same ways, so what is not reached here is reached by nobody through the network.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from provisioner.definition.choices import Operation, Protocol, Shape
from provisioner.definition.countries import UNITED_KINGDOM, country_of
from provisioner.definition.hub import HUB, account_owner, home, hub_owner, node_ids, shape
from provisioner.definition.network import Hub, Network, Platform
from provisioner.definition.once import once
from provisioner.definition.organisation import Supplier
from provisioner.links.flows import flows
from provisioner.record import record

SECOND, OFFSITE, ACCOUNT, DESK = "second place", "off-site copy", "platform account", "support desk"
"""Holders that are no node and no place: a name in a definition has no blanks."""
FETCHING = frozenset({Operation.GET, Operation.MOVE})


class Kind(StrEnum):
    """What a holder is."""

    NODE = "node"
    PLACE = "place"
    COPY = "copy"
    PEOPLE = "people"


class Means(StrEnum):
    """How a copy gets from one holder to the next."""

    SENT = "sent"
    FETCHED = "fetched"
    COPIED = "copied"
    KEPT = "kept in the account"
    SEEN = "seen"


@record
class Holder:
    """Who can hold or see a copy: in whose hands, in which country."""

    id: str
    """A node, a place beyond the network, or one of the names above."""
    kind: Kind
    name: str
    owner: str
    """Legal person: ODS code, or a name; empty where the definition does not say."""
    country: str
    """ISO 3166; empty where the definition does not say."""
    region: str = ""


@record
class Way:
    """One step of a copy."""

    source: str
    target: str
    means: Means
    pools: tuple[str, ...] = ()
    """Reporting pools for which copies go this way."""


@record
class Reached:
    """A holder whom a copy can reach, and the shortest way to it from where it was made."""

    holder: Holder
    ways: tuple[Way, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """Every holder on the way, the first and the last included."""
        return (self.ways[0].source, *(way.target for way in self.ways)) if self.ways else (self.holder.id,)

    @property
    def words(self) -> str:
        """RXA01 -> HUB -> night-reporting (IN)."""
        where = f" ({self.holder.country})" if self.holder.country else ""
        return f"{' -> '.join(self.path)}{where}"


Step = tuple[Means, tuple[str, ...]]
"""A way without its ends: thousands of records would take longer than the search."""


@record
class Reaching:
    """All holders of a network, and all steps from each and to each, in a fixed order."""

    holders: Mapping[str, Holder]
    onward: Mapping[str, Mapping[str, Step]]
    back: Mapping[str, Mapping[str, Step]]
    origins: Mapping[str, str]
    """The member whose images begin at a site."""

    def of(self, member: str) -> tuple[Reached, ...]:
        """Everyone whom a copy of this member's images can reach, its own sites first; nearest first."""
        sites = [node for node, own in self.origins.items() if own == member]
        found: dict[str, tuple[Way, ...]] = dict.fromkeys(sites, ())
        queue = list(found)
        for here in queue:
            for target, (means, pools) in self.onward.get(here, {}).items():
                if target not in found:
                    found[target] = (*found[here], Way(here, target, means, pools))
                    queue.append(target)
        return tuple(Reached(self.holders[name], ways) for name, ways in found.items())

    def to(self, holder: str, member: str = "") -> Reached:
        """The shortest way to a holder from a site of that member; or else of any other than its own."""
        own = self.origins.get(holder, "")
        found = self._back(holder, lambda origin: origin == member if member else origin != own)
        return found or self._back(holder, bool) or Reached(self.holders[holder], ())

    def members(self, holders: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """By holder: the members whose images can reach it, on whatever way, in the order of the definition.

        Sets of members are numbers, one bit a member, and each step hands on what is new at its beginning.
        """
        bits = {own: 1 << number for number, own in enumerate(dict.fromkeys(self.origins.values()))}
        known = {site: bits[own] for site, own in self.origins.items()}
        fresh = dict.fromkeys(known)
        while fresh:
            beginning, fresh = fresh, {}
            for here in beginning:
                for target in self.onward.get(here, ()):
                    before = known.get(target, 0)
                    known[target] = before | known[here]
                    if known[target] != before:
                        fresh[target] = None
        return {name: tuple(own for own, bit in bits.items() if known.get(name, 0) & bit) for name in holders}

    def _back(self, holder: str, begins: Callable[[str], bool]) -> Reached | None:
        onward: dict[str, str] = {holder: ""}
        queue = [holder]
        if holder in self.origins and begins(self.origins[holder]):
            return Reached(self.holders[holder], ())
        for here in queue:
            for source in self.back.get(here, ()):
                if source in onward:
                    continue
                onward[source] = here
                if source in self.origins and begins(self.origins[source]):
                    return Reached(self.holders[holder], tuple(self._walked(source, onward)))
                queue.append(source)
        return None

    def _walked(self, source: str, onward: Mapping[str, str]) -> Iterator[Way]:
        while target := onward[source]:
            means, pools = self.onward[source][target]
            yield Way(source, target, means, pools)
            source = target


@once
def reaching(network: Network) -> Reaching:
    """The holders of a network and the steps between them."""
    holders = {holder.id: holder for holder in _holders(network)}
    onward: dict[str, dict[str, Step]] = {}
    back: dict[str, dict[str, Step]] = {}
    for source, target, step in _steps(network, holders):
        # The first way between two is kept: any is enough.
        back.setdefault(target, {}).setdefault(source, onward.setdefault(source, {}).setdefault(target, step))
    return Reaching(holders, onward, back, {site.ods: member.ods for member, site in network.sites()})


# -- holders ----------------------------------------------------------------------------------------------------


def _holders(network: Network) -> Iterator[Holder]:
    platform = network.platform or Platform(())
    middle, owner = home(network), hub_owner(network)
    hub = middle if shape(network) is Shape.HUB else ""
    for member, site in network.sites():
        region = site.region or platform.region
        hands = (owner if site.ods == hub else "") or member.ods
        yield Holder(site.ods, Kind.NODE, site.name, hands, country_of(region), region)
    if middle == HUB:
        name = (platform.hub or Hub(())).name
        yield Holder(HUB, Kind.NODE, name, owner, country_of(platform.region), platform.region)
    for place in network.external:
        yield Holder(place.name, Kind.PLACE, place.operator or place.name, place.operator, place.country)
    yield from _beside(network, platform)


def _beside(network: Network, platform: Platform) -> Iterator[Holder]:
    """Copies, and people who can look into the platform, as far as the definition names them."""
    account, backup = account_owner(network), platform.backup
    if account:
        yield Holder(ACCOUNT, Kind.COPY, "Platform account", account, country_of(platform.region), platform.region)
    if backup and backup.offsite_region:
        region = backup.offsite_region
        yield Holder(OFFSITE, Kind.COPY, "Off-site copy", account, country_of(region), region)
    if backup and backup.offsite_place:
        yield Holder(SECOND, Kind.COPY, backup.offsite_place, "", UNITED_KINGDOM)
    if network.platform:
        yield Holder(DESK, Kind.PEOPLE, "Support desk", account, platform.support_country)
    for name in _supplier(network).subprocessors:
        yield Holder(f"sub-processor {name}", Kind.PEOPLE, name, name, "")


def _supplier(network: Network) -> Supplier:
    return network.supplier or Supplier(())


# -- steps ------------------------------------------------------------------------------------------------------


def _steps(network: Network, holders: Mapping[str, Holder]) -> Iterator[tuple[str, str, Step]]:
    pooled = _pooled(network)
    carrying = flows(network)
    for flow in carrying:
        if Operation.STORE in flow.operations:
            yield flow.source, flow.target, (Means.SENT, pooled.get(flow.target, ()))
    for flow in carrying:
        if FETCHING.intersection(flow.operations):
            yield flow.target, flow.source, (Means.FETCHED, pooled.get(flow.source, ()))
    nodes, middle = node_ids(network), home(network)
    for place in network.external:
        via = place.via or middle
        if place.protocol is Protocol.XCA and via in nodes:
            # netprov makes no link to a registry, but one that is declared is there to be asked for images.
            yield via, place.name, (Means.SEEN, ())
    yield from _kept(network, nodes, holders)


def _kept(network: Network, nodes: Iterable[str], holders: Mapping[str, Holder]) -> Iterator[tuple[str, str, Step]]:
    """What happens to the nodes' images without any link."""
    supplier, account = _supplier(network), holders.get(ACCOUNT)
    everywhere = [(copy, Means.COPIED) for copy in (OFFSITE, SECOND) if copy in holders]
    everywhere += [(DESK, Means.SEEN)] if DESK in holders else []
    names, owner = {supplier.ods, supplier.name} - {""}, account_owner(network)
    for node in nodes:
        if account and account.owner != holders[node].owner:
            yield node, ACCOUNT, (Means.KEPT, ())
        for holder, means in everywhere:
            yield node, holder, (means, ())
        if names and not names.isdisjoint((holders[node].owner, owner)):
            for name in supplier.subprocessors:
                yield node, f"sub-processor {name}", (Means.SEEN, ())


def _pooled(network: Network) -> dict[str, tuple[str, ...]]:
    """By site or place: the pools for which it reports."""
    found: dict[str, tuple[str, ...]] = {}
    for pool in network.reporting.pools if network.reporting else ():
        for name in (*pool.sites, *((pool.external,) if pool.external else ())):
            found[name] = (*found.get(name, ()), pool.name)
    return found
