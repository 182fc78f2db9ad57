"""A node's files in its bucket: put there once, put back where they are gone, and a refusal is told in words."""

import asyncio
from pathlib import Path

import pytest

from provisioner.errors import NetprovError
from stacks.aws.bundle import Bundle, bundle
from stacks.aws.cloud import Cloud as Accounts
from stacks.aws.delivery import Delivery, Parcel
from tests.aws.cloud import Cloud
from tests.aws.small import small

pytestmark = pytest.mark.live

BUCKET = "lune-rxa01-settings"


@pytest.fixture
def delivery(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    network = small(cloud, tmp_path)
    for name, value in network.reach.items():
        monkeypatch.setenv(name, value)
    return Delivery(Accounts(network.design))


@pytest.fixture
def parcel(cloud: Cloud, tmp_path: Path) -> Parcel:
    made: Bundle = bundle(small(cloud, tmp_path).topology, "RXA01")
    return Parcel("RXA", "RXA01", made, (("network", "lune"), ("owner", "rxa of lune")))


def test_files_are_put_once_and_put_back(cloud: Cloud, delivery: Delivery, parcel: Parcel) -> None:
    account, name = cloud.account(), parcel.bundle.key
    where = {"LocationConstraint": account.region}
    account.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration=where)
    key = account.call("kms", "create_key")["KeyMetadata"]["Arn"]
    assert asyncio.run(delivery(parcel, BUCKET, key)) == BUCKET
    held = account.call("s3", "get_object", Bucket=BUCKET, Key=name)
    assert held["Body"].read() == parcel.bundle.content
    assert (held["ServerSideEncryption"], held["SSEKMSKeyId"]) == ("aws:kms", key)
    tags = account.call("s3", "get_object_tagging", Bucket=BUCKET, Key=name)["TagSet"]
    assert tuple((each["Key"], each["Value"]) for each in tags) == parcel.tags
    account.call("s3", "put_object", Bucket=BUCKET, Key=name, Body=b"ours already")
    asyncio.run(delivery(parcel, BUCKET, key))
    assert account.call("s3", "get_object", Bucket=BUCKET, Key=name)["Body"].read() == b"ours already"
    account.call("s3", "delete_object", Bucket=BUCKET, Key=name)
    asyncio.run(delivery(parcel, BUCKET, key))
    assert account.call("s3", "get_object", Bucket=BUCKET, Key=name)["Body"].read() == parcel.bundle.content


def test_what_aws_refuses_is_told_and_kept_for_the_end_of_the_run(delivery: Delivery, parcel: Parcel) -> None:
    with pytest.raises(NetprovError, match=r"the files of RXA01 cannot be put into nobodys: .*NoSuchBucket"):
        asyncio.run(delivery(parcel, "nobodys", "arn:aws:kms:eu-west-2:123456789012:key/none"))
    assert delivery.refused
    assert "nobodys" in delivery.refused.message
