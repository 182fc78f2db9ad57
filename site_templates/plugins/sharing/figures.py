"""What a node counts, in Prometheus' text format (exposition format 0.0.4).

netprov_queue_studies{state="dead"} 2
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, with a value for each set of labels. All of them are gauges: they go up and down."""

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def figure(name: str, words: str, value: float, **labels: str) -> Figure:
    """One that has a single value."""
    return Figure(name, words, ((labels, value),))


def exposition(figures: Iterable[Figure]) -> str:
    return "".join(line for each in figures for line in _lines(each))


def _lines(figure: Figure) -> Iterable[str]:
    yield f"# HELP {figure.name} {figure.help}\n# TYPE {figure.name} gauge\n"
    for labels, value in figure.samples:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{figure.name}{{{shown}}} {value:.15g}\n" if shown else f"{figure.name} {value:.15g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
