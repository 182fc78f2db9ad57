"""`netprov state init` on an empty cloud, on what it made itself, on what a kill has left, and on what is another's."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provisioner.errors import Exit, Refused
from stacks.aws import founding
from tests.aws import looks
from tests.aws.cloud import FIRST, REGION, Cloud
from tests.aws.deployment import Deployment
from tests.aws.inventory import own_keys
from tests.aws.sharing import BUCKET, KEY, TWO_SITES

pytestmark = pytest.mark.live

INIT = ("state", "init", f"s3://{BUCKET}/north", "--kms", KEY)
SET = (
    f"export NETPROV_BACKEND='s3://{BUCKET}/north?region={REGION}'\n"
    f"export NETPROV_SECRETS_PROVIDER='awskms://{KEY}?region={REGION}'\n"
)


@pytest.fixture
def home(cloud: Cloud, reach: dict[str, str], tmp_path: Path) -> Deployment:
    return Deployment(tmp_path, reach, TWO_SITES)


def settings(cloud: Cloud) -> dict[str, Any]:
    """All that makes the bucket what it is."""
    s3 = cloud.account()
    asked = [
        "get_bucket_tagging",
        "get_bucket_versioning",
        "get_public_access_block",
        "get_bucket_encryption",
        "get_bucket_policy",
        "get_bucket_lifecycle_configuration",
        "get_bucket_location",
        "get_bucket_ownership_controls",
    ]
    found = {name: s3.call("s3", name, Bucket=BUCKET) for name in asked}
    return {name: {k: v for k, v in said.items() if k != "ResponseMetadata"} for name, said in found.items()}


def refused(home: Deployment, *arguments: str, code: int) -> str:
    process = home.start(*arguments)
    _, said = process.communicate(timeout=300)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return said


def test_a_bucket_and_a_key_as_they_should_be(home: Deployment, cloud: Cloud) -> None:
    assert home.netprov(*INIT) == SET
    account = cloud.account()
    faults = [*looks.public_things(account), *looks.in_the_clear(account), *looks.forgetful(account)]
    assert faults == []
    found = settings(cloud)
    assert found["get_bucket_location"]["LocationConstraint"] == REGION
    denied = {each["Sid"]: each["Condition"] for each in json.loads(found["get_bucket_policy"]["Policy"])["Statement"]}
    [key] = own_keys(account)
    assert denied["ThisKeyOnly"]["StringNotEqualsIfExists"] == {
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key["Arn"]
    }
    assert denied["TlsOnly"]["Bool"] == {"aws:SecureTransport": "false"}
    assert found["get_bucket_ownership_controls"]["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


def test_again_it_changes_nothing(home: Deployment, cloud: Cloud) -> None:
    home.netprov(*INIT)
    before = settings(cloud)
    cloud.account().call("s3", "put_object", Bucket=BUCKET, Key="north/netprov/severn/safe.json", Body=b"it")
    assert home.facts(*INIT) == {
        "backend": f"s3://{BUCKET}/north?region={REGION}",
        "secrets_provider": f"awskms://{KEY}?region={REGION}",
    }
    assert settings(cloud) == before
    assert len(list(own_keys(cloud.account()))) == 1


def test_what_a_killed_run_has_left_is_finished(home: Deployment, cloud: Cloud) -> None:
    """A key without its alias and its rotation; a bucket with none of its properties."""
    tags = [{"TagKey": "netprov", "TagValue": "state"}, {"TagKey": "netprov-alias", "TagValue": KEY}]
    key = cloud.account().call("kms", "create_key", Tags=tags)["KeyMetadata"]["Arn"]
    where = {"LocationConstraint": REGION}
    cloud.account().call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration=where)
    home.netprov(*INIT)
    assert [each["Arn"] for each in own_keys(cloud.account())] == [key]
    assert [*looks.in_the_clear(cloud.account()), *looks.forgetful(cloud.account())] == []


@pytest.mark.parametrize("call", ["head_bucket", "create_bucket"])
def test_a_strangers_bucket_is_refused(call: str) -> None:
    """moto lets any account into any bucket, so here speaks AWS's own word for each call."""
    words = {"head_bucket": "403", "create_bucket": "BucketAlreadyExists"}

    class S3:
        def __getattr__(self, name: str) -> Any:
            raise ClientError({"Error": {"Code": words[name], "Message": "no"}}, name)

    with pytest.raises(Refused, match=f"the bucket {BUCKET} is somebody else's"):
        if call == "head_bucket":
            founding.is_ours(S3(), BUCKET, REGION, FIRST)
        else:
            founding.make(S3(), BUCKET, REGION)


def test_a_bucket_with_something_else_in_it_is_refused(home: Deployment, cloud: Cloud) -> None:
    account = cloud.account()
    account.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    account.call("s3", "put_object", Bucket=BUCKET, Key="report.pdf", Body=b"it")
    said = refused(home, *INIT, code=Exit.REFUSED)
    assert f"the bucket {BUCKET} holds something that netprov has not put there" in said
    assert "tag it netprov=state" in said
    tags = {"TagSet": [{"Key": "netprov", "Value": "state"}]}
    account.call("s3", "put_bucket_tagging", Bucket=BUCKET, Tagging=tags)
    assert home.netprov(*INIT) == SET


def test_a_bucket_in_another_region_is_refused(home: Deployment, cloud: Cloud) -> None:
    abroad = cloud.account(region="eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    abroad.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration=where)
    assert f"the bucket {BUCKET} is not in {REGION}" in refused(home, *INIT, code=Exit.REFUSED)


def test_a_key_that_cannot_keep_secrets_is_refused(home: Deployment, cloud: Cloud) -> None:
    home.netprov(*INIT)
    cloud.account().call("kms", "disable_key", KeyId=next(iter(own_keys(cloud.account())))["KeyId"])
    assert f"the key {KEY} cannot keep secrets: it is Disabled" in refused(home, *INIT, code=Exit.REFUSED)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("severn-state",), "severn-state is no bucket"),
        (("s3://Severn_State",), "Severn_State cannot be a bucket's name"),
        (("s3://severn-state", "--kms", "alias/aws/s3"), "alias/aws/s3 cannot be the alias of a key of yours"),
        (("s3://severn-state?region=eu-west-1", "--region", REGION), "--region says eu-west-2"),
        (("s3://severn-state?endpoint=x",), "netprov does not know `endpoint`"),
        (("s3://severn-state?profile=nobody",), "AWS cannot be asked: The config profile (nobody) could not be found"),
    ],
)
def test_what_cannot_be_is_said(home: Deployment, arguments: tuple[str, ...], words: str) -> None:
    code = Exit.FAILED if "profile" in arguments[0] else Exit.USAGE
    assert words in refused(home, "state", "init", *arguments, code=code)
