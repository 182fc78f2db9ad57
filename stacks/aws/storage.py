"""Where a node's images are: a bucket under the key of their controller, and a bucket of the node's own settings."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws import naming
from stacks.aws.own import Own, policy, statement

DELETION_DAYS = 30
"""How long a key that was deleted can still be brought back: the most that KMS gives."""
COLDER = "GLACIER_IR"
"""Colder, and read at once all the same: a prior is asked for without warning."""
HALF_SENT_DAYS = 7
OLD_EDITION_DAYS = 90


@dataclass(frozen=True, slots=True)
class Storage:
    """One node's key and buckets."""

    key: aws.kms.Key
    images: aws.s3.Bucket
    settings: aws.s3.Bucket


def storage(own: Own) -> Storage:
    key = _key(own)
    return Storage(key, _images(own, key), _settings(own, key))


def _key(own: Own) -> aws.kms.Key:
    """Of the data's controller: who may use it is decided in their account, which the key never leaves."""
    key = aws.kms.Key(
        own.name("key"),
        description=f"Images and records of {own.node}, of {own.placement.owner}",
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        policy=_key_policy(own),
        tags=own.tags,
        opts=own.options(keep=True),
    )
    aws.kms.Alias(
        own.name("key"),
        name=naming.alias(own.ground.design.network, own.node),
        target_key_id=key.id,
        opts=own.options(keep=True),
    )
    return key


def _key_policy(own: Own) -> pulumi.Output[str]:
    design, number = own.ground.design, own.ground.account_number
    use = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
    groups = pulumi.Output.concat("arn:aws:logs:", design.region, ":", number, ":log-group:")
    logs = [pulumi.Output.concat(groups, f"{above}/{own.name()}*") for above in ("", "/aws/rds/instance")]
    allowed = [
        statement(["kms:*"], "*", Principal={"AWS": pulumi.Output.concat("arn:aws:iam::", number, ":root")}),
        statement(
            use,
            "*",
            Principal={"Service": f"logs.{design.region}.amazonaws.com"},
            Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
        ),
        # Alarms that write to the topic: they come without their account, and a condition on it would silence them.
        statement(("kms:Decrypt", "kms:GenerateDataKey*"), "*", Principal={"Service": "cloudwatch.amazonaws.com"}),
    ]
    if design.recovery_role:
        reads = ("kms:Decrypt", "kms:DescribeKey")
        allowed.append(statement(reads, "*", Principal={"AWS": design.recovery_role}))
    return policy(*allowed)


def _images(own: Own, key: aws.kms.Key) -> aws.s3.Bucket:
    """Versioned and kept: nothing here ever deletes an image, and no setting goes before the bucket itself does."""
    keeping = own.ground.design.keeping
    bucket = _bucket(own, "images", key, keep=True)
    rules = [_never_half_sent()]
    if keeping.colder_days:
        rules.append(_colder(keeping.colder_days))
    aws.s3.BucketLifecycleConfiguration(
        own.name("images"), bucket=bucket.id, rules=rules, opts=own.options(bucket, keep=True)
    )
    if keeping.object_lock:
        retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
            mode="COMPLIANCE", days=keeping.retention_days
        )
        aws.s3.BucketObjectLockConfiguration(
            own.name("images"),
            bucket=bucket.id,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
            opts=own.options(bucket, keep=True),
        )
    return bucket


def _never_half_sent() -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    """Parts of an upload that was never finished are no image."""
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="half-sent",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=HALF_SENT_DAYS
        ),
    )


def _colder(days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="colder",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        transitions=[aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=days, storage_class=COLDER)],
    )


def _settings(own: Own, key: aws.kms.Key) -> aws.s3.Bucket:
    """Holds nothing that cannot be made again: it goes with the node, and old editions go before it."""
    bucket = _bucket(own, "settings", key, keep=False)
    old = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="old-editions",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=OLD_EDITION_DAYS
        ),
    )
    aws.s3.BucketLifecycleConfiguration(
        own.name("settings"), bucket=bucket.id, rules=[_never_half_sent(), old], opts=own.options(bucket)
    )
    return bucket


def _bucket(own: Own, part: str, key: aws.kms.Key, *, keep: bool) -> aws.s3.Bucket:
    """Encrypted, versioned, closed to the public, and reached through TLS only."""
    name, keeping = own.name(part), own.ground.design.keeping
    bucket = aws.s3.Bucket(
        name,
        bucket=own.bucket_name(part),
        object_lock_enabled=(keep and keeping.object_lock) or None,
        force_destroy=not keep or own.ground.delete_studies,
        tags=own.tags,
        opts=own.options(keep=keep),
    )
    its = own.options(bucket, keep=keep)
    aws.s3.BucketVersioning(
        name,
        bucket=bucket.id,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=its,
    )
    default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms", kms_master_key_id=key.arn
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.id,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=default, bucket_key_enabled=True
            )
        ],
        opts=its,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=its,
    )
    aws.s3.BucketPolicy(
        name, bucket=bucket.id, policy=_bucket_policy(own, bucket), opts=own.options(bucket, closed, keep=keep)
    )
    return bucket


def _bucket_policy(own: Own, bucket: aws.s3.Bucket) -> pulumi.Output[str]:
    everything = [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")]
    rules: list[dict[str, object]] = [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": everything,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    if own.ground.design.recovery_role:
        reads = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions")
        rules.append(statement(reads, everything, Principal={"AWS": own.ground.design.recovery_role}))
    return policy(*rules)
