"""Who may enter a node and where a node may go: one rule for each thing that the definition permits, none beside."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from stacks.aws.design import Design, Permit
from stacks.aws.place import HTTPS
from stacks.aws.space import Laid


def guards(design: Design, laid: Mapping[str, Laid]) -> dict[str, pulumi.Output[str]]:
    """The security group of each node, with all rules that concern another node, a site, or a service of AWS."""
    made = {each.node: _guard(laid[each.space], each.node) for each in design.placements}
    where = {each.node: laid[each.space] for each in design.placements}
    for permit in design.permits:
        _enter(where[permit.node], made[permit.node], permit)
        if permit.source_name in made:
            cidr = next(each.cidr for each in design.placements if each.node == permit.node)
            _leave(where[permit.source_name], made[permit.source_name], permit, cidr)
    for node, guard in made.items():
        _ask(where[node], node, guard)
    return {node: guard.id for node, guard in made.items()}


def _guard(laid: Laid, node: str) -> aws.ec2.SecurityGroup:
    part = f"{node.lower()}-guard"
    return aws.ec2.SecurityGroup(
        laid.land.name(part),
        name=laid.land.name(part),
        vpc_id=laid.vpc.id,
        description=f"{node}: its balancer and its tasks",
        tags=laid.land.tagged(part) | {"site": node},
        opts=laid.land.options(),
    )


def _enter(laid: Laid, guard: aws.ec2.SecurityGroup, permit: Permit) -> None:
    aws.vpc.SecurityGroupIngressRule(
        laid.land.name(f"{permit.node.lower()}-{permit.port}-from-{permit.source_name.lower()}"),
        security_group_id=guard.id,
        cidr_ipv4=permit.source,
        ip_protocol="tcp",
        from_port=permit.port,
        to_port=permit.port,
        description=worded(permit.why),
        tags=laid.land.tags | {"site": permit.node},
        opts=laid.land.options(),
    )


def _leave(laid: Laid, guard: aws.ec2.SecurityGroup, permit: Permit, cidr: str) -> None:
    aws.vpc.SecurityGroupEgressRule(
        laid.land.name(f"{permit.source_name.lower()}-{permit.port}-to-{permit.node.lower()}"),
        security_group_id=guard.id,
        cidr_ipv4=cidr,
        ip_protocol="tcp",
        from_port=permit.port,
        to_port=permit.port,
        description=worded(f"{permit.node}: {permit.why}"),
        tags=laid.land.tags | {"site": permit.source_name},
        opts=laid.land.options(),
    )


def _ask(laid: Laid, node: str, guard: aws.ec2.SecurityGroup) -> None:
    """The doors to AWS's services know who asks; both ends say so, and S3's addresses are AWS's own list."""
    land, words = laid.land, f"{node} asks services of AWS"
    name, tags = f"{node.lower()}-services", laid.land.tags | {"site": node}
    aws.vpc.SecurityGroupIngressRule(
        land.name(name),
        security_group_id=laid.endpoints_guard.id,
        referenced_security_group_id=guard.id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description=words,
        tags=tags,
        opts=land.options(),
    )
    aws.vpc.SecurityGroupEgressRule(
        land.name(name),
        security_group_id=guard.id,
        referenced_security_group_id=laid.endpoints_guard.id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description=words,
        tags=tags,
        opts=land.options(),
    )
    aws.vpc.SecurityGroupEgressRule(
        land.name(f"{node.lower()}-s3"),
        security_group_id=guard.id,
        prefix_list_id=laid.images.prefix_list_id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description=f"{node} keeps its images",
        tags=tags,
        opts=land.options(),
    )


def worded(text: str) -> str:
    """As AWS takes a rule's description: its own characters, and no more than 255 of them."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " ._-:/()#,@[]+=&;{}!$*") else "-" for c in text)[:255]
