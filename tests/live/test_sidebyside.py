"""Three networks of the examples on one machine: they do not clash, and one leaves without the others noticing."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = ("hosted", "alliance", "cic")
"""A hub that a host owns, a mesh, and a hub of a legal entity."""


def example(model: str) -> Path:
    """The example of an operating model."""
    for path in sorted(EXAMPLES.glob("*.yaml")):
        if re.search(rf"^operating_model: {model}\b", path.read_text(), re.MULTILINE):
            return path
    raise FileNotFoundError(model)


def pids(home: "Home", network: str) -> set[int]:
    folder = str(home.network(network))
    return {p.pid for p in home.processes() if folder in p.folder}


def test_three_networks_run_side_by_side(home: "Home") -> None:
    networks = []
    for model in MODELS:
        done = home.facts("up", str(example(model)), "--yes", "--no-verify")
        networks.append(str(done["network"]))
    assert len(set(networks)) == 3
    for network in networks:
        home.netprov("verify", network)
    before = {network: pids(home, network) for network in networks}
    assert all(before.values())
    home.netprov("down", networks[1], "--yes")
    assert pids(home, networks[1]) == set()
    assert not home.network(networks[1]).exists()
    for network in (networks[0], networks[2]):
        assert pids(home, network) == before[network]
        home.netprov("status", network)
        home.netprov("down", network, "--yes")
    assert home.processes() == ()


def test_two_homes_of_the_same_network_do_not_clash(home: "Home", other_home: "Home") -> None:
    for each in (home, other_home):
        each.netprov("up", each.hosted("severn", ("RXA01", "RXB01")), "--yes", "--no-verify")
    home.netprov("verify", "severn")
    home.netprov("down", "severn", "--yes")
    other_home.netprov("verify", "severn")
    other_home.netprov("down", "severn", "--yes")
    assert other_home.processes() == ()
