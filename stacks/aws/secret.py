"""What nobody may read, in Secrets Manager under the node's own key: its key and passwords, and who may come in."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.aws.confidential import sealed
from stacks.aws.own import Own
from stacks.aws.place import READERS
from stacks.aws.storage import Storage

RECOVERY_DAYS = 7


def secret(own: Own, storage: Storage) -> aws.secretsmanager.SecretVersion:
    """One secret: its files and its words change together, when a certificate is renewed or a link is made.

    What it is asked for is its version, so that no task starts before there is one.
    """
    held = _secret(own, storage, "secret", "Key and passwords of")
    return aws.secretsmanager.SecretVersion(
        own.name("secret"),
        secret_id=held.id,
        secret_string=pulumi.Output.secret(sealed(own.ground.topology, own.ground.papers, own.node)),
        opts=own.options(),
    )


def readers(own: Own, storage: Storage) -> aws.secretsmanager.Secret:
    """Who may come in by the door. What is in it is for `netprov readers` to say: no run of `up` touches it."""
    return _secret(own, storage, READERS, "Readers at")


def _secret(own: Own, storage: Storage, part: str, words: str) -> aws.secretsmanager.Secret:
    return aws.secretsmanager.Secret(
        own.name(part),
        description=f"{words} {own.node}",
        kms_key_id=storage.key.arn,
        recovery_window_in_days=RECOVERY_DAYS,
        tags=own.tags,
        opts=own.options(),
    )
