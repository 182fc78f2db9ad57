"""What a stream can show, and the few shapes in which netprov shows things: lines, tables, marks."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from cli.exits import silence
from provisioner.errors import NetprovError
from provisioner.record import record

COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")
COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "grey": "90", "bold": "1"}

Row = Sequence[str]
GAP = 2
LEAST = 8
"""So many characters of the last column are shown, however narrow the terminal."""


@record
class Style:
    """What a stream can show: colours, redrawn lines, more than ASCII."""

    colour: bool
    live: bool
    unicode: bool
    columns: int = 0
    """How wide the stream is; 0 where nothing has to fit."""

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour and colour else text

    def mark(self, good: bool) -> str:
        """A tick or a cross."""
        if self.unicode:
            return self.paint("✓", "green") if good else self.paint("✗", "red")
        return self.paint("ok", "green") if good else self.paint("FAILED", "red")


PLAIN = Style(colour=False, live=False, unicode=True)


def style_of(stream: TextIO, environ: Mapping[str, str]) -> Style:
    """The style that a stream and the environment ask for (no-color.org, TERM=dumb)."""
    terminal = stream.isatty() and environ.get("TERM", "dumb") not in ("", "dumb")
    unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
    live = terminal and not environ.get("CI")
    return Style(terminal and not environ.get("NO_COLOR"), live, unicode, size()[0] if stream.isatty() else 0)


def size() -> tuple[int, int]:
    """Columns and rows of the terminal at this moment."""
    import shutil  # 2 ms that `check` has no use for

    return shutil.get_terminal_size()


def say(text: str) -> None:
    """Print on standard output; a reader that has left is no reason to stop what is being done."""
    _print(text, sys.stdout)


def note(text: str) -> None:
    """Print on standard error: what is for people and no part of the answer."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    try:
        stream.write(text if text.endswith("\n") or not text else text + "\n")
        stream.flush()
    except BrokenPipeError:
        silence(stream.fileno())
    except OSError as error:
        silence(stream.fileno())
        raise NetprovError(f"the output cannot be written: {(error.strerror or str(error)).lower()}") from None


def table(
    header: Row,
    rows: Sequence[Row],
    right: frozenset[int] = frozenset(),
    columns: int = 0,
    spare: Sequence[str] = (),
) -> str:
    """Columns as wide as their widest cell, two blanks apart; those in `right` are numbers.

    Where it has to fit in so many columns of a terminal, the last one gives way; then those named in `spare` are left
    out, one after the other.
    """
    cells = [list(header), *map(list, rows)]
    widths = {i: max(_width(row[i]) for row in cells) for i in range(len(header))}
    if columns:
        last = len(header) - 1
        widths[last] = min(widths[last], LEAST)
        for name in spare:
            if _across(widths) >= columns:
                widths.pop(header.index(name), None)
        room = columns - 1 - _across(widths) + widths[last]
        widths[last] = min(max(_width(row[last]) for row in cells), max(LEAST, room))
    lines = ("  ".join(_padded(row[i], width, i in right) for i, width in widths.items()) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def _across(widths: Mapping[int, int]) -> int:
    """How wide a table with columns of these widths is."""
    return sum(width + GAP for width in widths.values()) - GAP


def _padded(cell: str, width: int, right: bool) -> str:
    if _width(cell) > width:
        return cell[: width - 1] + "…"
    blanks = " " * (width - _width(cell))
    return blanks + cell if right else cell + blanks


def _width(cell: str) -> int:
    """Columns on screen: colours take none."""
    return len(COLOUR_CODES.sub("", cell))


def counted(number: int, one: str, many: str = "") -> str:
    """1 node, 2 nodes, no node."""
    return f"{number or 'no'} {one if number < 2 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """RXA01, RXA02 and 5 more."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "none"


def seconds(duration: float) -> str:
    """0.8 s, 12 s, 2 min 5 s."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 100:
        return f"{duration:.0f} s"
    return f"{int(duration) // 60} min {int(duration) % 60} s"
