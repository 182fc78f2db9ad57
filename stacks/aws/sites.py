"""How a hospital's own network, with its scanners and readers, reaches the VPC of its node."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import pulumi
import pulumi_aws as aws

from stacks.aws.design import Onsite
from stacks.aws.space import Laid


def connect(laid: Laid) -> None:
    """One gateway on the VPC; each site comes in by a VPN of two tunnels, by Direct Connect, or by both."""
    land = laid.land
    sites = [each for each in land.space.onsite if each.vpn or each.direct_connect]
    if not sites:
        return
    gateway = aws.ec2.VpnGateway(land.name("sites"), vpc_id=laid.vpc.id, tags=land.tagged("sites"), opts=land.options())
    for site in sites:
        if site.vpn:
            _vpn(laid, gateway, site)
        if site.cidr:
            _way(laid, gateway, site)
    for connection in sorted({each.direct_connect for each in sites if each.direct_connect}):
        aws.directconnect.GatewayAssociation(
            land.name(connection),
            dx_gateway_id=connection,
            associated_gateway_id=gateway.id,
            allowed_prefixes=[land.space.cidr],
            opts=land.options(),
        )


def _vpn(laid: Laid, gateway: aws.ec2.VpnGateway, site: Onsite) -> None:
    """By BGP, which moves to the other tunnel by itself when one is down."""
    land, part = laid.land, f"{site.site.lower()}-vpn"
    tags = land.tagged(part) | {"site": site.site}
    theirs = aws.ec2.CustomerGateway(
        land.name(part),
        bgp_asn=str(site.asn),
        ip_address=site.vpn,
        type="ipsec.1",
        tags=tags,
        opts=land.options(),
    )
    aws.ec2.VpnConnection(
        land.name(part),
        customer_gateway_id=theirs.id,
        vpn_gateway_id=gateway.id,
        type="ipsec.1",
        static_routes_only=False,
        tags=tags,
        opts=land.options(),
    )


def _way(laid: Laid, gateway: aws.ec2.VpnGateway, site: Onsite) -> None:
    """To the addresses that the definition states, and to no others that a site's router may announce."""
    options: pulumi.ResourceOptions = laid.land.options()
    aws.ec2.Route(
        laid.land.name(f"to-site-{site.site.lower()}"),
        route_table_id=laid.table.id,
        destination_cidr_block=site.cidr,
        gateway_id=gateway.id,
        opts=options,
    )
