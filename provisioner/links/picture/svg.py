"""Picture -> SVG text. No script, no font, no file beside it: it shows in a browser, a README and a report."""

from collections.abc import Iterator

from provisioner.definition.choices import Shape
from provisioner.links.picture.areas import HEADER, KINDS, LABEL, MARGIN, META, NAME, PAD, Box, Card, Picture, Spot
from provisioner.links.picture.curves import CROWDED, drawn
from provisioner.links.picture.layout import arrange
from provisioner.links.picture.legend import legend
from provisioner.links.picture.lettering import fitted, width
from provisioner.links.picture.strokes import (
    ABROAD,
    DOTTED,
    EDGE,
    FONT,
    INK,
    KIND_COLOURS,
    PAPER,
    QUIET,
    TINT,
    letters,
    list_sign,
    number,
    on,
    rectangle,
    safe,
)
from provisioner.links.topology import Topology

TITLE, STRAPLINE, COUNTS = 21, 13, 12


def svg(topology: Topology) -> str:
    """The whole network as one SVG document."""
    picture = arrange(topology)
    signs, bottom = legend(picture)
    wide, high, key = number(picture.width), number(bottom + MARGIN), safe(topology.id)
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    told = f'role="img" aria-labelledby="{key}-title {key}-desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {told} font-family="{FONT}">',
        f'<title id="{key}-title">{safe(topology.name)}</title>',
        f'<desc id="{key}-desc">{safe(_summary(picture))}</desc>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *_frame(picture),
        *(part for box in picture.boxes for part in _box(box)),
        *drawn(picture),
        *(part for card in picture.cards for part in _card(card, topology.colour)),
        *(part for spot in picture.spots for part in _spot(spot)),
        *signs,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _summary(picture: Picture) -> str:
    """What a person who cannot see the picture needs to know."""
    home = next((c.node for c in picture.cards if c.home), None)
    kept = f" {home.name} ({home.id}) keeps the shared worklist." if home else ""
    linked = " ".join(f"{link.words}." for link in picture.links) if len(picture.links) <= CROWDED else ""
    return f"{', '.join(_counts(picture))}.{kept} {linked}".strip()


def _counts(picture: Picture) -> tuple[str, ...]:
    topology = picture.topology
    counted = (
        (picture.members, "member"),
        (sum(1 for node in topology.nodes if node.member), "site"),
        (len(picture.links), "link"),
    )
    words = [f"{many} {word}{'' if many == 1 else 's'}" for many, word in counted]
    return ("Hub network" if topology.shape is Shape.HUB else "Mesh network", *words, topology.environment)


def _frame(picture: Picture) -> Iterator[str]:
    """The network's own box, its name and strapline on its own colour."""
    area, topology = picture.frame, picture.topology
    ink, counts = on(topology.colour), " \u00b7 ".join(_counts(picture))
    yield rectangle(area, TINT, EDGE, 14)
    left, top, below = number(area.x), number(area.y + HEADER), HEADER - 14
    band = f"M{left} {top}v-{below}a14 14 0 0 1 14 -14h{number(area.w - 28)}a14 14 0 0 1 14 14v{below}z"
    yield f'<path d="{band}" fill="{safe(topology.colour)}"/>'
    room, beside = area.w - 44, area.w - 68 - width(counts, COUNTS)
    one_line = not topology.strapline and width(topology.name, TITLE, bold=True) <= beside
    low = area.y + (42 if one_line else 31)
    yield letters(area.x + 22, low, fitted(topology.name, TITLE, room, bold=True), TITLE, ink, bold=True)
    if topology.strapline:
        yield letters(area.x + 22, area.y + 53, fitted(topology.strapline, STRAPLINE, beside), STRAPLINE, ink)
    yield letters(area.x + area.w - 22, area.y + (42 if one_line else 53), counts, COUNTS, ink, "end")


def _box(box: Box) -> Iterator[str]:
    area = box.area
    yield f"<g><title>{safe(box.group.name)}</title>{rectangle(area, PAPER, EDGE, 9)}"
    for row, line in enumerate(box.label):
        yield letters(area.x + PAD, area.y + 21 + 15 * row, line, LABEL, INK, bold=True)
    if box.group.code:
        yield letters(area.x + area.w - PAD, area.y + 21, box.group.code, META, QUIET, "end")
    yield "</g>"


def _card(card: Card, brand: str) -> Iterator[str]:
    area, node = card.area, card.node
    fill, ink, quiet = (brand, on(brand), on(brand)) if card.home else (PAPER, INK, QUIET)
    scanners = "".join(f", {scanner.kind} {scanner.aet}" for scanner in node.scanners)
    told = f"{node.name} ({node.id}), AE title {node.aet}, {KINDS[node.kind].lower()}{scanners}"
    yield f"<g><title>{safe(told)}</title>{rectangle(area, fill, fill if ink == PAPER else EDGE, 6)}"
    if not card.home:
        stripe = f"M{number(area.x + 6)} {number(area.y)}h-1a5 5 0 0 0 -5 5v{number(area.h - 10)}a5 5 0 0 0 5 5h1z"
        yield f'<path d="{stripe}" fill="{KIND_COLOURS[node.kind]}"/>'
    x, y = area.x + PAD + 4, area.y + (area.h - card.natural) / 2 + 22
    for line in card.name:
        yield letters(x, y, line, NAME, ink, bold=True)
        y += 16
    for note in card.notes:
        yield letters(x, y, note, META, quiet)
        y += 14
    if card.home:
        yield list_sign(x, y - 1, ink)
        yield letters(x + 17, y + 7, "Shared worklist", META, ink, bold=True)
    yield "</g>"


def _spot(spot: Spot) -> Iterator[str]:
    area = spot.area
    yield f"<g><title>{safe(spot.place.name)}</title>{rectangle(area, PAPER, ABROAD, 16, DOTTED)}"
    for row, line in enumerate(spot.lines):
        size, colour = (META, QUIET) if row else (NAME, INK)
        yield letters(area.x + PAD + 2, area.y + 22 + 15 * row, line, size, colour, bold=not row)
    yield "</g>"
