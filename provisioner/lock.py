"""One run at a time on one network: a kernel lock that dies with its holder, and words about who holds it.

The lock is an flock on run.lock, inherited by the engine, so it is held exactly as long as one of the two lives:
nothing has to be broken by hand after a kill, and nothing can break the lock of a live run.
"""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from provisioner.errors import Locked, NetprovError
from provisioner.home import NetworkFolder, private

PATIENCE_SECONDS = 10.0
"""How long an engine that has lost its netprov may take to end."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a network: process (with its start, since pids are used again), host, and since when."""

    pid: int
    started: str
    boot: str
    host: str
    user: str
    command: str
    since: str

    def alive(self) -> bool:
        """Whether this very process still runs here; a process of another host counts as alive."""
        if self.host != socket.gethostname():
            return True
        return self.boot == boot_id() and process_start(self.pid) == self.started

    def words(self) -> str:
        return f"`netprov {self.command}` of {self.user} on {self.host} (pid {self.pid}) since {self.since}"


@cache
def boot_id() -> str:
    """The kernel's name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def process_start(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def read_holder(folder: NetworkFolder) -> Holder | None:
    """The last holder that did not sign off; None if there is none, or its note is torn."""
    try:
        return Holder(**json.loads(folder.holder.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _sign(folder: NetworkFolder, command: str) -> None:
    pid = os.getpid()
    since = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    holder = Holder(pid, process_start(pid), boot_id(), socket.gethostname(), getpass.getuser(), command, since)
    folder.holder.touch(mode=0o600)
    folder.holder.write_text(json.dumps(asdict(holder)), encoding="utf-8")


def _take(folder: NetworkFolder) -> int:
    """The locked file descriptor; waits only for what a dead run has left to end."""
    fd = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = read_holder(folder)
            if (holder and holder.alive()) or time.monotonic() > end:
                os.close(fd)
                who = holder.words() if holder else "another run"
                raise Locked(
                    f"network {folder.id} is being changed by {who}", "wait until it has ended, then run this again"
                ) from None
            time.sleep(0.05)
        else:
            if _same(fd, folder.lock):
                return fd
            os.close(fd)  # `down` took the whole folder away while we waited
            private(folder.root)
            fd = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _same(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def hold(folder: NetworkFolder, command: str) -> Iterator[tuple[int, str]]:
    """Hold the network; gives the descriptor for the engine to inherit, and a notice about a dead predecessor.

    Raises Locked while another run is alive.
    """
    private(folder.root)
    fd = _take(folder)
    try:
        dead = read_holder(folder)
        notice = f"taking over from {dead.words()}, which did not end by itself" if dead else ""
        _sign(folder, command)
        yield fd, notice
    finally:
        with suppress(OSError):
            folder.holder.unlink(missing_ok=True)
        os.close(fd)


def unlock(folder: NetworkFolder) -> str:
    """Say what holds the network; a dead run's remains need no hand, a live one's lock is never broken.

    Raises Locked while a run is alive, NetprovError if there is no such network.
    """
    if not folder.root.is_dir():
        raise NetprovError(f"there is no network {folder.id} here", "`netprov list` shows the networks")
    with hold(folder, "unlock") as (_, notice):
        return notice or f"nothing holds network {folder.id}"
