"""A program over three accounts: an owner's hub that two members are joined to, each from an account of its own."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import pulumi
import pulumi_aws as aws

OWNER, NEAR, FAR = "111111111111", "222222222222", "333333333333"


def account(number: str) -> pulumi.ResourceOptions:
    role = aws.ProviderAssumeRoleArgs(role_arn=f"arn:aws:iam::{number}:role/netprov")
    return pulumi.ResourceOptions(provider=aws.Provider(f"of-{number}", region="eu-west-2", assume_roles=[role]))


def after(its: pulumi.ResourceOptions, *them: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(its, pulumi.ResourceOptions(depends_on=list(them)))


def federation() -> None:
    owner = account(OWNER)
    hub = aws.ec2transitgateway.TransitGateway("hub", default_route_table_association="disable", opts=owner)
    table = aws.ec2transitgateway.RouteTable("hub", transit_gateway_id=hub.id, opts=owner)
    share = aws.ram.ResourceShare("hub", name="hub", allow_external_principals=True, opts=owner)
    shared = aws.ram.ResourceAssociation("hub", resource_share_arn=share.arn, resource_arn=hub.arn, opts=owner)
    names = aws.ec2.Vpc("names", cidr_block="10.1.0.0/16", enable_dns_hostnames=True, opts=owner)
    zone = aws.route53.Zone("zone", name="severn.example", vpcs=[{"vpc_id": names.id}], opts=owner)
    spaces = [member(number, cidr, hub, shared, table, zone) for number, cidr in ((NEAR, "10.2"), (FAR, "10.3"))]
    peered(spaces)


def member(
    number: str,
    cidr: str,
    hub: aws.ec2transitgateway.TransitGateway,
    shared: aws.ram.ResourceAssociation,
    table: aws.ec2transitgateway.RouteTable,
    zone: aws.route53.Zone,
) -> aws.ec2.Vpc:
    owner, its = pulumi.ResourceOptions(provider=hub._provider), account(number)
    invited = aws.ram.PrincipalAssociation(
        f"invite-{number}", resource_share_arn=shared.resource_share_arn, principal=number, opts=owner
    )
    accepted = aws.ram.ResourceShareAccepter(
        f"accept-{number}", share_arn=shared.resource_share_arn, opts=after(its, invited, shared)
    )
    vpc = aws.ec2.Vpc(f"vpc-{number}", cidr_block=f"{cidr}.0.0/16", enable_dns_hostnames=True, opts=its)
    subnet = aws.ec2.Subnet(f"subnet-{number}", vpc_id=vpc.id, cidr_block=f"{cidr}.1.0/24", opts=its)
    attached = aws.ec2transitgateway.VpcAttachment(
        f"attached-{number}",
        transit_gateway_id=hub.id,
        vpc_id=vpc.id,
        subnet_ids=[subnet.id],
        opts=after(its, accepted),
    )
    consent = aws.ec2transitgateway.VpcAttachmentAccepter(
        f"consent-{number}", transit_gateway_attachment_id=attached.id, opts=owner
    )
    aws.ec2transitgateway.RouteTableAssociation(
        f"in-{number}", transit_gateway_attachment_id=consent.id, transit_gateway_route_table_id=table.id, opts=owner
    )
    routes = aws.ec2.RouteTable(f"routes-{number}", vpc_id=vpc.id, opts=its)
    aws.ec2.Route(f"to-hub-{number}", route_table_id=routes.id, destination_cidr_block="10.0.0.0/8",
                  transit_gateway_id=hub.id, opts=after(its, attached))  # fmt: skip
    allowed = aws.route53.VpcAssociationAuthorization(f"zone-{number}", zone_id=zone.id, vpc_id=vpc.id, opts=owner)
    aws.route53.ZoneAssociation(f"zone-{number}", zone_id=allowed.zone_id, vpc_id=allowed.vpc_id, opts=its)
    return vpc


def peered(spaces: list[aws.ec2.Vpc]) -> None:
    near, far = spaces
    its, theirs = (pulumi.ResourceOptions(provider=each._provider) for each in spaces)
    asked = aws.ec2.VpcPeeringConnection("peering", vpc_id=near.id, peer_vpc_id=far.id, peer_owner_id=FAR, opts=its)
    aws.ec2.VpcPeeringConnectionAccepter("peering", vpc_peering_connection_id=asked.id, auto_accept=True, opts=theirs)
