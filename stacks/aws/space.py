"""One owner's network: a VPC without any way to the internet, its subnets, and the doors to AWS's own services."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws.design import Design, Placement, Space, Subnet
from stacks.aws.own import policy, statement

SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms")
"""What a node asks of AWS, beside S3: its images, its log, its secrets, its key."""
SHARED = "shared"
"""Site of what several nodes stand on."""


@dataclass(frozen=True, slots=True)
class Land:
    """Where one space's resources are made, and what they are called."""

    design: Design
    space: Space
    provider: aws.Provider

    @property
    def tags(self) -> dict[str, str]:
        """Of what is no single node's: its site is said too, so that every resource has the same tags."""
        placed = next(each for each in self.design.placements if each.space == self.space.name)
        return dict(placed.tags) | {"site": SHARED}

    def name(self, part: str = "") -> str:
        """`severn-rxa-net-endpoints`: a node's resources have no `net` in theirs."""
        return "-".join(each for each in (self.design.network, self.space.name.lower(), "net", part) if each)

    def tagged(self, part: str = "") -> dict[str, str]:
        """With the name that AWS's console shows."""
        return self.tags | {"Name": self.name(part)}

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=self.provider, depends_on=list(after))


@dataclass(frozen=True, slots=True)
class Laid:
    """One space as the program has made it."""

    land: Land
    vpc: aws.ec2.Vpc
    table: aws.ec2.RouteTable
    shared: Sequence[aws.ec2.Subnet]
    subnets: Mapping[str, Sequence[aws.ec2.Subnet]]
    """Each node's own, one a zone."""
    endpoints_guard: aws.ec2.SecurityGroup
    images: aws.ec2.VpcEndpoint
    """The gateway to S3."""


def lay(land: Land) -> Laid:
    space = land.space
    vpc = aws.ec2.Vpc(
        land.name(),
        cidr_block=space.cidr,
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags=land.tagged(),
        opts=land.options(),
    )
    # What everything is in that names no group: nothing comes in and nothing goes out.
    aws.ec2.DefaultSecurityGroup(land.name("nobody"), vpc_id=vpc.id, tags=land.tagged("nobody"), opts=land.options())
    table = aws.ec2.RouteTable(land.name(), vpc_id=vpc.id, tags=land.tagged(), opts=land.options())
    shared = _subnets(land, vpc, table, SHARED, space.subnets)
    subnets = {each.node: _subnets(land, vpc, table, each.node, each.subnets) for each in placed(land.design, space)}
    guard = aws.ec2.SecurityGroup(
        land.name("endpoints"),
        name=land.name("endpoints"),
        vpc_id=vpc.id,
        description=f"{space.name}: doors to AWS services",
        tags=land.tagged("endpoints"),
        opts=land.options(),
    )
    images = _to_s3(land, vpc, table)
    for service in SERVICES:
        _to(land, vpc, shared, guard, service)
    _log_flows(land, vpc)
    return Laid(land, vpc, table, shared, subnets, guard, images)


def placed(design: Design, space: Space) -> tuple[Placement, ...]:
    return tuple(each for each in design.placements if each.space == space.name)


def _subnets(
    land: Land, vpc: aws.ec2.Vpc, table: aws.ec2.RouteTable, site: str, wanted: Sequence[Subnet]
) -> tuple[aws.ec2.Subnet, ...]:
    made = []
    for each in wanted:
        name = f"{site.lower()}-{each.zone[-1]}"
        subnet = aws.ec2.Subnet(
            land.name(name),
            vpc_id=vpc.id,
            cidr_block=each.cidr,
            availability_zone=each.zone,
            map_public_ip_on_launch=False,
            tags=land.tagged(name) | {"site": site},
            opts=land.options(),
        )
        aws.ec2.RouteTableAssociation(
            land.name(name), subnet_id=subnet.id, route_table_id=table.id, opts=land.options()
        )
        made.append(subnet)
    return tuple(made)


def _own_account(vpc: aws.ec2.Vpc) -> dict[str, object]:
    return {"StringEquals": {"aws:PrincipalAccount": vpc.owner_id}}


def _to_s3(land: Land, vpc: aws.ec2.Vpc, table: aws.ec2.RouteTable) -> aws.ec2.VpcEndpoint:
    """For the owner's own buckets, and for the layers of container images, which AWS keeps in one of its own."""
    region = land.design.region
    layers = f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*"
    return aws.ec2.VpcEndpoint(
        land.name("s3"),
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id],
        policy=policy(
            statement(["s3:*"], "*", Principal="*", Condition=_own_account(vpc)),
            statement(["s3:GetObject"], layers, Principal="*"),
        ),
        tags=land.tagged("s3"),
        opts=land.options(),
    )


def _to(
    land: Land, vpc: aws.ec2.Vpc, shared: Sequence[aws.ec2.Subnet], guard: aws.ec2.SecurityGroup, service: str
) -> None:
    part = service.replace(".", "-")
    aws.ec2.VpcEndpoint(
        land.name(part),
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{land.design.region}.{service}",
        vpc_endpoint_type="Interface",
        private_dns_enabled=True,
        subnet_ids=[each.id for each in shared],
        security_group_ids=[guard.id],
        policy=policy(statement(["*"], "*", Principal="*", Condition=_own_account(vpc))),
        tags=land.tagged(part),
        opts=land.options(),
    )


def _log_flows(land: Land, vpc: aws.ec2.Vpc) -> None:
    """Who spoke to whom, and who was refused; under a key of the space's own."""
    name = land.name("flows")
    group = f"/{name}"
    key = _key(land, vpc, group)
    log = aws.cloudwatch.LogGroup(
        name,
        name=group,
        retention_in_days=land.design.keeping.log_days,
        kms_key_id=key.arn,
        tags=land.tags,
        opts=land.options(),
    )
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}
    role = aws.iam.Role(
        name,
        name=name,
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        tags=land.tags,
        opts=land.options(),
    )
    writes = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
    allowed = aws.iam.RolePolicy(
        name,
        name=name,
        role=role.id,
        policy=policy(statement(writes, [log.arn, pulumi.Output.concat(log.arn, ":*")])),
        opts=land.options(),
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=log.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        tags=land.tagged("flows"),
        opts=land.options(allowed),
    )


def _key(land: Land, vpc: aws.ec2.Vpc, group: str) -> aws.kms.Key:
    region = land.design.region
    use = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
    log = pulumi.Output.concat("arn:aws:logs:", region, ":", vpc.owner_id, ":log-group:", group)
    root = pulumi.Output.concat("arn:aws:iam::", vpc.owner_id, ":root")
    return aws.kms.Key(
        land.name("flows"),
        description=f"Flow logs of {land.space.name}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=policy(
            statement(["kms:*"], "*", Principal={"AWS": root}),
            statement(
                use,
                "*",
                Principal={"Service": f"logs.{region}.amazonaws.com"},
                Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log}},
            ),
        ),
        tags=land.tagged("flows"),
        opts=land.options(),
    )
