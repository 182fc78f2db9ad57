"""The loopback library: compiled once, whole, where services can load it, and it does what it is for."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.errors import NetprovError
from stacks.local.account import service_account
from stacks.local.loopback import ROOT_CACHE, library

BIND = "import socket; s = socket.socket(); s.bind(('0.0.0.0', 0)); print(s.getsockname()[0])"


@pytest.fixture
def cache() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o711)
        yield Path(root) / "cache/netprov"


def test_the_library_is_compiled_once_and_keeps_a_server_on_loopback(cache: Path) -> None:
    made = library(cache)
    before = made.stat()
    assert library(cache) == made
    assert made.stat().st_ino == before.st_ino
    assert list(cache.iterdir()) == [made]
    account = service_account()
    done = subprocess.run(
        [*(account.prefix if account else ()), "python3", "-ISc", BIND],
        env={"LD_PRELOAD": str(made), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("127.0.0.1\n", "")


def test_netprovs_that_compile_at_once_make_one(cache: Path) -> None:
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                library(cache)
            finally:
                os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    assert [path.suffix for path in cache.iterdir()] == [".so"]


def test_without_a_compiler_it_says_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(NetprovError, match="no C compiler") as caught:
        library(cache)
    assert "apt-get install" in caught.value.hint


def test_root_puts_it_where_the_account_of_services_may_come(tmp_path: Path) -> None:
    if service_account() is None:
        pytest.skip("needs root")
    tmp_path.chmod(0o700)
    assert library(tmp_path / "cache").parent == ROOT_CACHE
