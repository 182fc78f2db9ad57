"""Members in columns: each a box with its sites as cards, drawn from (0, 0) and moved to where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from provisioner.links.picture.areas import (
    BOX,
    BOX_GAP,
    CARD,
    GAP,
    KINDS,
    LABEL,
    META,
    NAME,
    PAD,
    RISE,
    SPINE,
    STEP,
    Area,
    Box,
    Card,
    Stand,
)
from provisioner.links.picture.lettering import fitted, wrapped
from provisioner.links.picture.model import Group
from provisioner.links.topology import Node, Topology


@dataclass(frozen=True, slots=True)
class Column:
    """Boxes and cards, drawn from (0, 0)."""

    boxes: tuple[Box, ...] = ()
    cards: tuple[Card, ...] = ()
    w: float = 0
    h: float = 0

    def at(self, x: float, y: float) -> "Column":
        return Column(
            tuple(replace(box, area=box.area.moved(x, y)) for box in self.boxes),
            tuple(replace(each, area=each.area.moved(x, y)) for each in self.cards),
            self.w,
            self.h,
        )


def card_of(node: Node, topology: Topology) -> Card:
    """What is written on a node's card, and so how high it is."""
    name = wrapped(node.name, NAME, CARD - 2 * PAD - 4, bold=True)
    scanners = ", ".join(sorted({s.kind for s in node.scanners}))
    meta = " \u00b7 ".join(part for part in (node.id, KINDS[node.kind], scanners) if part)
    owned = f"owned by {topology.name_of(node.owner)}" if node.member and node.owner != node.member else ""
    notes = tuple(fitted(note, META, CARD - 2 * PAD) for note in (meta, owned) if note)
    card = Card(Area(0, 0, CARD, 0), Stand.LEFT, node, name, notes, node.id == topology.home)
    return replace(card, area=Area(0, 0, CARD, card.natural))


def halves(every: Sequence[Group], cards: Mapping[str, Card]) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The members in order, cut where both columns come out most alike in height."""
    heights = [column((g,), cards, Stand.LEFT).h for g in every]
    cuts = range(len(every) + 1)
    # Of two equal cuts the later one: the left column is the fuller one.
    cut = min(cuts, key=lambda c: (abs(sum(heights[:c]) - sum(heights[c:])), -c))
    return tuple(every[:cut]), tuple(every[cut:])


def column(every: Sequence[Group], cards: Mapping[str, Card], stand: Stand) -> Column:
    """Members one below the other."""
    boxes: list[Box] = []
    placed: list[Card] = []
    y: float = 0
    for group in every:
        label = _label(group, BOX)
        inside = y + _head(label)
        for node in group.nodes:
            placed.append(replace(cards[node.id], area=cards[node.id].area.moved(PAD, inside), stand=stand))
            inside += cards[node.id].area.h + GAP
        boxes.append(Box(Area(0, y, BOX, inside - GAP + PAD - y), group, label))
        y = inside - GAP + PAD + BOX_GAP
    return Column(tuple(boxes), tuple(placed), BOX if boxes else 0, max(y - BOX_GAP, 0))


def middle_column(group: Group, hub: str, cards: Mapping[str, Card], ports: int) -> Column:
    """The hub's box: the hub at the foot, its member's other sites in pairs above it."""
    others = [n for n in group.nodes if n.id != hub]
    inner = CARD if len(others) < 2 else 2 * CARD + SPINE
    label = _label(group, inner + 2 * PAD)
    y: float = _head(label)
    placed = []
    for row in range(0, len(others), 2):
        pair = others[row : row + 2]
        for node, stand in zip(pair, (Stand.ABOVE_LEFT, Stand.ABOVE_RIGHT), strict=False):
            x = PAD + (CARD + SPINE if stand is Stand.ABOVE_RIGHT else 0)
            alone = len(others) == 1
            placed.append(
                replace(cards[node.id], area=cards[node.id].area.moved(x, y), stand=Stand.ABOVE if alone else stand)
            )
        y += max(cards[n.id].area.h for n in pair) + GAP
    if others:
        y += RISE - GAP
    tall = max(cards[hub].area.h, ports * STEP + 16)
    placed.append(replace(cards[hub], area=Area(PAD, y, inner, tall), stand=Stand.HUB))
    h = y + tall + PAD
    return Column((Box(Area(0, 0, inner + 2 * PAD, h), group, label),), tuple(placed), inner + 2 * PAD, h)


def _label(group: Group, room: float) -> tuple[str, ...]:
    return wrapped(group.name if group.code else f"Hub of {group.name}", LABEL, room - 2 * PAD - 44, bold=True)


def _head(label: tuple[str, ...]) -> float:
    return 16 + 15 * len(label)
