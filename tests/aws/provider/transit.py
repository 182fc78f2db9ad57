"""Transit gateways: attachments of VPCs, route tables, what is associated with them and what they learn."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.shared_gateways import hide_attachment, show_attachment
from tests.aws.provider.wire import Values

SWITCHES = (
    "amazonSideAsn",
    "autoAcceptSharedAttachments",
    "defaultRouteTableAssociation",
    "defaultRouteTablePropagation",
    "dnsSupport",
    "securityGroupReferencingSupport",
    "vpnEcmpSupport",
    "multicastSupport",
)
ATTACHED = ("applianceModeSupport", "dnsSupport", "ipv6Support", "securityGroupReferencingSupport")
DEFAULT_TABLES = ("transitGatewayDefaultRouteTableAssociation", "transitGatewayDefaultRouteTablePropagation")


class TransitGateway(Kind):
    token = "aws:ec2transitgateway/transitGateway:TransitGateway"
    replaces = frozenset({"multicastSupport", "encryptionSupport"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        options = wanted.calls(*SWITCHES)
        answer = aws.call("ec2", "create_transit_gateway", Options=options, **wanted.calls("description"))
        return str(answer["TransitGateway"]["TransitGatewayId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_transit_gateways", TransitGatewayIds=[found.id])["TransitGateways"]
        gateway = only(each for each in held if each["State"] != "deleted")
        options = gateway["Options"]
        seen = told(gateway, "description", "ownerId", arn="TransitGatewayArn") | told(options, *SWITCHES)
        return seen | {
            "associationDefaultRouteTableId": options.get("AssociationDefaultRouteTableId", ""),
            "propagationDefaultRouteTableId": options.get("PropagationDefaultRouteTableId", ""),
        }

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        given = wanted.calls("description")
        aws.call("ec2", "modify_transit_gateway", TransitGatewayId=found.id, Options=wanted.calls(*SWITCHES), **given)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_transit_gateway", TransitGatewayId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class VpcAttachment(Kind):
    token = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
    replaces = frozenset({"transitGatewayId", "vpcId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("transitGatewayId", "vpcId", "subnetIds")
        answer = aws.call("ec2", "create_transit_gateway_vpc_attachment", Options=wanted.calls(*ATTACHED), **given)
        wanted.ignore(*DEFAULT_TABLES)
        attachment = str(answer["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])
        show_attachment(attachment, aws)
        return attachment

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_transit_gateway_vpc_attachments", TransitGatewayAttachmentIds=[found.id])
        attached = only(each for each in held["TransitGatewayVpcAttachments"] if each["State"] != "deleted")
        seen = told(attached, "transitGatewayId", "vpcId", "subnetIds", "vpcOwnerId")
        return seen | told(attached.get("Options", {}), *ATTACHED)

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        old = set(found["subnetIds"])
        new = set(wanted.take("subnetIds") or old)
        aws.call("ec2", "modify_transit_gateway_vpc_attachment", TransitGatewayAttachmentId=found.id,
                 AddSubnetIds=sorted(new - old), RemoveSubnetIds=sorted(old - new),
                 Options=wanted.calls(*ATTACHED))  # fmt: skip
        wanted.ignore(*DEFAULT_TABLES)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_transit_gateway_vpc_attachment", TransitGatewayAttachmentId=found.id)
        hide_attachment(found.id, found["transitGatewayId"], aws)

    def tag_key(self, found: Found) -> str:
        return found.id


class RouteTable(Kind):
    token = "aws:ec2transitgateway/routeTable:RouteTable"
    replaces = frozenset({"transitGatewayId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        answer = aws.call("ec2", "create_transit_gateway_route_table", **wanted.calls("transitGatewayId"))
        return str(answer["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ec2", "describe_transit_gateway_route_tables", TransitGatewayRouteTableIds=[found.id])
        table = only(each for each in held["TransitGatewayRouteTables"] if each["State"] != "deleted")
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:transit-gateway-route-table/{found.id}"
        return told(table, "transitGatewayId", "defaultAssociationRouteTable", "defaultPropagationRouteTable") | {
            "arn": arn
        }

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_transit_gateway_route_table", TransitGatewayRouteTableId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class _Membership(Kind):
    """An attachment in a route table, by one pair of calls."""

    replaces = frozenset({"transitGatewayAttachmentId", "transitGatewayRouteTableId"})
    enter: str
    leave: str
    listing: str
    listed: str

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("transitGatewayAttachmentId", "transitGatewayRouteTableId")
        aws.call("ec2", self.enter, **given)
        wanted.ignore("replaceExistingAssociation")
        return f"{given['TransitGatewayRouteTableId']}_{given['TransitGatewayAttachmentId']}"

    def read(self, aws: Account, found: Found) -> Values:
        table, attachment = found.id.split("_")
        held = aws.call("ec2", self.listing, TransitGatewayRouteTableId=table)[self.listed]
        member = only(each for each in held if each["TransitGatewayAttachmentId"] == attachment)
        ids = {"transitGatewayAttachmentId": attachment, "transitGatewayRouteTableId": table}
        return told(member, "resourceId", "resourceType") | ids

    def delete(self, aws: Account, found: Found) -> None:
        table, attachment = found.id.split("_")
        aws.call("ec2", self.leave, TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment)


class Association(_Membership):
    token = "aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation"
    enter = "associate_transit_gateway_route_table"
    leave = "disassociate_transit_gateway_route_table"
    listing = "get_transit_gateway_route_table_associations"
    listed = "Associations"


class Propagation(_Membership):
    token = "aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation"
    enter = "enable_transit_gateway_route_table_propagation"
    leave = "disable_transit_gateway_route_table_propagation"
    listing = "get_transit_gateway_route_table_propagations"
    listed = "TransitGatewayRouteTablePropagations"


class AttachmentAccepter(Kind):
    """The owner's consent to an attachment from another account; moto accepts what is shared at once."""

    token = "aws:ec2transitgateway/vpcAttachmentAccepter:VpcAttachmentAccepter"
    replaces = frozenset({"transitGatewayAttachmentId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        wanted.ignore(*DEFAULT_TABLES)
        return str(wanted.take("transitGatewayAttachmentId"))

    def read(self, aws: Account, found: Found) -> Values:
        return VpcAttachment().read(aws, found)

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore(*DEFAULT_TABLES)

    def delete(self, aws: Account, found: Found) -> None:
        """Nothing: the attachment is its creator's to delete."""

    def tag_key(self, found: Found) -> str:
        return found.id


KINDS: tuple[Kind, ...] = (
    TransitGateway(), VpcAttachment(), RouteTable(), Association(), Propagation(), AttachmentAccepter(),
)  # fmt: skip
