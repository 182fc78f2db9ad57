"""What an earlier `down` has kept of a node, found again by its names, and taken back by the next `up`.

Everything that is kept has a name that AWS gives only once; that it is ours, its tags say. What has the name and not
the tags is refused: nothing of a stranger's is ever taken, and nothing is made beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provisioner.errors import NetprovError
from provisioner.record import record
from stacks.aws import ledger, naming
from stacks.aws.cloud import Closed, Cloud, answer, answers, refusals
from stacks.aws.design import Design, Placement
from stacks.aws.finding import tags_of
from stacks.aws.ledger import State

AT_ONCE = 8
BUCKET = "aws:s3/bucket:Bucket"
INDEX = "aws:rds/instance:Instance"
LASTING = {
    "images": BUCKET,
    "key": "aws:kms/key:Key",
    "state": "aws:efs/fileSystem:FileSystem",
    "backup": "aws:backup/vault:Vault",
    "index": INDEX,
}
SERVICES = ("s3", "kms", "efs", "backup", "rds", "sts")
SETTINGS = (
    "BucketLifecycleConfiguration",
    "BucketObjectLockConfiguration",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
)
"""What a bucket of images has of its own; what it has not, reading it tells."""


@record
class Kept:
    """What there is of one node; empty where there is nothing."""

    node: str
    bucket: str = ""
    key: str = ""
    files: str = ""
    vault: str = ""
    snapshot: str = ""

    def words(self) -> str:
        """For people."""
        named = (
            ("images (bucket {})", self.bucket),
            ("their key ({})", self.key),
            ("queue and worklist (file system {})", self.files),
            ("backups (vault {})", self.vault),
            ("index (snapshot {})", self.snapshot),
        )
        return ", ".join(word.format(value) for word, value in named if value)


def kept(design: Design, cloud: Cloud, state: State) -> tuple[Kept, ...]:
    """Of each node that the state does not have whole. Asks AWS; changes nothing. Raises NetprovError."""
    with ThreadPoolExecutor(AT_ONCE, "kept") as pool:
        found = tuple(pool.map(lambda each: _look(design, cloud, state, each), design.placements))
    return tuple(each for each in found if each.words())


def entries(design: Design, state: State, found: Iterable[Kept]) -> tuple[State, ...]:
    """All that was kept and the state does not have, as resources that nobody has read yet."""
    have = ledger.live(state)
    made = []
    for each in found:
        placement = next(its for its in design.placements if its.node == each.node)
        slug = design.account(placement.account).slug
        provider = ledger.provider(state, f"account-{slug}")
        for kind, part, its_id in _parts(design.network, each):
            urn = ledger.urn(design, kind, naming.named(design.network, each.node, part))
            if its_id and urn not in have:
                made.append(ledger.kept_entry(urn, kind, its_id, provider))
    return tuple(made)


def _parts(network: str, found: Kept) -> Iterator[tuple[str, str, str]]:
    """Type, last part of the name in the program, and id: the same as the program gives what it keeps."""
    yield "aws:kms/key:Key", "key", found.key
    yield "aws:kms/alias:Alias", "key", found.key and naming.alias(network, found.node)
    yield BUCKET, "images", found.bucket
    for setting in SETTINGS:
        yield f"aws:s3/{setting[0].lower()}{setting[1:]}:{setting}", "images", found.bucket
    yield "aws:efs/fileSystem:FileSystem", "state", found.files
    yield "aws:efs/fileSystemPolicy:FileSystemPolicy", "state", found.files
    yield "aws:backup/vault:Vault", "backup", found.vault
    yield "aws:backup/vaultLockConfiguration:VaultLockConfiguration", "backup", found.vault


def _look(design: Design, cloud: Cloud, state: State, placement: Placement) -> Kept:
    """Of what the state does not have."""
    network, node, owner = design.network, placement.node, placement.owner
    lacking = _lacking(design, state, placement)
    if not lacking:
        return Kept(node)
    s3, kms, efs, backup, rds, sts = (cloud.client(owner, each) for each in SERVICES)
    with refusals(f"what was kept of {node} cannot be looked for"):
        number = str(sts.get_caller_identity()["Account"])
        ours = _Ours(design, placement)
        bucket, alias = naming.bucket(network, node, number), naming.alias(network, node)
        found = Kept(
            node=node,
            bucket=_bucket(s3, bucket, number, ours) if "images" in lacking else "",
            key=_key(kms, alias, ours) if "key" in lacking else "",
            files=_files(efs, naming.token(network, node), ours) if "state" in lacking else "",
            vault=_vault(backup, naming.vault(network, node), ours) if "backup" in lacking else "",
            snapshot=_snapshot(rds, naming.named(network, node, "final"), ours) if "index" in lacking else "",
        )
    if found.bucket and "key" in lacking and not found.key:
        raise NetprovError(
            f"{node}: the bucket {bucket} holds its images, and no key is called {alias}",
            "give the key that the bucket is encrypted with this alias again, then run this again",
        )
    return found


def _lacking(design: Design, state: State, placement: Placement) -> set[str]:
    """Last parts of the names of what outlives a network, where the state has it not."""
    have, name = ledger.live(state), naming.named(design.network, placement.node)
    return {part for part, kind in LASTING.items() if ledger.urn(design, kind, f"{name}-{part}") not in have}


class _Ours:
    """Whether tags are those of this node of this network."""

    def __init__(self, design: Design, placement: Placement) -> None:
        self._node = placement.node
        self._wanted = {key: value for key, value in placement.tags if key in {"network", "site"}}
        self._network = design.network

    def are(self, tags: Mapping[str, str]) -> bool:
        return self._wanted.items() <= tags.items()

    def check(self, what: str, tags: Mapping[str, str]) -> str:
        """The name, if it is ours. Raises NetprovError."""
        if not self.are(tags):
            said = ", ".join(f"{key}: {value}" for key, value in sorted(tags.items())) or "none"
            raise NetprovError(
                f"there is a {what}, and it is not that of {self._node} of {self._network}: its tags are {said}",
                "delete it, or give the network another id",
            )
        return what.rpartition(" ")[2]


def _bucket(s3: Any, name: str, account: str, ours: _Ours) -> str:
    try:
        there = answer(s3, "head_bucket", Bucket=name, ExpectedBucketOwner=account)
    except Closed:
        raise NetprovError(
            f"the bucket {name} exists and is closed to account {account}: it is somebody else's, or its policy shuts"
            " its owner out",
            "give the network another id",
        ) from None
    if not there:
        return ""
    tags = answer(s3, "get_bucket_tagging", Bucket=name).get("TagSet", ())
    return ours.check(f"bucket {name}", {each["Key"]: each["Value"] for each in tags})


def _key(kms: Any, alias: str, ours: _Ours) -> str:
    found = answer(kms, "describe_key", KeyId=alias).get("KeyMetadata")
    if not found:
        return ""
    its = str(found["KeyId"])
    if found["KeyState"] == "PendingDeletion":
        raise NetprovError(
            f"{its}, the key of {alias}, waits for its deletion: without it no image can be read again",
            f"aws kms cancel-key-deletion --key-id {its} && aws kms enable-key --key-id {its}",
        )
    return ours.check(f"key {its}", tags_of(answer(kms, "list_resource_tags", KeyId=its)))


def _files(efs: Any, token: str, ours: _Ours) -> str:
    found = answer(efs, "describe_file_systems", CreationToken=token).get("FileSystems", ())
    there = [each for each in found if each["LifeCycleState"] not in {"deleting", "deleted"}]
    return ours.check(f"file system {there[0]['FileSystemId']}", tags_of(there[0])) if there else ""


def _vault(backup: Any, name: str, ours: _Ours) -> str:
    found = answer(backup, "describe_backup_vault", BackupVaultName=name)
    if not found:
        return ""
    return ours.check(f"vault {name}", answer(backup, "list_tags", ResourceArn=found["BackupVaultArn"])["Tags"])


def _snapshot(rds: Any, name: str, ours: _Ours) -> str:
    """The newest of those that each `down` leaves one of."""
    pages = answers(rds, "describe_db_snapshots", SnapshotType="manual")
    found = [
        each
        for page in pages
        for each in page["DBSnapshots"]
        if each["DBSnapshotIdentifier"].startswith(f"{name}-")
        and ours.are({tag["Key"]: tag["Value"] for tag in each.get("TagList") or ()})
    ]
    if not found:
        return ""
    newest = max(found, key=lambda each: str(each.get("SnapshotCreateTime", "")))
    its = str(newest["DBSnapshotIdentifier"])
    if newest["Status"] != "available":
        raise NetprovError(
            f"the snapshot {its} is {newest['Status']}", "wait until it is available, then run this again"
        )
    return its
