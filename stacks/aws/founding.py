"""The bucket and the key for the states of networks: made once, before any network is.

A state lists all that a network is made of and holds the network's own papers, sealed. So the bucket keeps every
version, answers over TLS only, is nobody's to make public, and keeps nothing under another key than this one.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from provisioner.engine import amazon
from provisioner.engine.amazon import refusals
from provisioner.engine.backend import BUCKET, KMS, Backend, Unfit, address, with_region
from provisioner.errors import NetprovError, Refused

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ALIAS = re.compile(r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}")
MARK, WHAT, OF = "netprov", "state", "netprov-alias"
"""The tag of what is ours, and the tag of a key that a killed run has given no alias yet."""
KEPT_DAYS = 90
"""How long an older version of a state is kept: long enough to find out that it is the one that is wanted."""
FIRST_REGION = "us-east-1"
"""Where a bucket is made if no other place is named; to name this one is an error."""
Say = Callable[[str], None]


def found(url: str, alias: str, region: str, say: Say) -> Backend:
    """What to call both from now on. Raises NetprovError."""
    if not url.startswith(f"{BUCKET}://"):
        raise Unfit(f"{url} is no bucket", "as in s3://severn-state")
    place = address(url)
    if not NAME.fullmatch(place.name):
        raise Unfit(f"{place.name} cannot be a bucket's name", "3 to 63 small letters, digits, `-` and `.`")
    if not ALIAS.fullmatch(alias):
        raise Unfit(f"{alias} cannot be the alias of a key of yours", "as in alias/severn-state")
    if region and place.region and region != place.region:
        raise Unfit(f"--region says {region}, and the address {place.region}", "name one")
    where = region or place.region or amazon.caller(profile=place.profile).region_name
    if not where:
        raise Unfit("no region is named", "give --region: all of a state stays there")
    with refusals("AWS cannot be asked who you are"):
        account = str(amazon.client("sts", where, place.profile).get_caller_identity()["Account"])
    s3 = amazon.client("s3", where, place.profile)
    with refusals(f"the bucket {place.name} cannot be looked at"):
        there = is_ours(s3, place.name, where, account)
    key = _key(amazon.client("kms", where, place.profile), alias, say)
    with refusals(f"the bucket {place.name} cannot be made"):
        if not there:
            make(s3, place.name, where)
        say(f"bucket {place.name} {'is there' if there else f'made in {where}'}")
        for operation, given in _settings(place.name, key):
            getattr(s3, operation)(Bucket=place.name, ExpectedBucketOwner=account, **given)
    say(f"bucket {place.name}: versions, TLS, no public access, {key}")
    secrets = f"{KMS}://{alias}" + (f"?profile={place.profile}" if place.profile else "")
    return Backend(with_region(url, where), with_region(secrets, where))


def _key(kms: Any, alias: str, say: Say) -> str:
    """The key's ARN."""
    with refusals(f"the key {alias} cannot be made"):
        there = _described(kms, alias)
        if there is None:
            there = _unnamed(kms, alias) or _made_key(kms, alias)
            kms.create_alias(AliasName=alias, TargetKeyId=there["KeyId"])
            say(f"key {alias} made: {there['Arn']}")
        else:
            say(f"key {alias} is there: {there['Arn']}")
        if there["KeyState"] != "Enabled" or there.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise Refused(
                f"the key {alias} cannot keep secrets: it is {there['KeyState']}, {there.get('KeySpec')}",
                "enable it, or name another alias: --kms alias/...",
            )
        if not kms.get_key_rotation_status(KeyId=there["KeyId"])["KeyRotationEnabled"]:
            kms.enable_key_rotation(KeyId=there["KeyId"])
            say(f"key {alias} is renewed every year from now on")
    return str(there["Arn"])


def _described(kms: Any, name: str) -> dict[str, Any] | None:
    try:
        return dict(kms.describe_key(KeyId=name)["KeyMetadata"])
    except Exception as error:
        if amazon.code(error) == "NotFoundException":
            return None
        raise


