"""Which way a proof takes: from each site that may share, to one whose pool takes such studies, over links alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.definition.choices import Operation, Shape
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.links.linking import derive
from provisioner.links.topology import ReportingPool, Topology
from provisioner.proving.proof import Way, ways

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))


def topology(path: Path) -> Topology:
    network, findings = read(parse(path.name, path.read_bytes()))
    assert network is not None, findings
    return derive(network)


def severn() -> Topology:
    return topology(next(path for path in EXAMPLES if path.stem == "severn"))


def pool(**fields: object) -> ReportingPool:
    base = ReportingPool("p", (), (), (), (), (), prefetch=False, turnaround_days=None, external="")
    return replace(base, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_site_of_every_example_has_one(path: Path) -> None:
    network = topology(path)
    found = list(ways(network))
    assert [way.source for way in found] == [node.id for node in network.nodes if node.member]
    for way in found:
        assert way.reader != way.source
        taking = [p for p in network.pools if way.kind.modality in p.modalities or not p.modalities]
        assert not taking or any(way.reader in p.sites or not p.sites for p in taking)


def test_readers_take_turns() -> None:
    network = replace(severn(), pools=())
    assert len({way.reader for way in ways(network)}) > 2


def test_the_kind_is_what_the_pool_takes() -> None:
    network = replace(
        severn(), pools=(pool(sites=("RXB01",), modalities=("MR",), body_parts=("HEAD",), priorities=("stat",)),)
    )
    way = next(way for way in ways(network) if way.source == "RXA02")
    assert (way.reader, way.kind.modality, way.kind.body_part, way.kind.priority) == ("RXB01", "MR", "HEAD", "STAT")


@pytest.mark.parametrize(
    "other", [pool(members=("RXZ",), sites=("RXC01",)), pool(external="night-reporting")], ids=["members", "external"]
)
def test_a_pool_that_does_not_take_its_studies_is_passed_over(other: ReportingPool) -> None:
    network = replace(severn(), pools=(other, pool(sites=("RXB01",))))
    assert Way("RXA02", "RXB01", next(ways(network)).kind) in list(ways(network))


def test_no_worklist_no_proof() -> None:
    assert list(ways(replace(severn(), home=""))) == []


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("end", ["source", "target"])
def test_a_site_that_may_not_store_has_none(shape: Shape, end: str) -> None:
    """Neither as who acquires nor as who reports: its images, or its reports, could not come through."""
    path = next(path for path in EXAMPLES if topology(path).shape is shape and topology(path).home)
    network = topology(path)
    lame = next(node.id for node in network.nodes if node.member and node.id != network.home)
    flows = tuple(
        replace(flow, operations=tuple(o for o in flow.operations if o is not Operation.STORE))
        if getattr(flow, end) == lame
        else flow
        for flow in network.flows
    )
    assert not [way for way in ways(replace(network, flows=flows)) if lame in (way.source, way.reader)]
