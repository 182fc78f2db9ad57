"""Notes that lie or are lost, locks that are deleted, orphans, strangers: found again, ended, or left alone."""

import contextlib
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.engine.holder import boot_id
from stacks.local import procfs
from stacks.local.account import Account
from stacks.local.processes import Service, running, signal_running, start, stop, sweep
from stacks.local.service import settled

Eventually = Callable[[Callable[[], bool]], bool]
AliveWith = Callable[[str], list[int]]
Fork = Callable[[Callable[[], None]], int]
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def number_of(service: Service) -> str:
    return service.argv[-1]


# -- notes that lie, and notes that are gone ---------------------------------------------------------------------------


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_pid_used_again_is_not_taken_for_the_service(
    service: Service, stranger: subprocess.Popen[bytes], eventually: Eventually
) -> None:
    stat = Path(f"/proc/{stranger.pid}/stat").read_text()
    fields = stat.split()
    older = " ".join([*fields[:21], str(int(fields[21]) - 100), *fields[22:]])
    for note in (f"{boot_id()} {older}", f"00000000-0000-0000-0000-000000000000 {stat}", "torn", ""):
        service.note.write_text(note)
        assert running(service) is None
        assert not signal_running(service, signal.SIGTERM)
        stop(service)
        service.note.write_text(note)
        assert start(service) != stranger.pid
        os.kill(running(service) or 0, signal.SIGKILL)
        service.note.write_text(note)
        assert eventually(lambda: running(service) is None)
        sweep(service.folder)
        assert stranger.poll() is None


def test_a_lost_note_is_written_again(service: Service, alive_with: AliveWith, eventually: Eventually) -> None:
    pid = start(service)
    service.note.unlink()
    assert running(service) == pid
    assert service.note.read_text().startswith(boot_id())
    service.note.write_text("")
    assert start(service) == pid
    assert eventually(lambda: alive_with(number_of(service)) == [pid])


def test_workers_that_outlive_their_master_are_no_service(
    forking: Service, alive_with: AliveWith, eventually: Eventually
) -> None:
    pid = start(forking)
    assert eventually(lambda: len(procfs.children(pid)) == 1)
    (worker,) = procfs.children(pid)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: procfs.process(pid) is None)
    assert procfs.process(worker)
    assert running(forking) is None
    assert not signal_running(forking, signal.SIGHUP)
    fresh = start(forking)
    assert procfs.process(worker) is None
    assert eventually(lambda: len(alive_with(number_of(forking))) == 2)
    assert running(forking) == fresh


def test_stop_and_sweep_end_workers_that_outlive_their_master(
    forking: Service, alive_with: AliveWith, eventually: Eventually
) -> None:
    for end in (lambda: stop(forking), lambda: sweep(forking.folder)):
        pid = start(forking)
        assert eventually(lambda pid=pid: len(procfs.children(pid)) == 1)  # type: ignore[misc]
        os.kill(pid, signal.SIGKILL)
        end()
        assert not alive_with(number_of(forking))


def test_a_program_that_closes_the_lock_is_still_found(service: Service, eventually: Eventually) -> None:
    closing = 'import os, time; os.closerange(3, 64); open("ready", "w"); time.sleep(1000)'
    code = closing.replace('"ready"', repr(str(service.folder / "ready")))
    deaf = replace(service, argv=(sys.executable, "-ISc", code, number_of(service)))
    pid = start(deaf)
    assert eventually((service.folder / "ready").exists)
    assert running(deaf) == pid
    assert start(deaf) == pid
    stop(deaf)
    assert procfs.process(pid) is None


def test_a_look_at_the_lock_is_no_holder(service: Service, in_a_child: Fork) -> None:
    with service.lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        looker = in_a_child(lambda: time.sleep(1000))
    try:
        assert settled(service) is None
        assert not sweep(service.folder)
        assert procfs.process(looker)
    finally:
        os.kill(looker, signal.SIGKILL)
        os.waitpid(looker, 0)


WITHOUT_SIGHT = """
import sys
from pathlib import Path
from stacks.local.account import service_account
from stacks.local.processes import Service, running, start, stop
folder, number = Path(sys.argv[1]), sys.argv[2]
argv = ("/bin/sh", "-c", f"sleep {number}; true", "forking", number)
forking = Service("forking", argv, folder, folder / "log", {"PATH": "/usr/bin:/bin"}, service_account())
print(running(forking))
print(start(forking))
"""


