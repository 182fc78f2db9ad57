"""Twenty-four sites of which one cannot start: the others are up, and the next run touches that one alone."""

import json
import os
import socket
from typing import TYPE_CHECKING

import pytest
from vacant import vacant_port

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

SITES = tuple(f"RX{trust}{number:02}" for trust in "ABCDEF" for number in range(1, 5))
UNLUCKY = "RXD03"


def listener_in_the_way(home: "Home") -> tuple[socket.socket, int]:
    """Somebody has a node's DICOM port, which that node was given before."""
    stranger = socket.create_server(("127.0.0.1", vacant_port()))
    port = int(stranger.getsockname()[1])
    given = {"https": vacant_port(), "dicom": port, "http": vacant_port(), "web": vacant_port()}
    home.network("severn").mkdir(parents=True)
    (home.network("severn") / "ports.json").write_text(json.dumps({"nodes": {UNLUCKY: given}, "database": 0}))
    return stranger, port


def test_one_of_twenty_four_sites_cannot_start(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    stranger, port = listener_in_the_way(home)
    with stranger:
        out = home.netprov("up", file, "--yes", code=3).stdout
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
