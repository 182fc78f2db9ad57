"""What must outlive a node's task and is neither image nor index: its queue and the worklist, on a file system."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws import naming
from stacks.aws.own import Own, policy
from stacks.aws.place import USER
from stacks.aws.storage import Storage

NFS = 2049


@dataclass(frozen=True, slots=True)
class State:
    """A file system, and the only way into it."""

    files: aws.efs.FileSystem
    door: aws.efs.AccessPoint
    targets: tuple[aws.efs.MountTarget, ...]


def state(own: Own, storage: Storage) -> State:
    """Reached from each of the node's subnets, as the user that the node runs as, and by the node alone."""
    name = own.name("state")
    files = aws.efs.FileSystem(
        name,
        creation_token=naming.token(own.ground.design.network, own.node),
        encrypted=True,
        kms_key_id=storage.key.arn,
        throughput_mode="elastic",
        tags={**own.tags, "Name": name},
        opts=own.options(keep=True),
    )
    aws.efs.FileSystemPolicy(
        name, file_system_id=files.id, policy=policy(_tls_only(files)), opts=own.options(files, keep=True)
    )
    door = aws.efs.AccessPoint(
        name,
        file_system_id=files.id,
        posix_user=aws.efs.AccessPointPosixUserArgs(uid=USER, gid=USER),
        root_directory=aws.efs.AccessPointRootDirectoryArgs(
            path="/node",
            creation_info=aws.efs.AccessPointRootDirectoryCreationInfoArgs(
                owner_uid=USER, owner_gid=USER, permissions="0700"
            ),
        ),
        tags=own.tags,
        opts=own.options(),
    )
    guard = own.inner("state", NFS, "its queue and worklist")
    targets = [
        aws.efs.MountTarget(
            own.name(f"state-{subnet.zone}"),
            file_system_id=files.id,
            subnet_id=its_id,
            security_groups=[guard],
            opts=own.options(),
        )
        for subnet, its_id in zip(own.placement.subnets, own.ground.subnets[own.node], strict=True)
    ]
    return State(files, door, tuple(targets))


def _tls_only(files: aws.efs.FileSystem) -> dict[str, object]:
    """A policy that allows nothing: who has no right of a role's own, as a plain NFS client, is kept out by it."""
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": files.arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def volume(found: State) -> aws.ecs.TaskDefinitionVolumeArgs:
    """The file system as a task mounts it: encrypted on its way, and with the task's own role."""
    return aws.ecs.TaskDefinitionVolumeArgs(
        name="state",
        efs_volume_configuration=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationArgs(
            file_system_id=found.files.id,
            transit_encryption="ENABLED",
            authorization_config=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfigArgs(
                access_point_id=found.door.id, iam="ENABLED"
            ),
        ),
    )


def rights(found: State) -> dict[str, object]:
    """What a task's role needs, to mount it through its door."""
    return {
        "Effect": "Allow",
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Resource": found.files.arn,
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": found.door.arn}},
    }


def mounted(found: State) -> list[pulumi.Resource]:
    """What must be there before a task can start."""
    return list(found.targets)
