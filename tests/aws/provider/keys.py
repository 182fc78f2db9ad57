"""KMS keys, and secrets."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, policy, told
from tests.aws.provider.wire import Values


class Key(Kind):
    token = "aws:kms/key:Key"
    replaces = frozenset({"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"})
    taggable = "kms"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("description", "keyUsage", "multiRegion", "policy", customerMasterKeySpec="KeySpec")
        key = str(aws.call("kms", "create_key", **given)["KeyMetadata"]["KeyId"])
        self._rotation(aws, key, wanted)
        wanted.ignore("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck")
        return key

    def _rotation(self, aws: Account, key: str, wanted: Wanted) -> None:
        days = wanted.take("rotationPeriodInDays")
        if wanted.take("enableKeyRotation"):
            aws.call("kms", "enable_key_rotation", KeyId=key, RotationPeriodInDays=days)

    def read(self, aws: Account, found: Found) -> Values:
        key = aws.call("kms", "describe_key", KeyId=found.id)["KeyMetadata"]
        if key["KeyState"] == "PendingDeletion":
            raise LookupError(found.id)
        rotation = aws.call("kms", "get_key_rotation_status", KeyId=found.id)
        held = aws.call("kms", "get_key_policy", KeyId=found.id, PolicyName="default")["Policy"]
        seen = told(key, "arn", "keyId", "description", "multiRegion", isEnabled="Enabled", keyUsage="KeyUsage")
        return seen | {"enableKeyRotation": rotation["KeyRotationEnabled"], "policy": policy(held)}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.has("policy"):
            aws.call("kms", "put_key_policy", KeyId=found.id, PolicyName="default", Policy=wanted.take("policy"))
        if wanted.has("description"):
            aws.call("kms", "update_key_description", KeyId=found.id, Description=wanted.take("description") or "")
        if wanted.has("enableKeyRotation") and not wanted.take("enableKeyRotation"):
            aws.call("kms", "disable_key_rotation", KeyId=found.id)
        self._rotation(aws, found.id, wanted)
        wanted.ignore("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck")

    def delete(self, aws: Account, found: Found) -> None:
        days = found.get("deletionWindowInDays", 30)
        aws.call("kms", "schedule_key_deletion", KeyId=found.id, PendingWindowInDays=days)


class Alias(Kind):
    token = "aws:kms/alias:Alias"
    replaces = frozenset({"name", "namePrefix"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("targetKeyId", name="AliasName")
        aws.call("kms", "create_alias", **given)
        return str(given["AliasName"])

    def read(self, aws: Account, found: Found) -> Values:
        pages = aws.pages("kms", "list_aliases")
        held = only(each for page in pages for each in page["Aliases"] if each["AliasName"] == found.id)
        target = held["TargetKeyId"]
        # An alias may be given a key's ARN and always tells its id.
        same = found.get("targetKeyId", "").endswith(target)
        return told(held, arn="AliasArn", name="AliasName") | ({} if same else {"targetKeyId": target})

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        aws.call("kms", "update_alias", AliasName=found.id, **wanted.calls("targetKeyId"))

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("kms", "delete_alias", AliasName=found.id)


class Secret(Kind):
    token = "aws:secretsmanager/secret:Secret"
    replaces = frozenset({"name", "namePrefix", "type"})
    named = "name"
    taggable = "secretsmanager"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("name", "description", "kmsKeyId")
        secret = str(aws.call("secretsmanager", "create_secret", **given)["ARN"])
        self._policy(aws, secret, wanted)
        wanted.ignore("recoveryWindowInDays", "forceOverwriteReplicaSecret")
        return secret

    def _policy(self, aws: Account, secret: str, wanted: Wanted) -> None:
        if document := wanted.take("policy"):
            aws.call("secretsmanager", "put_resource_policy", SecretId=secret, ResourcePolicy=document)

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("secretsmanager", "describe_secret", SecretId=found.id)
        if held.get("DeletedDate"):
            raise LookupError(found.id)
        document = aws.call("secretsmanager", "get_resource_policy", SecretId=found.id).get("ResourcePolicy")
        seen = told(held, "name", "description", "kmsKeyId", arn="ARN")
        return seen | ({"policy": policy(document)} if document else {})

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if given := wanted.calls("description", "kmsKeyId"):
            aws.call("secretsmanager", "update_secret", SecretId=found.id, **given)
        self._policy(aws, found.id, wanted)
        wanted.ignore("recoveryWindowInDays", "forceOverwriteReplicaSecret")

    def delete(self, aws: Account, found: Found) -> None:
        days = found.get("recoveryWindowInDays", 30)
        how: Values = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        aws.call("secretsmanager", "delete_secret", SecretId=found.id, **how)


class SecretVersion(Kind):
    token = "aws:secretsmanager/secretVersion:SecretVersion"
    replaces = frozenset({"secretId", "secretBinary", "secretString", "secretStringWoVersion"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("secretId", "secretString", "versionStages")
        made = aws.call("secretsmanager", "put_secret_value", **given)
        return f"{given['SecretId']}|{made['VersionId']}"

    def read(self, aws: Account, found: Found) -> Values:
        secret, version = found.id.split("|")
        held = aws.call("secretsmanager", "get_secret_value", SecretId=secret, VersionId=version)
        return told(held, "versionId", "secretString", arn="ARN")

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore("versionStages")

    def delete(self, aws: Account, found: Found) -> None:
        """The real provider takes the stages off all but the current version; the secret takes them all with it."""


KINDS: tuple[Kind, ...] = (
    Key(),
    Alias(),
    Secret(),
    SecretVersion(),
)
