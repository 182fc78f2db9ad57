"""How the same network is deployed to each target: the part of a definition that no link and no rule depends on."""

from typing import Annotated as A

from provisioner.findings import Path
from provisioner.formats import AWS_ACCOUNT, AWS_ROLE, CIDR, REGION, Range
from provisioner.record import record


@record
class LocalTarget:
    """Settings of the local target."""

    path: Path
    first_port: A[int, Range(0, 65535), "First port to try; 0 picks any"] = 0
    stable_seconds: A[int, Range(1, 86_400), "Seconds of quiet until a study counts as complete"] = 60


@record
class AwsTarget:
    """Settings of the AWS target."""

    path: Path
    account: A[str, AWS_ACCOUNT, "Account number"] = ""
    role: A[str, AWS_ROLE, "Role to assume"] = ""
    region: A[str, REGION, "Region"] = ""
    cidr: A[str, CIDR, "Address space"] = ""


@record
class Deployment:
    """Settings of each target."""

    path: Path
    local: A[LocalTarget | None, "Local target"] = None
    aws: A[AwsTarget | None, "AWS target"] = None
