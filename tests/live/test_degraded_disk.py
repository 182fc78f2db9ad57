"""A full disk under a node: everything of it lies there, index, images and queue. It refuses, and loses nothing."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

from scanned import Network, arrived, defined, exact, instances_of, study, study_of, until, workitems

pytestmark = pytest.mark.live
NODES = ("HUB", "RXA01")
SIZE = 64_000_000
LARGE = 1_000_000


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    """Two of its nodes each on a small disk of its own."""
    made = Network(lasting_home, lasting_home.define(defined()))
    disks = [made.folder / "nodes" / node for node in NODES]
    with small_disks(lasting_home, disks):
        made.up()
        yield made


@contextmanager
def small_disks(home: "Home", places: list[Path]) -> Iterator[None]:
    mounted = []
    try:
        for place in places:
            place.mkdir(parents=True, mode=0o711)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "tmpfs", str(place)]
            if subprocess.run(mount, check=False).returncode:
                pytest.skip("mounting a small disk needs root")
            mounted.append(place)
        yield
    finally:
        home.cut_power()
        for place in mounted:
            subprocess.run(["umount", "-l", place], check=False)


@contextmanager
def full(network: Network, node: str, leave: int) -> Iterator[None]:
    """Until the block ends, all room of a node's disk is taken but so many bytes."""
    place = network.folder / f"nodes/{node}"
    ballast, free = place / "ballast", os.statvfs(place)
    try:
        with suppress(OSError):  # the node writes too: then it is full a moment sooner
            ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - leave)))
        yield
    finally:
        ballast.unlink()


@pytest.mark.parametrize("leave", [0, 2 * LARGE], ids=["no room at all", "room for some"])
def test_a_hub_with_a_full_disk_gets_it_all_when_there_is_room(network: Network, leave: int) -> None:
    first = study(1)
    network.send("RXA01", first)
    arrived(network, first)
    files = study(6, size=LARGE)
    with full(network, "HUB", leave):
        network.send("RXA01", files)
        until(lambda: network.queue("RXA01")["failing"], "the site has seen it")
        assert network.queue("RXA01")["dead"] == []
        assert len(network.copies("HUB", study_of(files))) < len(files)
        assert workitems(network, study_of(files)) == []
    assert arrived(network, files).keys() == instances_of(files)
    until(lambda: workitems(network, study_of(files)), "on the worklist")
    assert exact(network, "RXA01", files)
    assert arrived(network, first).keys() == instances_of(first), "what was there is there"


def test_a_site_with_a_full_disk_refuses_its_scanner_and_sends_what_it_has_taken(network: Network) -> None:
    early, late = study(2, size=LARGE), study(6, size=LARGE)
    network.send("RXA01", early)
    # Not even the queue can be written.
    with full(network, "RXA01", leave=0), pytest.raises(subprocess.CalledProcessError):
        network.send("RXA01", late)
    assert arrived(network, early).keys() == instances_of(early)
    network.send("RXA01", late)  # as a scanner does that was refused
    assert arrived(network, late).keys() == instances_of(late)
    assert exact(network, "RXA01", late)
    until(lambda: network.queue("RXA01")["depth"] == 0)
    assert network.queue("RXA01")["dead"] == []
