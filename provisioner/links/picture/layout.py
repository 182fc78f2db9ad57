"""Topology -> Picture: where everything stands.

Members stand in two columns. In a hub network the hub's own box stands between them, with the hub at its foot and
that member's other sites along a spine above it; in a mesh the space between is for the links. A place beyond the
network stands outside the frame, on the side of the sites that talk to it, or below.
"""

from collections.abc import Mapping, Sequence

from provisioner.definition.choices import Shape
from provisioner.links.picture.areas import (
    BOX_GAP,
    FRAME_PAD,
    GAP,
    GUTTER,
    HEADER,
    MARGIN,
    META,
    NAME,
    NARROWEST,
    PAD,
    PLACE,
    PLACE_GAP,
    PROTOCOLS,
    STEP,
    Area,
    Card,
    Picture,
    Spot,
    Stand,
)
from provisioner.links.picture.columns import Column, card_of, column, halves, middle_column
from provisioner.links.picture.lettering import fitted, wrapped
from provisioner.links.picture.model import Link, groups, links
from provisioner.links.topology import Place, Topology


def arrange(topology: Topology) -> Picture:
    """The same topology always gives the same picture."""
    every, every_link = groups(topology), links(topology)
    hub = topology.home if topology.shape is Shape.HUB else ""
    among = [g for g in every if all(n.id != hub for n in g.nodes)]
    cards = {n.id: card_of(n, topology) for n in topology.nodes}
    left, right = (column(half, cards, stand) for half, stand in zip(halves(among, cards), _SIDES, strict=True))
    middle = Column()
    for group in every:
        if group not in among:
            middle = middle_column(group, hub, cards, max(len(left.cards), len(right.cards)))
    stands = {c.node.id: c.stand for c in (*left.cards, *right.cards, *middle.cards)}
    standing = {p.name: _beside(p.name, every_link, stands) for p in topology.places}
    frame, channel, columns = _framed(
        topology, (left, middle, right), Stand.OUT_LEFT in standing.values(), _crossings(every_link, stands)
    )
    placed = tuple(c for stood in columns for c in stood.cards)
    spots = _spots(topology.places, standing, every_link, frame, placed)
    out = PLACE + PLACE_GAP if Stand.OUT_RIGHT in standing.values() else 0
    return Picture(
        topology=topology,
        width=max([frame.x + frame.w + out, *(s.area.x + s.area.w for s in spots)]) + MARGIN,
        bottom=max([frame.y + frame.h, *(s.area.y + s.area.h for s in spots)]),
        frame=frame,
        channel=channel,
        boxes=tuple(b for stood in columns for b in stood.boxes),
        cards=placed,
        spots=spots,
        links=every_link,
        members=sum(1 for g in every if g.code),
    )


_SIDES = (Stand.LEFT, Stand.RIGHT)


def _framed(
    topology: Topology, columns: tuple[Column, Column, Column], places_left: bool, crossings: int
) -> tuple[Area, float, tuple[Column, ...]]:
    """The frame, the room between columns, and the columns where they stand in it."""
    left, middle, right = columns
    links_in_a_gutter = max(len(left.cards), len(right.cards))
    channel = min(250, GUTTER + 5 * links_in_a_gutter) if middle.cards else min(560, 200 + 9 * len(topology.nodes))
    lanes = (crossings + 1) * STEP if crossings and middle.cards else 0
    tall = max(left.h, right.h, middle.h + 2 * lanes)
    beside = [c for c in columns if c.cards]
    # A mesh keeps its room for links even where one member holds all sites.
    rooms = len(beside) - 1 if middle.cards or len(beside) > 1 else 1
    wide = sum(c.w for c in beside) + rooms * channel
    frame = Area(
        MARGIN + (PLACE + PLACE_GAP if places_left else 0),
        MARGIN,
        max(wide + 2 * FRAME_PAD, NARROWEST),
        HEADER + tall + 2 * FRAME_PAD,
    )
    x = frame.x + (frame.w - wide) / 2
    placed = []
    for each in beside:
        placed.append(each.at(x, frame.y + HEADER + FRAME_PAD + (tall - each.h) / 2))
        x += each.w + channel
    return frame, channel, tuple(placed)


def _crossings(every_link: Sequence[Link], stands: Mapping[str, Stand]) -> int:
    """Links from one column to the other, which have to pass the hub."""
    return sum({stands.get(k.one), stands.get(k.other)} == set(_SIDES) for k in every_link)


def _beside(place: str, every_link: Sequence[Link], stands: Mapping[str, Stand]) -> Stand:
    at = {stands[end] for k in every_link if place in (k.one, k.other) for end in (k.one, k.other) if end != place}
    return {frozenset({Stand.LEFT}): Stand.OUT_LEFT, frozenset({Stand.RIGHT}): Stand.OUT_RIGHT}.get(
        frozenset(at), Stand.BELOW
    )


def _spots(
    places: Sequence[Place],
    standing: Mapping[str, Stand],
    every_link: Sequence[Link],
    frame: Area,
    cards: Sequence[Card],
) -> tuple[Spot, ...]:
    lines = {p.name: _place_lines(p) for p in places}
    made: list[Spot] = []
    for stand, x in ((Stand.OUT_LEFT, MARGIN), (Stand.OUT_RIGHT, frame.x + frame.w + PLACE_GAP)):
        y = frame.y
        beside = sorted((_level(p.name, every_link, cards), p.name, p) for p in places if standing[p.name] is stand)
        for level, name, place in beside:
            h = 20 + 15 * len(lines[name])
            y = max(y, level - h / 2)
            made.append(Spot(Area(x, y, PLACE, h), stand, place, lines[name]))
            y += h + GAP
    below = [p for p in places if standing[p.name] is Stand.BELOW]
    centre = next((c.area.middle[0] for c in cards if c.stand is Stand.HUB), frame.middle[0])
    x = max(MARGIN, centre - (len(below) * (PLACE + BOX_GAP) - BOX_GAP) / 2)
    for place in below:
        h = 20 + 15 * len(lines[place.name])
        area = Area(x, frame.y + frame.h + PLACE_GAP, PLACE, h)
        made.append(Spot(area, Stand.BELOW, place, lines[place.name]))
        x += PLACE + BOX_GAP
    return tuple(made)


def _level(place: str, every_link: Sequence[Link], cards: Sequence[Card]) -> float:
    """Height at which the sites stand that talk to a place."""
    ends = {end for k in every_link if place in (k.one, k.other) for end in (k.one, k.other)}
    at = [c.area.middle[1] for c in cards if c.node.id in ends]
    return sum(at) / len(at)


def _place_lines(place: Place) -> tuple[str, ...]:
    room = PLACE - 2 * PAD
    operator = wrapped(place.operator, META, room) if place.operator else ()
    return (
        fitted(place.name, NAME, room, bold=True),
        *operator,
        fitted(f"{place.kind.capitalize()} \u00b7 {place.country}", META, room),
        f"by {PROTOCOLS[place.protocol]}",
    )
