"""The engine's events as people are told them: a network is hundreds of resources, and few steps."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.engine.plan import Action, Kind, State
from provisioner.links.linking import derive
from stacks.aws.design import Design, design
from stacks.aws.happened import Happened, followed, place, steps
from stacks.aws.happened import read as heard
from tests.stacks.aws.conftest import example

RULE, SERVICE, VPC = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:ecs/service:Service",
    "aws:ec2/vpc:Vpc",
)


@pytest.fixture
def severn() -> Design:
    network, findings = read(parse("network.yaml", example("severn").encode()))
    assert network is not None, findings
    return design(network, derive(network))


def done(action: Action, kind: str, name: str) -> Happened:
    return Happened(State.DONE, action, kind, name, ())


def event(what: str, operation: str, kind: str = VPC, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:severn::netprov::{kind}::severn-rxa-net"
    return {what: {"metadata": {"op": operation, "urn": urn, "type": kind, **more}}}


@pytest.mark.parametrize(
    ("name", "kind", "whose"),
    [
        ("severn-rxa01-node", SERVICE, (Kind.NODE, "RXA01")),
        ("severn-rxa-net-rxa01-443-from-rxb02", RULE, (Kind.LINKS, "RXA01")),
        ("severn-rxa-net-rxa01-guard", "aws:ec2/securityGroup:SecurityGroup", (Kind.NODE, "RXA01")),
        ("severn-rxb-net", VPC, (Kind.LINKS, "RXB")),
        ("severn-rxb-net-flows", "aws:kms/key:Key", (Kind.LINKS, "RXB")),
    ],
)
def test_a_resource_is_its_node_s_or_its_space_s(name: str, kind: str, whose: tuple[Kind, str], severn: Design) -> None:
    assert place(severn, name, kind) == whose


def test_a_link_that_comes_and_one_that_goes_are_told_by_name(severn: Design) -> None:
    (step,) = steps(
        severn,
        [
            done(Action.CREATE, RULE, "severn-rxa-net-rxa01-443-from-rxb02"),
            done(Action.DELETE, RULE, "severn-rxa-net-rxa01-443-from-rxc01"),
        ],
    )
    assert (step.action, step.kind, step.name) == (Action.UPDATE, Kind.LINKS, "RXA01")
    assert step.changed == ("+RXB02", "-RXC01")


def test_a_service_that_changes_restarts_its_node(severn: Design) -> None:
    (step,) = steps(severn, [done(Action.UPDATE, SERVICE, "severn-rxa01-node")])
    assert step.restarts
    (still,) = steps(severn, [done(Action.SAME, SERVICE, "severn-rxa01-node")])
    assert (still.action, still.restarts) == (Action.SAME, False)


def test_why_something_failed_is_what_the_engine_complained_of() -> None:
    complaints: dict[str, str] = {}
    urn = event("resourcePreEvent", "create")["resourcePreEvent"]["metadata"]["urn"]
    told = {"diagnosticEvent": {"severity": "error", "urn": urn, "message": "error: no room\n"}}
    assert heard(told, complaints) is None
    failed = heard(event("resOpFailedEvent", "create"), complaints)
    assert failed is not None
    assert (failed.state, failed.detail) == (State.FAILED, "no room")


def test_what_changes_nothing_of_the_world_is_not_told() -> None:
    assert heard(event("resourcePreEvent", "refresh"), {}) is None
    assert heard(event("resourcePreEvent", "create", "pulumi:providers:aws"), {}) is None


def test_drift_says_what_was_and_what_is() -> None:
    found = heard(
        event(
            "resOutputsEvent", "update", diffs=["cidrBlock"], old={"outputs": {"cidrBlock": "a"}}, new={"outputs": {}}
        ),
        {},
    )
    assert found is not None
    assert found.differences == (("cidrBlock", "a", "absent"),)


def test_events_are_told_while_they_are_written_and_the_file_is_not_kept(tmp_path: Path) -> None:
    log, told = tmp_path / "logs/events.json", list[Happened]()
    line = json.dumps(event("resOutputsEvent", "create"))
    with followed(log, told.append), log.open("a") as file:
        file.write(line[:20])
        file.flush()
        time.sleep(0.3)
        assert told == []
        file.write(f"{line[20:]}\n")
    assert [each.action for each in told] == [Action.CREATE]
    assert not log.exists()
