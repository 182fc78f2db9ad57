"""How VPCs reach each other: pair by pair, or through one transit gateway that all are attached to."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from provisioner.definition.choices import Join
from stacks.aws.design import Design
from stacks.aws.space import Laid, Land


def join(design: Design, laid: Mapping[str, Laid]) -> None:
    """Ways there and back between the spaces of each pair, and between no others."""
    match design.join:
        case Join.PEERING:
            for one, other in design.pairs:
                _peer(laid[one], laid[other])
        case Join.TRANSIT_GATEWAY:
            _gateway(design, laid)
        case _:
            pass


def foreign(mine: Land, theirs: Land) -> bool:
    return mine.space.account != theirs.space.account


def _peer(one: Laid, other: Laid) -> None:
    """Asked for by one account, and accepted in the other."""
    mine, theirs = one.land, other.land
    apart = foreign(mine, theirs)
    part = f"to-{theirs.space.name.lower()}"
    asked = aws.ec2.VpcPeeringConnection(
        mine.name(part),
        vpc_id=one.vpc.id,
        peer_vpc_id=other.vpc.id,
        peer_owner_id=other.vpc.owner_id if apart else None,
        auto_accept=None if apart else True,
        tags=mine.tagged(part),
        opts=mine.options(),
    )
    joined: list[pulumi.Resource] = [asked]
    if apart:
        back = f"to-{mine.space.name.lower()}"
        accepted = aws.ec2.VpcPeeringConnectionAccepter(
            theirs.name(back),
            vpc_peering_connection_id=asked.id,
            auto_accept=True,
            tags=theirs.tagged(back),
            opts=theirs.options(),
        )
        joined.append(accepted)
    for here, there in ((one, other), (other, one)):
        aws.ec2.Route(
            _way(here, there),
            route_table_id=here.table.id,
            destination_cidr_block=there.land.space.cidr,
            vpc_peering_connection_id=asked.id,
            opts=here.land.options(*joined),
        )


def _way(here: Laid, there: Laid) -> str:
    return here.land.name(f"to-{there.land.space.name.lower()}")


def _gateway(design: Design, laid: Mapping[str, Laid]) -> None:
    """In the account of the hub. All attachments share one table there: who has a way is in each VPC's own table."""
    hub = laid[design.hub or design.spaces[0].name].land
    gateway = aws.ec2transitgateway.TransitGateway(
        hub.name("gateway"),
        description=f"{design.name}: joins its members",
        auto_accept_shared_attachments="disable",
        default_route_table_association="disable",
        default_route_table_propagation="disable",
        tags=hub.tagged("gateway"),
        opts=hub.options(),
    )
    table = aws.ec2transitgateway.RouteTable(
        hub.name("gateway"), transit_gateway_id=gateway.id, tags=hub.tagged("gateway"), opts=hub.options()
    )
    share = _share(hub, gateway) if any(foreign(hub, each.land) for each in laid.values()) else None
    invited: dict[str, pulumi.Resource] = {}
    for name in sorted({name for pair in design.pairs for name in pair}):
        its = laid[name]
        account = its.land.space.account
        if share and foreign(hub, its.land) and account not in invited:
            invited[account] = _invite(hub, its, share)
        after = [invited[account]] if account in invited else []
        attached = _attach(hub, its, gateway, table, after)
        for there in _partners(design, name):
            aws.ec2.Route(
                _way(its, laid[there]),
                route_table_id=its.table.id,
                destination_cidr_block=laid[there].land.space.cidr,
                transit_gateway_id=gateway.id,
                opts=its.land.options(attached),
            )


def _partners(design: Design, name: str) -> list[str]:
    return sorted({each for pair in design.pairs if name in pair for each in pair} - {name})


def _share(hub: Land, gateway: aws.ec2transitgateway.TransitGateway) -> aws.ram.ResourceAssociation:
    """With accounts outside the owner's AWS organisation too: each trust may have its own."""
    share = aws.ram.ResourceShare(
        hub.name("gateway"),
        name=hub.name("gateway"),
        allow_external_principals=True,
        tags=hub.tags,
        opts=hub.options(),
    )
    return aws.ram.ResourceAssociation(
        hub.name("gateway"), resource_share_arn=share.arn, resource_arn=gateway.arn, opts=hub.options()
    )


def _invite(hub: Land, its: Laid, share: aws.ram.ResourceAssociation) -> aws.ram.ResourceShareAccepter:
    invited = aws.ram.PrincipalAssociation(
        hub.name(f"gateway-{its.land.space.name.lower()}"),
        resource_share_arn=share.resource_share_arn,
        principal=its.vpc.owner_id,
        opts=hub.options(),
    )
    return aws.ram.ResourceShareAccepter(
        its.land.name("gateway"),
        share_arn=share.resource_share_arn,
        opts=its.land.options(invited, share),
    )


def _attach(
    hub: Land,
    its: Laid,
    gateway: aws.ec2transitgateway.TransitGateway,
    table: aws.ec2transitgateway.RouteTable,
    after: list[pulumi.Resource],
) -> pulumi.Resource:
    """Attached by the member, accepted by the gateway's owner, and learnt by the one table."""
    land = its.land
    attached = aws.ec2transitgateway.VpcAttachment(
        land.name("gateway"),
        transit_gateway_id=gateway.id,
        vpc_id=its.vpc.id,
        subnet_ids=[each.id for each in its.shared],
        # Kept out of the default table either way; the member's account may not even ask for it.
        transit_gateway_default_route_table_association=None if foreign(hub, land) else False,
        transit_gateway_default_route_table_propagation=None if foreign(hub, land) else False,
        tags=land.tagged("gateway"),
        opts=land.options(*after),
    )
    ready: pulumi.Resource = attached
    part = f"gateway-{land.space.name.lower()}"
    if foreign(hub, land):
        ready = aws.ec2transitgateway.VpcAttachmentAccepter(
            hub.name(part),
            transit_gateway_attachment_id=attached.id,
            transit_gateway_default_route_table_association=False,
            transit_gateway_default_route_table_propagation=False,
            tags=hub.tagged(part),
            opts=hub.options(),
        )
    for kind in (aws.ec2transitgateway.RouteTableAssociation, aws.ec2transitgateway.RouteTablePropagation):
        kind(
            hub.name(part),
            transit_gateway_attachment_id=attached.id,
            transit_gateway_route_table_id=table.id,
            opts=hub.options(ready),
        )
    return ready
