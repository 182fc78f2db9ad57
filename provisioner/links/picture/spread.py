"""Where copies can end up, as SVG: a tree from left to right, a column a step, coloured by hands and by country.

A card's stripe is the legal person that holds the copy, its badge the country; both are written out too, so that
colour never has to tell anything alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from provisioner.links.picture.areas import LABEL, MARGIN, META, NAME, PAD, Area
from provisioner.links.picture.lettering import fitted, width, wrapped
from provisioner.links.picture.strokes import (
    DOTTED,
    EDGE,
    FONT,
    INK,
    PAPER,
    QUIET,
    TINT,
    USUAL,
    arrowhead,
    letters,
    number,
    on,
    rectangle,
    safe,
)
from provisioner.links.reach import Kind, Reached
from provisioner.links.spread import NOT_STATED, Spread, edges
from provisioner.record import changed

CARD, ROW, CHANNEL, HEADER = 250.0, 14.0, 112.0, 84.0
BADGE = 30
MOST_ALIKE = 12
"""Cards of one kind from one place; a picture of two hundred is no help."""
HANDS = ("#1D70B8", "#00806B", "#B3541E", "#6F3FA0", "#8A6D00", "#A6246A", "#2B6A8F", "#4E7A1E", "#8C3A3A", "#4A5B68")
"""Legal persons in the order in which copies reach them; the last stands for all beyond."""
HOME, UNKNOWN = "#0B6B2E", "#4C6272"
ABROAD = ("#B3261E", "#8A3B00", "#7A1FA2", "#00596B", "#5B4B00")
"""The United Kingdom, a country that nobody states, and the others in turn."""


@dataclass(frozen=True, slots=True)
class Card:
    """One holder where it stands."""

    area: Area
    reached: Reached
    name: tuple[str, ...]
    notes: tuple[str, ...]


def svg(every: Spread) -> str:
    """The whole picture as one SVG document."""
    shown = condensed(every)
    cards = {card.reached.holder.id: card for card in _cards(shown)}
    hands = dict(zip(_owners(shown), _endless(HANDS, HANDS[-1]), strict=False)) | {"": UNKNOWN}
    lands = _lands(shown)
    wide = max(max(c.area.x + c.area.w for c in cards.values()) + MARGIN, width(shown.title, 19, True) + 3 * MARGIN)
    bottom = max(c.area.y + c.area.h for c in cards.values()) + MARGIN
    signs, high = _legend(shown, hands, lands, bottom, wide)
    size = f'width="{number(wide)}" height="{number(high)}" viewBox="0 0 {number(wide)} {number(high)}"'
    key = safe(shown.network_id)
    told = " ".join(f"{each.words}, {shown.owner(each.holder.owner)}." for each in shown.reached)
    said = f'role="img" aria-labelledby="{key}-reach {key}-reached"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {said} font-family="{FONT}">',
        f'<title id="{key}-reach">{safe(shown.title)}</title>',
        f'<desc id="{key}-reached">{safe(told)}</desc>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *_header(every, wide),
        *(part for edge in edges(shown) for part in _edge(cards[edge[0]], cards[edge[1]], edge[2].value)),
        *(part for card in cards.values() for part in _card(card, shown, hands, lands)),
        *signs,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def condensed(shown: Spread) -> Spread:
    """The same, with many holders that a copy reaches from one place, in one country, on one card: text tells each.

    Those of one owner first; those of all owners where that leaves too many cards still.
    """
    passed = {way.source for each in shown.reached for way in each.ways}
    leaves = [each for each in shown.reached if each.ways and each.holder.id not in passed]
    card: dict[str, Reached] = {each.holder.id: each for each in leaves}
    for key in (_of_one_owner, _of_one_country):
        for many in _alike(leaves, key):
            if len({card[each.holder.id].holder.id for each in many}) > MOST_ALIKE:
                card |= dict.fromkeys([each.holder.id for each in many], _together(many))
    return changed(shown, reached=tuple(dict.fromkeys(card.get(r.holder.id, r) for r in shown.reached)))


def _of_one_country(each: Reached) -> tuple[str, ...]:
    return each.ways[-1].source, each.holder.country, each.holder.kind.value


def _of_one_owner(each: Reached) -> tuple[str, ...]:
    return *_of_one_country(each), each.holder.owner


def _alike(leaves: list[Reached], key: Callable[[Reached], tuple[str, ...]]) -> Iterable[list[Reached]]:
    found: dict[tuple[str, ...], list[Reached]] = {}
    for each in leaves:
        found.setdefault(key(each), []).append(each)
    return found.values()


def _together(many: list[Reached]) -> Reached:
    first, owners = many[0], {each.holder.owner for each in many}
    words = f"{len(many)} {'sites' if first.holder.kind is Kind.NODE else 'places'}"
    holder = changed(first.holder, id=f"{words}, {first.holder.id} first", name=words, region="")
    one = changed(holder, owner=first.holder.owner if len(owners) == 1 else f"{len(owners)} legal entities")
    return Reached(one, (*first.ways[:-1], changed(first.ways[-1], target=one.id, pools=())))


def _endless(colours: tuple[str, ...], last: str) -> Iterator[str]:
    yield from colours
    while True:
        yield last


def _owners(shown: Spread) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.holder.owner for each in shown.reached if each.holder.owner))


def _lands(shown: Spread) -> dict[str, str]:
    """The colour of each country."""
    others = sorted({r.holder.country for r in shown.reached} - {"GB", ""})
    own = {"GB": HOME, "": UNKNOWN}
    return own | dict(zip(others, _endless(ABROAD, ABROAD[0]), strict=False))


def _cards(shown: Spread) -> Iterator[Card]:
    """A column a step; within one, by what a copy comes from, then by country, so that lines cross little."""
    place = {"": 0}
    for step in range(max(len(r.ways) for r in shown.reached) + 1):
        column = [r for r in shown.reached if len(r.ways) == step]
        column.sort(key=lambda r: (place.get(r.ways[-1].source if r.ways else "", 0), r.holder.country == "GB"))
        y = HEADER + MARGIN
        for row, each in enumerate(column):
            card = _lettered(each, shown, MARGIN + step * (CARD + CHANNEL), y)
            place[each.holder.id] = row
            y += card.area.h + ROW
            yield card


def _lettered(each: Reached, shown: Spread, x: float, y: float) -> Card:
    holder = each.holder
    name = wrapped(holder.name, NAME, CARD - 2 * PAD - BADGE - 8, bold=True)
    where = " \u00b7 ".join(part for part in (holder.id, holder.region) if part and part != holder.name)
    notes = tuple(fitted(line, META, CARD - 2 * PAD - 4) for line in (where, shown.owner(holder.owner)) if line)
    return Card(Area(x, y, CARD, 20 + 16 * len(name) + 14 * len(notes)), each, name, notes)


def _header(shown: Spread, wide: float) -> Iterator[str]:
    ink = on(shown.colour)
    yield rectangle(Area(0, 0, wide, HEADER), shown.colour, shown.colour, 0)
    yield letters(MARGIN, 30, shown.network, LABEL, ink)
    yield letters(MARGIN, 53, fitted(shown.title, 19, wide - 2 * MARGIN, bold=True), 19, ink, bold=True)
    yield letters(MARGIN, 72, fitted(shown.summary, LABEL, wide - 2 * MARGIN), LABEL, ink)


def _edge(source: Card, target: Card, means: str) -> Iterator[str]:
    """From the right of one card to the left of the next, with how the copy goes written beside its end."""
    x, y = source.area.x + source.area.w, source.area.y + source.area.h / 2
    end, level = target.area.x, target.area.y + target.area.h / 2
    turn = x + 34
    line = f"M{number(x)} {number(y)}C{number(turn)} {number(y)} {number(turn - 16)} {number(level)} "
    line += f"{number(turn + 14)} {number(level)}H{number(end - 8)}"
    dash = f' stroke-dasharray="{DOTTED}"' if target.reached.holder.kind in (Kind.COPY, Kind.PEOPLE) else ""
    words = f"{source.reached.holder.id} to {target.reached.holder.id}: {means}"
    yield f'<g><title>{safe(words)}</title><path d="{line}" fill="none" stroke="{USUAL}" stroke-width="1.5"{dash}/>'
    yield f"{arrowhead(end, level, -1, 0, USUAL)}</g>"
    short = means.partition(" in ")[0]
    yield letters(end - 12, level - 5, short, 10.5, QUIET, "end")


def _card(card: Card, shown: Spread, hands: dict[str, str], lands: dict[str, str]) -> Iterator[str]:
    area, holder = card.area, card.reached.holder
    own = holder.kind is Kind.NODE and not card.reached.ways
    told = f"{card.reached.words}: {holder.name}, in the hands of {shown.owner(holder.owner)}"
    yield f"<g><title>{safe(told)}</title>{rectangle(area, TINT if own else PAPER, EDGE, 6)}"
    stripe = f"M{number(area.x + 7)} {number(area.y)}h-2a5 5 0 0 0 -5 5v{number(area.h - 10)}a5 5 0 0 0 5 5h2z"
    yield f'<path d="{stripe}" fill="{hands[holder.owner]}"/>'
    y = area.y + 22
    for line in card.name:
        yield letters(area.x + PAD + 4, y, line, NAME, INK, bold=True)
        y += 16
    for line in card.notes:
        yield letters(area.x + PAD + 4, y, line, META, QUIET)
        y += 14
    badge = Area(area.x + area.w - BADGE - 9, area.y + 9, BADGE, 18)
    colour = lands[holder.country]
    yield rectangle(badge, colour, colour, 4)
    yield letters(badge.x + BADGE / 2, badge.y + 13, holder.country or "?", META, on(colour), "middle", bold=True)
    yield "</g>"


def _legend(
    shown: Spread, hands: dict[str, str], lands: dict[str, str], bottom: float, wide: float
) -> tuple[list[str], float]:
    """Which colour is whose, and which country's; where it ends."""
    held = {r.holder.owner for r in shown.reached}
    signs = [("In the hands of", "")]
    signs += [(shown.owner(owner), colour) for owner, colour in hands.items() if owner in held]
    used = {r.holder.country for r in shown.reached}
    countries = [("Country", "")]
    countries += [(code or f"{NOT_STATED} (?)", colour) for code, colour in lands.items() if code in used]
    parts, y = [], bottom + 8
    for row in (signs, countries):
        x = MARGIN + 0.0
        for words, colour in row:
            room = width(words, META, bold=not colour) + (20 if colour else 0)
            if x > MARGIN and x + room > wide - MARGIN:
                x, y = MARGIN + 0.0, y + 20
            if colour:
                parts.append(rectangle(Area(x, y - 9, 12, 12), colour, colour, 2))
            parts.append(
                letters(x + (18 if colour else 0), y + 1, words, META, INK if colour else QUIET, bold=not colour)
            )
            x += room + 20
        y += 24
    return parts, y + 4
