"""`logs`: the end of a file, and what is added to it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from provisioner.errors import Exit
from provisioner.home import NodeFolder

NETPROV = (sys.executable, "-P", "-c", "import sys; from cli.main import program; sys.exit(program())")


def written(netprov: Any, text: str, network: str = "severn", front: str = "") -> NodeFolder:
    node: NodeFolder = netprov.folder(network).node("RXA01")
    node.root.mkdir(parents=True)
    node.orthanc_log.write_text(text)
    node.front_log.write_text(front)
    return node


def test_the_last_lines_are_shown(netprov: Any) -> None:
    written(netprov, "".join(f"line {n}\n" for n in range(500)), front="GET /system\n")
    assert netprov("logs", "RXA01", "-n", "2").out == "line 498\nline 499\n"
    assert netprov("logs", "rxa01").out.count("\n") == 100
    assert netprov("logs", "RXA01", "--front").out == "GET /system\n"
    assert netprov("logs", "RXA01", "-n", "0").out == ""


def test_what_a_caller_sends_cannot_steer_the_terminal(netprov: Any) -> None:
    written(netprov, "patient \x1b]0;owned\x07\x1b[2J\n")
    assert netprov("logs", "RXA01").out == "patient ]0;owned[2J\n"


def test_an_unknown_node_is_told_the_known_ones(netprov: Any) -> None:
    written(netprov, "")
    ended = netprov("logs", "RXZ01")
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert ended.err == "netprov: error: there is no node RXZ01 here\n  try: one of: RXA01\n"


def test_a_node_of_two_networks_needs_one_named(netprov: Any) -> None:
    written(netprov, "of severn\n")
    written(netprov, "of avon\n", "avon")
    ended = netprov("logs", "RXA01")
    assert ended.code == Exit.USAGE
    assert "--network avon" in ended.err
    assert netprov("logs", "RXA01", "--network", "avon").out == "of avon\n"


def test_a_followed_log_shows_what_is_added_and_ctrl_c_ends_it(netprov: Any) -> None:
    node = written(netprov, "before\n")
    with subprocess.Popen(
        [*NETPROV, "logs", "RXA01", "--follow"],
        env={**os.environ, "NETPROV_HOME": str(netprov.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "before\n"
        append(node.orthanc_log, "after\n")
        assert process.stdout.readline() == "after\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == Exit.DONE
        assert process.stderr.read() == ""


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
