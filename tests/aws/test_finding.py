"""Looking for one thing on moto: there, not there, gone, and two of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import Exit, NetprovError
from stacks.aws.cloud import Cloud as Accounts
from stacks.aws.finding import Finder
from tests.aws.cloud import REGION, Cloud
from tests.aws.inventory import left
from tests.aws.provider.account import Account
from tests.aws.provider.tagging import pairs
from tests.aws.small import small

pytestmark = pytest.mark.live

VPC, KEY = "aws:ec2/vpc:Vpc", "aws:kms/key:Key"
TAGS = {"network": "lune", "Name": "lune-rxa-net"}
Find = Callable[[str, dict[str, object]], str]


@pytest.fixture
def find(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    network = small(cloud, tmp_path)
    for name, value in network.reach.items():
        monkeypatch.setenv(name, value)
    finder = Finder(Accounts(network.design), REGION)
    return lambda kind, inputs: finder.find("RXA", kind, inputs, frozenset({"known"}))


def vpc(aws: Account, tags: dict[str, str]) -> str:
    how = [{"ResourceType": "vpc", "Tags": pairs(tags)}]
    return str(aws.call("ec2", "create_vpc", CidrBlock="10.9.0.0/20", TagSpecifications=how)["Vpc"]["VpcId"])


def test_ours_is_found_among_others_and_two_of_ours_are_named(cloud: Cloud, find: Find) -> None:
    wanted: dict[str, object] = {"cidrBlock": "10.9.0.0/20", "tags": TAGS}
    assert find(VPC, wanted) == ""
    vpc(cloud.account(), {"network": "another", "Name": "lune-rxa-net"})
    assert find(VPC, wanted) == ""
    ours = vpc(cloud.account(), TAGS)
    assert find(VPC, wanted) == ours
    second = vpc(cloud.account(), TAGS)
    with pytest.raises(NetprovError, match="making the Vpc lune-rxa-net, and the account of RXA has 2") as told:
        find(VPC, wanted)
    assert ours in told.value.message
    assert second in told.value.message


def test_a_key_that_waits_for_its_deletion_is_none(cloud: Cloud, find: Find) -> None:
    account = cloud.account()
    wanted: dict[str, object] = {"description": "Flow logs of RXA", "tags": TAGS}
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    made = account.call("kms", "create_key", Description="Flow logs of RXA", Tags=tags)["KeyMetadata"]["KeyId"]
    assert find(KEY, wanted) == made
    account.call("kms", "schedule_key_deletion", KeyId=made)
    assert find(KEY, wanted) == ""


def test_what_its_own_inputs_name_is_not_asked_for(find: Find) -> None:
    route: dict[str, object] = {"routeTableId": "rtb-1", "destinationCidrBlock": "10.9.0.0/20"}
    assert find("aws:ec2/route:Route", route) == "rtb-1_10.9.0.0/20"
    service: dict[str, object] = {"cluster": "arn:aws:ecs:eu-west-2:123456789012:cluster/nodes", "name": "node"}
    assert find("aws:ecs/service:Service", service) == "nodes/node"
    assert find("aws:sns/topic:Topic", {"name": "alarms"}) == "arn:aws:sns:eu-west-2:123456789012:alarms"
    with pytest.raises(NetprovError, match="nobody knows how to find a aws:x/y:Z"):
        find("aws:x/y:Z", {})


def test_a_bucket_of_our_name_that_is_not_ours_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    account, network, bucket = cloud.account(), small(cloud, tmp_path), "lune-rxa01-images-123456789012"
    where = {"LocationConstraint": account.region}
    account.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=where)
    process = network.start("up", str(network.file), "--target", "aws", "--yes", "--no-verify")
    _, says = process.communicate(timeout=300)
    assert process.returncode == Exit.FAILED
    assert f"there is a bucket {bucket}, and it is not that of RXA01 of lune: its tags are none" in says
    assert [each for each in left(account) if not each.startswith("roles")] == [f"buckets: {bucket}"]
