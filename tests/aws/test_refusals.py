"""What the provider refuses: a suite on one that takes everything would prove nothing."""

from collections.abc import Iterator

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provisioner.engine.provider import struct
from provisioner.engine.resource import Inputs
from tests.aws.cloud import Cloud

pytestmark = pytest.mark.live

URN = "urn:pulumi:s::p::aws:ec2/vpc:Vpc::it"


@pytest.fixture
def provider(cloud: Cloud) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    with grpc.insecure_channel(cloud.provider) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=struct({"region": "eu-west-2"})))
        yield stub


def request(kind: str, properties: Inputs) -> provider_pb2.CreateRequest:
    return provider_pb2.CreateRequest(urn=f"urn:pulumi:s::p::{kind}::it", properties=struct(properties))


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.1.0.0/16", "ipv6NetmaskLength": 56}, "no call carries ipv6NetmaskLength"),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/8"}, "The CIDR '10.0.0.0/8' is invalid"),
        ("aws:ec2/subnet:Subnet", {"vpcId": "vpc-1", "cidrBlock": "10.1.1.0/24"}, "InvalidVpcID.NotFound"),
        ("aws:kms/key:Key", {"description": "it", "multiRegion": "no"}, "Invalid type for parameter MultiRegion"),
        ("aws:dynamodb/table:Table", {}, "aws:dynamodb/table:Table is not mapped"),
    ],
)
def test_a_wrong_resource_is_refused(
    provider: provider_pb2_grpc.ResourceProviderStub, kind: str, properties: Inputs, words: str
) -> None:
    with pytest.raises(grpc.RpcError, match=words):
        provider.Create(request(kind, properties))


def test_a_change_that_no_call_carries_is_refused(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    old: Inputs = {"cidrBlock": "10.1.0.0/16"}
    new: Inputs = {"cidrBlock": "10.1.0.0/16", "ipv6NetmaskLength": 56}
    made = provider.Create(request("aws:ec2/vpc:Vpc", old))
    update = provider_pb2.UpdateRequest(
        id=made.id, urn=URN, olds=made.properties, old_inputs=struct(old), news=struct(new)
    )
    with pytest.raises(grpc.RpcError, match="no call carries ipv6NetmaskLength"):
        provider.Update(update)


def test_who_has_not_been_configured_is_refused(cloud: Cloud) -> None:
    with grpc.insecure_channel(cloud.provider) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        with pytest.raises(grpc.RpcError, match="not configured"):
            stub.Create(request("aws:ec2/vpc:Vpc", {"cidrBlock": "10.1.0.0/16"}))


def test_an_account_that_is_not_allowed_is_refused(cloud: Cloud) -> None:
    wrong = struct({"region": "eu-west-2", "allowedAccountIds": '["999999999999"]'})
    with grpc.insecure_channel(cloud.provider) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        with pytest.raises(grpc.RpcError, match="account 123456789012 is not one of 999999999999"):
            stub.Configure(provider_pb2.ConfigureRequest(args=wrong))
