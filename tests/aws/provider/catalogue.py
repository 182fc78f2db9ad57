"""Every type that a program may use."""

from tests.aws.provider import (
    alarms,
    backups,
    balancer,
    containers,
    database,
    endpoints,
    files,
    iam,
    joining,
    keys,
    logs,
    names,
    security,
    sharing,
    storage,
    transit,
    vpc,
)
from tests.aws.provider.kind import Kind

EC2 = (*vpc.KINDS, *security.KINDS, *endpoints.KINDS, *joining.KINDS, *transit.KINDS)
STORES = (*keys.KINDS, *storage.KINDS, *database.KINDS, *files.KINDS, *backups.KINDS)
RUNNING = (*containers.KINDS, *balancer.KINDS, *names.KINDS, *logs.KINDS, *alarms.KINDS)
KINDS: tuple[Kind, ...] = (*EC2, *STORES, *RUNNING, *sharing.KINDS, *iam.KINDS)
