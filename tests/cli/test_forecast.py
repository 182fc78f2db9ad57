"""`plan --offline`: what is paid for, each resource, a diagram; a rule's refusal; a target that needs none."""

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import Exit
from provisioner.site.planned import Planned
from stacks.target import Amount, Forecast

SOUND = Planned("aws:ec2/vpc:Vpc", "severn-rxa-net", {"region": "eu-west-2", "cidrBlock": "100.64.0.0/20"}, "RXA")
OPEN = Planned(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "severn-rxa-net-open",
    {"region": "eu-west-2", "cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443},
    "RXA",
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "network.yaml"
    path.write_text((Path(__file__).parents[2] / "examples/severn.yaml").read_text())
    return str(path)


def foretold(*resources: Planned) -> Forecast:
    return Forecast(resources, (Amount("peerings", "", 3),), "flowchart LR\n  a --> b\n")


def test_words_say_what_is_paid_for_and_whose_it_is(netprov: Any, file: str) -> None:
    netprov.target.foretold = foretold(SOUND)
    ended = netprov("plan", file, "--offline")
    assert ended.code == Exit.DONE
    assert "1 resource; nobody was asked" in ended.out
    assert [line.split() for line in ended.out.splitlines() if "RXA" in line or "peerings" in line] == [
        ["account", "of", "RXA", "1"],
        ["peerings", "3"],
    ]
    assert netprov.target.asked == []


def test_json_has_each_resource(netprov: Any, file: str) -> None:
    netprov.target.foretold = foretold(SOUND)
    facts = json.loads(netprov("plan", file, "--offline", "--format", "json").out)
    assert [(each["kind"], each["provider"]) for each in facts["resources"]] == [(SOUND.kind, "RXA")]
    assert facts["amounts"] == [{"what": "peerings", "size": "", "count": 3}]


def test_mermaid_is_the_diagram_alone(netprov: Any, file: str) -> None:
    netprov.target.foretold = foretold(SOUND)
    assert netprov("plan", file, "--format", "mermaid").out == "flowchart LR\n  a --> b\n"


def test_what_a_rule_refuses_is_refused(netprov: Any, file: str) -> None:
    netprov.target.foretold = foretold(OPEN)
    ended = netprov("plan", file, "--offline")
    assert ended.code == Exit.REFUSED
    assert "severn-rxa-net-open" in ended.err


@pytest.mark.parametrize("arguments", [("--offline",), ("--format", "mermaid")])
def test_a_target_that_asks_nobody_says_so(arguments: tuple[str, ...], netprov: Any, file: str) -> None:
    ended = netprov("plan", file, *arguments)
    assert ended.code == Exit.USAGE
    assert "--target aws" in ended.err


def test_a_plan_that_asks_nobody_does_not_ask_the_bucket_either(netprov: Any, file: str) -> None:
    """Whatever is set for those who deploy: without credentials it would be refused there."""
    netprov.target.foretold = foretold(SOUND)
    netprov.environ["NETPROV_BACKEND"] = "s3://nobody-may-look-here"
    netprov.environ["NETPROV_SECRETS_PROVIDER"] = "awskms://alias/nobodys"
    assert netprov("plan", file, "--offline").code == Exit.DONE
