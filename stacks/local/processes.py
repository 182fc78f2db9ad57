"""Services of this machine: started once, found again, stopped whole. What goes in is a Service; a pid comes out."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from provisioner.engine.holder import boot_id
from provisioner.errors import NetprovError
from stacks.local import procfs
from stacks.local.procfs import Process
from stacks.local.service import TICK, Service, alive, guarded, holders, is_held, noted, opened, settled, take

START_SECONDS = 20.0
"""How long a machine may take, however loaded, to run the few lines of BECOME."""
FAREWELL_SECONDS = 0.1
"""How long a dying process may be seen after it has let go of its lock."""
KILL_SECONDS = 10.0
SWEEP_SECONDS = 5.0
LOG_BYTES = 8 * procfs.MEBI
LINE_BYTES = 400

# Runs as the service's account and turns into the service. A hangup would end it before its own handler stands. The
# note is one write of one line: whoever reads it sees it whole, or empty.
BECOME = """trap '' HUP
read -r stat </proc/self/stat && printf '%s\\n' "$1 $stat" >"$2" || exit 71
shift 2
exec "$@"
"""


def start(service: Service) -> int:
    """The pid of the service, started if it does not run. It may still be far from ready to answer."""
    with _in_words(service), guarded(service.guard), opened(service.lock) as lock:
        if not take(lock):
            process = settled(service)
            if process:
                return process.pid
            _finish(service, lock)
        _wait(lambda: not noted(service), FAREWELL_SECONDS)
        lingering = noted(service)
        if lingering:  # it has let go of the lock, as programs do that close every file they did not open
            return lingering.pid
        for path in (service.ending, *service.stale):
            path.unlink(missing_ok=True)
        return _spawn(service, lock)


def running(service: Service) -> int | None:
    """The pid of the service, if it runs."""
    process = settled(service)
    return process.pid if process else None


def stop(service: Service) -> None:
    """End the service and whatever it has forked. Raises NetprovError if that cannot be done."""
    if not service.folder.is_dir():
        return
    with guarded(service.guard), opened(service.lock) as lock:
        _finish(service, lock)


def signal_running(service: Service, signum: int) -> bool:
    """Whether the service runs and was sent the signal."""
    process = settled(service)
    return process is not None and _send(process, signum)


def sweep(folder: Path) -> tuple[int, ...]:
    """End every process that holds a service's lock in this folder, or whose command names the folder.

    For a folder that is about to go: it finds services whatever became of their files, deleted locks included.
    """
    if not folder.is_dir():
        return ()
    with ExitStack() as guards:
        locks = sorted(folder.glob("*.lock"))
        for lock in locks:
            guards.enter_context(guarded(lock.with_suffix(".guard")))
        strays = tuple(_named(folder))
        if strays or any(map(is_held, locks)):
            strays = (*strays, *(p for p in holders(folder) if p not in strays))
        # Orthanc, nginx and PostgreSQL all take an interrupt as: stop now, and tidily.
        _end(strays, signal.SIGINT, SWEEP_SECONDS)
    return tuple(sorted(stray.pid for stray in strays))


def tail(log: Path, lines: int) -> str:
    """The last lines of a log; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LINE_BYTES * lines))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def resident_mib(pid: int) -> float:
    """Memory of a service, the workers of nginx included."""
    return sum(procfs.memory_mib(each) for each in (pid, *procfs.children(pid)))