def _made_key(kms: Any, alias: str) -> dict[str, Any]:
    tags = [{"TagKey": MARK, "TagValue": WHAT}, {"TagKey": OF, "TagValue": alias}]
    return dict(kms.create_key(Description="netprov: states of networks", Tags=tags)["KeyMetadata"])


def _unnamed(kms: Any, alias: str) -> dict[str, Any] | None:
    """The key that a killed run has made for this alias."""
    for page in kms.get_paginator("list_keys").paginate():
        for each in page["Keys"]:
            try:
                tags = kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
            except Exception as error:
                if amazon.code(error) == "AccessDeniedException":  # somebody else's
                    continue
                raise
            there = _described(kms, each["KeyId"]) if {"TagKey": OF, "TagValue": alias} in tags else None
            if there and there["KeyState"] == "Enabled":
                return there
    return None


def make(s3: Any, name: str, region: str) -> None:
    """A bucket of that name. Raises Refused if somebody else was first."""
    where = {} if region == FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced", **where)
    except Exception as error:
        if amazon.code(error) in {"BucketAlreadyExists", "OperationAborted"}:
            raise _strangers(name) from error
        if amazon.code(error) != "BucketAlreadyOwnedByYou":
            raise


def is_ours(s3: Any, name: str, region: str, account: str) -> bool:
    """Whether the bucket is there, and ours. Raises Refused if it is somebody's, or something else is in it."""
    try:
        said = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except Exception as error:
        if amazon.code(error) in {"404", "NoSuchBucket"}:
            return False
        if amazon.code(error) in {"403", "AccessDenied"}:
            raise _strangers(name) from error
        if amazon.code(error) in {"301", "PermanentRedirect"}:
            raise _abroad(name, region) from error
        raise
    if said.get("BucketRegion", region) != region:
        raise _abroad(name, region)
    held = s3.list_object_versions(Bucket=name, MaxKeys=1)
    if {"Key": MARK, "Value": WHAT} not in _tags(s3, name) and (held.get("Versions") or held.get("DeleteMarkers")):
        raise Refused(
            f"the bucket {name} holds something that netprov has not put there",
            f"name another one, or tag it {MARK}={WHAT} if states may be kept beside that",
        )
    return True


def _strangers(name: str) -> NetprovError:
    return Refused(f"the bucket {name} is somebody else's", "name another one: the names of buckets are the world's")


def _abroad(name: str, region: str) -> NetprovError:
    return Refused(f"the bucket {name} is not in {region}", "name the region that it is in, or another bucket")


def _tags(s3: Any, name: str) -> list[dict[str, str]]:
    try:
        return list(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except Exception as error:
        if amazon.code(error) == "NoSuchTagSet":
            return []
        raise


def _settings(name: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each call that gives the bucket one of its properties; the tag that says whose it is comes first."""
    yield "put_bucket_tagging", {"Tagging": {"TagSet": [{"Key": MARK, "Value": WHAT}]}}
    shut = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    yield "put_public_access_block", {"PublicAccessBlockConfiguration": shut}
    sealed = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": sealed, "BucketKeyEnabled": True}
    yield "put_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    yield "put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}
    yield "put_bucket_policy", {"Policy": json.dumps(_policy(name, key))}
    older = {
        "ID": "older-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": KEPT_DAYS},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    yield "put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": [older]}}


def _policy(name: str, key: str) -> dict[str, Any]:
    everything = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]

    def denied(sid: str, action: str, condition: dict[str, Any]) -> dict[str, Any]:
        said = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": everything}
        return {**said, "Condition": condition}

    sealed = "s3:x-amz-server-side-encryption"
    return {
        "Version": "2012-10-17",
        "Statement": [
            denied("TlsOnly", "s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
            denied("KmsOnly", "s3:PutObject", {"StringNotEqualsIfExists": {sealed: "aws:kms"}}),
            denied("ThisKeyOnly", "s3:PutObject", {"StringNotEqualsIfExists": {f"{sealed}-aws-kms-key-id": key}}),
        ],
    }
