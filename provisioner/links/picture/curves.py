"""Links as lines: they leave and meet their areas at right angles, so that a head never has to be turned."""

from collections.abc import Iterator

from provisioner.definition.choices import Shape
from provisioner.links.picture.areas import Picture
from provisioner.links.picture.model import Link
from provisioner.links.picture.strokes import ABROAD, DASHED, DOTTED, HEAD, OTHER, USUAL, arrowhead, number, safe
from provisioner.links.picture.wiring import Port, Wire, wires

CROWDED = 60
"""A mesh of more links than this shows no heads on those that go both ways as usual: heads would be all one sees."""


def drawn(picture: Picture) -> Iterator[str]:
    """Every link; the usual ones first, so that what is out of the ordinary lies on top."""
    for wire in sorted(wires(picture), key=lambda w: (not w.link.usual, w.link.abroad)):
        yield from _wire(wire, picture)


def is_bare(link: Link, picture: Picture) -> bool:
    """Whether the link is drawn without heads, as one of many that are all alike."""
    crowded = len(picture.links) > CROWDED and picture.topology.shape is Shape.MESH
    return crowded and link.usual and not link.abroad


def look(link: Link) -> tuple[str, str]:
    """Colour and dashes of a link: neither alone has to tell what it is."""
    if link.abroad:
        return ABROAD, DOTTED
    return (USUAL, "") if link.usual else (OTHER, DASHED)


def _wire(wire: Wire, picture: Picture) -> Iterator[str]:
    link, (colour, dash) = wire.link, look(wire.link)
    bare = is_bare(link, picture)
    style = f' stroke-dasharray="{dash}"' if dash else ""
    if bare and picture.topology.home not in (link.one, link.other):
        style += f' stroke-opacity="{max(0.15, 0.42 - len(picture.links) / 4000):.2f}"'
    start = _pulled(wire.start, HEAD if link.back and not bare else 0)
    end = _pulled(wire.end, HEAD if link.there and not bare else 0)
    path = f'<path d="{_path(wire, start, end, picture.channel)}" fill="none" stroke="{colour}" stroke-width="1.5"'
    heads = [
        arrowhead(port.x, port.y, port.dx, port.dy, colour)
        for port, operations in ((wire.start, link.back), (wire.end, link.there))
        if operations and not bare
    ]
    yield f"<g><title>{safe(link.words)}</title>{path}{style}/>{''.join(heads)}</g>"


def _pulled(port: Port, by: float) -> Port:
    return Port(port.x + port.dx * by, port.y + port.dy * by, port.dx, port.dy)


def _path(wire: Wire, start: Port, end: Port, channel: float) -> str:
    if wire.spine:
        return _by_spine(*((start, end) if start.dx else (end, start)))
    if wire.lane is not None:
        return _by_lane(start, end, wire.lane, channel)
    if wire.gutter is not None:
        return _by_gutter(*((start, end) if start.dx else (end, start)), wire.gutter)
    reach = _reach(start, end, channel)
    return f"M{_at(start)}C{_at(_pulled(start, reach))} {_at(_pulled(end, reach))} {_at(end)}"


def _by_spine(beside: Port, foot: Port) -> str:
    """From a card to the spine, round its corner, and down to the hub."""
    turn = 8 * beside.dx
    return f"M{_at(beside)}H{number(foot.x - turn)}q{turn} 0 {turn} 8V{number(foot.y)}"


def _by_lane(start: Port, end: Port, lane: float, channel: float) -> str:
    """Over the hub's box, from one column to the other."""
    level, over = number(lane), channel * 0.5
    return (
        f"M{_at(start)}C{_at(_pulled(start, over))} {number(start.x + start.dx * over)} {level} "
        f"{number(start.x + start.dx * channel)} {level}H{number(end.x + end.dx * channel)}"
        f"C{number(end.x + end.dx * over)} {level} {_at(_pulled(end, over))} {_at(end)}"
    )


def _by_gutter(beside: Port, below: Port, gutter: float) -> str:
    """From a card down beside its column, and along to a place below the frame."""
    level = below.y - 28
    out, along = 8 * beside.dx, 8 if below.x > gutter else -8
    return (
        f"M{_at(beside)}H{number(gutter - out)}q{out} 0 {out} 8V{number(level - 8)}q0 8 {along} 8"
        f"H{number(below.x - along)}q{along} 0 {along} 8V{number(below.y)}"
    )


def _reach(start: Port, end: Port, channel: float) -> float:
    """How far a curve goes straight on before it turns."""
    if (start.dx, start.dy) == (end.dx, end.dy):
        return min(34 + abs(start.y - end.y) * 0.18, channel * 0.9)
    across, along = abs(start.x - end.x), abs(start.y - end.y)
    return (across if start.dx and end.dx else along if start.dy and end.dy else min(across, along)) / 2


def _at(port: Port) -> str:
    return f"{number(port.x)} {number(port.y)}"
