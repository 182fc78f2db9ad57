"""A run that takes time: asked for first, watched while it goes on, stopped cleanly by Ctrl-C."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

import click

from cli.board import Board
from cli.progress import shown, waiting
from cli.session import Session, Usage
from cli.terminal import note
from provisioner.engine.plan import Action, Event, Outcome, State
from provisioner.errors import NetprovError

T = TypeVar("T")

STOPPING = "stopping: what has begun is being finished (Ctrl-C again to hurry)"
HURRYING = "hurrying; `kill -9 {pid}` does no harm either: the next run goes on from where this one ended"


@dataclass(slots=True)
class Stop:
    """How often the user has asked for an end."""

    asked: int = 0


def watched(work: Callable[[Callable[[Event], None]], Outcome], now: Board, session: Session) -> Outcome:
    """Do the work while people watch it; Ctrl-C is answered at once, and the outcome says what it kept undone."""

    def tell(times: int) -> None:
        progress.note(STOPPING if times == 1 else HURRYING.format(pid=os.getpid()))

    changed = False

    def listen(event: Event) -> None:
        nonlocal changed
        changed = changed or (event.state is State.DONE and event.action is not Action.SAME)
        progress.listen(event)

    with shown(now, session.environ) as progress, stoppable(tell):
        try:
            return work(listen)
        except KeyboardInterrupt:  # not while the engine was at work: it would have told what it did
            raise KeyboardInterrupt("the next run goes on from here" if changed else "nothing was changed") from None


def awaited(what: str, work: Callable[[], T], session: Session) -> T:
    """Do work that says nothing of itself and changes nothing, under a line that shows it has not died."""
    with waiting(what, session.environ), stoppable(lambda _: None) as stop:
        try:
            return work()
        except NetprovError:
            if stop.asked:  # what was stopped complains of having been stopped
                raise KeyboardInterrupt from None
            raise


@contextmanager
def stoppable(tell: Callable[[int], None]) -> Iterator[Stop]:
    """Ctrl-C, a hang-up or CI's SIGTERM is told, and reaches the work as KeyboardInterrupt."""
    stop = Stop()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.asked += 1
        tell(stop.asked)
        raise KeyboardInterrupt

    usual = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def can_ask(source: str) -> None:
    """Refuse at once where nobody could answer, before anything slow is done."""
    if source == "-":
        raise Usage("the definition came by standard input, so there is nobody to ask", "give --yes")
    if not sys.stdin.isatty():
        raise Usage("there is no terminal to ask on", "give --yes to go on without a question")


def agreed(question: str) -> bool:
    """Ask; a no is said to have changed nothing."""
    if click.confirm(question, err=True):
        return True
    note("nothing was changed")
    return False
