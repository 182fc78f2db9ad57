"""The marks of a drawing, as SVG text: everything that comes from a definition is escaped here and nowhere else."""

import re
from xml.sax.saxutils import escape

from provisioner.definition.choices import SiteKind
from provisioner.links.picture.areas import Area

FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
INK, QUIET, EDGE, TINT, PAPER = "#16242F", "#4A5B68", "#C3CCD4", "#F4F6F8", "#FFFFFF"
USUAL, OTHER, ABROAD = "#5C6E7C", "#C2410C", "#6F3FA0"
DASHED, DOTTED = "9 4", "5 4"
KIND_COLOURS = {
    SiteKind.ACUTE: "#1D70B8",
    SiteKind.COMMUNITY_DIAGNOSTIC_CENTRE: "#00806B",
    SiteKind.REPORTING_HUB: "#6F3FA0",
    SiteKind.SPECIALIST: "#B3541E",
}
HEAD, HEAD_HALF = 8, 4

# XML has no place for these, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def safe(text: str) -> str:
    """Text that can stand in an element or in an attribute between double quotes."""
    return escape(_IMPOSSIBLE.sub("\ufffd", text), {'"': "&quot;"})


def number(value: float) -> str:
    """A coordinate: a tenth of a pixel is enough, and equal values give equal text."""
    return f"{round(value, 1):g}" if abs(value) < 1e5 else f"{value:.0f}"


def on(colour: str) -> str:
    """Black or white, whichever reads better on that colour (WCAG relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.2 else PAPER


def letters(x: float, y: float, text: str, size: float, colour: str, anchor: str = "", bold: bool = False) -> str:
    """One line of text."""
    extra = (' font-weight="bold"' if bold else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{number(x)}" y="{number(y)}" font-size="{size:g}" fill="{colour}"{extra}>{safe(text)}</text>'


def rectangle(area: Area, fill: str, stroke: str, radius: float, dash: str = "") -> str:
    """A box with round corners."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    at = f'x="{number(area.x)}" y="{number(area.y)}" width="{number(area.w)}" height="{number(area.h)}"'
    return f'<rect {at} rx="{radius:g}" fill="{safe(fill)}" stroke="{safe(stroke)}"{dashes}/>'


def arrowhead(x: float, y: float, dx: int, dy: int, colour: str) -> str:
    """A head whose tip is at (x, y), for a line that leaves it along (dx, dy), one of the four ways."""
    back_x, back_y = x + dx * HEAD, y + dy * HEAD
    side_x, side_y = abs(dy) * HEAD_HALF, abs(dx) * HEAD_HALF
    corners = ((x, y), (back_x - side_x, back_y - side_y), (back_x + side_x, back_y + side_y))
    points = " ".join(f"{number(px)},{number(py)}" for px, py in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def list_sign(x: float, y: float, colour: str) -> str:
    """Three lines: the shared worklist."""
    lines = "".join(f"M{number(x)} {number(y + 4 * row)}h2m2 0h7" for row in range(3))
    return f'<path d="{lines}" stroke="{colour}" stroke-width="1.6"/>'
