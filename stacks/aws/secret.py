"""What a node must know and nobody may read: its key and its passwords, in Secrets Manager under the node's own key."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.aws.confidential import sealed
from stacks.aws.own import Own
from stacks.aws.storage import Storage

RECOVERY_DAYS = 7


def secret(own: Own, storage: Storage) -> aws.secretsmanager.SecretVersion:
    """One secret: its files and its words change together, when a certificate is renewed or a link is made.

    What it is asked for is its version, so that no task starts before there is one.
    """
    name = own.name("secret")
    held = aws.secretsmanager.Secret(
        name,
        description=f"Key and passwords of {own.node}",
        kms_key_id=storage.key.arn,
        recovery_window_in_days=RECOVERY_DAYS,
        tags=own.tags,
        opts=own.options(),
    )
    return aws.secretsmanager.SecretVersion(
        name,
        secret_id=held.id,
        secret_string=pulumi.Output.secret(sealed(own.ground.topology, own.ground.papers, own.node)),
        opts=own.options(),
    )
