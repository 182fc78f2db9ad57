"""What the signs of a picture mean: those that occur in it, and no others."""

from collections.abc import Callable, Iterator

from provisioner.links.picture.areas import KINDS, MARGIN, META, Picture
from provisioner.links.picture.curves import is_bare, look
from provisioner.links.picture.lettering import width
from provisioner.links.picture.model import Link
from provisioner.links.picture.strokes import (
    ABROAD,
    DOTTED,
    HEAD,
    KIND_COLOURS,
    PAPER,
    QUIET,
    arrowhead,
    letters,
    list_sign,
    number,
    on,
    safe,
)

SIGN, ROW, APART = 32, 22, 24
Draw = Callable[[float, float], str]


def legend(picture: Picture) -> tuple[list[str], float]:
    """The rows of signs below the picture, and where the last one ends."""
    left = x = MARGIN + 6.0
    y, parts = picture.bottom + 34, []
    for draw, sign, words in _signs(picture):
        wide = sign + 8 + width(words, META)
        if x > left and x + wide > picture.width - MARGIN:
            x, y = left, y + ROW
        parts += [draw(x, y), letters(x + sign + 8, y + 4, words, META, QUIET)]
        x += wide + APART
    return parts, y + 6


def _signs(picture: Picture) -> Iterator[tuple[Draw, float, str]]:
    """How to draw each sign, its width, and its meaning."""
    if any(card.home for card in picture.cards):
        yield _home(picture.topology.colour), SIGN, "keeps the shared worklist"
    for kind, word in KINDS.items():
        if any(card.node.kind is kind and not card.home for card in picture.cards):
            yield _kind(KIND_COLOURS[kind]), 8, word
    seen: set[str] = set()
    for link in sorted(picture.links, key=lambda k: (k.abroad, not k.usual, not (k.there and k.back))):
        bare = is_bare(link, picture)
        words = _words(link, bare)
        if words not in seen:
            seen.add(words)
            yield _line(link, bare), SIGN, words
    if picture.spots:
        yield _place, SIGN, "beyond the network"


def _words(link: Link, bare: bool) -> str:
    way = "both ways" if link.there and link.back else "one way"
    if link.abroad:
        return f"link to a place beyond, {way}"
    if not link.usual:
        return f"link by a rule, {way}"
    return f"link, {way} (too many for heads; darker where it leads to the worklist)" if bare else f"link, {way}"


def _home(colour: str) -> Draw:
    def draw(x: float, y: float) -> str:
        box = f'<rect x="{number(x)}" y="{number(y - 8)}" width="32" height="16" rx="4" fill="{safe(colour)}"/>'
        return box + list_sign(x + 10, y - 4, on(colour))

    return draw


def _kind(colour: str) -> Draw:
    def draw(x: float, y: float) -> str:
        return f'<rect x="{number(x)}" y="{number(y - 8)}" width="8" height="16" rx="2" fill="{colour}"/>'

    return draw


def _line(link: Link, bare: bool) -> Draw:
    colour, dash = look(link)
    both = bool(link.there and link.back)

    def draw(x: float, y: float) -> str:
        style = f' stroke-dasharray="{dash}"' if dash else ""
        start, end = (x, x + 32) if bare else (x + (HEAD if both else 0), x + 32 - HEAD)
        path = f'<path d="M{number(start)} {number(y)}H{number(end)}" stroke="{colour}" stroke-width="1.5"{style}/>'
        heads = "" if bare else arrowhead(x + 32, y, -1, 0, colour) + (arrowhead(x, y, 1, 0, colour) if both else "")
        return path + heads

    return draw


def _place(x: float, y: float) -> str:
    at = f'x="{number(x)}" y="{number(y - 8)}" width="32" height="16" rx="7"'
    return f'<rect {at} fill="{PAPER}" stroke="{ABROAD}" stroke-dasharray="{DOTTED}"/>'
