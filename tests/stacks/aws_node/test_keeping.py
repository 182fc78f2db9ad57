"""What is kept of a node, for how long, and what of it outlives the node."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.record import changed
from stacks.aws.backup import schedule
from tests.stacks.aws_node.conftest import Build, Severn, Told

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")


def rules(told: Told) -> list[dict[str, Any]]:
    found = told.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    held: list[dict[str, Any]] = found["severn-rxa01-images"]["rules"]
    return held


@pytest.mark.parametrize("days", [0, 400])
def test_no_rule_ever_deletes_an_image(build: Build, days: int) -> None:
    held = rules(build({"colder_days": days}))
    assert not any("expiration" in each or "noncurrentVersionExpiration" in each for each in held)
    moves = [each["transitions"] for each in held if "transitions" in each]
    assert moves == ([[{"days": 400, "storageClass": "GLACIER_IR"}]] if days else [])


def test_object_lock_lasts_as_long_as_images_must_be_kept(build: Build) -> None:
    told = build({"object_lock": True, "retention_days": 2922})
    buckets = told.of("aws:s3/bucket:Bucket")
    assert {name: each.get("objectLockEnabled", False) for name, each in buckets.items()} == {
        "severn-rxa01-images": True,
        "severn-rxa01-settings": False,
    }
    lock = told.only("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 2922}


def test_a_production_database_is_in_two_zones_and_cannot_be_deleted_by_mistake(build: Build) -> None:
    index = build({"multi_zone": True}, protect=True).only("aws:rds/instance:Instance")
    assert (index["multiAz"], index["deletionProtection"]) == (True, True)
    assert index["finalSnapshotIdentifier"] == "severn-rxa01-final"


def test_a_network_that_is_taken_down_leaves_a_last_copy_of_its_index(build: Build) -> None:
    told = build(protect=False)
    index = told.only("aws:rds/instance:Instance")
    assert (index["deletionProtection"], index["skipFinalSnapshot"]) == (False, False)
    assert told.only("aws:lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is False


def test_only_who_says_so_deletes_studies(build: Build) -> None:
    told = build(protect=False, delete_studies=True)
    index = told.only("aws:rds/instance:Instance")
    assert (index["skipFinalSnapshot"], index["deleteAutomatedBackups"]) == (True, True)
    assert all(each["forceDestroy"] for each in told.of("aws:s3/bucket:Bucket").values())


def test_images_their_key_and_all_settings_of_their_bucket_outlive_the_node(build: Build) -> None:
    names = {each.partition(" ")[0] for each in build().kept if "-images" in each}
    assert names == {
        "Bucket", "BucketVersioning", "BucketServerSideEncryptionConfiguration", "BucketPublicAccessBlock",
        "BucketPolicy", "BucketLifecycleConfiguration",
    }  # fmt: skip


def test_so_do_key_queue_and_copies(build: Build) -> None:
    others = {each for each in build().kept if "-images" not in each}
    assert others == {
        "Key severn-rxa01-key",
        "Alias severn-rxa01-key",
        "FileSystem severn-rxa01-state",
        "FileSystemPolicy severn-rxa01-state",
        "Vault severn-rxa01-backup",
        "VaultLockConfiguration severn-rxa01-backup",
    }


def test_nothing_outlives_a_node_whose_studies_may_be_deleted(build: Build) -> None:
    assert build(delete_studies=True).kept == set()


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(15, "cron(30 0/1 * * ? *)"), (60, "cron(30 0/1 * * ? *)"), (240, "cron(30 0/4 * * ? *)"),
     (300, "cron(30 0/4 * * ? *)"), (1440, "cron(30 1 * * ? *)"), (4320, "cron(30 1 * * ? *)")],
)  # fmt: skip
def test_copies_are_made_as_often_as_the_objective_asks(minutes: int, expected: str) -> None:
    assert schedule(minutes) == expected


def test_backup_holds_index_images_and_queue_in_a_locked_vault(build: Build) -> None:
    told = build({"backup_minutes": 60, "vault_lock": True})
    names = {each.rpartition(":")[2] for each in told.only("aws:backup/selection:Selection")["resources"]}
    assert names == {"severn-rxa01-index", "severn-rxa01-images", "severn-rxa01-state"}
    lock = told.only("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    (rule,) = told.only("aws:backup/plan:Plan")["rules"]
    assert lock["minRetentionDays"] <= rule["lifecycle"]["deleteAfter"] <= lock["maxRetentionDays"]
    assert rule["enableContinuousBackup"] is True


def test_a_database_asks_for_the_days_that_the_backup_plan_sets(build: Build) -> None:
    """RDS refuses all others once the plan has it in hand: `BackupRetentionPeriod can be ... the current value`."""
    told = build()
    (rule,) = told.only("aws:backup/plan:Plan")["rules"]
    assert told.only("aws:rds/instance:Instance")["backupRetentionPeriod"] == rule["lifecycle"]["deleteAfter"]


def test_who_recovers_may_read_and_decrypt_and_nothing_else(severn: Severn, build: Build) -> None:
    role = "arn:aws:iam::210987654321:role/recovery"
    told = build(design=changed(severn.design, recovery_role=role))
    key = json.loads(told.only("aws:kms/key:Key")["policy"])["Statement"]
    bucket = json.loads(told.of("aws:s3/bucketPolicy:BucketPolicy")["severn-rxa01-images"]["policy"])["Statement"]
    actions = {
        action
        for each in (*key, *bucket)
        if isinstance(each["Principal"], dict) and each["Principal"].get("AWS") == role
        for action in each["Action"]
    }
    assert actions == {
        "kms:Decrypt", "kms:DescribeKey",
        "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions",
    }  # fmt: skip
