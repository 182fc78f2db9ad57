"""VPCs, subnets, routes and what a VPC is given by default."""

from typing import Any

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.wire import Values

ROUTE_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}


class Vpc(Kind):
    token = "aws:ec2/vpc:Vpc"
    replaces = frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "instanceTenancy"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        vpc = str(aws.call("ec2", "create_vpc", **wanted.calls("cidrBlock", "instanceTenancy"))["Vpc"]["VpcId"])
        self._attributes(aws, vpc, wanted)
        return vpc

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        self._attributes(aws, found.id, wanted)

    def _attributes(self, aws: Account, vpc: str, wanted: Wanted) -> None:
        for ours, theirs in {
            "enableDnsSupport": "EnableDnsSupport",
            "enableDnsHostnames": "EnableDnsHostnames",
        }.items():
            if wanted.has(ours):
                value = wanted.take(ours)
                aws.call("ec2", "modify_vpc_attribute", VpcId=vpc, **{theirs: {"Value": value is not False}})

    def read(self, aws: Account, found: Found) -> Values:
        vpc = only(aws.call("ec2", "describe_vpcs", VpcIds=[found.id])["Vpcs"])
        tables = aws.call(
            "ec2", "describe_route_tables", Filters=_of("vpc-id", found.id) + _of("association.main", "true")
        )
        groups = aws.call(
            "ec2", "describe_security_groups", Filters=_of("vpc-id", found.id) + _of("group-name", "default")
        )
        return told(vpc, "cidrBlock", "instanceTenancy", "ownerId") | {
            "arn": f"arn:aws:ec2:{aws.region}:{aws.number}:vpc/{found.id}",
            "enableDnsSupport": self._attribute(aws, found.id, "enableDnsSupport"),
            "enableDnsHostnames": self._attribute(aws, found.id, "enableDnsHostnames"),
            "mainRouteTableId": tables["RouteTables"][0]["RouteTableId"],
            "defaultRouteTableId": tables["RouteTables"][0]["RouteTableId"],
            "defaultSecurityGroupId": groups["SecurityGroups"][0]["GroupId"],
        }

    def _attribute(self, aws: Account, vpc: str, name: str) -> bool:
        answer = aws.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name)
        return bool(answer[name[:1].upper() + name[1:]]["Value"])

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_vpc", VpcId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class Subnet(Kind):
    token = "aws:ec2/subnet:Subnet"
    replaces = frozenset({"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId")
        subnet = str(aws.call("ec2", "create_subnet", **given)["Subnet"]["SubnetId"])
        self._attributes(aws, subnet, wanted)
        return subnet

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        self._attributes(aws, found.id, wanted)

    def _attributes(self, aws: Account, subnet: str, wanted: Wanted) -> None:
        if wanted.has("mapPublicIpOnLaunch"):
            value = {"Value": wanted.take("mapPublicIpOnLaunch") is True}
            aws.call("ec2", "modify_subnet_attribute", SubnetId=subnet, MapPublicIpOnLaunch=value)

    def read(self, aws: Account, found: Found) -> Values:
        subnet = only(aws.call("ec2", "describe_subnets", SubnetIds=[found.id])["Subnets"])
        same = ("vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "mapPublicIpOnLaunch", "ownerId")
        return told(subnet, *same, arn="SubnetArn")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_subnet", SubnetId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class RouteTable(Kind):
    token = "aws:ec2/routeTable:RouteTable"
    replaces = frozenset({"vpcId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        return str(aws.call("ec2", "create_route_table", **wanted.calls("vpcId"))["RouteTable"]["RouteTableId"])

    def read(self, aws: Account, found: Found) -> Values:
        table = only(aws.call("ec2", "describe_route_tables", RouteTableIds=[found.id])["RouteTables"])
        return told(table, "vpcId", "ownerId") | {
            "arn": f"arn:aws:ec2:{aws.region}:{aws.number}:route-table/{found.id}"
        }

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_route_table", RouteTableId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class Route(Kind):
    token = "aws:ec2/route:Route"
    replaces = frozenset(
        {"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
    )

    def create(self, aws: Account, wanted: Wanted) -> str:
        table, to = wanted.take("routeTableId"), wanted.take("destinationCidrBlock")
        aws.call("ec2", "create_route", RouteTableId=table, DestinationCidrBlock=to, **wanted.calls(**ROUTE_TARGETS))
        return f"r-{table}{to}"

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        aws.call("ec2", "replace_route", **_route(found), **wanted.calls(**ROUTE_TARGETS))
        wanted.ignore(*ROUTE_TARGETS)

    def read(self, aws: Account, found: Found) -> Values:
        table = only(aws.call("ec2", "describe_route_tables", RouteTableIds=[found["routeTableId"]])["RouteTables"])
        to = found["destinationCidrBlock"]
        route = only(each for each in table["Routes"] if each.get("DestinationCidrBlock") == to)
        return told(route, "destinationCidrBlock", "state", **ROUTE_TARGETS)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_route", **_route(found))


class RouteTableAssociation(Kind):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replaces = frozenset({"subnetId", "gatewayId"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        answer = aws.call("ec2", "associate_route_table", **wanted.calls("routeTableId", "subnetId", "gatewayId"))
        return str(answer["AssociationId"])

    def read(self, aws: Account, found: Found) -> Values:
        filters = _of("association.route-table-association-id", found.id)
        table = only(aws.call("ec2", "describe_route_tables", Filters=filters)["RouteTables"])
        held = only(each for each in table["Associations"] if each["RouteTableAssociationId"] == found.id)
        return told(held, "routeTableId", "subnetId", "gatewayId")

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        given = wanted.calls("routeTableId")
        aws.call("ec2", "replace_route_table_association", AssociationId=found.id, **given)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "disassociate_route_table", AssociationId=found.id)


def _route(found: Found) -> Values:
    return {"RouteTableId": found["routeTableId"], "DestinationCidrBlock": found["destinationCidrBlock"]}


def _of(name: str, value: str) -> list[Any]:
    return [{"Name": name, "Values": [value]}]


KINDS: tuple[Kind, ...] = (Vpc(), Subnet(), RouteTable(), Route(), RouteTableAssociation())
