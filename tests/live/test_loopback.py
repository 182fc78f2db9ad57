"""The preloaded library: a server that asks for every interface gets this machine's own, and no other changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from site_templates import path as template_path

pytestmark = pytest.mark.live

BIND = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family) as server:
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(sys.argv[2]))
    try:
        server.bind((sys.argv[1], 0))
        print(server.getsockname()[0])
    except OSError as error:
        print("refused")
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("preload") / "loopback.so"
    source = template_path("loopback.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", built, source], check=True)
    return built


@pytest.mark.parametrize(
    ("asked", "v6_only", "given"),
    [
        ("0.0.0.0", "0", "127.0.0.1"),  # noqa: S104 -- this is what must not happen
        ("127.0.0.2", "0", "127.0.0.2"),
        ("::", "0", "::ffff:127.0.0.1"),
        ("::", "1", "refused"),
        ("::1", "1", "::1"),
    ],
)
def test_any_address_becomes_this_machine(library: Path, asked: str, v6_only: str, given: str) -> None:
    environ = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(library)}
    command = [sys.executable, "-c", BIND, asked, v6_only]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == given


def test_a_unix_socket_is_left_alone(library: Path, tmp_path: Path) -> None:
    code = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
    environ = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(library)}
    subprocess.run([sys.executable, "-c", code, tmp_path / "s"], env=environ, check=True)
    assert (tmp_path / "s").is_socket()
