"""What people see while a run goes on: a redrawn block on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Protocol, TextIO

from cli.board import TURN_SECONDS, Board, block, spin
from cli.terminal import seconds, size, style_of
from provisioner.engine.plan import Action, Event, Kind, State

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


def phrase(event: Event) -> str:
    """One event in words."""
    if event.action is Action.SAME:
        return "unchanged"
    words = WORDS[event.kind, event.action]
    return f"{words.rpartition(' ')[0]} failed: {event.detail}" if event.state is State.FAILED else words


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
        while not self._over.wait(TURN_SECONDS):
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
    with _alive(Live(sys.stderr, lambda elapsed: [f"{spin(elapsed, style)} {what}  {seconds(elapsed)}"], _ignore)):
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
