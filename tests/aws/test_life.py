"""A network's life on the cloud: looked at, one link edited, drifted, taken away."""

from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import Exit
from tests.aws import looks
from tests.aws.cloud import Cloud
from tests.aws.deployment import Deployment, example
from tests.aws.inventory import left
from tests.aws.models import HOSTED, MODELS
from tests.aws.provider.kind import only

pytestmark = pytest.mark.live

LINK = """\
  - from: RXB01                    # head scans go straight to the neuroscience centre for its weekly meeting
    to: RXC01
    operations: [echo, store]
"""
KEPT = {
    "aliases": "their key",
    "backup_vaults": "backups (vault)",
    "buckets": "images (bucket",
    "db_snapshots": "index (snapshot",
    "file_systems": "queue and worklist (file system)",
    "keys": "their key",
}
"""What holds studies or is needed to read them, and how `down` says that it is still there."""


def test_from_up_to_down(cloud: Cloud, reach: dict[str, str], tmp_path: Path) -> None:
    network = example(HOSTED, MODELS[HOSTED], tmp_path, reach)
    network.up()
    looked_at(network)
    drifted(cloud, network)
    edited(network)
    said = str(network.facts("down", "severn", "--yes")["notices"])
    assert {each.partition(":")[0] for each in left(cloud.account())} == KEPT.keys()
    assert all(word in said for word in KEPT.values())
    assert cloud.shelf.left() == []


def looked_at(network: Deployment) -> None:
    """moto keeps services and starts no task, so `status` says of each node that it does not run."""
    nodes = sorted(each.node for each in network.design.placements)
    status = network.facts("status", "severn", code=Exit.FAILED)
    assert sorted(each["node"] for each in status["nodes"] if not each["running"]) == nodes
    outputs = str(network.facts("outputs", "severn"))
    assert all(f"{node.lower()}.severn.netprov.internal" in outputs for node in nodes)


def drifted(cloud: Cloud, network: Deployment) -> None:
    """A rule opened by hand is found by name; `up --refresh` closes it."""
    account = cloud.account()
    rule = only(each for each in looks.rules(account) if each.get("CidrIpv4") and not each["IsEgress"])
    change = {"IpProtocol": "tcp", "FromPort": rule["FromPort"], "ToPort": rule["ToPort"], "CidrIpv4": "0.0.0.0/0"}
    one = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": change}
    account.call("ec2", "modify_security_group_rules", GroupId=rule["GroupId"], SecurityGroupRules=[one])
    found: Any = network.facts("drift", "severn", code=Exit.CHANGES)
    assert "0.0.0.0/0" in str(found)
    network.netprov("up", str(network.file), "--target", "aws", "--yes", "--no-verify", "--refresh")
    assert list(looks.open_doors(account)) == []


def edited(network: Deployment) -> None:
    """Without one link, its two ends change and nothing else does."""
    without = network.edited(LINK, LINK.replace("store", "find"))
    changed = without.facts("plan", str(without.file), "--target", "aws")["steps"]
    assert {each["name"] for each in changed} == {"RXB01", "RXC01"}
