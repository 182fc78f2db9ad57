"""What a plan says of links: as many as the picture shows, and scanners apart."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.words import headline
from provisioner.credentials import Keys
from provisioner.definition import document, reader
from provisioner.engine.plan import Action, Endpoint, Kind, Step
from provisioner.home import NetworkFolder
from provisioner.links.linking import derive
from provisioner.links.picture.model import links
from provisioner.links.topology import Scanner, Topology
from stacks.local.ground import Ground
from stacks.local.links import LinksResource, wanted

EXAMPLES = sorted(Path(__file__).parents[3].joinpath("examples").glob("*.yaml"))


def topology_of(file: Path) -> Topology:
    network, found = reader.read(document.parse(file.name, file.read_bytes()))
    assert network is not None, found
    return derive(network)


def ground_of(topology: Topology, folder: Path) -> Ground:
    """As if each node had its ports, and nothing else were there yet."""
    endpoints = {node.id: Endpoint("127.0.0.1", n, n + 1, n + 2, n + 3) for n, node in enumerate(topology.nodes)}
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Ground(NetworkFolder(folder), topology, endpoints, Keys(1, {1: bytes(32)}, "g1"), None, Path(), now)


def planned(before: Topology | None, after: Topology, folder: Path) -> tuple[Step, ...]:
    """What a plan would say of every node's links, from one topology to another."""
    ground, old = ground_of(after, folder), ground_of(before, folder) if before else None
    steps = []
    for node in after.nodes:
        was = wanted(old, node.id) if old else {}
        found = LinksResource(ground).diff(node.id, was, wanted(ground, node.id))
        action = Action.UPDATE if old else Action.CREATE
        steps.append(Step(action, Kind.LINKS, node.id, found.reason, found.details or found.changed))
    return tuple(steps)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_plan_counts_the_links_that_the_picture_shows(file: Path, tmp_path: Path) -> None:
    topology = topology_of(file)
    scanners = sum(len(node.scanners) for node in topology.nodes)
    counts = ((len(links(topology)), "link"), (scanners, "scanner"))
    words = [f"{n} {one}{'s' if n > 1 else ''}" for n, one in counts if n]
    assert headline(planned(None, topology, tmp_path)) == f"{' and '.join(words)} added"


def with_scanners(topology: Topology, site: str, scanners: tuple[Scanner, ...]) -> Topology:
    nodes = tuple(replace(node, scanners=scanners) if node.id == site else node for node in topology.nodes)
    return replace(topology, nodes=nodes)


def test_a_scanner_that_comes_goes_or_changes_is_no_link(tmp_path: Path) -> None:
    severn = topology_of(next(file for file in EXAMPLES if file.stem == "severn"))
    (scanner,) = severn.node("RXA02").scanners
    without, moved = (with_scanners(severn, "RXA02", those) for those in ((), (replace(scanner, port=11112),)))
    for before, after, verb in ((without, severn, "added"), (severn, without, "removed"), (severn, moved, "changed")):
        steps = planned(before, after, tmp_path)
        assert headline(steps) == f"1 scanner {verb}"
        assert next(step.reason for step in steps if step.name == "RXA02") == f"scanners {verb}: ALDER_CT1"