def test_orphans_of_another_account_are_ended_by_a_root_that_may_not_look_into_them(
    reachable_folder: tuple[Path, Account], alive_with: AliveWith, eventually: Eventually
) -> None:
    # As in many containers, whose root has no CAP_SYS_PTRACE.
    folder, account = reachable_folder
    number = str(random.randrange(10**9, 10**10))
    argv = ("/bin/sh", "-c", f"sleep {number}; true", "forking", number)
    forking = Service("forking", argv, folder, folder / "log", ENVIRON, account, grace_seconds=0.0)
    pid = start(forking)
    assert eventually(lambda: len(procfs.children(pid)) == 1)
    (worker,) = procfs.children(pid)
    os.kill(pid, signal.SIGKILL)
    blind = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", "--"]
    try:
        done = subprocess.run(
            [*blind, sys.executable, "-c", WITHOUT_SIGHT, str(folder), number],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        none, fresh = done.stdout.split()
        assert none == "None"
        assert procfs.process(worker) is None
        assert running(forking) == int(fresh)
    finally:
        stop(forking)
    assert not alive_with(number)


# -- the sweep ---------------------------------------------------------------------------------------------------------


def test_sweep_finds_a_service_whose_files_were_all_deleted(service: Service, eventually: Eventually) -> None:
    named = replace(service, argv=("/bin/sh", "-c", "sleep 1000; true", str(service.folder), number_of(service)))
    pid = start(named)
    assert eventually(lambda: len(procfs.children(pid)) == 1)
    (worker,) = procfs.children(pid)
    for path in list(service.folder.iterdir()):
        path.unlink()
    assert set(sweep(service.folder)) == {pid, worker}
    assert procfs.process(pid) is None
    assert procfs.process(worker) is None


def test_sweep_leaves_other_folders_and_readers_of_a_log_alone(service: Service, tmp_path: Path) -> None:
    near, nearer = tmp_path.with_name(tmp_path.name + "1"), tmp_path.parent / "x" / str(tmp_path).lstrip("/")
    near.mkdir()
    nearer.mkdir(parents=True)
    others = [
        subprocess.Popen(["sh", "-c", "sleep 1000 & wait", str(path)], start_new_session=True)
        for path in (near, nearer)
    ]
    service.log.touch()
    reader = subprocess.Popen(["tail", "-f", str(service.log)], stdout=subprocess.DEVNULL)
    try:
        for other in (near / "tiny.lock", nearer / "tiny.lock"):
            other.touch()
        assert sweep(tmp_path) == ()
        assert [process.poll() for process in (*others, reader)] == [None] * 3
    finally:
        for process in (*others, reader):
            with contextlib.suppress(ProcessLookupError):
                if process is not reader:
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()
            process.wait()


# -- a real front ------------------------------------------------------------------------------------------------------


FRONT = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/front.log;
events {{ worker_connections 32; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{word}"; }} }}
}}
"""


def answer(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as said:
            return str(said.read().decode())
    except OSError:
        return ""


@pytest.mark.live
def test_a_worker_of_nginx_that_outlives_its_master_gives_way(
    tmp_path: Path, alive_with: AliveWith, eventually: Eventually, free_port: int
) -> None:
    config, port = tmp_path / "nginx.conf", free_port
    config.write_text(FRONT.format(folder=tmp_path, port=port, word="one"))
    argv = ("nginx", "-p", str(tmp_path), "-c", str(config), "-e", str(tmp_path / "front.log"))
    front = Service("front", argv, tmp_path, tmp_path / "front.log", ENVIRON, None)
    try:
        first = start(front)
        assert eventually(lambda: answer(port) == "one")
        assert eventually(lambda: len(procfs.children(first)) == 1)
        (worker,) = procfs.children(first)

        config.write_text(FRONT.format(folder=tmp_path, port=port, word="two"))
        assert signal_running(front, signal.SIGHUP)
        assert eventually(lambda: answer(port) == "two")
        assert running(front) == first
        assert eventually(lambda: procfs.process(worker) is None)
        front.note.unlink()
        assert running(front) == first
        # A worker that has ended is a child until the master has taken note.
        assert eventually(lambda: len(procfs.children(first)) == 1)
        (worker,) = procfs.children(first)

        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: procfs.process(first) is None)
        assert answer(port) == "two"
        assert running(front) is None
        second = start(front)
        assert procfs.process(worker) is None
        assert eventually(lambda: answer(port) == "two")
        assert running(front) == second
        stop(front)
        assert answer(port) == ""
        assert not list(tmp_path.glob("*.pid"))
    finally:
        sweep(tmp_path)
    assert not alive_with(str(tmp_path))
