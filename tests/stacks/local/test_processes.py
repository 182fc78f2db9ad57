"""Services under every misfortune: netprov killed at any line, two of it at once, reused pids, orphans, lost files."""

import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from provisioner.errors import NetprovError
from stacks.local import procfs
from stacks.local.account import Account, private, service_account
from stacks.local.processes import (
    LOG_BYTES,
    Service,
    resident_mib,
    running,
    signal_running,
    start,
    stop,
    sweep,
    tail,
)
from stacks.local.service import settled

ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
WITH_WORKER = "sleep 1000; true"


def alive_with(text: str) -> list[int]:
    """Every process but this one whose command holds the text; zombies are none."""
    return [p for p in procfs.pids() if p != os.getpid() and text in procfs.command(p) and procfs.process(p)]


def eventually(done: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A tiny one, found by a number that no other process has in its command."""
    number = str(random.randrange(10**9, 10**10))
    tiny = Service("tiny", ("sleep", number), tmp_path, tmp_path / "tiny.log", ENVIRON, None, grace_seconds=5.0)
    yield tiny
    for pid in alive_with(number):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def forking(service: Service) -> Iterator[Service]:
    """One with a worker that inherits the lock, as nginx has."""
    number = service.argv[1]
    argv = ("/bin/sh", "-c", WITH_WORKER.replace("1000", number), "forking", number)
    yield replace(service, argv=argv)


def number_of(service: Service) -> str:
    return service.argv[-1]


def in_a_child(work: Callable[[], None]) -> int:
    """Fork a netprov of its own; the pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


# -- starting and stopping ---------------------------------------------------------------------------------------


def test_start_gives_the_pid_of_the_program_itself(service: Service) -> None:
    pid = start(service)
    assert eventually(lambda: procfs.command(pid) == " ".join(service.argv))
    assert running(service) == pid


def test_start_adopts_what_already_runs(service: Service) -> None:
    pid = start(service)
    assert [start(service) for _ in range(3)] == [pid] * 3
    assert alive_with(number_of(service)) == [pid]


def test_stop_leaves_none_and_is_idempotent(service: Service) -> None:
    start(service)
    stop(service)
    stop(service)
    assert running(service) is None
    assert not alive_with(number_of(service))


def test_stop_of_a_folder_that_is_gone_does_nothing(service: Service) -> None:
    stop(replace(service, folder=service.folder / "gone"))


def test_stop_kills_what_does_not_listen(service: Service) -> None:
    deaf = replace(service, argv=("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.01; done", number_of(service)))
    pid = start(replace(deaf, grace_seconds=0.2))
    assert eventually(lambda: "trap" in procfs.command(pid))
    stop(replace(deaf, grace_seconds=0.2))
    assert procfs.process(pid) is None


def test_stop_ends_a_stopped_process(service: Service) -> None:
    pid = start(service)
    os.kill(pid, signal.SIGSTOP)
    stop(replace(service, grace_seconds=0.05))
    assert procfs.process(pid) is None


def test_start_again_after_the_service_died(service: Service) -> None:
    first = start(service)
    os.kill(first, signal.SIGKILL)
    second = start(service)
    assert second != first
    assert eventually(lambda: alive_with(number_of(service)) == [second])


def test_the_service_is_detached_and_holds_nothing_of_ours_but_the_lock(service: Service) -> None:
    leak = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        pid = start(service)
    finally:
        os.close(leak)
    found = procfs.process(pid)
    assert found
    assert (found.session, found.terminal) == (pid, 0)
    assert found.session != os.getsid(0)
    assert eventually(lambda: procfs.name(pid) == "sleep")
    targets = sorted(target for _, target in procfs.open_files(pid))
    assert targets == sorted(["/dev/null", str(service.log), str(service.log), str(service.lock)])


def test_the_service_gets_its_own_environment_and_mask(service: Service) -> None:
    pid = start(service)
    assert eventually(lambda: procfs.name(pid) == "sleep")
    names = {entry.split("=")[0] for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if entry}
    assert names == {"PATH", "LANG", "PWD"} or names == {"PATH", "LANG"}
    assert "Umask:\t0077" in Path(f"/proc/{pid}/status").read_text()
    assert {p.stat().st_mode & 0o777 for p in service.folder.iterdir()} == {0o600}


def test_a_missing_program_is_said_in_words(service: Service) -> None:
    with pytest.raises(NetprovError, match="no-such-server is not installed"):
        start(replace(service, argv=("no-such-server",)))


def test_a_folder_that_is_gone_is_said_in_words(service: Service) -> None:
    with pytest.raises(NetprovError, match="cannot be started: No such file or directory"):
        start(replace(service, folder=service.folder / "gone"))


def test_what_cannot_write_its_note_is_said_in_words(service: Service) -> None:
    service.note.mkdir()
    with pytest.raises(NetprovError, match=r"did not start: .*tiny\.pid"):
        start(service)
    assert not alive_with(number_of(service))


def test_stale_files_go_only_when_the_predecessor_is_dead(service: Service) -> None:
    old = service.folder / "old.pid"
    kept = replace(service, stale=(old,))
    old.touch()
    start(kept)
    assert not old.exists()
    old.touch()
    start(kept)
    assert old.exists()


def test_a_long_log_is_put_aside_at_the_start(service: Service) -> None:
    service.log.write_bytes(b"x" * (LOG_BYTES + 1))
    start(service)
    assert service.log.stat().st_size == 0
    assert service.log.with_name("tiny.log.1").stat().st_size == LOG_BYTES + 1


def test_tail_gives_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log, 3) == ""
    log.write_bytes(b"".join(b"line %d \xff\n" % n for n in range(10000)))
    assert tail(log, 2) == "line 9998 �\nline 9999 �"


