"""A network that comes back: what `down` kept is had again, and what is not ours is not touched."""

from pathlib import Path

import pytest

from provisioner.errors import Exit
from tests.aws.cloud import Cloud
from tests.aws.deployment import Deployment
from tests.aws.inventory import left
from tests.aws.provider.account import Account
from tests.aws.provider.kind import only
from tests.aws.small import NAME, small

pytestmark = pytest.mark.live

BUCKET = "lune-rxa01-images-123456789012"
SAME = ("aliases", "backup_vaults", "buckets", "file_systems", "keys")


def held(account: Account) -> list[str]:
    """What is kept and has one name for ever."""
    return [each for each in left(account) if each.startswith(SAME)]


def snapshots(account: Account) -> list[str]:
    """The last ones of the first node, the newest last."""
    found = account.call("rds", "describe_db_snapshots", SnapshotType="manual")["DBSnapshots"]
    mine = [each for each in found if each["DBSnapshotIdentifier"].startswith("lune-rxa01-final-")]
    return [each["DBSnapshotIdentifier"] for each in sorted(mine, key=lambda each: each["SnapshotCreateTime"])]


def planned(network: Deployment) -> str:
    return str(network.facts("plan", str(network.file), "--target", "aws")["steps"])


def test_up_after_down_has_the_studies_again(cloud: Cloud, tmp_path: Path) -> None:
    account, network = cloud.account(), small(cloud, tmp_path)
    network.up()
    account.call("s3", "put_object", Bucket=BUCKET, Key="study", Body=b"pixels")
    network.netprov("down", NAME, "--yes")
    kept, (first,) = held(account), snapshots(account)
    says = planned(network)
    assert f"takes back images (bucket {BUCKET})" in says
    assert f"index (snapshot {first})" in says
    assert held(account) == kept  # a plan takes nothing
    network.up()
    assert planned(network) == "[]"
    instance = only(
        account.call("rds", "describe_db_instances", DBInstanceIdentifier="lune-rxa01-index")["DBInstances"]
    )
    assert instance["KmsKeyId"].rpartition("/")[2] in str(kept)
    assert account.call("s3", "get_object", Bucket=BUCKET, Key="study")["Body"].read() == b"pixels"
    network.netprov("down", NAME, "--yes")
    assert held(account) == kept
    assert snapshots(account)[0] == first
    assert len(snapshots(account)) == 2


def test_a_bucket_of_our_name_that_is_not_ours_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    account, network = cloud.account(), small(cloud, tmp_path)
    where = {"LocationConstraint": account.region}
    account.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration=where)
    process = network.start("up", str(network.file), "--target", "aws", "--yes", "--no-verify")
    _, says = process.communicate(timeout=300)
    assert process.returncode == Exit.FAILED
    assert f"there is a bucket {BUCKET}, and it is not that of RXA01 of lune: its tags are none" in says
    assert [each for each in left(account) if not each.startswith("roles")] == [f"buckets: {BUCKET}"]