def _spawn(service: Service, lock: int) -> int:
    if not shutil.which(service.argv[0], path=service.environ.get("PATH", os.defpath)):
        raise NetprovError(
            f"{service.argv[0]} is not installed", "`netprov doctor` says how to install what is missing"
        )
    become = ("/bin/sh", "-c", BECOME, "netprov", boot_id(), str(service.note), *service.argv)
    with _log(service) as log:
        # No user= and no preexec_fn: with them Python forks its whole memory, among threads, instead of borrowing it.
        child = subprocess.Popen(
            (*(service.account.prefix if service.account else ()), *become),
            cwd="/",
            env=dict(service.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
            umask=0o077,
        )
    _wait(lambda: noted(service) is not None or child.poll() is not None, START_SECONDS)
    if child.poll() is not None or not noted(service):
        child.kill()
        child.wait()
        raise NetprovError(f"{service.name} of {service.folder.name} did not start: {_reason(service)}")
    # Not to be waited for by anybody: it outlives netprov.
    child.returncode = 0
    return child.pid


@contextmanager
def _log(service: Service) -> Iterator[int]:
    """The service's log, open for appending; a long one is put aside, so that the two are all that is kept."""
    with suppress(FileNotFoundError):
        if service.log.lstat().st_size > LOG_BYTES:
            service.log.replace(service.log.with_name(f"{service.log.name}.1"))
    descriptor = os.open(service.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if service.account:
            os.fchown(descriptor, service.account.uid, service.account.gid)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _in_words(service: Service) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        raise NetprovError(f"{service.name} of {service.folder.name} cannot be started: {what}") from None


def _reason(service: Service) -> str:
    said = tail(service.log, 3)
    if said:
        return said
    room = shutil.disk_usage(service.folder).free
    return "its disk is full" if room < procfs.PAGE else f"it says nothing in {service.log}"


def _end(some: tuple[Process, ...], signum: int, grace: float) -> None:
    """Ask processes to stop, kill those that have not when the time is over, and see that they are gone."""
    if grace > 0:
        for process in some:
            _send(process, signum)
        _wait(lambda: not any(map(alive, some)), grace)
    for process in filter(alive, some):
        _send(process, signal.SIGKILL)
    _wait(lambda: not any(map(alive, some)), KILL_SECONDS)
    if left := tuple(filter(alive, some)):
        raise _immortal(left)
    for process in some:
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)


def _finish(service: Service, lock: int) -> None:
    """Stop the service, or go on stopping it where a killed netprov left off, and take the lock."""
    if settled(service):
        service.note.replace(service.ending)
    process = noted(service, service.ending)
    if process:
        _end((process,), service.stop_signal, service.grace_seconds)
    if not take(lock):
        _end_orphans(service, lock)
    service.note.unlink(missing_ok=True)
    service.ending.unlink(missing_ok=True)


def _end_orphans(service: Service, lock: int) -> None:
    """Kill what the service forked and left behind, a worker of nginx for instance, until the lock is ours."""
    deadline = time.monotonic() + KILL_SECONDS
    while not take(lock):
        orphans = holders(service.folder, service.name)
        if time.monotonic() > deadline:
            raise _immortal(orphans) if orphans else _hidden(service)
        for orphan in orphans:
            # An account with fewer rights cannot make netprov, as root, end anybody else's process.
            if service.account is None or procfs.owner(orphan.pid) == service.account.uid:
                _send(orphan, signal.SIGKILL)
        time.sleep(TICK)


def _named(folder: Path) -> Iterator[Process]:
    """Processes whose command names the folder, as far as they are like a service: nobody's `tail -f` is."""
    path = re.compile(rf"(?<![\w./-]){re.escape(str(folder))}(?![\w.-])")
    uid, mine = folder.stat().st_uid, procfs.process(os.getpid())
    for pid in procfs.pids():
        if not path.search(procfs.command(pid)):
            continue
        found = procfs.process(pid)
        detached = found is not None and found.pid == found.session and found.terminal == 0
        if found and detached and procfs.owner(pid) == uid and not (mine and mine.session == found.session):
            yield found


def _send(process: Process, signum: int) -> bool:
    """Whether the signal went to this very process, and to no other that has its pid by now."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if not alive(process):
            return False
        signal.pidfd_send_signal(handle, signum)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Whether it was done in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK)
    return True


def _immortal(processes: tuple[Process, ...]) -> NetprovError:
    who = ", ".join(f"{p.pid} ({procfs.command(p.pid) or procfs.name(p.pid)})" for p in processes)
    return NetprovError(f"cannot end process {who}", f"end it, then run the command again: kill -9 {processes[0].pid}")


def _hidden(service: Service) -> NetprovError:
    return NetprovError(
        f"{service.lock} is held by a process that cannot be seen from here",
        "a container or another account may run on the same folder: end it there, or choose another NETPROV_HOME",
    )


__all__ = ["Service", "resident_mib", "running", "signal_running", "start", "stop", "sweep", "tail"]
