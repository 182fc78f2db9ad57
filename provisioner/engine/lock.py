"""One run at a time on one network: a kernel lock that dies with its holder, and words about who holds it.

The lock is an flock on run.lock, inherited by the engine, so it is held exactly as long as one of the two lives:
nothing has to be broken by hand after a kill, and nothing can break the lock of a live run. A network whose state is
in a bucket is held there too, against other machines, and its papers are fetched and kept under that lock.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from provisioner.engine import engine_state
from provisioner.engine.holder import Holder, this_process
from provisioner.errors import Locked, NetprovError
from provisioner.home import NetworkFolder, private

DOWN = "down"
"""The one command after which nothing of a network is left."""
PATIENCE_SECONDS = 10.0
"""How long an engine that has lost its netprov may take to end."""


def read_holder(folder: NetworkFolder) -> Holder | None:
    """The last holder that did not sign off; None if there is none, or its note is torn."""
    try:
        return Holder(**json.loads(folder.holder.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _sign(folder: NetworkFolder, me: Holder) -> None:
    folder.holder.touch(mode=0o600)
    folder.holder.write_text(json.dumps(asdict(me)), encoding="utf-8")


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
        dead, me = read_holder(folder), this_process(command)
        with _held_there(folder, me) as notice:
            _sign(folder, me)
            yield fd, f"taking over from {dead.words()}, which did not end by itself" if dead else notice
    finally:
        with suppress(OSError):
            folder.holder.unlink(missing_ok=True)
        os.close(fd)


@contextmanager
def _held_there(folder: NetworkFolder, me: Holder) -> Iterator[str]:
    """Against other machines too, where the state is in a bucket; the folder is then as the bucket has it."""
    safe = _safe(folder)
    if safe is None:
        yield ""
        return
    from provisioner.engine.lease import Lease

    with Lease(safe.bucket, folder.id).held(me) as notice:
        safe.fetch()
        yield notice
        if folder.root.is_dir():
            safe.keep_changes()
        elif me.command == DOWN and engine_state.is_empty(safe.bucket, folder.id):
            safe.empty(*engine_state.objects(folder.id))


def _safe(folder: NetworkFolder) -> "Safe | None":
    """Without what it takes to ask, where nobody shares the state."""
    if not folder.backend.exists():
        return None
    from provisioner.engine.safe import safe_of

    return safe_of(folder)


def refresh(folder: NetworkFolder) -> None:
    """Bring the folder up to date with the bucket, unless a run of this home holds the network: that one is ahead.

    Of a network that was taken down from elsewhere nothing is left here either.
    """
    safe = _safe(folder)
    if safe is None:
        return
    fd = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        if not safe.fetch():
            shutil.rmtree(folder.root)
    finally:
        os.close(fd)


def unlock(folder: NetworkFolder) -> str:
    """Say what holds the network; a dead run's remains need no hand, a live one's lock is never broken.

    Raises Locked while a run is alive or may be, NetprovError if there is no such network.
    """
    if not folder.root.is_dir():
        raise NetprovError(f"there is no network {folder.id} here", "`netprov list` shows the networks")
    freed = _freed_there(folder)
    with hold(folder, "unlock") as (_, notice):
        return freed or notice or f"nothing holds network {folder.id}"


def _freed_there(folder: NetworkFolder) -> str:
    """Whose lock in the bucket was taken away, if that run is dead."""
    safe = _safe(folder)
    if safe is None:
        return ""
    from provisioner.engine.lease import Lease

    def engines_too(dead: Holder) -> None:
        engine_state.free_bucket(safe.bucket, folder.id, silent=dead.host)

    dead = Lease(safe.bucket, folder.id).free(engines_too)
    return f"network {folder.id} is free again: {dead.words()} has ended without a word" if dead else ""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from provisioner.engine.safe import Safe