def test_memory_counts_workers(forking: Service) -> None:
    pid = start(forking)
    assert eventually(lambda: len(procfs.children(pid)) == 1)
    assert resident_mib(pid) > resident_mib(procfs.children(pid)[0]) > 0
    assert resident_mib(2**22 + 1) == 0


def test_a_signal_goes_to_the_running_service_only(service: Service) -> None:
    assert not signal_running(service, signal.SIGHUP)
    pid = start(service)
    assert signal_running(service, signal.SIGHUP)
    assert running(service) == pid
    assert signal_running(service, signal.SIGKILL)
    assert eventually(lambda: running(service) is None)


def test_services_run_as_the_account_where_netprov_is_root(reachable_folder: tuple[Path, Account]) -> None:
    folder, account = reachable_folder
    number = str(random.randrange(10**9, 10**10))
    tiny = Service("tiny", ("sleep", number), folder, folder / "tiny.log", ENVIRON, account)
    pid = start(tiny)
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}\t{account.uid}" in status
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        assert running(tiny) == pid
        assert {p.stat().st_uid for p in (tiny.log, tiny.note)} == {account.uid}
        tiny.note.unlink()
        assert running(tiny) == pid
    finally:
        stop(tiny)
    assert start(tiny) != pid
    stop(tiny)
    assert not alive_with(number)


@pytest.fixture
def reachable_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Account]]:
    account = service_account()
    if account is None:
        pytest.skip("needs root")
    import tempfile

    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o711)
        folder = Path(root) / "node"
        private(folder, account)
        yield folder, account


# -- never two, never none ---------------------------------------------------------------------------------------


STEP = 1 if os.environ.get("NETPROV_CHAOS") else 7
"""Every line takes half a minute; each ordinary run tries other ones."""


def killed_at_line(work: Callable[[Service], object], service: Service, line: int) -> bool:
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
def test_a_netprov_killed_at_any_line_leaves_one_or_none(service: Service, work: Callable[[Service], object]) -> None:
    quick = replace(service, grace_seconds=0.0)
    for line in range(random.randrange(1, STEP + 1), 2000, STEP):
        if work is stop:
            start(service)
        killed = killed_at_line(work, service, line)
        pid = start(service)
        assert eventually(lambda pid=pid: alive_with(number_of(service)) == [pid]), f"line {line}"  # type: ignore[misc]
        stop(quick)
        assert not alive_with(number_of(service)), f"line {line}"
        if not killed:
            break
    assert line > 60


def test_what_a_killed_netprov_was_stopping_is_not_taken_for_running(service: Service) -> None:
    slow = "trap 'sleep 0.3; exit' TERM; while :; do sleep 0.01; done"
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


def test_a_netprov_killed_at_any_moment_leaves_one_or_none(service: Service) -> None:
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


def test_many_netprovs_at_once_start_one(service: Service, tmp_path: Path) -> None:
    for round_ in range(5):
        said = tmp_path / f"said.{round_}"

        def work(said: Path = said) -> None:
            pid = start(service)
            with said.open("a") as file:
                file.write(f"{pid}\n")

        for child in [in_a_child(work) for _ in range(8)]:
            os.waitpid(child, 0)
        assert len(said.read_text().split()) == 8
        assert set(map(int, said.read_text().split())) == set(alive_with(number_of(service)))
        assert len(alive_with(number_of(service))) == 1
        stop(replace(service, grace_seconds=0.0))


