"""Services: started, adopted, stopped, signalled; what they get and what they do not."""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.errors import NetprovError
from stacks.local import procfs
from stacks.local.account import Account
from stacks.local.processes import LOG_BYTES, Service, resident_mib, running, signal_running, start, stop, tail

Eventually = Callable[[Callable[[], bool]], bool]
AliveWith = Callable[[str], list[int]]
Fork = Callable[[Callable[[], None]], int]
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def number_of(service: Service) -> str:
    return service.argv[-1]


def test_start_gives_the_pid_of_the_program_itself(service: Service, eventually: Eventually) -> None:
    pid = start(service)
    assert eventually(lambda: procfs.command(pid) == " ".join(service.argv))
    assert running(service) == pid


def test_start_adopts_what_already_runs(service: Service, alive_with: AliveWith, eventually: Eventually) -> None:
    pid = start(service)
    assert [start(service) for _ in range(3)] == [pid] * 3
    assert eventually(lambda: alive_with(number_of(service)) == [pid])


def test_stop_leaves_none_and_is_idempotent(service: Service, alive_with: AliveWith) -> None:
    start(service)
    stop(service)
    stop(service)
    assert running(service) is None
    assert not alive_with(number_of(service))


def test_stop_of_a_folder_that_is_gone_does_nothing(service: Service) -> None:
    stop(replace(service, folder=service.folder / "gone"))


def test_stop_kills_what_does_not_listen(service: Service, eventually: Eventually) -> None:
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


def test_start_again_after_the_service_died(service: Service, alive_with: AliveWith, eventually: Eventually) -> None:
    first = start(service)
    os.kill(first, signal.SIGKILL)
    second = start(service)
    assert second != first
    assert eventually(lambda: alive_with(number_of(service)) == [second])


def test_the_service_is_detached_and_holds_nothing_of_ours_but_the_lock(
    service: Service, eventually: Eventually
) -> None:
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
    ours = sorted(["/dev/null", str(service.log), str(service.log), str(service.lock)])
    # A starting program opens its libraries and its locale for a moment.
    assert eventually(lambda: sorted(target for _, target in procfs.open_files(pid)) == ours)


def test_the_service_gets_its_own_environment_and_mask(service: Service, eventually: Eventually) -> None:
    pid = start(service)
    assert eventually(lambda: procfs.name(pid) == "sleep")
    environ = Path(f"/proc/{pid}/environ")
    assert eventually(lambda: bool(environ.read_text()))  # empty for a moment while the program takes its place
    names = {entry.split("=")[0] for entry in environ.read_text().split("\0") if entry}
    assert names == {"PATH", "LANG", "PWD"} or names == {"PATH", "LANG"}
    assert "Umask:\t0077" in Path(f"/proc/{pid}/status").read_text()
    assert {p.stat().st_mode & 0o777 for p in service.folder.iterdir()} == {0o600}


def test_a_missing_program_is_said_in_words(service: Service) -> None:
    with pytest.raises(NetprovError, match="no-such-server is not installed"):
        start(replace(service, argv=("no-such-server",)))


def test_a_folder_that_is_gone_is_said_in_words(service: Service) -> None:
    with pytest.raises(NetprovError, match="cannot be started: No such file or directory"):
        start(replace(service, folder=service.folder / "gone"))


def test_what_cannot_write_its_note_is_said_in_words(service: Service, alive_with: AliveWith) -> None:
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


def test_memory_counts_workers(forking: Service, eventually: Eventually) -> None:
    pid = start(forking)
    assert eventually(lambda: len(procfs.children(pid)) == 1)
    (worker,) = procfs.children(pid)
    # It may still be about to become its program.
    assert eventually(lambda: resident_mib(pid) > resident_mib(worker) > 0)
    assert resident_mib(2**22 + 1) == 0


def test_a_signal_goes_to_the_running_service_only(service: Service, eventually: Eventually) -> None:
    assert not signal_running(service, signal.SIGHUP)
    pid = start(service)
    assert signal_running(service, signal.SIGHUP)
    assert running(service) == pid
    assert signal_running(service, signal.SIGKILL)
    assert eventually(lambda: running(service) is None)


def test_services_run_as_the_account_where_netprov_is_root(
    reachable_folder: tuple[Path, Account], alive_with: AliveWith
) -> None:
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
