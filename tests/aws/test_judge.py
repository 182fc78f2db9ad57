"""Checkov on the planned resources of whole networks in production; what fails has its reason in one list."""

import os
from pathlib import Path

import pytest

from provisioner.home import NetworkFolder
from stacks.aws.echo import Echoed, invented
from stacks.aws.offline import offline
from stacks.aws.terraform import Identified, plan
from stacks.target import Request
from tests.aws.checkov_exceptions import EXCEPTIONS
from tests.aws.deployment import PASSED_ON, Deployment, example
from tests.aws.judge import Verdict, judged
from tests.aws.models import MODELS

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    folder = tmp_path_factory.mktemp("judged")
    return judged({name: of(name, folder / name) for name in MODELS}, folder)


@pytest.fixture(params=MODELS, ids=str)
def verdict(request: pytest.FixtureRequest, verdicts: dict[str, Verdict]) -> Verdict:
    return verdicts[request.param]


def of(name: str, folder: Path) -> dict[str, object]:
    network = example(name, MODELS[name], folder, {})
    return planned(network.edited("  environment: test", "  environment: production"), folder)


def planned(network: Deployment, folder: Path) -> dict[str, object]:
    environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    request = Request(network.topology, network.text, NetworkFolder(folder / "network"), environ)
    return plan(Identified(each.planned, (each.id, each.arn, _host(each))) for each in offline(request, network.design))


def _host(echoed: Echoed) -> str:
    """By which a record in the network's zone refers to a balancer."""
    return str(invented(echoed.planned, echoed.id, echoed.arn, "").get("dnsName", ""))


def test_every_check_passes_or_has_its_reason(verdict: Verdict) -> None:
    assert verdict.resources > 300
    assert verdict.passed > len(verdict.failing)
    unexpected = [str(each) for each in verdict.failing if each.check not in EXCEPTIONS]
    assert unexpected == []


def test_no_exception_is_left_over(verdict: Verdict) -> None:
    """A reason for what no longer fails would hide it when it fails again."""
    assert {each.check for each in verdict.failing} == set(EXCEPTIONS)
