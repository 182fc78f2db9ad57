"""Copies of all that a node keeps, in a vault of their owner's, as often as the definition's objective asks."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from stacks.aws import naming
from stacks.aws.own import Own, policy, statement
from stacks.aws.storage import Storage

KEPT_DAYS = 35
"""The longest that AWS keeps a copy from which any moment can be brought back."""
LONGEST_DAYS = 366
UNLOCKED_DAYS = 30
"""For so long a new lock can still be taken off; then nobody can, AWS included, until its copies have ended."""
MANAGED = "arn:aws:iam::aws:policy/"
POLICIES = {
    "backup": f"{MANAGED}service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": f"{MANAGED}service-role/AWSBackupServiceRolePolicyForRestores",
    "backup-s3": f"{MANAGED}AWSBackupServiceRolePolicyForS3Backup",
    "restore-s3": f"{MANAGED}AWSBackupServiceRolePolicyForS3Restore",
}


def backup(own: Own, storage: Storage, what: Sequence[pulumi.Input[str]]) -> aws.backup.Vault:
    keeping, name = own.ground.design.keeping, own.name("backup")
    vault = aws.backup.Vault(
        name,
        name=naming.vault(own.ground.design.network, own.node),
        kms_key_arn=storage.key.arn,
        tags=own.tags,
        opts=own.options(keep=True),
    )
    if keeping.vault_lock:
        aws.backup.VaultLockConfiguration(
            name,
            backup_vault_name=vault.name,
            min_retention_days=KEPT_DAYS,
            max_retention_days=LONGEST_DAYS,
            changeable_for_days=UNLOCKED_DAYS,
            opts=own.options(keep=True),
        )
    rule = aws.backup.PlanRuleArgs(
        rule_name="objective",
        target_vault_name=vault.name,
        schedule=schedule(keeping.backup_minutes),
        start_window=60,
        completion_window=60 * 8,
        enable_continuous_backup=True,
        lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=KEPT_DAYS),
    )
    plan = aws.backup.Plan(name, name=own.name(), rules=[rule], tags=own.tags, opts=own.options())
    role, attached = _role(own)
    aws.backup.Selection(
        name,
        name=own.name(),
        plan_id=plan.id,
        iam_role_arn=role.arn,
        resources=list(what),
        opts=own.options(*attached),
    )
    return vault


def schedule(minutes: int) -> str:
    """The rarest that keeps the objective: every so many hours, dividing a day, and no oftener than AWS allows."""
    hours = max(each for each in (1, 2, 3, 4, 6, 8, 12, 24) if each == 1 or each * 60 <= minutes)
    return "cron(30 1 * * ? *)" if hours == 24 else f"cron(30 0/{hours} * * ? *)"


def _role(own: Own) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    account = {"StringEquals": {"aws:SourceAccount": own.ground.account_number}}
    trust = statement(["sts:AssumeRole"], None, Principal={"Service": "backup.amazonaws.com"}, Condition=account)
    role = aws.iam.Role(
        own.name("backup"),
        name=own.name("backup"),
        description=f"Copies what {own.node} keeps",
        assume_role_policy=policy(trust),
        tags=own.tags,
        opts=own.options(),
    )
    attached: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(own.name(part), role=role.name, policy_arn=arn, opts=own.options())
        for part, arn in POLICIES.items()
    ]
    return role, attached
