"""Picture -> Wires: at which edges links leave and arrive, in an order that keeps them from crossing near a card."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from provisioner.links.picture.areas import STEP, Area, Card, Picture, Spot, Stand
from provisioner.links.picture.model import Link


@dataclass(frozen=True, slots=True)
class Port:
    """Where a link meets an area, and which way it leaves it."""

    x: float
    y: float
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class Wire:
    """A link as drawn, from port to port."""

    link: Link
    start: Port
    end: Port
    spine: bool = False
    """By the spine of the hub's box."""
    lane: float | None = None
    """The height at which it passes over the hub."""
    gutter: float | None = None
    """Where it goes down beside a column, to a place below."""


_WAYS = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}

# The edge at which something leaves, by where it stands and where it goes; `_ELSE` where the pair is not listed.
_EDGES = {
    (Stand.LEFT, Stand.OUT_LEFT): "left",
    (Stand.RIGHT, Stand.OUT_RIGHT): "right",
    (Stand.HUB, Stand.LEFT): "left",
    (Stand.HUB, Stand.RIGHT): "right",
    (Stand.HUB, Stand.BELOW): "bottom",
    (Stand.ABOVE, Stand.HUB): "bottom",
    (Stand.ABOVE, Stand.LEFT): "left",
    (Stand.ABOVE_LEFT, Stand.LEFT): "left",
    (Stand.ABOVE_LEFT, Stand.BELOW): "left",
    (Stand.ABOVE_LEFT, Stand.ABOVE_LEFT): "left",
    (Stand.ABOVE_RIGHT, Stand.RIGHT): "right",
    (Stand.ABOVE_RIGHT, Stand.BELOW): "right",
    (Stand.ABOVE_RIGHT, Stand.ABOVE_RIGHT): "right",
}
_ELSE = {
    Stand.LEFT: "right",
    Stand.RIGHT: "left",
    Stand.HUB: "top",
    Stand.ABOVE: "right",
    Stand.ABOVE_LEFT: "right",
    Stand.ABOVE_RIGHT: "left",
    Stand.OUT_LEFT: "right",
    Stand.OUT_RIGHT: "left",
    Stand.BELOW: "top",
}


@dataclass(frozen=True, slots=True)
class _End:
    """One end of one link, before it has its port."""

    link: Link
    here: Card | Spot
    there: Card | Spot
    edge: str
    opposite: str


def wires(picture: Picture) -> tuple[Wire, ...]:
    """One wire a link, in the order of the links."""
    things: dict[str, Card | Spot] = {c.node.id: c for c in picture.cards}
    things |= {s.place.name: s for s in picture.spots}
    ends = [end for link in picture.links for end in _ends(link, things)]
    ports = _ports(ends)
    hubs = {c.node.id for c in picture.cards if c.stand is Stand.HUB}
    top = next((box.area.y for box in picture.boxes if hubs & {n.id for n in box.group.nodes}), 0.0)
    made: list[Wire] = []
    for link in picture.links:
        stands = {things[link.one].stand, things[link.other].stand}
        wire = Wire(link, ports[link.one, link.other], ports[link.other, link.one])
        if top and stands == {Stand.LEFT, Stand.RIGHT}:
            wire = replace(wire, lane=top - STEP * (1 + sum(w.lane is not None for w in made)))
        elif Stand.BELOW in stands and Stand.HUB not in stands:
            card = wire.start if wire.start.dx else wire.end
            apart = STEP * (2 + sum(w.gutter is not None for w in made))
            wire = replace(wire, gutter=card.x + card.dx * apart)
        made.append(replace(wire, spine=stands in _SPINE))
    return tuple(made)


_SPINE = ({Stand.HUB, Stand.ABOVE_LEFT}, {Stand.HUB, Stand.ABOVE_RIGHT})


def _ends(link: Link, things: dict[str, Card | Spot]) -> Iterator[_End]:
    one, other = things[link.one], things[link.other]
    first, second = _edge(one.stand, other.stand), _edge(other.stand, one.stand)
    yield _End(link, one, other, first, second)
    yield _End(link, other, one, second, first)


def _edge(here: Stand, there: Stand) -> str:
    return _EDGES.get((here, there), _ELSE[here])


def _ports(ends: list[_End]) -> dict[tuple[str, str], Port]:
    """Where each end meets its area, by (here, there)."""
    by_edge: dict[tuple[str, str], list[_End]] = defaultdict(list)
    for end in ends:
        by_edge[_name(end.here), end.edge].append(end)
    ports = {}
    for (_, edge), met in by_edge.items():
        met.sort(key=lambda end: (_order(end), _name(end.there)))
        for number, end in enumerate(met):
            # All links that come down the spine share its foot.
            along = 0.0 if end.here.stand is Stand.HUB and edge == "top" else number - (len(met) - 1) / 2
            ports[_name(end.here), _name(end.there)] = _port(end.here.area, edge, along, len(met))
    return ports


def _name(thing: Card | Spot) -> str:
    return thing.node.id if isinstance(thing, Card) else thing.place.name


def _order(end: _End) -> tuple[int, float]:
    """From the top of an edge down: arcs to what stands above, nearest first; what is opposite; arcs to below."""
    x, y = end.there.area.middle
    if end.edge in ("top", "bottom"):
        return 1, x
    if end.edge != end.opposite:
        return 1, y
    return (0 if y < end.here.area.middle[1] else 2), -y


def _port(area: Area, edge: str, along: float, of: int) -> Port:
    dx, dy = _WAYS[edge]
    x, y = area.middle
    off = along * min(STEP, ((area.h if dx else area.w) - STEP) / of)
    return Port(x + dx * area.w / 2 + (off if dy else 0), y + dy * area.h / 2 + (off if dx else 0), dx, dy)
