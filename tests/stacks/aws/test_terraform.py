"""Planned resources as a Terraform plan: names, blocks, and who refers to whom."""

from typing import Any

import pytest

from provisioner.site.planned import Planned
from stacks.aws.terraform import Identified, address, plan, type_of, values


def planned(kind: str, name: str, **properties: Any) -> Planned:
    return Planned(kind, name, properties, "RXA")


BUCKET = Identified(planned("aws:s3/bucket:Bucket", "images", bucket="severn"), ("severn", "arn:aws:s3:::severn"))
POLICY = Identified(planned("aws:s3/bucketPolicy:BucketPolicy", "images", bucket="severn", policy="{}"), ("severn",))


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("aws:kms/key:Key", "aws_kms_key"),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "aws_s3_bucket_public_access_block"),
        ("aws:ec2/flowLog:FlowLog", "aws_flow_log"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "aws_vpc_endpoint"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:ec2transitgateway/transitGateway:TransitGateway", "aws_ec2_transit_gateway"),
        ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "aws_ec2_transit_gateway_vpc_attachment"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
        ("aws:lb/targetGroup:TargetGroup", "aws_lb_target_group"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws_cloudwatch_metric_alarm"),
        ("aws:directconnect/gateway:Gateway", "aws_dx_gateway"),
    ],
)
def test_types_have_terraforms_names(kind: str, type_: str) -> None:
    assert type_of(kind) == type_


def test_a_block_is_a_list_and_a_mapping_is_not() -> None:
    given = {
        "rules": [{"bucketKeyEnabled": True, "default": {"sseAlgorithm": "aws:kms"}}],
        "tagsAll": {"dataClass": "x"},
    }
    assert values(given) == {
        "rule": [{"bucket_key_enabled": True, "default": [{"sse_algorithm": "aws:kms"}]}],
        "tags_all": {"dataClass": "x"},
    }


def test_what_refers_to_another_is_unknown_and_the_configuration_says_to_which() -> None:
    """A checker follows the references: without them each bucket would seem to have no policy."""
    found: Any = plan([BUCKET, POLICY])
    bucket, policy = found["resource_changes"]
    assert bucket["change"]["after"] == {"bucket": "severn"}
    assert policy["change"]["after"] == {"policy": "{}"}
    assert policy["change"]["after_unknown"] == {"bucket": True}
    written = found["configuration"]["root_module"]["resources"]
    assert written[0]["expressions"] == {}
    assert written[1]["expressions"] == {"bucket": {"references": ["aws_s3_bucket.images.id", "aws_s3_bucket.images"]}}


def test_a_block_refers_as_well() -> None:
    key = Identified(planned("aws:kms/key:Key", "key"), ("key-1", "arn:key-1"))
    rules = [{"default": {"kmsMasterKeyId": "arn:key-1", "sseAlgorithm": "aws:kms"}}]
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    found: Any = plan([key, Identified(planned(kind, "images", rules=rules), ())])
    assert found["resource_changes"][1]["change"]["after"] == {"rule": [{"default": [{"sse_algorithm": "aws:kms"}]}]}
    written = found["configuration"]["root_module"]["resources"][1]["expressions"]
    refers = {"references": ["aws_kms_key.key.id", "aws_kms_key.key"]}
    assert written == {"rule": [{"default": [{"kms_master_key_id": refers}]}]}


def test_a_list_keeps_its_length_where_it_refers() -> None:
    subnet = Identified(planned("aws:ec2/subnet:Subnet", "a"), ("subnet-1",))
    group = Identified(planned("aws:rds/subnetGroup:SubnetGroup", "index", subnetIds=["subnet-1", "subnet-9"]), ())
    found: Any = plan([subnet, group])
    assert found["resource_changes"][1]["change"]["after"] == {"subnet_ids": [None, "subnet-9"]}


def test_only_resources_of_aws_are_in_it() -> None:
    stack = Identified(planned("pulumi:pulumi:Stack", "severn"), ())
    assert plan([stack])["resource_changes"] == []


def test_names_that_terraform_does_not_have_are_spelt_otherwise() -> None:
    assert address(planned("aws:kms/key:Key", "RXA01 images")) == "aws_kms_key.RXA01_images"
