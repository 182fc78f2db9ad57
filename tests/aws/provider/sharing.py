"""Sharing across accounts by RAM, and Direct Connect gateways; moto makes shares, and knows no more of either."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.shared_gateways import hide_gateway, show_gateway
from tests.aws.provider.shelf import validated
from tests.aws.provider.wire import Values


class ResourceShare(Kind):
    token = "aws:ram/resourceShare:ResourceShare"
    replaces = frozenset({"permissionArns"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = {key: wanted.take(key) for key in ("name", "allowExternalPrincipals")}
        wanted.ignore("tags", "tagsAll")
        return str(aws.call("ram", "create_resource_share", **given)["resourceShare"]["resourceShareArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ram", "get_resource_shares", resourceOwner="SELF")["resourceShares"]
        share = only(each for each in held if each["resourceShareArn"] == found.id and each["status"] == "ACTIVE")
        return {key: share[key] for key in ("name", "allowExternalPrincipals")} | {"arn": found.id}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        given = {key: wanted.take(key, found[key]) for key in ("name", "allowExternalPrincipals")}
        aws.call("ram", "update_resource_share", resourceShareArn=found.id, **given)
        wanted.ignore("tags", "tagsAll")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ram", "delete_resource_share", resourceShareArn=found.id)


class _Association(Kind):
    """Who or what is in a share."""

    member: str
    parameter: str

    def create(self, aws: Account, wanted: Wanted) -> str:
        share, member = str(wanted.take("resourceShareArn")), str(wanted.take(self.member))
        given = validated("ram", "AssociateResourceShare", {"resourceShareArn": share, self.parameter: [member]})
        return aws.shelf.put(aws.number, self.member, given, f"{share},{member}")

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.shelf.get(aws.number, self.member, found.id)
        return {"resourceShareArn": held["resourceShareArn"], self.member: held[self.parameter][0]}

    def delete(self, aws: Account, found: Found) -> None:
        aws.shelf.pop(aws.number, self.member, found.id)


class PrincipalAssociation(_Association):
    token = "aws:ram/principalAssociation:PrincipalAssociation"
    replaces = frozenset({"principal", "resourceShareArn"})
    member, parameter = "principal", "principals"


class ResourceAssociation(_Association):
    token = "aws:ram/resourceAssociation:ResourceAssociation"
    replaces = frozenset({"resourceArn", "resourceShareArn"})
    member, parameter = "resourceArn", "resourceArns"


class ShareAccepter(Kind):
    """Only who has been invited can accept."""

    token = "aws:ram/resourceShareAccepter:ResourceShareAccepter"
    replaces = frozenset({"shareArn"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        share = str(wanted.take("shareArn"))
        if aws.number not in aws.shelf.members(share, "principal"):
            raise PermissionError(f"{aws.number} has not been invited to {share}")
        for resource in aws.shelf.members(share, "resourceArn"):
            show_gateway(resource, aws)
        for resource in aws.shelf.members(share, "resourceArn"):
            show_gateway(resource, aws)
        return aws.shelf.put(aws.number, "accepted", {"shareArn": share}, share)

    def read(self, aws: Account, found: Found) -> Values:
        return {
            "shareArn": aws.shelf.get(aws.number, "accepted", found.id)["shareArn"],
            "receiverAccountId": aws.number,
        }

    def delete(self, aws: Account, found: Found) -> None:
        for resource in aws.shelf.members(found.id, "resourceArn"):
            hide_gateway(resource, aws)
        aws.shelf.pop(aws.number, "accepted", found.id)


class ConnectGateway(Kind):
    token = "aws:directconnect/gateway:Gateway"
    replaces = frozenset({"amazonSideAsn"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given: Values = {
            "directConnectGatewayName": wanted.take("name"),
            "amazonSideAsn": int(wanted.take("amazonSideAsn")),
        }
        wanted.ignore("tags")
        return aws.shelf.put(aws.number, "dx-gateway", validated("directconnect", "CreateDirectConnectGateway", given))

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.shelf.get(aws.number, "dx-gateway", found.id)
        return {"name": held["directConnectGatewayName"], "amazonSideAsn": str(held["amazonSideAsn"]),
                "arn": f"arn:aws:directconnect::{aws.number}:dx-gateway/{found.id}"}  # fmt: skip

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        held = aws.shelf.get(aws.number, "dx-gateway", found.id)
        held["directConnectGatewayName"] = wanted.take("name", held["directConnectGatewayName"])
        wanted.ignore("tags")

    def delete(self, aws: Account, found: Found) -> None:
        aws.shelf.pop(aws.number, "dx-gateway", found.id)


class ConnectAssociation(Kind):
    token = "aws:directconnect/gatewayAssociation:GatewayAssociation"
    replaces = frozenset({"dxGatewayId", "associatedGatewayId", "associatedGatewayOwnerAccountId", "proposalId"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        gateway = str(wanted.take("dxGatewayId"))
        aws.shelf.get(aws.number, "dx-gateway", gateway)
        prefixes = [{"cidr": each} for each in wanted.take("allowedPrefixes") or []]
        given = {"directConnectGatewayId": gateway, "gatewayId": wanted.take("associatedGatewayId"),
                 "addAllowedPrefixesToDirectConnectGateway": prefixes}  # fmt: skip
        checked = validated("directconnect", "CreateDirectConnectGatewayAssociation", given)
        return aws.shelf.put(aws.number, "dx-association", checked)

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.shelf.get(aws.number, "dx-association", found.id)
        prefixes = [each["cidr"] for each in held["addAllowedPrefixesToDirectConnectGateway"]]
        return told(held, dxGatewayId="directConnectGatewayId", associatedGatewayId="gatewayId") | {
            "allowedPrefixes": prefixes, "dxGatewayAssociationId": found.id}  # fmt: skip

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        held = aws.shelf.get(aws.number, "dx-association", found.id)
        held["addAllowedPrefixesToDirectConnectGateway"] = [{"cidr": each} for each in wanted.take("allowedPrefixes")]

    def delete(self, aws: Account, found: Found) -> None:
        aws.shelf.pop(aws.number, "dx-association", found.id)


KINDS: tuple[Kind, ...] = (
    ResourceShare(), PrincipalAssociation(), ResourceAssociation(), ShareAccepter(), ConnectGateway(),
    ConnectAssociation(),
)  # fmt: skip
