"""Runs that take time: asked for, watched, and stopped."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from cli.board import board
from cli.running import awaited, stoppable, watched
from provisioner.engine.plan import Action, Event, Kind, Outcome, State
from provisioner.errors import NetprovError
from provisioner.links.topology import Topology


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_is_told_and_stops_the_work(number: signal.Signals) -> None:
    told: list[int] = []
    usual = signal.getsignal(number)
    with stoppable(told.append):
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
    assert told == [1, 2]
    assert signal.getsignal(number) is usual


def test_the_first_ctrl_c_is_answered_and_the_second_says_what_a_kill_does(
    netprov: Any, network_of: Callable[..., Topology]
) -> None:
    def work(_: object) -> Outcome:
        for _ in range(2):
            with suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
        return Outcome("severn", (), (), interrupted=True)

    assert watched(work, board(network_of("RXA01")), netprov.session).interrupted
    told = netprov.capture.readouterr().err.splitlines()
    assert told[0].startswith("stopping: ")
    assert f"kill -9 {os.getpid()}" in told[1]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "nothing was changed"),
        ((Event(State.STARTED, Action.CREATE, Kind.NODE, "RXA01"),), "nothing was changed"),
        ((Event(State.DONE, Action.SAME, Kind.NODE, "RXA01"),), "nothing was changed"),
        ((Event(State.DONE, Action.CREATE, Kind.NODE, "RXA01"),), "the next run goes on from here"),
    ],
)
def test_an_interruption_beside_the_engine_says_whether_anything_was_changed(
    events: tuple[Event, ...], said: str, netprov: Any, network_of: Callable[..., Topology]
) -> None:
    def work(listen: Callable[[Event], None]) -> Outcome:
        for event in events:
            listen(event)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=said):
        watched(work, board(network_of("RXA01")), netprov.session)


def test_work_that_complains_of_having_been_stopped_was_interrupted(netprov: Any) -> None:
    def work() -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        raise NetprovError("the engine failed: preview canceled")

    with pytest.raises(KeyboardInterrupt):
        awaited("planning", work, netprov.session)


def test_an_interrupted_down_says_what_is_left(netprov: Any, severn: object) -> None:
    netprov.target.interrupted = True
    ended = netprov("down", "severn", "--yes")
    assert ended.code == 130
    assert "not done:" in ended.out
