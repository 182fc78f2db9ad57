"""How long a whole process takes, and how much memory at its peak; medians of several runs."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which


@dataclass(frozen=True, slots=True)
class Run:
    """One whole process."""

    seconds: float
    peak_mib: float
    code: int
    processor: float = 0.0
    """Seconds of it, by the process and all that it has waited for."""


def run(command: Sequence[str], environ: Mapping[str, str] | None = None, output: Path = Path(os.devnull)) -> Run:
    """Start, wait, measure. The peak is the kernel's own count for that child.

    The kernel counts the parent's size at the start of the child too: a caller must itself be small.
    """
    program = which(command[0]) or command[0]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, fd, str(output) if fd == 1 else f"{output}.err", flags, 0o600) for fd in (1, 2)]
    if str(output) == os.devnull:
        actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0o600) for fd in (1, 2)]
    began = time.perf_counter()
    pid = os.posix_spawn(program, list(command), dict(environ or os.environ), file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    return Run(
        time.perf_counter() - began,
        usage.ru_maxrss / 1024,
        os.waitstatus_to_exitcode(status),
        usage.ru_utime + usage.ru_stime,
    )


def interleaved(runs: Sequence[Callable[[], Run]], times: int) -> tuple[tuple[Run, ...], ...]:
    """Each thing in turn, `times` times after a warm-up, so that a busy moment of the machine hits all alike."""
    for each in runs:
        each()
    rounds = [[each() for each in runs] for _ in range(times)]
    return tuple(zip(*rounds, strict=True))


def median_seconds(runs: Sequence[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def peak_mib(runs: Sequence[Run]) -> float:
    return max(run.peak_mib for run in runs)


def netprov() -> str:
    """The netprov of the interpreter that runs the benchmark."""
    return str(Path(sys.executable).with_name("netprov"))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent k of value ~ size^k, by least squares on logarithms."""
    from math import log

    logs = [(log(size), log(value)) for size, value in points]
    mean_x, mean_y = (statistics.fmean(axis) for axis in zip(*logs, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return above / sum((x - mean_x) ** 2 for x, _ in logs)
