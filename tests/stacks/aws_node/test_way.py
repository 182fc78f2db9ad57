"""`netprov verify` of a network on AWS: a study goes its whole way, asked for by tasks in the nodes' places.

Three nodes from their own bundles, with the real nginx and Orthanc, send to each other. What each task runs is run here
in a thread of its own, in Fargate's place, and questions and answers go by moto's S3.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from site_templates.aws import talk
from stacks.aws import proof
from stacks.aws.cloud import Cloud
from stacks.aws.place import ASKED
from tests.stacks.aws_node.account import Account, led_here, settled
from tests.stacks.aws_node.conftest import Severn, prepared
from tests.stacks.aws_node.running import Ports, Running, free_ports, running
from tests.stacks.aws_node.test_boot import SETTINGS, client

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

HOME, SCANS, READS = "RXA01", "RXB01", "RXC01"
NETWORK = b"""\
netprov: 1
network: {id: lune, name: Lune Imaging Network, environment: test, synthetic_data: true}
operating_model: hosted
host: RXA
members:
  - ods: RXA
    name: Aldermoor NHS Foundation Trust
    kind: foundation_trust
    patient_id_issuer: RXA
    sites: [{ods: RXA01, name: Aldermoor General Hospital, kind: acute}]
  - ods: RXB
    name: Brackenfield NHS Trust
    kind: nhs_trust
    patient_id_issuer: RXB
    sites:
      - ods: RXB01
        name: Brackenfield Royal Infirmary
        kind: acute
        modalities: [{aet: BRACK_CT1, kind: CT, address: 10.22.1.10}]
  - ods: RXC
    name: Culverhay NHS Trust
    kind: nhs_trust
    patient_id_issuer: RXC
    sites: [{ods: RXC01, name: Culverhay Centre for Neurosciences, kind: acute}]
reporting: {worklist: {home: RXA01}}
deployment:
  aws: {}
"""


@pytest.fixture(scope="module")
def lune(tmp_path_factory: pytest.TempPathFactory) -> Severn:
    return prepared(NETWORK, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def nodes(lune: Severn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    at = {node.id: free_ports() for node in lune.topology.nodes}
    with ExitStack() as held:
        yield {
            node: held.enter_context(
                running(lune, node, tmp_path_factory.mktemp(node) / "node", ports=ports, changed=lambda f: near(f, at))
            )
            for node, ports in at.items()
        }


def near(folder: Path, at: dict[str, Ports]) -> None:
    """Each node is on this machine, at ports of its own."""
    for name in ("orthanc.json", "sharing.json"):
        text = (folder / name).read_text()
        for node, ports in at.items():
            text = text.replace(f"{node.lower()}.lune.netprov.internal:443", f"127.0.0.1:{ports.front}")
        (folder / name).write_text(text)
    config = json.loads((folder / "orthanc.json").read_text())
    for node, its in config["DicomModalities"].items():
        if node in at:
            its |= {"Host": "127.0.0.1", "Port": at[node].dicom}
    (folder / "orthanc.json").write_text(json.dumps(config))
    own = json.loads((folder / "asking.json").read_text())
    ports = at[own["host"].partition(".")[0].upper()]
    (folder / "asking.json").write_text(json.dumps(own | {"port": ports.front, "dicom": ports.dicom}))
    others = json.loads((folder / "questions.json").read_text())
    moved = [each | {"https": at[each["node"]].front, "dicom": at[each["node"]].dicom} for each in others]
    (folder / "questions.json").write_text(json.dumps(moved))


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    led_here(monkeypatch)


@dataclass
class Nodes(Account):
    """A task is run in a thread of its own, in its node's place."""

    nodes: dict[str, Running]
    tasks: list[threading.Thread] = field(default_factory=list)

    def run_task(self, **given: Any) -> dict[str, Any]:
        instead, environment = self.given(given)
        assert instead["command"][-1].endswith("/talk.py")
        folder = self.nodes[given["taskDefinition"].split("-")[1].upper()].folder
        self.tasks.append(threading.Thread(target=talk.main, args=(environment, folder)))
        self.tasks[-1].start()
        return {"tasks": [{"taskArn": f"arn:aws:ecs:eu-west-2:1:task/lune/{len(self.tasks)}"}]}


@pytest.fixture
def account(nodes: dict[str, Running]) -> Iterator[Nodes]:
    with settled() as (endpoint, credentials):
        made = Nodes(endpoint, credentials, nodes)
        yield made
        for task in made.tasks:
            task.join()


def test_a_study_goes_the_whole_way_from_each_site_and_nothing_stays(lune: Severn, account: Nodes) -> None:
    found = proof.whole_ways(cast("Cloud", account), lune.design, lune.topology)
    assert [each for each in found if not each.passed] == []
    steps = {(each.source, each.name) for each in found}
    assert {name for _, name in steps} >= {"acquired", "listed", "claimed", "received", "report-home", "completed"}
    acquired = {each.target: each.detail for each in found if each.name == "acquired"}
    assert acquired.keys() == {HOME, SCANS, READS}
    assert acquired[SCANS] == "2 images of the scanner BRACK_CT1 over DICOM TLS"
    assert {each.target for each in found if each.name == "removed"} == {HOME, SCANS, READS}
    for task in account.tasks:
        task.join(180)
        assert not task.is_alive(), "each task is told that it is over"
    versions = client(account.endpoint, "s3").list_object_versions(Bucket=SETTINGS, Prefix=f"{ASKED}/")
    assert versions.get("Versions", []) == []


def test_a_node_that_gets_no_images_is_found(lune: Severn, account: Nodes, nodes: dict[str, Running]) -> None:
    """Last in this file: its front has gone. Ways that it has no part in are gone to their end."""
    nodes[READS].front.terminate()
    nodes[READS].front.wait()
    found = proof.whole_ways(cast("Cloud", account), lune.design, lune.topology)
    wrong = [each for each in found if not each.passed]
    assert {(each.name, each.source, each.target) for each in wrong} >= {("received", SCANS, READS)}
    assert [each for each in wrong if READS not in (each.source, each.target) and "not asked" not in each.detail] == []
    assert ("completed", SCANS, HOME) in {(each.name, each.source, each.target) for each in found if each.passed}
