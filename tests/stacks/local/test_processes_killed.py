"""Never two and never none: netprov killed at any line and at any moment, two of it at once, many threads."""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from stacks.local import procfs
from stacks.local.processes import Service, running, start, stop, sweep

Eventually = Callable[[Callable[[], bool]], bool]
AliveWith = Callable[[str], list[int]]
Fork = Callable[[Callable[[], None]], int]
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def number_of(service: Service) -> str:
    return service.argv[-1]


STEP = 1 if os.environ.get("NETPROV_CHAOS") else 7
"""Every line takes half a minute; each ordinary run tries other ones."""


def killed_at_line(in_a_child: Fork, work: Callable[[Service], object], service: Service, line: int) -> bool:
    """Do it in a netprov that dies at the n-th line it runs of ours; False if it came through."""

    def traced() -> None:
        left = line

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal left
            if "/stacks/local/" not in frame.f_code.co_filename and "subprocess" not in frame.f_code.co_filename:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        work(service)

    _, status = os.waitpid(in_a_child(traced), 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("work", [start, stop])
def test_a_netprov_killed_at_any_line_leaves_one_or_none(
    service: Service,
    work: Callable[[Service], object],
    alive_with: AliveWith,
    eventually: Eventually,
    in_a_child: Fork,
) -> None:
    quick = replace(service, grace_seconds=0.0)
    for line in range(random.randrange(1, STEP + 1), 2000, STEP):
        if work is stop:
            start(service)
        killed = killed_at_line(in_a_child, work, service, line)
        pid = start(service)
        assert eventually(lambda pid=pid: alive_with(number_of(service)) == [pid]), f"line {line}"  # type: ignore[misc]
        stop(quick)
        assert not alive_with(number_of(service)), f"line {line}"
        if not killed:
            break
    assert line > 60


def test_what_a_killed_netprov_was_stopping_is_not_taken_for_running(
    service: Service, eventually: Eventually, in_a_child: Fork
) -> None:
    slow = "trap 'sleep 2; exit' TERM; while :; do sleep 0.01; done"
    slow_to_stop = replace(service, argv=("/bin/sh", "-c", slow, "slow", number_of(service)))
    first = start(slow_to_stop)
    assert eventually(lambda: len(procfs.children(first)) == 1)
    netprov = in_a_child(lambda: stop(slow_to_stop))
    assert eventually(slow_to_stop.ending.exists)
    os.kill(netprov, signal.SIGKILL)
    os.waitpid(netprov, 0)
    assert running(slow_to_stop) is None
    second = start(slow_to_stop)
    assert procfs.process(first) is None
    assert running(slow_to_stop) == second
    stop(replace(slow_to_stop, grace_seconds=0.0))


def test_a_netprov_killed_at_any_moment_leaves_one_or_none(
    service: Service, alive_with: AliveWith, eventually: Eventually, in_a_child: Fork
) -> None:
    def restless() -> None:
        while True:
            start(service)
            stop(replace(service, grace_seconds=0.0))

    for _ in range(40):
        netprov = in_a_child(restless)
        time.sleep(random.uniform(0.0, 0.03))
        os.kill(netprov, signal.SIGKILL)
        os.waitpid(netprov, 0)
        pid = start(service)
        assert eventually(lambda pid=pid: alive_with(number_of(service)) == [pid])  # type: ignore[misc]
    stop(service)
    assert not alive_with(number_of(service))


def test_many_netprovs_at_once_start_one(
    service: Service, tmp_path: Path, alive_with: AliveWith, in_a_child: Fork, eventually: Eventually
) -> None:
    for round_ in range(5):
        said = tmp_path / f"said.{round_}"

        def work(said: Path = said) -> None:
            pid = start(service)
            with said.open("a") as file:
                file.write(f"{pid}\n")

        for child in [in_a_child(work) for _ in range(8)]:
            os.waitpid(child, 0)
        assert len(said.read_text().split()) == 8
        (pid,) = set(map(int, said.read_text().split()))
        assert eventually(lambda pid=pid: alive_with(number_of(service)) == [pid])  # type: ignore[misc]
        stop(replace(service, grace_seconds=0.0))


def test_many_threads_start_many_services(service: Service, alive_with: AliveWith, eventually: Eventually) -> None:
    several = [replace(service, name=f"tiny{n}") for n in range(24)]
    threads = [threading.Thread(target=start, args=(each,)) for each in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pids = {running(each) for each in several}
    assert len(pids) == 24
    # A command is empty in the moment of an exec.
    assert eventually(lambda: set(alive_with(number_of(service))) == pids)
    for each in several:
        targets = [t for _, t in procfs.open_files(running(each) or 0) if t.endswith(".lock")]
        assert targets == [str(each.lock)]
    assert set(sweep(service.folder)) == pids


def test_starts_and_stops_that_race_end_in_one_or_none(
    service: Service, alive_with: AliveWith, in_a_child: Fork, eventually: Eventually
) -> None:
    quick = replace(service, grace_seconds=0.0)

    def restless(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            chance.choice([start, stop])(quick)

    for child in [in_a_child(lambda seed=seed: restless(seed)) for seed in range(6)]:  # type: ignore[misc]
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    pid = running(service)
    assert eventually(lambda: alive_with(number_of(service)) == ([pid] if pid else []))
