"""Shared file systems: EFS."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, pascals, policy, told
from tests.aws.provider.wire import Values


class FileSystem(Kind):
    token = "aws:efs/fileSystem:FileSystem"
    replaces = frozenset({"availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode"})
    named = "creationToken"
    taggable = "efs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls(
            "availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode", "throughputMode"
        )
        made = str(aws.call("efs", "create_file_system", **given)["FileSystemId"])
        self._lifecycle(aws, made, wanted)
        return made

    def _lifecycle(self, aws: Account, made: str, wanted: Wanted) -> None:
        if policies := wanted.take("lifecyclePolicies"):
            chosen = [pascals(each) for each in policies]
            aws.call("efs", "put_lifecycle_configuration", FileSystemId=made, LifecyclePolicies=chosen)

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("efs", "describe_file_systems", FileSystemId=found.id)["FileSystems"])
        same = ("creationToken", "encrypted", "kmsKeyId", "performanceMode", "throughputMode", "ownerId")
        seen = told(held, *same, arn="FileSystemArn")
        return seen | {"dnsName": f"{found.id}.efs.{aws.region}.amazonaws.com"}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        self._lifecycle(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("efs", "delete_file_system", FileSystemId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class MountTarget(Kind):
    token = "aws:efs/mountTarget:MountTarget"
    replaces = frozenset({"fileSystemId", "subnetId", "ipAddress"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("fileSystemId", "subnetId", "ipAddress", "securityGroups")
        return str(aws.call("efs", "create_mount_target", **given)["MountTargetId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("efs", "describe_mount_targets", MountTargetId=found.id)["MountTargets"])
        groups = aws.call("efs", "describe_mount_target_security_groups", MountTargetId=found.id)["SecurityGroups"]
        seen = told(held, "fileSystemId", "subnetId", "networkInterfaceId", "availabilityZoneName")
        return seen | {"securityGroups": groups}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        groups = wanted.take("securityGroups")
        aws.call("efs", "modify_mount_target_security_groups", MountTargetId=found.id, SecurityGroups=groups)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("efs", "delete_mount_target", MountTargetId=found.id)


class AccessPoint(Kind):
    token = "aws:efs/accessPoint:AccessPoint"
    replaces = frozenset({"fileSystemId", "posixUser", "rootDirectory"})
    taggable = "efs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        user, root = pascals(wanted.take("posixUser")), pascals(wanted.take("rootDirectory"))
        given = wanted.calls("fileSystemId")
        answer = aws.call("efs", "create_access_point", ClientToken=f"token-{id(wanted)}", PosixUser=user,
                          RootDirectory=root, **given)  # fmt: skip
        return str(answer["AccessPointId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("efs", "describe_access_points", AccessPointId=found.id)["AccessPoints"])
        return told(held, "fileSystemId", "ownerId", arn="AccessPointArn")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("efs", "delete_access_point", AccessPointId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class FileSystemPolicy(Kind):
    token = "aws:efs/fileSystemPolicy:FileSystemPolicy"
    replaces = frozenset({"fileSystemId"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        system = str(wanted.take("fileSystemId"))
        self._put(aws, system, wanted)
        return system

    def _put(self, aws: Account, system: str, wanted: Wanted) -> None:
        wanted.ignore("bypassPolicyLockoutSafetyCheck")
        aws.call("efs", "put_file_system_policy", FileSystemId=system, Policy=wanted.take("policy"))

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("efs", "describe_file_system_policy", FileSystemId=found.id)
        return {"fileSystemId": found.id, "policy": policy(held["Policy"])}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        self._put(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        """The file system takes it with it."""


KINDS: tuple[Kind, ...] = (FileSystem(), MountTarget(), AccessPoint(), FileSystemPolicy())