def test_many_threads_start_many_services(service: Service) -> None:
    several = [replace(service, name=f"tiny{n}") for n in range(24)]
    threads = [threading.Thread(target=start, args=(each,)) for each in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pids = {running(each) for each in several}
    assert pids == set(alive_with(number_of(service)))
    assert len(pids) == 24
    for each in several:
        targets = [t for _, t in procfs.open_files(running(each) or 0) if t.endswith(".lock")]
        assert targets == [str(each.lock)]
    assert set(sweep(service.folder)) == pids


def test_starts_and_stops_that_race_end_in_one_or_none(service: Service) -> None:
    quick = replace(service, grace_seconds=0.0)

    def restless(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            chance.choice([start, stop])(quick)

    for child in [in_a_child(lambda seed=seed: restless(seed)) for seed in range(6)]:  # type: ignore[misc]
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    pid = running(service)
    assert alive_with(number_of(service)) == ([pid] if pid else [])


# -- notes that lie, and notes that are gone -----------------------------------------------------------------------


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_pid_used_again_is_not_taken_for_the_service(service: Service, stranger: subprocess.Popen[bytes]) -> None:
    stat = Path(f"/proc/{stranger.pid}/stat").read_text()
    fields = stat.split()
    older = " ".join([*fields[:21], str(int(fields[21]) - 100), *fields[22:]])
    for note in (f"{procfs.boot_id()} {older}", f"00000000-0000-0000-0000-000000000000 {stat}", "torn", ""):
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


def test_a_lost_note_is_written_again(service: Service) -> None:
    pid = start(service)
    service.note.unlink()
    assert running(service) == pid
    assert service.note.read_text().startswith(procfs.boot_id())
    service.note.write_text("")
    assert start(service) == pid
    assert alive_with(number_of(service)) == [pid]


def test_workers_that_outlive_their_master_are_no_service(forking: Service) -> None:
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


def test_stop_and_sweep_end_workers_that_outlive_their_master(forking: Service) -> None:
    for end in (lambda: stop(forking), lambda: sweep(forking.folder)):
        pid = start(forking)
        assert eventually(lambda pid=pid: len(procfs.children(pid)) == 1)  # type: ignore[misc]
        os.kill(pid, signal.SIGKILL)
        end()
        assert not alive_with(number_of(forking))


def test_a_program_that_closes_the_lock_is_still_found(service: Service) -> None:
    closing = 'import os, time; os.closerange(3, 64); open("ready", "w"); time.sleep(1000)'
    code = closing.replace('"ready"', repr(str(service.folder / "ready")))
    deaf = replace(service, argv=(sys.executable, "-ISc", code, number_of(service)))
    pid = start(deaf)
    assert eventually((service.folder / "ready").exists)
    assert running(deaf) == pid
    assert start(deaf) == pid
    stop(deaf)
    assert procfs.process(pid) is None


def test_a_look_at_the_lock_is_no_holder(service: Service) -> None:
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
    reachable_folder: tuple[Path, Account],
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


# -- the sweep -----------------------------------------------------------------------------------------------------


def test_sweep_finds_a_service_whose_files_were_all_deleted(service: Service) -> None:
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


# -- a real front ----------------------------------------------------------------------------------------------------

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
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as said:
            return str(said.read().decode())
    except OSError:
        return ""


@pytest.mark.live
def test_a_worker_of_nginx_that_outlives_its_master_gives_way(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = tmp_path / "nginx.conf"
    config.write_text(FRONT.format(folder=tmp_path, port=port, word="one"))
    argv = ("nginx", "-p", str(tmp_path), "-c", str(config), "-e", str(tmp_path / "front.log"))
    front = Service("front", argv, tmp_path, tmp_path / "front.log", ENVIRON, None)
    try:
        first = start(front)
        assert eventually(lambda: answer(port) == "one")
        (worker,) = procfs.children(first)

        config.write_text(FRONT.format(folder=tmp_path, port=port, word="two"))
        assert signal_running(front, signal.SIGHUP)
        assert eventually(lambda: answer(port) == "two")
        assert running(front) == first
        assert eventually(lambda: procfs.process(worker) is None)
        front.note.unlink()
        assert running(front) == first
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
