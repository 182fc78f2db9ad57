"""One run at a time: a live holder is never broken, a dead one never in the way."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provisioner.engine import lock
from provisioner.engine.holder import Holder
from provisioner.errors import Exit, Locked, NetprovError
from provisioner.home import NetworkFolder

HOLD = """
import sys, time
from pathlib import Path
from provisioner.engine import lock
from provisioner.home import NetworkFolder
with lock.hold(NetworkFolder(Path(sys.argv[1])), "up") as (_, notice):
    print("held", flush=True)
    time.sleep(600)
"""


def _holder(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str], signum: int = signal.SIGKILL) -> None:
    process.send_signal(signum)
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_a_second_run_is_refused_and_told_who_holds_the_network(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    process = _holder(folder.root)
    try:
        with pytest.raises(Locked) as refused, lock.hold(folder, "up"):
            pass
        assert f"pid {process.pid}" in refused.value.message
        assert "`netprov up`" in refused.value.message
        assert re.search(r" since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", refused.value.message)
        assert refused.value.code is Exit.LOCKED
    finally:
        _end(process)


def test_a_killed_runs_lock_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    process = _holder(folder.root)
    _end(process)
    with lock.hold(folder, "up") as (_, notice):
        assert f"pid {process.pid}" in notice
    with lock.hold(folder, "up") as (_, notice):
        assert notice == ""


def test_unlock_never_breaks_a_live_lock(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    process = _holder(folder.root)
    try:
        for _ in range(5):
            with pytest.raises(Locked):
                lock.unlock(folder)
        assert process.poll() is None
    finally:
        _end(process)
    assert "taking over" in lock.unlock(folder)
    assert lock.unlock(folder) == "nothing holds network severn"


def test_unlock_of_no_network_says_so(tmp_path: Path) -> None:
    with pytest.raises(NetprovError, match="no network severn"):
        lock.unlock(NetworkFolder(tmp_path / "severn"))


def test_a_pid_that_is_used_again_does_not_count_as_the_holder(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    with lock.hold(folder, "up"):
        note = json.loads(folder.holder.read_text())
    folder.holder.write_text(json.dumps({**note, "started": "1"}))
    with lock.hold(folder, "up") as (_, notice):
        assert f"pid {os.getpid()}" in notice


def test_a_holder_of_another_boot_is_dead(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    with lock.hold(folder, "up"):
        note = json.loads(folder.holder.read_text())
    assert Holder(**note).alive()
    assert not Holder(**{**note, "boot": "another"}).alive()
    assert Holder(**{**note, "host": "elsewhere", "boot": "another"}).alive()


def test_the_lock_lives_as_long_as_a_child_that_inherited_it(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    with lock.hold(folder, "up") as (descriptor, _):
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
        inherited = Path(f"/proc/{child.pid}/fd/{descriptor}")
        assert inherited.is_symlink()
    assert child.stdin
    ending = threading.Timer(0.4, child.stdin.close)
    ending.start()
    with lock.hold(folder, "up"):
        assert not inherited.is_symlink(), "who ends lets go of its files a moment before it is gone"
    ending.join()
    child.wait()


def test_a_torn_note_is_no_holder(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path / "severn")
    folder.root.mkdir()
    folder.holder.write_text('{"pid": 1')
    with lock.hold(folder, "up") as (_, notice):
        assert notice == ""
