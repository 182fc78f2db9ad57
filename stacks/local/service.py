"""A service, and the traces by which it is known whether it runs.

Two files in its folder say what runs, whatever happened to any netprov:

- `<name>.lock`, an flock that the service inherits, and whatever it forks: the kernel holds it exactly as long as one
  of them lives. Only who has it may start the service, so that there are never two.
- `<name>.pid`, a note that the service writes of itself before it becomes its program: the boot, its pid, its start.
  A pid that is used again, or one of another boot, is never taken for the service.

Two more are netprov's own:

- `<name>.guard` is held by the netprov that starts or stops the service, and by nothing that lives on: who has it and
  finds the lock taken knows that it is taken by the service and not by another netprov.
- `<name>.ending` is the note of a service that is being stopped. Orthanc takes seconds to stop: if netprov is killed
  meanwhile, the next one must not take for running what is about to go.
"""

import fcntl
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from provisioner.engine.holder import boot_id
from stacks.local import procfs
from stacks.local.account import Account
from stacks.local.procfs import Process

TICK = 0.001
NOTE_SECONDS = 0.3
"""How long a lock may be held without a note; then whoever holds it is looked for."""


@dataclass(frozen=True, slots=True)
class Service:
    """One program that outlives netprov."""

    name: str
    argv: tuple[str, ...]
    folder: Path
    log: Path
    environ: Mapping[str, str]
    """The whole environment of the program: nothing of netprov's own is passed on."""
    account: Account | None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    """How long it may take to stop before it is killed; 0 kills at once."""
    stale: tuple[Path, ...] = ()
    """Files that a dead predecessor leaves and that would stop this one; removed when it is known to be dead."""

    @property
    def lock(self) -> Path:
        return self.folder / f"{self.name}.lock"

    @property
    def note(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def ending(self) -> Path:
        return self.folder / f"{self.name}.ending"

    @property
    def guard(self) -> Path:
        return self.folder / f"{self.name}.guard"

    @property
    def uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A lock file, made if need be; never a link's target, since the folder may be an account's with fewer rights."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Hold a guard as long as the block runs; waits for another netprov's start or stop to end."""
    while True:
        with opened(path) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(path, descriptor):
                yield
                return


def _is_still(path: Path, descriptor: int) -> bool:
    # While this netprov waited, the one before it may have removed the folder and its locks with it.
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def take(lock: int) -> bool:
    """Whether the lock is now ours; a second call changes nothing."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(lock: Path) -> bool:
    """Whether somebody has the lock. Two who ask at once do not see each other."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_note(note: Path) -> Process | None:
    """What a note of this boot says; None for one of another boot, a torn one, and none."""
    try:
        boot, _, stat = note.read_text(encoding="utf-8", errors="replace").partition(" ")
    except OSError:
        return None
    return procfs.parse(stat) if boot == boot_id() else None


def alive(process: Process) -> bool:
    """Whether this very process still runs."""
    found = procfs.process(process.pid)
    return found is not None and found.started == process.started


def noted(service: Service, file: Path | None = None) -> Process | None:
    """The process of the service's note, if it lives and is not about to end."""
    note = read_note(file or service.note)
    found = procfs.process(note.pid) if note else None
    if not note or not found or found.started != note.started or found.exiting:
        return None
    return found if procfs.owner(found.pid) == service.uid else None


def settled(service: Service) -> Process | None:
    """The service's process: by its note, or found by the lock that it holds; None if only its children live on.

    And None if it is being stopped.
    """
    deadline = time.monotonic() + NOTE_SECONDS
    while not (process := noted(service)):
        if not is_held(service.lock) or noted(service, service.ending):
            return None
        if time.monotonic() > deadline:
            return _found(service)
        time.sleep(TICK)
    return process


def holders(folder: Path, name: str = "*") -> tuple[Process, ...]:
    """Who holds the locks of a folder's services, deleted ones included.

    Seen by their open files; those of another account are hidden from a root without CAP_SYS_PTRACE, as in many
    containers: processes of the folder's owner then count if they are in the session that a note names. Its number is
    not given to anybody else while one of its processes lives.
    """
    names = "[^/]+" if name == "*" else re.escape(name)
    path = re.compile(rf"{re.escape(str(folder.resolve()))}/{names}\.lock(?: \(deleted\))?")
    seen, hidden = procfs.lock_holders(lambda target: path.fullmatch(target) is not None, procfs.pids())
    sessions = {
        note.session
        for file in (*folder.glob(f"{name}.pid"), *folder.glob(f"{name}.ending"))
        if (note := read_note(file))
    }
    found = [procfs.process(pid) for pid in {*seen, *hidden} - {os.getpid()}]
    uid = folder.stat().st_uid
    return tuple(p for p in found if p and (p.pid in seen or (p.session in sessions and procfs.owner(p.pid) == uid)))


def _found(service: Service) -> Process | None:
    """The service whose note was lost: the one that leads its session and runs the service's command."""
    command = " ".join(service.argv)
    for process in sorted(holders(service.folder, service.name), key=lambda p: p.started):
        if process.pid == process.session and command in procfs.command(process.pid):
            with suppress(OSError):  # it is found again next time
                _note_again(service, process.pid)
            return process
    return None


def _note_again(service: Service, pid: int) -> None:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    descriptor, draft = tempfile.mkstemp(prefix=f".{service.name}.", dir=service.folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{boot_id()} {stat}")
        if service.account:  # who writes the next note over this one
            os.fchown(file.fileno(), service.account.uid, service.account.gid)
    Path(draft).replace(service.note)
