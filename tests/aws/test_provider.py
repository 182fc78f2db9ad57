"""The provider under the real engine: made, unchanged, changed, replaced, drifted and taken away, against real moto."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws.cloud import Cloud
from tests.aws.federated import FAR, NEAR, OWNER, federation
from tests.aws.inventory import left, own_vpcs
from tests.aws.provider.kind import only
from tests.aws.sample import Shape, doors, everything, ground
from tests.aws.stack import Stack

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")]

FIRST = Shape()


def small() -> None:
    doors(ground(FIRST), FIRST)


def test_made_changed_and_taken_away(cloud: Cloud, tmp_path: Path) -> None:
    """Each step does what its edit says, and no more."""
    before = left(cloud.account())
    stack = Stack(tmp_path, cloud.provider, lambda: everything(FIRST))
    assert all(step.startswith("create ") for step in stack.up())
    made = left(cloud.account())
    assert stack.up() == []
    assert stack.drift() == []
    port = replace(FIRST, port=2762)
    assert stack.up(lambda: everything(port)) == ["update https-in"]
    image = replace(port, image=FIRST.image.replace("0", "1"))
    replaced = ["create-replacement task", "delete-replaced task", "replace task", "update service"]
    assert stack.up(lambda: everything(image)) == replaced
    assert stack.up(lambda: everything(replace(image, retention=35))) == ["update index", "update log"]
    assert len(left(cloud.account())) == len(made)
    stack.down()
    assert left(cloud.account()) == before
    assert cloud.shelf.left() == []


def test_what_is_changed_by_hand_is_seen(cloud: Cloud, tmp_path: Path) -> None:
    stack = Stack(tmp_path, cloud.provider, small)
    stack.up()
    look = cloud.account()
    rules = look.call("ec2", "describe_security_group_rules")["SecurityGroupRules"]
    opened = only(each for each in rules if each.get("CidrIpv4") == "10.2.0.0/16" and not each["IsEgress"])
    change = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0"}
    one = {"SecurityGroupRuleId": opened["SecurityGroupRuleId"], "SecurityGroupRule": change}
    look.call("ec2", "modify_security_group_rules", GroupId=opened["GroupId"], SecurityGroupRules=[one])
    endpoints = look.call("ec2", "describe_vpc_endpoints")["VpcEndpoints"]
    endpoint = only(each for each in endpoints if each["VpcEndpointType"] == "Gateway")
    look.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[endpoint["VpcEndpointId"]])
    vpc = own_vpcs(look)[0]["VpcId"]
    look.call("ec2", "create_tags", Resources=[vpc], Tags=[{"Key": "network", "Value": "another"}])
    assert stack.drift() == ["https-in: cidrIpv4", "s3: gone", "vpc: tagsAll"]


def test_each_account_holds_what_is_its_own(cloud: Cloud, tmp_path: Path) -> None:
    stack = Stack(tmp_path, cloud.provider, federation)
    stack.up()
    assert stack.up() == []
    for number, cidr in ((OWNER, "10.1.0.0/16"), (NEAR, "10.2.0.0/16"), (FAR, "10.3.0.0/16")):
        assert [vpc["CidrBlock"] for vpc in own_vpcs(cloud.account(number))] == [cidr]
    assert own_vpcs(cloud.account()) == []
    stack.down()
    assert [left(cloud.account(number)) for number in (OWNER, NEAR, FAR)] == [[], [], []]
    assert cloud.shelf.left() == []
