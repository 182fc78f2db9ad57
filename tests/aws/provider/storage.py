"""Buckets: each property of one is a resource and a call of its own."""

import json
from typing import Any, ClassVar

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, camels, pascal, policy
from tests.aws.provider.wire import Values

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class Bucket(Kind):
    token = "aws:s3/bucket:Bucket"
    replaces = frozenset({"bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled"})
    named = "bucket"
    taggable = "s3"

    def create(self, aws: Account, wanted: Wanted) -> str:
        bucket = str(wanted.take("bucket"))
        where = {"LocationConstraint": aws.region}
        lock = wanted.calls(objectLockEnabled="ObjectLockEnabledForBucket")
        aws.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=where, **lock)
        wanted.ignore("forceDestroy")
        return bucket

    def read(self, aws: Account, found: Found) -> Values:
        aws.call("s3", "head_bucket", Bucket=found.id)
        name = found.id
        return {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "region": aws.region,
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com",
        }

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore("forceDestroy")

    def delete(self, aws: Account, found: Found) -> None:
        if found.get("forceDestroy"):
            for page in aws.pages("s3", "list_object_versions", Bucket=found.id):
                for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    aws.call("s3", "delete_object", Bucket=found.id, Key=each["Key"], VersionId=each["VersionId"])
        aws.call("s3", "delete_bucket", Bucket=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class _Setting(Kind):
    """One property of a bucket, written whole; known by the bucket's name."""

    replaces = frozenset({"bucket"})
    put: ClassVar[str]
    get: ClassVar[str]
    drop: ClassVar[str]

    def document(self, wanted: Wanted) -> Values:
        """What is put."""
        raise NotImplementedError

    def parse(self, answer: Values) -> Values:
        """What is got, by Pulumi's names."""
        raise NotImplementedError

    def create(self, aws: Account, wanted: Wanted) -> str:
        bucket = str(wanted.take("bucket"))
        aws.call("s3", self.put, Bucket=bucket, **self.document(wanted))
        wanted.ignore("skipDestroy")
        return bucket

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        """The whole setting again, as changed."""
        whole = Wanted(found.properties)
        for name in found.properties:
            if wanted.has(name):
                whole = Wanted(found.properties | {name: wanted.take(name)})
        aws.call("s3", self.put, Bucket=found.id, **self.document(whole))

    def read(self, aws: Account, found: Found) -> Values:
        return self.parse(aws.call("s3", self.get, Bucket=found.id))

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("s3", self.drop, Bucket=found.id)


class Versioning(_Setting):
    """Deleting it suspends it: a bucket that has been versioned is never not so again."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    put, get = "put_bucket_versioning", "get_bucket_versioning"

    def document(self, wanted: Wanted) -> Values:
        given = wanted.take("versioningConfiguration")
        return {"VersioningConfiguration": {"Status": given["status"]} | _if(given, mfaDelete="MFADelete")}

    def parse(self, answer: Values) -> Values:
        return {"versioningConfiguration": {"status": answer.get("Status", "Disabled")}}

    def delete(self, aws: Account, found: Found) -> None:
        lock = aws.call("s3", "head_bucket", Bucket=found.id)
        if lock and not self._locked(aws, found.id):
            aws.call("s3", self.put, Bucket=found.id, VersioningConfiguration={"Status": "Suspended"})

    def _locked(self, aws: Account, bucket: str) -> bool:
        try:
            aws.call("s3", "get_object_lock_configuration", Bucket=bucket)
        except Exception:  # noqa: BLE001  # no lock
            return False
        return True


class Encryption(_Setting):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    put, get, drop = "put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption"

    def document(self, wanted: Wanted) -> Values:
        return {"ServerSideEncryptionConfiguration": {"Rules": [_encryption(each) for each in wanted.take("rules")]}}

    def parse(self, answer: Values) -> Values:
        rules = []
        for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
            held = rule["ApplyServerSideEncryptionByDefault"]
            default = {"sseAlgorithm": held["SSEAlgorithm"]}
            if held.get("KMSMasterKeyID"):
                default["kmsMasterKeyId"] = held["KMSMasterKeyID"]
            rules.append(
                {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": rule.get("BucketKeyEnabled")}
            )
        return {"rules": rules}


class PublicAccessBlock(_Setting):
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    put, get, drop = "put_public_access_block", "get_public_access_block", "delete_public_access_block"

    def document(self, wanted: Wanted) -> Values:
        return {"PublicAccessBlockConfiguration": wanted.calls(*BLOCKS)}

    def parse(self, answer: Values) -> Values:
        held = answer["PublicAccessBlockConfiguration"]
        return {name: held.get(pascal(name), False) for name in BLOCKS}


class Policy(_Setting):
    token = "aws:s3/bucketPolicy:BucketPolicy"
    put, get, drop = "put_bucket_policy", "get_bucket_policy", "delete_bucket_policy"

    def document(self, wanted: Wanted) -> Values:
        given = wanted.take("policy")
        return {"Policy": given if isinstance(given, str) else json.dumps(given)}

    def parse(self, answer: Values) -> Values:
        return {"policy": policy(answer["Policy"])}


class Lifecycle(_Setting):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    put, get, drop = (
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
    )

    def document(self, wanted: Wanted) -> Values:
        given = wanted.calls("transitionDefaultMinimumObjectSize")
        return {"LifecycleConfiguration": {"Rules": [_rule(each) for each in wanted.take("rules")]}} | given

    def parse(self, answer: Values) -> Values:
        return {"rules": [_parsed(each) for each in answer["Rules"]]}


class ObjectLock(_Setting):
    token = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    put, get = "put_object_lock_configuration", "get_object_lock_configuration"

    def document(self, wanted: Wanted) -> Values:
        enabled = wanted.take("objectLockEnabled") or "Enabled"
        held: Values = {"ObjectLockEnabled": enabled}
        if rule := wanted.take("rule"):
            chosen = rule["defaultRetention"]
            held["Rule"] = {"DefaultRetention": _if(chosen, mode="Mode", days="Days", years="Years")}
        return {"ObjectLockConfiguration": held}

    def parse(self, answer: Values) -> Values:
        held = answer["ObjectLockConfiguration"]
        rule = held.get("Rule", {}).get("DefaultRetention")
        return {"objectLockEnabled": held["ObjectLockEnabled"]} | (
            {"rule": {"defaultRetention": camels(rule)}} if rule else {}
        )

    def delete(self, aws: Account, found: Found) -> None:
        """A lock cannot be taken off; the real provider takes the default rule away."""
        aws.call("s3", self.put, Bucket=found.id, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


def _if(given: Values, **renamed: str) -> Values:
    return {theirs: given[ours] for ours, theirs in renamed.items() if given.get(ours) is not None}


def _encryption(rule: Values) -> Values:
    given = rule["applyServerSideEncryptionByDefault"]
    default = _if(given, sseAlgorithm="SSEAlgorithm", kmsMasterKeyId="KMSMasterKeyID")
    held = {"ApplyServerSideEncryptionByDefault": default} | _if(rule, bucketKeyEnabled="BucketKeyEnabled")
    if blocked := rule.get("blockedEncryptionTypes"):
        held["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
    return held


def _rule(given: Values) -> Values:
    rule: Values = {"ID": given["id"], "Status": given["status"], "Filter": {"Prefix": ""}}
    if (chosen := given.get("filter")) and chosen.get("prefix"):
        rule["Filter"] = {"Prefix": chosen["prefix"]}
    if moves := given.get("transitions"):
        rule["Transitions"] = [_if(each, days="Days", storageClass="StorageClass") for each in moves]
    if moves := given.get("noncurrentVersionTransitions"):
        rule["NoncurrentVersionTransitions"] = [
            _if(each, noncurrentDays="NoncurrentDays", storageClass="StorageClass") for each in moves
        ]
    if kept := given.get("noncurrentVersionExpiration"):
        rule["NoncurrentVersionExpiration"] = _if(
            kept, noncurrentDays="NoncurrentDays", newerNoncurrentVersions="NewerNoncurrentVersions")  # fmt: skip
    if aborted := given.get("abortIncompleteMultipartUpload"):
        rule["AbortIncompleteMultipartUpload"] = _if(aborted, daysAfterInitiation="DaysAfterInitiation")
    if expired := given.get("expiration"):
        rule["Expiration"] = _if(expired, days="Days", expiredObjectDeleteMarker="ExpiredObjectDeleteMarker")
    return rule


def _parsed(rule: dict[str, Any]) -> Values:
    held: Values = camels(rule)
    held["id"] = held.pop("iD")
    return held


KINDS: tuple[Kind, ...] = (
    Bucket(), Versioning(), Encryption(), PublicAccessBlock(), Policy(), Lifecycle(), ObjectLock(),
)  # fmt: skip
