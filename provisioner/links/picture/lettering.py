"""How wide text will be, near enough: a picture is laid out before any font is at hand."""

ELLIPSIS = "\u2026"

# Arial's widths in thousandths of the size, which Liberation Sans and Helvetica share; by groups, since a label
# that is a pixel off does no harm.
_NARROW, _MEDIUM, _CAPITAL, _BROAD, _WIDE = 280, 556, 690, 900, 1000
_GROUPS = {
    **dict.fromkeys("iljtf.,:;'|!I()[]/ \u00b7-", _NARROW),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ&", _CAPITAL),
    **dict.fromkeys("mwMW@%" + ELLIPSIS, _BROAD),
}
_FIRST_WIDE = "\u2e80"
"""From here on (CJK and symbols) a character is as wide as the font is high."""


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of the text in pixels at that size."""
    thousandths = sum(_GROUPS.get(c, _WIDE if c >= _FIRST_WIDE else _MEDIUM) for c in text)
    return thousandths * size / 1000 * (1.07 if bold else 1.0)


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, or as much of it as there is room for and an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    kept = text
    while kept and width(kept + ELLIPSIS, size, bold) > room:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrapped(text: str, size: float, room: float, bold: bool = False) -> tuple[str, ...]:
    """The text on one line, or on two of like width where it needs them; what is left over is cut."""
    words = text.split()
    if width(" ".join(words), size, bold) <= room or len(words) < 2:
        return (fitted(" ".join(words), size, room, bold),)
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    # Where neither split fits, a full first line keeps most of the text.
    fits = [s for s in splits if width(s[0], size, bold) <= room] or splits[:1]
    best = min(fits, key=lambda s: max(width(line, size, bold) for line in s))
    return tuple(fitted(line, size, room, bold) for line in best)
