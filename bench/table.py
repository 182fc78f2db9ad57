"""One line of the benchmark's table: what was measured, against what, and what is wanted."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio of two figures taken side by side in one run; `floor` is 1 where `value` stands for itself."""

    piece: str
    what: str
    value: float
    floor: float
    unit: str
    against: str
    wanted: float | None = None
    """The ratio (or the figure itself, against nothing) is at most this; None where nothing is promised."""
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.value / self.floor if self.floor else float("inf")

    @property
    def kept(self) -> bool:
        return self.wanted is None or self.ratio <= self.wanted


def missing(piece: str, what: str, why: str) -> Row:
    """A line for what could not be measured here: said, never left out."""
    return Row(piece, what, 0.0, 1.0, "", "not measured", None, why)


def to_json(rows: Iterable[Row]) -> str:
    return json.dumps([asdict(row) | {"ratio": round(row.ratio, 3), "kept": row.kept} for row in rows], indent=1)


def from_json(text: str) -> tuple[Row, ...]:
    """The rows that a piece has printed."""
    fields = Row.__dataclass_fields__
    return tuple(Row(**{k: v for k, v in row.items() if k in fields}) for row in json.loads(text))


def markdown(rows: Iterable[Row]) -> str:
    """The table for people."""
    head = "| piece | what | figure | against | ratio | at most | |\n|---|---|---:|---|---:|---:|---|"
    return "\n".join((head, *(_line(row) for row in rows)))


def _line(row: Row) -> str:
    if row.against == "not measured":
        return f"| {row.piece} | {row.what} | - | not measured | - | - | {row.note} |"
    wanted = "" if row.wanted is None else f"{row.wanted:g}"
    verdict = "" if row.wanted is None else "kept" if row.kept else "**missed**"
    ratio = f"{row.ratio:.2f}" if row.against else ""
    against = f"{row.against}: {_figure(row.floor, row.unit)}" if row.against else ""
    end = " ".join(filter(None, (verdict, row.note)))
    return f"| {row.piece} | {row.what} | {_figure(row.value, row.unit)} | {against} | {ratio} | {wanted} | {end} |"


def _figure(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:.3g} {unit}".rstrip()
