"""Who works on a network: a process that can be told from every other one, and whether it still lives."""

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """Process (with its start, since pids are used again), host, and since when."""

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
        return self.seen_from_here and process_start(self.pid) == self.started

    @property
    def seen_from_here(self) -> bool:
        """Whether its process is one that this process could see: hosts may share a name, so the boot tells."""
        return self.boot == _view()

    def words(self) -> str:
        return f"`netprov {self.command}` of {self.user} on {self.host} (pid {self.pid}) since {self.since}"


@cache
def boot_id() -> str:
    """The kernel's name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _view() -> str:
    """Of this boot, which processes are seen from here: a container sees its own."""
    return f"{boot_id()}/{Path('/proc/self/ns/pid').stat().st_ino}"


def process_start(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def this_process(command: str) -> Holder:
    pid = os.getpid()
    since = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return Holder(pid, process_start(pid), _view(), socket.gethostname(), _user(), command, since)


def _user() -> str:
    """A container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
