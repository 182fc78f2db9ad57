"""A tiny service for each test, and ways to look at it from outside."""

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from vacant import vacant_port

from stacks.local import procfs
from stacks.local.account import Account, database_account, private, service_account
from stacks.local.postgres import Cluster
from stacks.local.processes import Service

ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def _alive_with(text: str) -> list[int]:
    """Every process but this one whose command holds the text; zombies are none."""
    return [p for p in procfs.pids() if p != os.getpid() and text in procfs.command(p) and procfs.process(p)]


def _eventually(done: Callable[[], bool], seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def _in_a_child(work: Callable[[], None]) -> int:
    """Fork a netprov of its own; the pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


@pytest.fixture
def free_port() -> int:
    return vacant_port()


@pytest.fixture
def alive_with() -> Callable[[str], list[int]]:
    return _alive_with


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    return _eventually


@pytest.fixture
def in_a_child() -> Callable[[Callable[[], None]], int]:
    return _in_a_child


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A tiny one, found by a number that no other process has in its command."""
    number = str(random.randrange(10**9, 10**10))
    tiny = Service("tiny", ("sleep", number), tmp_path, tmp_path / "tiny.log", ENVIRON, None, grace_seconds=5.0)
    yield tiny
    for pid in _alive_with(number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def forking(service: Service) -> Iterator[Service]:
    """One with a worker that inherits the lock, as nginx has."""
    number = service.argv[1]
    argv = ("/bin/sh", "-c", f"sleep {number}; true", "forking", number)
    yield replace(service, argv=argv)


@pytest.fixture
def reachable_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Account]]:
    account = service_account()
    if account is None:
        pytest.skip("needs root")
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o711)
        folder = Path(root) / "node"
        private(folder, account)
        yield folder, account


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A folder that the accounts of services can come to, with a path longer than that of a socket may be."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / ("a-long-way-to-go-" * 6)
        folder.mkdir()
        for path in (Path(root), folder):
            path.chmod(0o711)
        yield folder


@pytest.fixture(scope="module")
def cluster(ground: Path) -> Iterator[Cluster]:
    made = Cluster(ground / "postgres", vacant_port(), database_account())
    made.ensure()
    yield made
    made.stop()
    assert not _alive_with(str(ground))
