"""What planned resources are to be: encrypted, closed to strangers, in the UK, spread over zones, backed up.

These judge AWS's resource types; those of another provider come in beside them. What is not known before the resource
is made (None) says nothing yet, and is not held against it.
"""

import re
from collections.abc import Iterator
from typing import Any

from policies.level import Level, Seen
from policies.regions import UK, standing
from policies.rule import Fault
from provisioner.site.planned import Planned

EVERYONE = ("0.0.0.0/0", "::/0")
BUCKETS = ("s3/bucket:Bucket", "s3/bucketV2:BucketV2")
DATABASE = "rds/instance:Instance"


def of_resource(seen: Seen, resource: Planned, key: tuple[str | int, ...], message: str, hint: str) -> Fault:
    """A fault of a planned resource, at the place of the definition that speaks of its owner."""
    path = seen.owner_place(resource)
    return Fault(path, message, hint, resource.name, level=Level.PLANNED, key=(resource.name, *key))


def held_by_others(seen: Seen, fits: set[str], expected: str, hint: str, *kinds: str) -> Iterator[Fault]:
    """Resources in an account of none of these; told once for each whose account it is."""
    others = {each.provider: each for each in seen.resources(*kinds) if each.provider and each.provider not in fits}
    for holder, resource in others.items():
        yield of_resource(seen, resource, ("provider",), f"{expected}, found that of {holder}", hint)


def unencrypted(seen: Seen) -> Iterator[Fault]:
    """Buckets, databases, file systems and volumes that are not encrypted at rest."""
    sealed = {bucket_of(r) for r in seen.resources(*versions("s3", "BucketServerSideEncryptionConfiguration"))}
    for bucket in seen.resources(*BUCKETS):
        if not sealed & {bucket.name, bucket.properties.get("bucket")}:
            message = f"expected bucket {bucket.name} encrypted at rest, found no encryption of its own"
            yield of_resource(seen, bucket, (), message, "a BucketServerSideEncryptionConfiguration with its KMS key")
    asked = {DATABASE: "storageEncrypted", "efs/fileSystem:FileSystem": "encrypted", "ebs/volume:Volume": "encrypted"}
    for kind, key in asked.items():
        for resource in seen.resources(kind):
            if resource.properties.get(key) is not True:
                message = (
                    f"expected {resource.name} encrypted at rest, found {key}: {word(resource.properties.get(key))}"
                )
                yield of_resource(seen, resource, (key,), message, f"`{key}: true`, with its KMS key")


def open_to_everyone(seen: Seen) -> Iterator[Fault]:
    """Rules of security groups that let the whole internet in."""
    for resource in seen.resources("vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        for key in ("cidrIpv4", "cidrIpv6"):
            if resource.properties.get(key) in EVERYONE:
                message = f"expected addresses of sites, found {resource.properties[key]} let in by {resource.name}"
                yield of_resource(seen, resource, (key,), message, "the CIDR of the site, or another security group")
    for resource in seen.resources("ec2/securityGroup:SecurityGroup"):
        for number, opening in enumerate(resource.properties.get("ingress") or ()):
            wide = [cidr for cidr in (*(opening.get("cidrBlocks") or ()),) if cidr in EVERYONE]
            if wide:
                message = f"expected addresses of sites, found {wide[0]} let in by {resource.name}"
                yield of_resource(seen, resource, ("ingress", number), message, "the CIDR of the site")


def abroad(seen: Seen) -> Iterator[Fault]:
    """Resources in a region that is not in the UK."""
    for resource in seen.resources():
        region = resource.properties.get("region")
        if region and region not in UK:
            message = f"expected {resource.name} in {' or '.join(UK)}, found it planned in {region}, {standing(region)}"
            yield of_resource(seen, resource, ("region",), message, UK[0])


def copied_abroad(seen: Seen) -> Iterator[Fault]:
    """Plans of backup that copy to a vault outside the UK."""
    for plan in seen.resources("backup/plan:Plan"):
        for number, each in enumerate(plan.properties.get("rules") or ()):
            for at, copy in enumerate(each.get("copyActions") or ()):
                region = (str(copy.get("destinationVaultArn") or "") + "::::").split(":")[3]
                if region and region not in UK:
                    message = (
                        f"expected backups of {plan.name} in {' or '.join(UK)}, found {region}, {standing(region)}"
                    )
                    key = ("rules", number, "copyActions", at, "destinationVaultArn")
                    yield of_resource(seen, plan, key, message, f"a vault in {UK[0]}")


def in_one_zone(seen: Seen) -> Iterator[Fault]:
    """A network whose subnets are all in one zone, and databases that stand in one alone."""
    subnets = list(seen.resources("ec2/subnet:Subnet"))
    zones = {subnet.properties.get("availabilityZone") for subnet in subnets}
    if len(zones) == 1 and None not in zones:
        message = f"expected subnets in two zones or more, found all in {next(iter(zones))}"
        yield of_resource(seen, subnets[0], ("availabilityZone",), message, "`platform: {zones: 2}`")
    for database in seen.resources(DATABASE):
        if database.properties.get("multiAz") is not True:
            found = word(database.properties.get("multiAz"))
            message = f"expected {database.name} in two zones, found multiAz: {found}"
            yield of_resource(seen, database, ("multiAz",), message, "`multiAz: true`")


def backed_up_too_seldom(seen: Seen, most: int) -> Iterator[Fault]:
    """Plans of backup that run less often than every so many minutes."""
    for plan in seen.resources("backup/plan:Plan"):
        found = [
            (number, _minutes(each.get("schedule"))) for number, each in enumerate(plan.properties.get("rules") or ())
        ]
        known = [(minutes, number) for number, minutes in found if minutes is not None]
        continuous = any(each.get("enableContinuousBackup") is True for each in plan.properties.get("rules") or ())
        if known and min(known)[0] > most and not continuous:
            minutes, number = min(known)
            message = f"expected a backup every {most} minutes, the RPO, or more often; found every {minutes}"
            yield of_resource(seen, plan, ("rules", number, "schedule"), message, "a schedule that keeps the RPO")


def _minutes(schedule: Any) -> int | None:
    """Minutes between two runs of a schedule, at most; None for one that is not understood."""
    text = schedule if isinstance(schedule, str) else ""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text):
        return int(rate[1]) * {"minute": 1, "hour": 60, "day": 1440}[rate[2]]
    cron = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", text)
    if not cron:
        return None
    minute, hour, days = cron[1], cron[2], cron.groups()[2:]
    if not all(day in ("*", "?") for day in days):
        return 7 * 1440
    if step := re.fullmatch(r"[0*]/(\d+)", minute):
        return int(step[1]) if hour == "*" else None
    if hour == "*":
        return 60
    step = re.fullmatch(r"[0*]/(\d+)", hour)
    return int(step[1]) * 60 if step else 1440 // len(hour.split(","))


def versions(package: str, name: str) -> tuple[str, ...]:
    """The names that a type goes by: AWS's provider had a V2 of each for some time."""
    lower = name[0].lower() + name[1:]
    return f"{package}/{lower}:{name}", f"{package}/{lower}V2:{name}V2"


def bucket_of(resource: Planned) -> object:
    """The bucket that a setting is of."""
    return resource.properties.get("bucket")


def word(value: object) -> str:
    """A value as a file would have it."""
    return "nothing" if value is None else str(value).lower()
