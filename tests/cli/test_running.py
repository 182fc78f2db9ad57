"""Runs that take time: asked for, watched, and stopped."""

import os
import signal
from typing import Any

import pytest

from cli.running import stoppable
from provisioner.plan import Event


class Notes:
    """A progress that remembers its notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def listen(self, event: Event) -> None:
        raise AssertionError(event)

    def note(self, text: str) -> None:
        self.texts.append(text)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_said_and_stops_and_the_second_says_what_a_kill_does(number: signal.Signals) -> None:
    notes, usual = Notes(), signal.getsignal(number)
    with stoppable(notes):
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
    assert notes.texts[0].startswith("stopping: ")
    assert f"kill -9 {os.getpid()}" in notes.texts[1]
    assert signal.getsignal(number) is usual


def test_an_interrupted_down_says_what_is_left(netprov: Any, severn: object) -> None:
    netprov.target.interrupted = True
    ended = netprov("down", "severn", "--yes")
    assert ended.code == 130
    assert "not done:" in ended.out
