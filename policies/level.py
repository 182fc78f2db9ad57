"""At which levels a rule looks, and what there is to be seen at each.

The definition is always there. Nodes as they are rendered, resources that are planned, and running nodes are looked at
where somebody asks for it. A rule that looks at several levels is one generator over all of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum

from provisioner.definition.hub import HUB
from provisioner.definition.network import External, Network
from provisioner.findings import Path
from provisioner.record import record
from provisioner.site.planned import NodeSettings, Planned


class Level(StrEnum):
    """Where a rule looks."""

    DEFINITION = "definition"
    RENDERED = "rendered"
    PLANNED = "planned"
    LIVE = "live"
    NETWORKS = "networks"
    CHANGE = "change"


WORDS = {
    Level.DEFINITION: "what is stated",
    Level.RENDERED: "what is rendered",
    Level.PLANNED: "what is planned",
    Level.LIVE: "what is live",
    Level.NETWORKS: "several networks at once",
    Level.CHANGE: "what changes in a running network",
}
SETTINGS = (Level.RENDERED, Level.LIVE)
"""A node's settings, before and after."""
DECLARED = (Level.DEFINITION, Level.PLANNED)
"""What a definition promises, and the resources that are to keep it."""


@record
class Change:
    """What a definition changes in what is deployed, and the day of that deployment."""

    deployed: date
    what: tuple[str, ...]
    """RXB02 joins; links of RXA01 and RXB01 change."""


@record
class Country:
    """Every network that is checked in one run, by what they might share."""

    networks: tuple[Network, ...]
    ids: Mapping[str, tuple[Network, ...]]
    members: Mapping[str, tuple[Network, ...]]
    sites: Mapping[str, tuple[Network, ...]]
    titles: Mapping[str, tuple[Network, ...]]
    """By AE title of a site."""
    endpoints: Mapping[str, tuple[Network, ...]]
    """By the address of a place beyond."""


def country(networks: Iterable[Network]) -> Country:
    """The index of them, made once for all rules and all networks."""
    known = tuple(networks)
    return Country(
        networks=known,
        ids=_by(known, lambda network: (network.network.id,)),
        members=_by(known, lambda network: (member.ods for member in network.members)),
        sites=_by(known, lambda network: (site.ods for _, site in network.sites())),
        titles=_by(known, lambda network: (site.aet or site.ods for _, site in network.sites())),
        endpoints=_by(known, lambda network: filter(None, map(endpoint, network.external))),
    )


def endpoint(place: External) -> str:
    """Where a place beyond the network is reached; empty if nothing says so."""
    return place.url or (f"{place.aet}@{place.address}:{place.port}" if place.address else "")


def _by(networks: Iterable[Network], keys: Callable[[Network], Iterable[str]]) -> dict[str, tuple[Network, ...]]:
    found: dict[str, list[Network]] = {}
    for network in networks:
        for key in dict.fromkeys(keys(network)):
            found.setdefault(key, []).append(network)
    return {key: tuple(having) for key, having in found.items()}


@record
class Seen:
    """All that is looked at; an empty level was not looked at, unless it is among `levels`."""

    network: Network
    rendered: tuple[NodeSettings, ...] = ()
    planned: tuple[Planned, ...] = ()
    live: tuple[NodeSettings, ...] = ()
    country: Country | None = None
    change: Change | None = None
    levels: tuple[Level, ...] = (Level.DEFINITION,)

    def nodes(self) -> Iterator[tuple[Level, NodeSettings]]:
        """Every node's settings, as rendered and as live."""
        yield from ((Level.RENDERED, node) for node in self.rendered)
        yield from ((Level.LIVE, node) for node in self.live)

    def resources(self, *kinds: str) -> Iterator[Planned]:
        """The planned resources of these kinds, as `s3/bucket:Bucket`; of all kinds, where none is named."""
        for resource in self.planned:
            if not kinds or resource.kind.partition(":")[2] in kinds:
                yield resource

    def place_of(self, node: str) -> Path:
        """Where the definition speaks of a node."""
        for _, site in self.network.sites():
            if site.ods == node:
                return (*site.path, "ods")
        return (*self.network.path, "platform", "hub") if node == HUB else (*self.network.path, "platform")

    def owner_place(self, resource: Planned) -> Path:
        """Where the definition speaks of whoever will hold a resource."""
        for member in self.network.members:
            if resource.provider in (member.ods, member.name):
                return (*member.path, "ods")
        return (*self.network.path, "platform")


def looked_at(seen: Seen, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Those of a rule's levels that were looked at."""
    return tuple(level for level in levels if level in seen.levels)


def unseen(levels: tuple[Level, ...]) -> str:
    """Why a rule of these levels was not asked."""
    words = [WORDS[level] for level in levels]
    return (
        f"it looks at {' or '.join((words[0], *(word.removeprefix('what is ') for word in words[1:])))}: not asked for"
    )
