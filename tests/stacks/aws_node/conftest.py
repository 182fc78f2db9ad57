"""The Severn example as it would be on AWS, and what Pulumi's engine would be told of one of its nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor

from provisioner.definition import document, reader
from provisioner.home import NetworkFolder
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from provisioner.record import changed
from stacks.aws.design import Design, Placement, design
from stacks.aws.ground import Ground
from stacks.aws.node import node
from stacks.aws.papers import Papers, papers

EXAMPLE = Path(__file__).parents[3] / "examples/severn.yaml"
NODE = "RXA01"
NUMBER = "123456789012"
ORTHANC = f"{NUMBER}.dkr.ecr.eu-west-2.amazonaws.com/orthancteam/orthanc@sha256:{'1' * 64}"
NGINX = f"{NUMBER}.dkr.ecr.eu-west-2.amazonaws.com/nginx@sha256:{'2' * 64}"
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Severn:
    """A network, and what its deployment is made from."""

    topology: Topology
    design: Design
    papers: Papers

    def placement(self, node: str) -> Placement:
        return next(each for each in self.design.placements if each.node == node)


@pytest.fixture(scope="session")
def severn(tmp_path_factory: pytest.TempPathFactory) -> Severn:
    return prepared(EXAMPLE.read_bytes(), tmp_path_factory.mktemp("home"))


def prepared(definition: bytes, home: Path) -> Severn:
    """What a network would be on AWS."""
    network, found = reader.read(document.parse("network.yaml", definition))
    assert network is not None, found
    topology = derive(network)
    folder = NetworkFolder(home / topology.id)
    made = papers(folder, tuple(node.id for node in topology.nodes), NOW)
    placed = changed(design(network, topology), orthanc_image=ORTHANC, nginx_image=NGINX)
    return Severn(topology, placed, made)


@dataclass
class Told(Mocks):
    """Every resource that the program registers, with its inputs as the engine gets them."""

    resources: list[MockResourceArgs] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    """What is to stay when it leaves the program."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.resources.append(args)
        its_id = f"{args.name}-id"
        state = {"arn": f"arn:aws:mock:::{args.name}", **args.inputs}
        if args.typ == "aws:rds/instance:Instance":
            state["masterUserSecrets"] = [{"secretArn": f"arn:aws:mock:::{args.name}-master"}]
            state["address"] = f"{args.name}.mock"
        return its_id, state

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        raise AssertionError(f"a plan must not ask AWS anything: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Inputs of all resources of one type, by name."""
        return {each.name: each.inputs for each in self.resources if each.typ == kind}

    def only(self, kind: str) -> dict[str, Any]:
        (found,) = self.of(kind).values()
        return found


class Listening(MockMonitor):
    """Hears of options, too."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self._told = told

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the wire protocol's name
        if request.retainOnDelete:
            self._told.kept.add(f"{request.type.rpartition(':')[2]} {request.name}")
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@cache
def loop() -> asyncio.AbstractEventLoop:
    """One for all, as whoever has run another in this thread leaves none; its threads keep loops of their own."""
    return asyncio.new_event_loop()


def run(program: Callable[[], object]) -> Told:
    """To its end, as the engine runs it: when all resources are registered."""
    told = Told()
    asyncio.set_event_loop(loop())
    set_mocks(told, project="severn", stack="test", preview=False, monitor=Listening(told))
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return told


Build = Callable[..., Told]


@pytest.fixture
def build(severn: Severn) -> Build:
    """The node, with other settings of its design and its ground."""

    def built(keeping: dict[str, Any] | None = None, **changes: Any) -> Told:
        held = changed(severn.design, keeping=changed(severn.design.keeping, **(keeping or {})))
        return run(lambda: node(severn.placement(NODE), ground(severn, **({"design": held} | changes))))

    return built


def ground(severn: Severn, **changes: Any) -> Ground:
    """One space, with no more than names in it."""
    made: dict[str, Any] = {
        "design": severn.design,
        "topology": severn.topology,
        "papers": severn.papers,
        "space": severn.design.spaces[0],
        "provider": (provider := aws.Provider("first", region="eu-west-2")),
        "account_number": NUMBER,
        "vpc_id": "vpc-1",
        "subnets": {
            each.node: [pulumi.Output.from_input(f"subnet-{each.node}-{s.zone}") for s in each.subnets]
            for each in severn.design.placements
        },
        "guards": {each.node: pulumi.Output.from_input(f"sg-{each.node}") for each in severn.design.placements},
        "cluster_arn": f"arn:aws:ecs:eu-west-2:{NUMBER}:cluster/severn",
        "cluster_name": "severn",
        "zone_id": "Z1",
        "zone_provider": provider,
    }
    return Ground(**(made | changes))
