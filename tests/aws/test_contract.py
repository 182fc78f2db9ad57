"""`netprov up FILE --target aws` of whole networks, by the real engine, onto real moto; boto3 says what is there.

One of them lives on to its end: it is looked at, opened by hand, closed again, edited, and taken away.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provisioner.errors import Exit
from stacks.aws.design import Design
from tests.aws import looks
from tests.aws.cloud import FIRST, REGION, Cloud
from tests.aws.deployment import Deployment, example
from tests.aws.inventory import left
from tests.aws.models import HOSTED, MODELS
from tests.aws.provider.account import Account
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
TAGS = {"network", "member", "site", "environment", "data-class", "owner"}


@pytest.fixture(scope="module", params=MODELS)
def network(
    request: pytest.FixtureRequest, sky: Cloud, reach: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """An example that is up."""
    found = example(request.param, MODELS[request.param], tmp_path_factory.mktemp(request.param), reach)
    found.up()
    yield found
    sky.reset()


def accounts(cloud: Cloud, design: Design) -> list[Account]:
    return [cloud.account(each.number or FIRST) for each in design.accounts]


@pytest.mark.parametrize(
    "look",
    [looks.open_doors, looks.public_things, looks.in_the_clear, looks.unpinned, looks.forgetful],
    ids=lambda look: look.__name__,
)
def test_nothing_is_wrong(sky: Cloud, network: Deployment, look: looks.Look) -> None:
    assert [each for account in accounts(sky, network.design) for each in look(account)] == []


def test_each_owner_has_what_is_its_own(sky: Cloud, network: Deployment) -> None:
    """The owner's account holds its VPC, and for each of its nodes the bucket of images, the service, the index."""
    design = network.design
    for account in design.accounts:
        look = sky.account(account.number or FIRST)
        spaces = [each.cidr for each in design.spaces if each.account == account.owner]
        assert sorted(looks.routes(look)) == sorted(spaces)
        nodes = [each.node.lower() for each in design.placements if each.account == account.owner]
        for node in nodes:
            assert any(node in bucket and "image" in bucket for bucket in looks.buckets(look)), node
        assert len(list(looks.services(look))) == len(nodes)


def test_ways_lead_there_and_back(sky: Cloud, network: Deployment) -> None:
    design = network.design
    ways = {cidr: to for account in accounts(sky, design) for cidr, to in looks.routes(account).items()}
    cidr = {each.name: each.cidr for each in design.spaces}
    for one, other in design.pairs:
        assert looks.leads(ways[cidr[one]], cidr[other])
        assert looks.leads(ways[cidr[other]], cidr[one])


def test_who_may_enter_is_exactly_who_is_linked(sky: Cloud, network: Deployment) -> None:
    design = network.design
    permitted = {(each.source, each.port) for each in design.permits}
    entered = {
        (rule["CidrIpv4"], rule["FromPort"])
        for account in accounts(sky, design)
        for rule in looks.rules(account)
        if not rule["IsEgress"] and rule.get("CidrIpv4")
    }
    assert entered == permitted


def test_nothing_is_elsewhere(sky: Cloud, network: Deployment) -> None:
    for account in network.design.accounts:
        abroad = sky.account(account.number or FIRST, "eu-west-1")
        regional = [each for each in left(abroad) if not each.startswith(("roles", "buckets", "hosted_zones"))]
        assert regional == []
        for bucket in looks.buckets(sky.account(account.number or FIRST)):
            where = sky.account(account.number or FIRST).call("s3", "get_bucket_location", Bucket=bucket)
            assert where["LocationConstraint"] == REGION


def test_a_second_run_changes_nothing(network: Deployment) -> None:
    assert network.facts("plan", str(network.file), "--target", "aws")["steps"] == []


def test_the_files_that_each_task_names_are_there_as_they_should_be(sky: Cloud, network: Deployment) -> None:
    for account in accounts(sky, network.design):
        for bucket, name, digest in files(account):
            held = account.call("s3", "get_object", Bucket=bucket, Key=name)
            assert hashlib.sha256(held["Body"].read()).hexdigest() == digest
            assert held["SSEKMSKeyId"] in {key for _, key in looks.kept(account)}
            tags = account.call("s3", "get_object_tagging", Bucket=bucket, Key=name)["TagSet"]
            assert {each["Key"] for each in tags} >= TAGS


def test_images_are_locked_where_that_was_asked_and_nothing_else_is(sky: Cloud, network: Deployment) -> None:
    keeping = network.design.keeping
    rule = {"Mode": "COMPLIANCE", "Days": keeping.retention_days}
    for account in accounts(sky, network.design):
        for bucket in looks.buckets(account):
            locked = keeping.object_lock and "-images-" in bucket
            assert lock(account, bucket) == (rule if locked else None)
            if locked:
                image = account.call("s3", "put_object", Bucket=bucket, Key="image", Body=b"DICM")["VersionId"]
                with pytest.raises(ClientError, match="AccessDenied"):
                    account.call("s3", "delete_object", Bucket=bucket, Key="image", VersionId=image)


def lock(account: Account, bucket: str) -> Any:
    """For how long what comes into a bucket cannot be deleted; None where it can."""
    try:
        held = account.call("s3", "get_object_lock_configuration", Bucket=bucket)["ObjectLockConfiguration"]
    except ClientError:
        return None
    return {name: value for name, value in held["Rule"]["DefaultRetention"].items() if value}  # moto says 0 years too


def files(account: Account) -> list[tuple[str, str, str]]:
    """Of each node that runs: where its files are, and their digest."""
    found = []
    for service in looks.services(account):
        task = account.call("ecs", "describe_task_definition", taskDefinition=service["taskDefinition"])
        boot = only(each for each in task["taskDefinition"]["containerDefinitions"] if each["name"] == "boot")
        told = {each["name"]: each["value"] for each in boot["environment"]}
        found.append((told["NETPROV_BUNDLE_BUCKET"], told["NETPROV_BUNDLE_KEY"], told["NETPROV_BUNDLE_SHA256"]))
    assert found
    return found


@pytest.mark.parametrize("network", [HOSTED], indirect=True)
def test_one_lives_to_its_end(sky: Cloud, network: Deployment) -> None:
    """After all the others of this network."""
    looked_at(network)
    drifted(sky.account(), network)
    edited(network)
    said = str(network.facts("down", "severn", "--yes")["notices"])
    assert {each.partition(":")[0] for each in left(sky.account())} == KEPT.keys()
    assert all(word in said for word in KEPT.values())
    assert sky.shelf.left() == []


def looked_at(network: Deployment) -> None:
    """moto keeps services and starts no task, so `status` says of each node that it does not run."""
    nodes = sorted(each.node for each in network.design.placements)
    status = network.facts("status", "severn", code=Exit.FAILED)
    assert sorted(each["node"] for each in status["nodes"] if not each["running"]) == nodes
    outputs = str(network.facts("outputs", "severn"))
    assert all(f"{node.lower()}.severn.netprov.internal" in outputs for node in nodes)


def drifted(account: Account, network: Deployment) -> None:
    """A rule opened by hand is found by name; `up --refresh` closes it."""
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
