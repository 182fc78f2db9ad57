"""VPC peering and Site-to-Site VPN."""

from typing import Any

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.shared_gateways import forget_attachment
from tests.aws.provider.wire import Values

OPTIONS = {"allowRemoteVpcDnsResolution": "AllowDnsResolutionFromRemoteVpc"}


class Peering(Kind):
    token = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
    replaces = frozenset({"vpcId", "peerVpcId", "peerOwnerId", "peerRegion"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("vpcId", "peerVpcId", "peerOwnerId", "peerRegion")
        answer = aws.call("ec2", "create_vpc_peering_connection", **given)
        made = str(answer["VpcPeeringConnection"]["VpcPeeringConnectionId"])
        if wanted.take("autoAccept"):
            aws.call("ec2", "accept_vpc_peering_connection", VpcPeeringConnectionId=made)
        _options(aws, made, wanted)
        return made

    def read(self, aws: Account, found: Found) -> Values:
        held = _peering(aws, found.id)
        mine, other = held["RequesterVpcInfo"], held["AccepterVpcInfo"]
        seen = {"vpcId": mine["VpcId"], "peerVpcId": other["VpcId"], "peerOwnerId": other["OwnerId"]}
        return seen | {"acceptStatus": held["Status"]["Code"]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.take("autoAccept") and found.get("acceptStatus") == "pending-acceptance":
            aws.call("ec2", "accept_vpc_peering_connection", VpcPeeringConnectionId=found.id)
        _options(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_vpc_peering_connection", VpcPeeringConnectionId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class PeeringAccepter(Kind):
    """The other side's consent; deleting it takes nothing away, as the real provider."""

    token = "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter"
    replaces = frozenset({"vpcPeeringConnectionId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        peering = str(wanted.take("vpcPeeringConnectionId"))
        if wanted.take("autoAccept"):
            aws.call("ec2", "accept_vpc_peering_connection", VpcPeeringConnectionId=peering)
        _options(aws, peering, wanted)
        return peering

    def read(self, aws: Account, found: Found) -> Values:
        held = _peering(aws, found.id)
        mine, other = held["AccepterVpcInfo"], held["RequesterVpcInfo"]
        return {"acceptStatus": held["Status"]["Code"], "vpcId": mine["VpcId"], "peerVpcId": other["VpcId"]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        _options(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        """Nothing."""

    def tag_key(self, found: Found) -> str:
        return found.id


class VpnGateway(Kind):
    """AWS's end of a VPC's own VPNs."""

    token = "aws:ec2/vpnGateway:VpnGateway"
    replaces = frozenset({"availabilityZone", "amazonSideAsn"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        asn, given = wanted.take("amazonSideAsn"), wanted.calls("availabilityZone")
        answer = aws.call("ec2", "create_vpn_gateway", Type="ipsec.1", AmazonSideAsn=int(asn) if asn else None, **given)
        gateway = str(answer["VpnGateway"]["VpnGatewayId"])
        if vpc := wanted.take("vpcId"):
            aws.call("ec2", "attach_vpn_gateway", VpnGatewayId=gateway, VpcId=vpc)
        return gateway

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_vpn_gateways", VpnGatewayIds=[found.id])["VpnGateways"]
        gateway = only(each for each in held if each.get("State") != "deleted")
        attached = [each["VpcId"] for each in gateway.get("VpcAttachments", []) if each["State"] == "attached"]
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:vpn-gateway/{found.id}"
        return {"arn": arn} | ({"vpcId": attached[0]} if attached else {})

    def delete(self, aws: Account, found: Found) -> None:
        if vpc := found.get("vpcId"):
            aws.call("ec2", "detach_vpn_gateway", VpnGatewayId=found.id, VpcId=vpc)
        aws.call("ec2", "delete_vpn_gateway", VpnGatewayId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class CustomerGateway(Kind):
    token = "aws:ec2/customerGateway:CustomerGateway"
    replaces = frozenset({"type", "bgpAsn", "bgpAsnExtended", "certificateArn", "deviceName", "ipAddress"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        asn = wanted.take("bgpAsn")
        given = wanted.calls("type", "certificateArn", "deviceName", "ipAddress")
        answer = aws.call("ec2", "create_customer_gateway", BgpAsn=int(asn) if asn else None, **given)
        return str(answer["CustomerGateway"]["CustomerGatewayId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_customer_gateways", CustomerGatewayIds=[found.id])["CustomerGateways"]
        gateway = only(each for each in held if each["State"] != "deleted")
        return told(gateway, "type", "bgpAsn", "ipAddress", "deviceName")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_customer_gateway", CustomerGatewayId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


TUNNEL = {
    "InsideCidr": "TunnelInsideCidr",
    "DpdTimeoutAction": "DPDTimeoutAction",
    "DpdTimeoutSeconds": "DPDTimeoutSeconds",
    "IkeVersions": "IKEVersions",
    "Phase1DhGroupNumbers": "Phase1DHGroupNumbers",
    "Phase1EncryptionAlgorithms": "Phase1EncryptionAlgorithms",
    "Phase1IntegrityAlgorithms": "Phase1IntegrityAlgorithms",
    "Phase1LifetimeSeconds": "Phase1LifetimeSeconds",
    "Phase2DhGroupNumbers": "Phase2DHGroupNumbers",
    "Phase2EncryptionAlgorithms": "Phase2EncryptionAlgorithms",
    "Phase2IntegrityAlgorithms": "Phase2IntegrityAlgorithms",
    "Phase2LifetimeSeconds": "Phase2LifetimeSeconds",
    "PresharedKey": "PreSharedKey",
    "StartupAction": "StartupAction",
}
LISTED = {name for name in TUNNEL if name.endswith(("Numbers", "Algorithms", "Versions"))}
WHOLE = ("enableAcceleration", "staticRoutesOnly", "localIpv4NetworkCidr", "remoteIpv4NetworkCidr")


class VpnConnection(Kind):
    token = "aws:ec2/vpnConnection:VpnConnection"
    replaces = frozenset({
        "type", "staticRoutesOnly", "enableAcceleration", "outsideIpAddressType", "presharedKeyStorage",
        "transportTransitGatewayAttachmentId", "tunnelInsideIpVersion",
        *(f"tunnel{n}{name}" for n in (1, 2) for name in ("InsideCidr", "InsideIpv6Cidr")),
    })  # fmt: skip
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        options: Values = wanted.calls(*WHOLE)
        options["TunnelOptions"] = [_tunnel(wanted, n) for n in (1, 2)]
        given = wanted.calls("customerGatewayId", "type", "transitGatewayId", "vpnGatewayId")
        answer = aws.call("ec2", "create_vpn_connection", Options=options, **given)
        return str(answer["VpnConnection"]["VpnConnectionId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_vpn_connections", VpnConnectionIds=[found.id])["VpnConnections"]
        vpn = only(each for each in held if each.get("State") != "deleted")
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:vpn-connection/{found.id}"
        seen = told(vpn, "customerGatewayId", "type", "transitGatewayId") | {"arn": arn}
        if vpn.get("TransitGatewayId"):
            attached = aws.call("ec2", "describe_transit_gateway_attachments",
                                Filters=[{"Name": "resource-id", "Values": [found.id]}])  # fmt: skip
            seen["transitGatewayAttachmentId"] = attached["TransitGatewayAttachments"][0]["TransitGatewayAttachmentId"]
        return seen

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_vpn_connection", VpnConnectionId=found.id)
        forget_attachment(found.id, aws)

    def tag_key(self, found: Found) -> str:
        return found.id


def _tunnel(wanted: Wanted, number: int) -> Values:
    options: Values = {}
    for name, theirs in TUNNEL.items():
        value = wanted.take(f"tunnel{number}{name}")
        if value is not None:
            options[theirs] = [{"Value": each} for each in value] if name in LISTED else value
    return options


def _options(aws: Account, peering: str, wanted: Wanted) -> None:
    for side in ("accepter", "requester"):
        if given := wanted.take(side):
            chosen = {OPTIONS[key]: value for key, value in given.items()}
            aws.call("ec2", "modify_vpc_peering_connection_options", VpcPeeringConnectionId=peering,
                     **{f"{side.capitalize()}PeeringConnectionOptions": chosen})  # fmt: skip


def _peering(aws: Account, peering: str) -> Any:
    held = aws.call("ec2", "describe_vpc_peering_connections", VpcPeeringConnectionIds=[peering])
    return only(each for each in held["VpcPeeringConnections"] if each["Status"]["Code"] != "deleted")


KINDS: tuple[Kind, ...] = (Peering(), PeeringAccepter(), VpnGateway(), CustomerGateway(), VpnConnection())
