"""How the same network is deployed to each target: the part of a definition that no link and no rule depends on."""

from provisioner.definition.choices import Join
from provisioner.definition.formats import (
    AWS_ACCOUNT,
    AWS_CONNECTION,
    AWS_ROLE,
    CIDR,
    DATABASE_CLASS,
    IMAGE,
    IPV4,
    ODS_SITE,
    REGION,
    SITE,
    Names,
    Range,
)
from provisioner.findings import Path
from provisioner.record import Annotated as A
from provisioner.record import record


@record
class LocalTarget:
    """Settings of the local target."""

    path: Path
    first_port: A[int, Range(0, 65535), "First port to try; 0 picks any"] = 0
    stable_seconds: A[int, Range(1, 86_400), "Seconds of quiet until a study counts as complete"] = 60
    silence_seconds: A[int, Range(1, 600), "Seconds without a byte after which a line between nodes is given up"] = 60


@record
class AwsAccount:
    """The account of one owner of nodes, where not all is in one."""

    path: Path
    owner: A[str, "Legal person: a member's ODS code, `entity` or `supplier`"]
    account: A[str, AWS_ACCOUNT, "Account number"] = ""
    role: A[str, AWS_ROLE, "Role to assume there"] = ""
    cidr: A[str, CIDR, "Addresses of its VPC, /16 to /20; by default chosen from the pool"] = ""


@record
class AwsSite:
    """How a hospital's own network reaches the VPC of its node."""

    path: Path
    site: A[str, ODS_SITE, Names((SITE,)), "Site"]
    vpn: A[str, IPV4, "Public address of the site's VPN gateway"] = ""
    asn: A[int, Range(1, 2_147_483_647), "BGP number of that gateway"] = 65000
    direct_connect: A[str, AWS_CONNECTION, "Direct Connect gateway that the site is connected to"] = ""


@record
class AwsTarget:
    """Settings of the AWS target."""

    path: Path
    account: A[str, AWS_ACCOUNT, "Account number, where one account holds all that `accounts` does not name"] = ""
    role: A[str, AWS_ROLE, "Role to assume there; by default the caller's own credentials"] = ""
    region: A[str, REGION, "Region; by default platform.region, or eu-west-2 (London)"] = ""
    cidr: A[str, CIDR, "Pool of addresses that VPCs take theirs from; no hospital's"] = "100.64.0.0/10"
    accounts: A[tuple[AwsAccount, ...], "Accounts of single owners"] = ()
    sites: A[tuple[AwsSite, ...], "How sites' own networks are connected"] = ()
    join: A[Join | None, "How VPCs are joined; by default peering for up to five, else transit gateway"] = None
    recovery_role: A[str, AWS_ROLE, "NHS role that may read and decrypt all, where a supplier owns the account"] = ""
    orthanc_image: A[str, IMAGE, "orthancteam/orthanc, by digest, in a registry that the account can pull from"] = ""
    nginx_image: A[str, IMAGE, "nginx, by digest"] = ""
    cpu: A[int, Range(256, 16_384), "CPU units of a node (1024 are one vCPU)"] = 1024
    memory: A[int, Range(512, 122_880), "Memory of a node, MiB"] = 4096
    database_class: A[str, DATABASE_CLASS, "Class of a node's database"] = "db.t4g.medium"
    database_gb: A[int, Range(20, 65_536), "Size of a node's database, GB"] = 50
    object_lock: A[bool, "Images cannot be deleted before their retention is over, by anybody"] = False
    colder_days: A[int, Range(0, 36_500), "Days after which images move to colder storage; 0 for never"] = 0


@record
class Deployment:
    """Settings of each target."""

    path: Path
    local: A[LocalTarget | None, "Local target"] = None
    aws: A[AwsTarget | None, "AWS target"] = None
