"""A node whose clock is wrong by an hour: it is let in, studies flow, and they do when the clock is put right."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home, Process

from scanned import Network, arrived, deployed, exact, instances_of, study, study_of, until, workitems

pytestmark = pytest.mark.live
HOUR = 3600
SOURCE = Path(__file__).with_name("skew.c")


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library(lasting_home)), str(SOURCE)]
    subprocess.run(command, check=True)
    yield from deployed(lasting_home)


def library(home: "Home") -> Path:
    return home.path / "skew.so"


@contextmanager
def wrong(network: Network, node: str, seconds: int) -> Iterator[None]:
    """A node's archive and front by another clock; then they are killed, and start again by the right one."""
    before = [p for p in network.home.processes() if f"/nodes/{node}/" in p.argv and (p.orthanc or p.front)]
    begun = [_again(network.home, process, seconds) for process in before]
    try:
        until(lambda: _clock(network, node), f"{node} answers")
        told = datetime.strptime(_clock(network, node), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        assert abs((told - datetime.now(UTC)).total_seconds() - seconds) < HOUR / 2, "its clock is wrong"
        yield
    finally:
        for process in begun:
            process.send_signal(signal.SIGTERM if "nginx" in str(process.args) else signal.SIGKILL)
            process.wait()
        network.up()


def _clock(network: Network, node: str) -> str:
    """What time the node says it is; nothing while it is not there."""
    try:
        return network.ask(node, "GET", "/tools/now")[1].decode()
    except OSError:
        return ""


def _again(home: "Home", process: "Process", seconds: int) -> subprocess.Popen[bytes]:
    """The same program with the same arguments, by the same account."""
    argv = process.argv.removeprefix("nginx: master process ").split()
    owner = Path(f"/proc/{process.pid}").stat()
    told = Path(f"/proc/{process.pid}/environ").read_bytes().decode(errors="replace").split("\0")
    environ = dict(pair.split("=", 1) for pair in told if "=" in pair)
    loaded = [word for word in (environ.get("LD_PRELOAD", ""), str(library(home))) if word]
    os.kill(process.pid, signal.SIGTERM if process.front else signal.SIGKILL)
    until(lambda: not Path(f"/proc/{process.pid}").exists(), "it has ended")
    environ |= {"LD_PRELOAD": ":".join(loaded), "SKEW": str(seconds)}
    user, group, groups = (owner.st_uid, owner.st_gid, ()) if os.geteuid() == 0 else (None, None, None)
    with (home.path / "skewed.log").open("ab") as log:
        return subprocess.Popen(
            argv, env=environ, cwd="/", stdout=log, stderr=log, user=user, group=group, extra_groups=groups
        )


@pytest.mark.parametrize("node", ["RXA01", "HUB"])
def test_studies_flow_to_and_from_a_node_whose_clock_is_an_hour_slow(network: Network, node: str) -> None:
    files = study(2, patient="61")
    with wrong(network, node, -HOUR):
        network.send("RXA01", files)
        assert arrived(network, files).keys() == instances_of(files)
        until(lambda: len(workitems(network, study_of(files))) == 1, "on the worklist")
    assert exact(network, "RXA01", files)


def test_what_waits_by_a_fast_clock_is_sent_when_the_clock_is_put_right(network: Network) -> None:
    """Its next attempt stands an hour ahead then."""
    files = study(2, patient="62")
    with wrong(network, "RXA01", HOUR):
        network.kill("HUB")
        network.send("RXA01", files)
        until(lambda: network.queue("RXA01")["failing"], "it waits for the hub")
    assert arrived(network, files).keys() == instances_of(files)
    assert exact(network, "RXA01", files)
