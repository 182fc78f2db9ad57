"""Twenty-four sites of which one cannot start: the others are up, and the next run touches that one alone."""

import json
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

SITES = tuple(f"RX{trust}{number:02}" for trust in "ABCDEF" for number in range(1, 5))
UNLUCKY = "RXD03"
SECONDS = 60


def listener_in_the_way(home: "Home") -> tuple[socket.socket, int]:
    """Take a node's DICOM port as soon as it is known which one that is, before the node does."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError, KeyError):
            port = json.loads((home.network("severn") / "ports.json").read_text())["nodes"][UNLUCKY]["dicom"]
            stranger = socket.socket()
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", port))
            stranger.listen()
            return stranger, port
        time.sleep(0.002)
    pytest.fail("no port was ever given out")


def test_one_of_twenty_four_sites_cannot_start(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    run = home.start("up", file, "--yes")
    stranger, port = listener_in_the_way(home)
    with stranger:
        out, err = run.communicate(timeout=SECONDS)
        assert run.returncode == 3, f"{out}\n{err}"
        assert f"port {port}, which node {UNLUCKY} uses for DICOM, is taken by pid {os.getpid()}" in out
        status = home.facts("status", "severn", code=3)["nodes"]
    up = {node["node"]: node["running"] for node in status}  # type: ignore[attr-defined]
    assert up == {site: site != UNLUCKY for site in SITES}
    before = {p.pid for p in home.processes() if p.orthanc}
    assert len(before) == len(SITES) - 1
    facts = home.facts("up", file, "--yes", "--no-verify")
    changed = {(e["kind"], e["name"]) for e in facts["outcome"]["done"]}  # type: ignore[index]
    assert changed == {("node", UNLUCKY), ("links", UNLUCKY)}
    assert before < {p.pid for p in home.processes() if p.orthanc}
    home.netprov("down", "severn", "--yes")
    assert home.processes() == ()
