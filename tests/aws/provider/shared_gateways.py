"""Transit gateways across accounts. moto keeps each account's to itself, so they are shown to each other here.

This reaches into moto's own memory, which is this process's: there is no call for it.
"""

from typing import Any

from moto.ec2.models import ec2_backends

from tests.aws.provider.account import Account


def show_gateway(arn: str, member: Account) -> None:
    """Let a member, who has accepted the share of it, see its owner's gateway."""
    _, _, _, region, owner, resource = arn.split(":", 5)
    name = resource.removeprefix("transit-gateway/")
    theirs, mine = _backend(owner, region), _backend(member.number, region)
    mine.transit_gateways[name] = theirs.transit_gateways[name]
    # moto puts each new attachment into the gateway's default table, which it looks for in the member's account.
    default = theirs.transit_gateways[name].default_route_table
    mine.transit_gateways_route_tables[default.id] = default


def show_attachment(attachment: str, member: Account) -> None:
    """Let the gateway's owner see what a member has attached to it."""
    mine = _backend(member.number, member.region)
    held = mine.transit_gateway_attachments[attachment]
    owner = mine.transit_gateways[held.transit_gateway_id].owner_id
    _backend(owner, member.region).transit_gateway_attachments[attachment] = held


def hide_attachment(attachment: str, gateway: str, member: Account) -> None:
    """It has been deleted."""
    owner = _backend(member.number, member.region).transit_gateways[gateway].owner_id
    _backend(owner, member.region).transit_gateway_attachments.pop(attachment, None)


def forget_attachment(of: str, member: Account) -> None:
    """moto keeps the attachment of a VPN that has been deleted; AWS takes it away with it."""
    held = _backend(member.number, member.region).transit_gateway_attachments
    for attachment in [key for key, value in held.items() if value.resource_id == of]:
        del held[attachment]


def hide_gateway(arn: str, member: Account) -> None:
    """It is shared no longer."""
    _, _, _, region, _, resource = arn.split(":", 5)
    mine = _backend(member.number, region)
    gone = mine.transit_gateways.pop(resource.removeprefix("transit-gateway/"))
    del mine.transit_gateways_route_tables[gone.default_route_table.id]


def _backend(account: str, region: str) -> Any:
    return ec2_backends[account][region]
