"""The plan without an account: the real engine over the whole program, and what it says of each example."""

import os
from datetime import date
from pathlib import Path

import pytest

from policies import evaluate
from policies.level import Level, Seen
from provisioner.definition.document import parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.findings import Severity
from provisioner.home import NetworkFolder
from provisioner.links.linking import derive
from provisioner.site.planned import Planned
from stacks.aws import target
from stacks.aws.echo import SEALED
from stacks.target import Forecast, Request
from tests.stacks.aws.conftest import EXAMPLES

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")]
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
NO_ACCOUNT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}


@pytest.fixture(scope="module", params=NAMES)
def plan(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Forecast]:
    """An example as it is, with nothing said of AWS."""
    text = (EXAMPLES / f"{request.param}.yaml").read_text()
    network, findings = read(parse("network.yaml", text.encode()))
    assert network is not None, findings
    topology = derive(network)
    folder = NetworkFolder(Path(tmp_path_factory.mktemp("home")) / "networks" / topology.id)
    found = target.forecast(Request(topology, text, folder, NO_ACCOUNT))
    assert not folder.root.exists()  # a plan without an account leaves nothing behind
    return network, found


def of(found: Forecast, kind: str) -> list[Planned]:
    return [each for each in found.resources if each.kind.endswith(kind)]


def test_each_node_has_its_service_and_its_database(plan: tuple[Network, Forecast]) -> None:
    network, found = plan
    nodes = len(derive(network).nodes)
    assert len(of(found, "ecs/service:Service")) == len(of(found, "rds/instance:Instance")) == nodes
    assert {each.properties["region"] for each in found.resources} == {"eu-west-2"}


def test_no_rule_finds_anything_in_what_is_planned(plan: tuple[Network, Forecast]) -> None:
    network, found = plan
    seen = Seen(network, planned=found.resources, levels=(Level.DEFINITION, Level.PLANNED))
    verdicts = evaluate(network, date(2026, 11, 24), seen=seen)
    told = [(each.rule, each.severity) for each in verdicts if each.level == Level.PLANNED]
    # A supplier's account, and the example says nothing of AWS: nobody in the NHS is let in to read, or has the keys.
    suppliers = [("OUT-04", Severity.WARN), ("RES-07", Severity.INFO)]
    assert sorted(told) == (suppliers if network.network.id == "kennet" else [])


def test_who_may_recover_reads_what_a_supplier_holds(tmp_path: Path) -> None:
    role = "deployment: {aws: {recovery_role: arn:aws:iam::210987654321:role/nhs-recovery}}\n"
    text = (EXAMPLES / "kennet.yaml").read_text().replace("environment: test", "environment: production") + role
    network, findings = read(parse("network.yaml", text.encode()))
    assert network is not None, findings
    found = target.planned(Request(derive(network), text, NetworkFolder(tmp_path / "kennet"), NO_ACCOUNT))
    assert len([each for each in found if each.kind.endswith("BucketPolicy")]) == 2 * len(derive(network).nodes)
    seen = Seen(network, planned=found, levels=(Level.DEFINITION, Level.PLANNED))
    verdicts = evaluate(network, date(2026, 11, 24), seen=seen)
    assert "OUT-04" not in {each.rule for each in verdicts if each.level == Level.PLANNED}


def test_no_secret_is_told(plan: tuple[Network, Forecast]) -> None:
    _, found = plan
    versions = of(found, "secretsmanager/secretVersion:SecretVersion")
    assert versions
    assert {each.properties["secretString"] for each in versions} == {SEALED}
    assert "PRIVATE KEY" not in repr(found)


def test_every_account_every_space_and_every_node_is_drawn(plan: tuple[Network, Forecast]) -> None:
    network, found = plan
    assert found.diagram.startswith("flowchart LR\n")
    for node in derive(network).nodes:
        assert f'{node.id}["{node.id} ' in found.diagram
    for owner in {each.provider for each in found.resources}:
        assert f'"account of {owner}' in found.diagram
