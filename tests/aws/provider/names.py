"""Names inside the network: private hosted zones."""

from typing import Any

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only
from tests.aws.provider.shelf import validated
from tests.aws.provider.wire import Values


class Zone(Kind):
    token = "aws:route53/zone:Zone"
    replaces = frozenset({"name", "delegationSetId"})
    taggable = "route53"

    def create(self, aws: Account, wanted: Wanted) -> str:
        first, *more = wanted.take("vpcs") or [None]
        name, comment = wanted.take("name"), wanted.take("comment", "Managed by Pulumi")
        wanted.ignore("forceDestroy")
        answer = aws.call("route53", "create_hosted_zone", Name=name, CallerReference=f"{name}-{id(wanted)}",
                          HostedZoneConfig={"Comment": comment, "PrivateZone": first is not None},
                          VPC=_vpc(aws, first) if first else None)  # fmt: skip
        zone = str(answer["HostedZone"]["Id"]).rsplit("/", 1)[-1]
        for each in more:
            aws.call("route53", "associate_vpc_with_hosted_zone", HostedZoneId=zone, VPC=_vpc(aws, each))
        return zone

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("route53", "get_hosted_zone", Id=found.id)
        arn = f"arn:aws:route53:::hostedzone/{found.id}"
        return {"arn": arn, "zoneId": found.id, "name": held["HostedZone"]["Name"].rstrip(".")}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.has("comment"):
            aws.call("route53", "update_hosted_zone_comment", Id=found.id, Comment=wanted.take("comment"))
        if wanted.has("vpcs"):
            old = {each["vpcId"]: each for each in found.get("vpcs", [])}
            new = {each["vpcId"]: each for each in wanted.take("vpcs")}
            for vpc in new.keys() - old.keys():
                aws.call("route53", "associate_vpc_with_hosted_zone", HostedZoneId=found.id, VPC=_vpc(aws, new[vpc]))
            for vpc in old.keys() - new.keys():
                aws.call("route53", "disassociate_vpc_from_hosted_zone", HostedZoneId=found.id, VPC=_vpc(aws, old[vpc]))
        wanted.ignore("forceDestroy")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("route53", "delete_hosted_zone", Id=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class ZoneAssociation(Kind):
    token = "aws:route53/zoneAssociation:ZoneAssociation"
    replaces = frozenset({"vpcId", "zoneId", "vpcRegion"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        zone, vpc = wanted.take("zoneId"), _vpc(aws, {name: wanted.take(name) for name in ("vpcId", "vpcRegion")})
        _owner(aws, zone, vpc["VPCId"]).call("route53", "associate_vpc_with_hosted_zone", HostedZoneId=zone, VPC=vpc)
        return f"{zone}:{vpc['VPCId']}"

    def read(self, aws: Account, found: Found) -> Values:
        zone, vpc = found.id.split(":")[:2]
        held = _owner(aws, zone, vpc).call("route53", "get_hosted_zone", Id=zone)
        seen = only(each for each in held["VPCs"] if each["VPCId"] == vpc)
        return {"zoneId": zone, "vpcId": vpc, "vpcRegion": seen["VPCRegion"]}

    def delete(self, aws: Account, found: Found) -> None:
        zone = found["zoneId"]
        vpc = _vpc(aws, found.properties)
        owner = _owner(aws, zone, vpc["VPCId"])
        owner.call("route53", "disassociate_vpc_from_hosted_zone", HostedZoneId=zone, VPC=vpc)


class AssociationAuthorization(Kind):
    token = "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization"
    replaces = frozenset({"vpcId", "zoneId", "vpcRegion"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        zone, vpc = wanted.take("zoneId"), _vpc(aws, {name: wanted.take(name) for name in ("vpcId", "vpcRegion")})
        given = validated("route53", "CreateVPCAssociationAuthorization", {"HostedZoneId": zone, "VPC": vpc})
        return aws.shelf.put(aws.number, "authorization", given, f"{zone}:{vpc['VPCId']}")

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.shelf.get(aws.number, "authorization", found.id)
        return {"zoneId": held["HostedZoneId"], "vpcId": held["VPC"]["VPCId"], "vpcRegion": held["VPC"]["VPCRegion"]}

    def delete(self, aws: Account, found: Found) -> None:
        aws.shelf.pop(aws.number, "authorization", found.id)


class Record(Kind):
    token = "aws:route53/record:Record"
    replaces = frozenset({"zoneId", "name", "type", "setIdentifier"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        zone, name, type_ = (wanted.take(key) for key in ("zoneId", "name", "type"))
        record: Values = {"Name": name, "Type": type_} | _answer(wanted.take("records"), wanted.take("ttl"),
                                                                 wanted.take("aliases"))  # fmt: skip
        action = "UPSERT" if wanted.take("allowOverwrite") else "CREATE"
        _change(aws, zone, action, record)
        return f"{zone}_{name}_{type_}"

    def read(self, aws: Account, found: Found) -> Values:
        held = _record(aws, found)
        records = [each["Value"] for each in held.get("ResourceRecords", [])]
        return {"fqdn": held["Name"].rstrip(".")} | ({"records": records, "ttl": held["TTL"]} if records else {})

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        parts = [wanted.take(name, found.get(name)) for name in ("records", "ttl", "aliases")]
        wanted.ignore("allowOverwrite")
        _change(aws, found["zoneId"], "UPSERT", {"Name": found["name"], "Type": found["type"]} | _answer(*parts))

    def delete(self, aws: Account, found: Found) -> None:
        _change(aws, found["zoneId"], "DELETE", _record(aws, found))


def _owner(aws: Account, zone: str, vpc: str) -> Account:
    """moto associates within one account only; who was authorised is served in the zone's."""
    owner = aws.shelf.owner("authorization", f"{zone}:{vpc}")
    return aws.other(owner) if owner else aws


def _answer(records: list[str] | None, ttl: int | None, aliases: list[Values] | None) -> Values:
    if aliases:
        alias = aliases[0]
        target = {"DNSName": alias["name"], "HostedZoneId": alias["zoneId"],
                  "EvaluateTargetHealth": alias["evaluateTargetHealth"]}  # fmt: skip
        return {"AliasTarget": target}
    return {"TTL": ttl, "ResourceRecords": [{"Value": each} for each in records or []]}


def _record(aws: Account, found: Found) -> Any:
    held = aws.call("route53", "list_resource_record_sets", HostedZoneId=found["zoneId"])["ResourceRecordSets"]
    name = found["name"].rstrip(".")
    return only(each for each in held if each["Name"].rstrip(".").startswith(name) and each["Type"] == found["type"])


def _change(aws: Account, zone: str, action: str, record: Values) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    aws.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


def _vpc(aws: Account, given: Values) -> Values:
    return {"VPCId": given["vpcId"], "VPCRegion": given.get("vpcRegion") or aws.region}


KINDS: tuple[Kind, ...] = (Zone(), ZoneAssociation(), AssociationAuthorization(), Record())
