"""The examples are what newcomers copy: each passes without a word, and they can stand side by side."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import policies
from provisioner.definition import document, reader
from provisioner.definition.choices import OperatingModel
from provisioner.definition.network import Network
from provisioner.findings import Severity
from provisioner.links.linking import derive, findings

FILES = sorted(Path(__file__).parents[2].joinpath("examples").glob("*.yaml"))
TODAY = date(2026, 11, 24)


def _read(file: Path) -> Network:
    network, found = reader.read(document.parse(file.name, file.read_bytes()))
    assert not found
    assert network is not None
    return network


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_passes_the_reader_the_compiler_and_the_policies(file: Path) -> None:
    network = _read(file)
    assert not findings(network)
    assert not [f for f in policies.evaluate(network, TODAY) if f.severity is Severity.ERROR]
    assert network.network.id == file.stem


def test_there_is_an_example_of_each_operating_model() -> None:
    assert {_read(file).operating_model for file in FILES} == set(OperatingModel)


def test_examples_can_be_deployed_side_by_side() -> None:
    topologies = [derive(_read(file)) for file in FILES]
    assert max(Counter(t.id for t in topologies).values()) == 1
    sites = Counter(node.id for t in topologies for node in t.nodes if node.member)
    assert max(sites.values()) == 1


def test_the_best_example_shows_what_there_is_to_show() -> None:
    topology = derive(_read(next(file for file in FILES if file.stem == "severn")))
    assert (topology.home, len(topology.nodes), len(topology.places)) == ("RXA01", 5, 1)
    assert sorted(s.aet for node in topology.nodes for s in node.scanners) == ["ALDER_CT1", "BRACK_MR1"]
