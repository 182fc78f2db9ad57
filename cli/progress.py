"""Events of a run -> what people see while it goes on: a redrawn block on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol, TextIO

from cli.terminal import Style, seconds, size, style_of
from provisioner.plan import Action, Event, Kind, State
from provisioner.topology import Topology

REDRAW_SECONDS = 0.1
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_SPINNER = "|/-\\"

WORDS = {
    (Kind.AUTHORITY, Action.CREATE): "certificate authority made",
    (Kind.AUTHORITY, Action.UPDATE): "certificate authority renewed",
    (Kind.AUTHORITY, Action.REPLACE): "certificate authority renewed",
    (Kind.AUTHORITY, Action.DELETE): "certificate authority removed",
    (Kind.CERTIFICATE, Action.CREATE): "certificate issued",
    (Kind.CERTIFICATE, Action.UPDATE): "certificate renewed",
    (Kind.CERTIFICATE, Action.REPLACE): "certificate renewed",
    (Kind.CERTIFICATE, Action.DELETE): "certificate removed",
    (Kind.NODE, Action.CREATE): "node started",
    (Kind.NODE, Action.UPDATE): "node changed",
    (Kind.NODE, Action.REPLACE): "node replaced",
    (Kind.NODE, Action.DELETE): "node removed",
    (Kind.LINKS, Action.CREATE): "links set",
    (Kind.LINKS, Action.UPDATE): "links changed",
    (Kind.LINKS, Action.REPLACE): "links changed",
    (Kind.LINKS, Action.DELETE): "links removed",
    (Kind.DATABASE, Action.CREATE): "database started",
    (Kind.DATABASE, Action.UPDATE): "database changed",
    (Kind.DATABASE, Action.REPLACE): "database replaced",
    (Kind.DATABASE, Action.DELETE): "database removed",
}
"""What a step that is done has brought about."""

UNDER_WAY = {
    Kind.AUTHORITY: "certifying",
    Kind.CERTIFICATE: "certifying",
    Kind.NODE: "starting",
    Kind.LINKS: "linking",
    Kind.DATABASE: "database",
}


def phrase(event: Event) -> str:
    """One event in words."""
    if event.action is Action.SAME:
        return "unchanged"
    words = WORDS[event.kind, event.action]
    return f"{words.rpartition(' ')[0]} failed: {event.detail}" if event.state is State.FAILED else words


@dataclass(slots=True)
class Board:
    """How far each node and each link has got."""

    title: str
    nodes: dict[str, str]
    links: tuple[tuple[str, str], ...]
    last: Kind = Kind.LINKS
    """The kind of step with which a node is done: its links when coming, the node itself when going."""
    done: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Move the node that the event is about."""
        if event.name not in self.nodes:
            return
        if event.state is State.FAILED:
            self.failed.add(event.name)
            self.nodes[event.name] = "failed"
        elif event.state is State.STARTED:
            self.nodes[event.name] = "leaving" if event.action is Action.DELETE else UNDER_WAY[event.kind]
        elif event.kind is self.last:
            self.done.add(event.name)
            self.nodes[event.name] = "gone" if event.action is Action.DELETE else "ready"

    @property
    def linked(self) -> int:
        """Links of which both ends are set."""
        return sum(1 for a, b in self.links if a in self.done and b in self.done)


def board(topology: Topology, coming: bool = True) -> Board:
    """The board at the start of a run."""
    pairs = sorted({(min(f.source, f.target), max(f.source, f.target)) for f in topology.flows})
    nodes = {node.id: "waiting" for node in topology.nodes}
    links = tuple(pair for pair in pairs if pair[0] in nodes and pair[1] in nodes)
    return Board(topology.name, nodes, links if coming else (), Kind.LINKS if coming else Kind.NODE)


