"""The names that nodes call each other by: one private zone, seen from every VPC of the network."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from stacks.aws.design import Design
from stacks.aws.joining import foreign
from stacks.aws.space import Laid


def zone(design: Design, laid: Mapping[str, Laid]) -> aws.route53.Zone:
    """In the account of the hub. Its first VPC comes with it; the others are added, each by its own account."""
    first = laid[design.hub or design.spaces[0].name]
    made = aws.route53.Zone(
        first.land.name("names"),
        name=design.domain,
        comment=f"{design.name}: its nodes",
        vpcs=[aws.route53.ZoneVpcArgs(vpc_id=first.vpc.id)],
        force_destroy=False,
        tags=first.land.tags,
        opts=pulumi.ResourceOptions.merge(first.land.options(), pulumi.ResourceOptions(ignore_changes=["vpcs"])),
    )
    for its in laid.values():
        if its is not first:
            _see(made, first, its)
    return made


def _see(made: aws.route53.Zone, first: Laid, its: Laid) -> None:
    after: list[pulumi.Resource] = []
    if foreign(first.land, its.land):
        allowed = aws.route53.VpcAssociationAuthorization(
            first.land.name(f"names-{its.land.space.name.lower()}"),
            zone_id=made.zone_id,
            vpc_id=its.vpc.id,
            opts=first.land.options(),
        )
        after.append(allowed)
    aws.route53.ZoneAssociation(
        its.land.name("names"), zone_id=made.zone_id, vpc_id=its.vpc.id, opts=its.land.options(*after)
    )
