"""AWS Backup: vaults, their lock, plans and what they select."""

from moto.backup.models import backup_backends

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, told
from tests.aws.provider.shelf import validated
from tests.aws.provider.wire import Values

RULE = {
    "ruleName": "RuleName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "enableContinuousBackup": "EnableContinuousBackup",
    "recoveryPointTags": "RecoveryPointTags",
}
LIFECYCLE = {"deleteAfter": "DeleteAfterDays", "coldStorageAfter": "MoveToColdStorageAfterDays"}


class Vault(Kind):
    token = "aws:backup/vault:Vault"
    replaces = frozenset({"name", "kmsKeyArn"})
    named = "name"
    taggable = "backup"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls(name="BackupVaultName", kmsKeyArn="EncryptionKeyArn")
        wanted.ignore("forceDestroy")
        return str(aws.call("backup", "create_backup_vault", **given)["BackupVaultName"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("backup", "describe_backup_vault", BackupVaultName=found.id)
        return told(held, name="BackupVaultName", arn="BackupVaultArn", kmsKeyArn="EncryptionKeyArn")

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore("forceDestroy")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("backup", "delete_backup_vault", BackupVaultName=found.id)


class VaultLock(Kind):
    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    replaces = frozenset({"backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays")
        aws.call("backup", "put_backup_vault_lock_configuration", **given)
        return str(given["BackupVaultName"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("backup", "describe_backup_vault", BackupVaultName=found.id)
        if not held.get("Locked"):
            raise LookupError(found.id)
        return told(held, "maxRetentionDays", "minRetentionDays", backupVaultArn="BackupVaultArn")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("backup", "delete_backup_vault_lock_configuration", BackupVaultName=found.id)


class Plan(Kind):
    """A change is a plan made anew under the same id, which moto cannot do: the check of the call, and the shelf."""

    token = "aws:backup/plan:Plan"
    replaces = frozenset({"name"})
    named = "name"
    taggable = "backup"

    def create(self, aws: Account, wanted: Wanted) -> str:
        plan = {"BackupPlanName": wanted.take("name"), "Rules": [_rule(each) for each in wanted.take("rules")]}
        return str(aws.call("backup", "create_backup_plan", BackupPlan=plan)["BackupPlanId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("backup", "get_backup_plan", BackupPlanId=found.id)
        if held.get("DeletionDate"):
            raise LookupError(found.id)
        return {"arn": held["BackupPlanArn"], "version": held["VersionId"]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        rules = [_rule(each) for each in wanted.take("rules")]
        plan = {"BackupPlanName": found["name"], "Rules": rules}
        given = validated("backup", "UpdateBackupPlan", {"BackupPlanId": found.id, "BackupPlan": plan})
        aws.shelf.items[aws.number, "changed-plan", found.id] = given

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("backup", "delete_backup_plan", BackupPlanId=found.id)
        # moto keeps a deleted plan, and lets no other have its name.
        backup_backends[aws.number][aws.region].plans.pop(found.id, None)
        aws.shelf.items.pop((aws.number, "changed-plan", found.id), None)


class Selection(Kind):
    token = "aws:backup/selection:Selection"
    replaces = frozenset({"iamRoleArn", "planId", "conditions", "name", "notResources", "resources", "selectionTags"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        chosen = wanted.calls("iamRoleArn", "resources", "notResources", name="SelectionName")
        if tags := wanted.take("selectionTags"):
            chosen["ListOfTags"] = [
                {"ConditionType": each["type"], "ConditionKey": each["key"], "ConditionValue": each["value"]}
                for each in tags
            ]
        given = {"BackupPlanId": wanted.take("planId"), "BackupSelection": chosen}
        aws.call("backup", "get_backup_plan", BackupPlanId=given["BackupPlanId"])
        return aws.shelf.put(aws.number, "selection", validated("backup", "CreateBackupSelection", given))

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.shelf.get(aws.number, "selection", found.id)
        return told(held["BackupSelection"], "iamRoleArn", "resources", name="SelectionName")

    def delete(self, aws: Account, found: Found) -> None:
        aws.shelf.pop(aws.number, "selection", found.id)


def _rule(given: Values) -> Values:
    rule: Values = {theirs: given[ours] for ours, theirs in RULE.items() if given.get(ours) is not None}
    if kept := given.get("lifecycle"):
        rule["Lifecycle"] = {theirs: kept[ours] for ours, theirs in LIFECYCLE.items() if kept.get(ours) is not None}
    if copies := given.get("copyActions"):
        rule["CopyActions"] = [{"DestinationBackupVaultArn": each["destinationVaultArn"]} for each in copies]
    return rule


KINDS: tuple[Kind, ...] = (Vault(), VaultLock(), Plan(), Selection())
