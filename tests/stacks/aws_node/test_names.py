"""Names that AWS takes, for the longest network that a definition may name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.record import changed
from stacks.aws.node import node
from tests.stacks.aws_node.conftest import NODE, Severn, Told, ground, run

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")

LONG = "the-imaging-network-of-the-severn-valley"
LIMITS = {
    "aws:s3/bucket:Bucket": ("bucket", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "aws:lb/loadBalancer:LoadBalancer": ("name", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"),
    "aws:lb/targetGroup:TargetGroup": ("name", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"),
    "aws:iam/role:Role": ("name", r"[\w+=,.@-]{1,64}"),
    "aws:rds/instance:Instance": ("identifier", r"[a-z](?:-?[a-z0-9]){0,62}"),
    "aws:backup/vault:Vault": ("name", r"[a-zA-Z0-9_-]{2,50}"),
    "aws:backup/plan:Plan": ("name", r"[\w.-]{1,50}"),
    "aws:backup/selection:Selection": ("name", r"[\w.-]{1,50}"),
    "aws:ec2/securityGroup:SecurityGroup": ("description", r"[a-zA-Z0-9. _:/()#,@\[\]+=&;{}!$*-]{1,255}"),
    "aws:cloudwatch/logGroup:LogGroup": ("name", r"[\w/.#-]{1,512}"),
    "aws:kms/alias:Alias": ("name", r"alias/[\w/-]{1,250}"),
}
"""Type -> the property that is its name there, and what AWS takes for one."""


@pytest.fixture(scope="module")
def long(severn: Severn) -> Told:
    assert len(LONG) == 40
    design = changed(severn.design, network=LONG)
    return run(lambda: node(severn.placement(NODE), ground(severn, design=design)))


@pytest.mark.parametrize("kind", LIMITS, ids=lambda kind: kind.rpartition(":")[2])
def test_the_longest_network_has_names_that_aws_takes(long: Told, kind: str) -> None:
    key, pattern = LIMITS[kind]
    found: list[Any] = [each[key] for each in long.of(kind).values()]
    assert found
    assert [name for name in found if not re.fullmatch(pattern, name)] == []
    assert key == "description" or len(set(found)) == len(found)


def test_two_long_networks_that_begin_alike_have_other_names(severn: Severn, long: Told) -> None:
    design = changed(severn.design, network=f"{LONG[:-1]}x")
    other = run(lambda: node(severn.placement(NODE), ground(severn, design=design)))
    for kind in ("aws:s3/bucket:Bucket", "aws:lb/targetGroup:TargetGroup"):
        key = LIMITS[kind][0]
        one, two = ({each[key] for each in told.of(kind).values()} for told in (long, other))
        assert not one & two
