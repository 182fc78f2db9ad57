"""VPC endpoints and flow logs."""

from typing import ClassVar

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, policy, told
from tests.aws.provider.wire import Values

LISTS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}


class VpcEndpoint(Kind):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    replaces = frozenset({"vpcId", "serviceName", "vpcEndpointType", "serviceRegion", "resourceConfigurationArn"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("vpcId", "serviceName", "vpcEndpointType", "privateDnsEnabled", policy="PolicyDocument")
        answer = aws.call("ec2", "create_vpc_endpoint", **given, **wanted.calls(**LISTS))
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def read(self, aws: Account, found: Found) -> Values:
        listed = aws.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[found.id])["VpcEndpoints"]
        held = only(each for each in listed if each["State"] != "deleted")
        seen = told(held, "vpcId", "serviceName", "vpcEndpointType", "privateDnsEnabled", "state", "ownerId")
        seen |= told(held, "routeTableIds", "subnetIds", "networkInterfaceIds")
        seen["securityGroupIds"] = [each["GroupId"] for each in held.get("Groups", [])] or found.get(
            "securityGroupIds", []
        )
        if held.get("PolicyDocument"):
            seen["policy"] = policy(held["PolicyDocument"])
        if held.get("VpcEndpointType") == "Gateway":
            seen["prefixListId"] = self._prefix_list(aws, held["ServiceName"])
        seen["dnsEntries"] = [told(each, "dnsName", "hostedZoneId") for each in held.get("DnsEntries", [])]
        return seen | {"arn": f"arn:aws:ec2:{aws.region}:{aws.number}:vpc-endpoint/{found.id}"}

    def _prefix_list(self, aws: Account, service: str) -> str:
        lists = aws.call("ec2", "describe_managed_prefix_lists")["PrefixLists"]
        return str(only(each for each in lists if each["PrefixListName"] == service)["PrefixListId"])

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        given = wanted.calls("privateDnsEnabled", policy="PolicyDocument")
        for name, theirs in LISTS.items():
            if wanted.has(name):
                old, new = set(found.get(name) or []), set(wanted.take(name) or [])
                given |= {f"Add{theirs}": sorted(new - old), f"Remove{theirs}": sorted(old - new)}
        changes = {key: value for key, value in given.items() if value != []}
        aws.call("ec2", "modify_vpc_endpoint", VpcEndpointId=found.id, **changes)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[found.id])

    def tag_key(self, found: Found) -> str:
        return found.id


class FlowLog(Kind):
    """Of a VPC, subnet or transit gateway; nothing of it can be changed but its tags."""

    token = "aws:ec2/flowLog:FlowLog"
    subjects: ClassVar = {
        "vpcId": "VPC",
        "subnetId": "Subnet",
        "eniId": "NetworkInterface",
        "transitGatewayId": "TransitGateway",
    }
    settings = ("trafficType", "logDestinationType", "logDestination", "logFormat", "maxAggregationInterval")
    replaces = frozenset({*subjects, *settings, "iamRoleArn", "deliverCrossAccountRole", "destinationOptions"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        subject = only(name for name in self.subjects if wanted.has(name))
        given = wanted.calls(*self.settings, iamRoleArn="DeliverLogsPermissionArn")
        ids = [wanted.take(subject)]
        made = aws.call("ec2", "create_flow_logs", ResourceIds=ids, ResourceType=self.subjects[subject], **given)
        if made.get("Unsuccessful"):
            raise RuntimeError(made["Unsuccessful"][0]["Error"]["Message"])
        return str(made["FlowLogIds"][0])

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("ec2", "describe_flow_logs", FlowLogIds=[found.id])["FlowLogs"])
        return told(held, *self.settings, iamRoleArn="DeliverLogsPermissionArn")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_flow_logs", FlowLogIds=[found.id])

    def tag_key(self, found: Found) -> str:
        return found.id


KINDS: tuple[Kind, ...] = (VpcEndpoint(), FlowLog())
