"""What the kernel says of processes: who lives, who holds a lock, who listens.

Everything is read from /proc and nothing is changed. A process may end while it is being read: it is then not there.
"""

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MEBI = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
PF_EXITING = 0x4
SIGKILL_BIT = 1 << (signal.SIGKILL - 1)
LISTEN = "0A"
"""TCP_LISTEN in the state column of /proc/net/tcp."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process that lives; a pid is used again one day, pid and start together never are."""

    pid: int
    parent: int
    session: int
    terminal: int
    """Device number of the controlling terminal; 0 for a process that has none."""
    started: int
    """In clock ticks after the boot."""
    exiting: bool
    """Whether it is on its way out, though it may still hold files and ports."""


def parse(stat: str) -> Process | None:
    """A line of /proc/<pid>/stat; None for a zombie, which runs no code and holds nothing."""
    # The program's name stands in brackets and may hold any character, brackets included.
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    try:
        if fields[0] in "ZX":
            return None
        return Process(
            pid=int(head.split("(")[0]),
            parent=int(fields[1]),
            session=int(fields[3]),
            terminal=int(fields[4]),
            started=int(fields[19]),
            exiting=bool(int(fields[6]) & PF_EXITING),
        )
    except (IndexError, ValueError):
        return None


def process(pid: int) -> Process | None:
    """The process of that pid, if it lives."""
    return parse(_text(f"/proc/{pid}/stat"))


def pids() -> tuple[int, ...]:
    """Every pid that can be seen from here."""
    return tuple(int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208  # twice as fast


def owner(pid: int) -> int | None:
    """The user that a process acts as; None for one that is gone, or was killed and has not noticed yet."""
    status = _text(f"/proc/{pid}/status")
    pending = re.findall(r"^(?:SigPnd|ShdPnd):\t([0-9a-f]+)", status, re.MULTILINE)
    # Not the owner of /proc/<pid>, which is root's for a process that may not be traced.
    found = re.search(r"^Uid:\t\d+\t(\d+)", status, re.MULTILINE)
    doomed = any(int(mask, 16) & SIGKILL_BIT for mask in pending)
    return int(found[1]) if found and not doomed else None


def command(pid: int) -> str:
    """The command line, its words joined by spaces."""
    return _text(f"/proc/{pid}/cmdline").rstrip("\0").replace("\0", " ")


def name(pid: int) -> str:
    """The program's short name."""
    return _text(f"/proc/{pid}/comm").strip()


def children(pid: int) -> tuple[int, ...]:
    """The processes that this one has started from its first thread."""
    return tuple(int(child) for child in _text(f"/proc/{pid}/task/{pid}/children").split())


def memory_mib(pid: int) -> float:
    """Memory of one process: shared pages by share where the kernel tells (it must be ours), whole otherwise."""
    share = re.search(r"^Pss:\s+(\d+) kB", _text(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)
    if share:
        return int(share[1]) / 1024
    counts = _text(f"/proc/{pid}/statm").split()
    return int(counts[1]) * PAGE / MEBI if len(counts) > 1 else 0.0


def open_files(pid: int) -> Iterator[tuple[str, str]]:
    """Number and target of each file that a process holds open. Raises PermissionError where we may not see."""
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)  # noqa: PTH208  # thousands are read
    except (FileNotFoundError, ProcessLookupError):
        return
    for number in numbers:
        with suppress(FileNotFoundError, ProcessLookupError):
            yield number, os.readlink(f"{folder}/{number}")  # noqa: PTH115


def lock_holders(matches: Callable[[str], bool], among: Iterable[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Which of these processes hold an exclusive flock on a file whose path matches, and which do not let us see.

    A deleted file's path ends in " (deleted)". A lock that is shared is somebody's look at the lock, not a holder.
    """
    holders, hidden = set(), set()
    for pid in among:
        try:
            numbers = [number for number, target in open_files(pid) if matches(target)]
        except PermissionError:
            hidden.add(pid)
            continue
        for number in numbers:
            # The kernel names the locks of the open file, which a fork shares: whoever inherited it holds it.
            if re.search(r"^lock:.*FLOCK\s+ADVISORY\s+WRITE", _text(f"/proc/{pid}/fdinfo/{number}"), re.MULTILINE):
                holders.add(pid)
    return frozenset(holders), frozenset(hidden)


def listener(port: int) -> str | None:
    """The inode of the TCP socket that listens on a port of this machine, on any address; None if none does."""
    suffix = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _text(table).splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and fields[1].endswith(suffix):
                return fields[9]
    return None


def socket_holders(inode: str) -> tuple[int, ...]:
    """The processes that hold a socket open, as far as they can be seen."""
    found = []
    for pid in pids():
        with suppress(PermissionError):
            if any(target == f"socket:[{inode}]" for _, target in open_files(pid)):
                found.append(pid)
    return tuple(sorted(found))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