def block(now: Board, elapsed: float, room: tuple[int, int], style: Style) -> list[str]:
    """The block's lines: a bar, and every node in columns; never wider or higher than the room."""
    columns, rows = room
    lines = [_bar(now, elapsed, columns, style)]
    width = min(max((len(name) for name in now.nodes), default=0) + 14, columns - 1)
    across = max(1, (columns - 1) // width)
    cells = [_cell(name, state, width, elapsed, style) for name, state in _most_telling(now, (rows - 3) * across)]
    lines += ["".join(cells[i : i + across]).rstrip() for i in range(0, len(cells), across)]
    return lines


def _most_telling(now: Board, room: int) -> list[tuple[str, str]]:
    """Every node in the definition's order; where they do not fit, those that are done or waiting give way."""
    nodes = list(now.nodes.items())
    if len(nodes) <= room:
        return nodes
    weight = {"failed": 0, "waiting": 2, "ready": 3, "gone": 3}
    kept = {name for name, _ in sorted(nodes, key=lambda n: weight.get(n[1], 1))[: max(0, room)]}
    return [node for node in nodes if node[0] in kept]


def _bar(now: Board, elapsed: float, columns: int, style: Style) -> str:
    total, done = len(now.nodes), len(now.done)
    counts = f"{done}/{total} nodes" + (f"  {now.linked}/{len(now.links)} links" if now.links else "")
    counts += (f"  {len(now.failed)} failed" if now.failed else "") + f"  {seconds(elapsed)}"
    left = columns - 1 - len(counts)
    space = min(30, max(10, left - len(now.title) - 4))
    if left < space + 2:
        return counts[: columns - 1]
    filled = space * done // max(1, total)
    full, empty = ("━", "─") if style.unicode else ("#", ".")
    title = now.title[: max(0, left - space - 4)]
    bar = f"{style.paint(full * filled, 'green')}{empty * (space - filled)}  {counts}"
    return f"{style.paint(title, 'bold')}  {bar}" if title else bar


def _cell(name: str, state: str, width: int, elapsed: float, style: Style) -> str:
    marks = {"waiting": "·" if style.unicode else ".", "ready": "✓" if style.unicode else "+"}
    marks |= {"gone": marks["ready"], "failed": "✗" if style.unicode else "!"}
    mark = marks.get(state) or _spin(elapsed, style)
    colour = {"ready": "green", "failed": "red", "gone": "grey", "waiting": "grey"}.get(state, "yellow")
    text = f"{mark} {name} {state}"[:width]
    return style.paint(text, colour) + " " * (width - len(text))


class Progress(Protocol):
    """Shows a run while it goes on; never raises, whatever becomes of its stream."""

    def listen(self, event: Event) -> None:
        """Take note of one event."""

    def note(self, text: str) -> None:
        """Show one line that stays."""


class Lines:
    """One line for each step that has ended."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock()

    def listen(self, event: Event) -> None:
        if event.state is not State.STARTED and event.action is not Action.SAME:
            self.note(f"{self._clock() - self._began:6.1f} s  {event.name}: {phrase(event)}")

    def note(self, text: str) -> None:
        write(self._stream, text + "\n")


class Live:
    """A block of lines, redrawn in place."""

    def __init__(self, stream: TextIO, draw: Callable[[float], list[str]], take: Callable[[Event], None]) -> None:
        self._stream, self._draw, self._take = stream, draw, take
        self._began = monotonic()
        self._height = 0
        # Reentrant: a signal handler may add a note while its thread holds the lock.
        self._guard = threading.RLock()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def start(self) -> None:
        self._ticker.start()

    def stop(self) -> None:
        """Take the block away: what stays on screen is the outcome."""
        self._over.set()
        self._ticker.join()
        with self._guard:
            write(self._stream, self._back() + "\x1b[J\x1b[?25h")

    def listen(self, event: Event) -> None:
        with self._guard:
            self._take(event)

    def note(self, text: str) -> None:
        with self._guard:
            write(self._stream, f"{self._back()}\x1b[J{text}\n")
            self._height = 0

    def _tick(self) -> None:
        while not self._over.wait(REDRAW_SECONDS):
            with self._guard:
                lines = self._draw(monotonic() - self._began)
                drawn = "".join(f"{line}\x1b[K\n" for line in lines)
                write(self._stream, f"\x1b[?25l{self._back()}{drawn}\x1b[J")
                self._height = len(lines)

    def _back(self) -> str:
        return f"\r\x1b[{self._height}A" if self._height else "\r"


def write(stream: TextIO, text: str) -> None:
    """Write at once; a terminal or pipe that has gone away must not stop a deployment."""
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError, RuntimeError):
        return


@contextmanager
def shown(now: Board, environ: Mapping[str, str]) -> Iterator[Progress]:
    """The progress that fits standard error, for as long as the block runs."""
    style = style_of(sys.stderr, environ)
    if not style.live:
        yield Lines(sys.stderr, monotonic)
        return
    with _alive(Live(sys.stderr, lambda elapsed: block(now, elapsed, size(), style), now.take)) as live:
        yield live


@contextmanager
def waiting(what: str, environ: Mapping[str, str]) -> Iterator[None]:
    """One line that moves; nothing where there is no terminal."""
    style = style_of(sys.stderr, environ)
    if not style.live:
        yield
        return
    with _alive(Live(sys.stderr, lambda elapsed: [f"{_spin(elapsed, style)} {what}  {seconds(elapsed)}"], _ignore)):
        yield


@contextmanager
def _alive(live: Live) -> Iterator[Live]:
    live.start()
    try:
        yield live
    finally:
        live.stop()


def _ignore(event: Event) -> None:
    """Nothing to take note of."""


def _spin(elapsed: float, style: Style) -> str:
    wheel = SPINNER if style.unicode else ASCII_SPINNER
    return wheel[int(elapsed / REDRAW_SECONDS) % len(wheel)]
