"""Security groups and their single rules."""

from typing import Any, ClassVar

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.wire import Values

PEERS = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
"""Who a rule is about, each in its own corner of a permission."""


class SecurityGroup(Kind):
    token = "aws:ec2/securityGroup:SecurityGroup"
    replaces = frozenset({"name", "namePrefix", "description", "vpcId"})
    named = "name"
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        """The real provider takes away the rule that lets everything out, which AWS gives to every new group."""
        description = wanted.take("description", "Managed by Pulumi")
        given = wanted.calls("vpcId", name="GroupName")
        group = str(aws.call("ec2", "create_security_group", Description=description, **given)["GroupId"])
        _empty(aws, group)
        wanted.ignore("revokeRulesOnDelete")
        return group

    def read(self, aws: Account, found: Found) -> Values:
        group = _group(aws, found.id)
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:security-group/{found.id}"
        return told(group, "description", "vpcId", "ownerId", name="GroupName") | {"arn": arn}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore("revokeRulesOnDelete")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", "delete_security_group", GroupId=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class DefaultSecurityGroup(Kind):
    """The group that each VPC has: adopted, emptied, and left behind for the VPC to take with it."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    replaces = frozenset({"vpcId"})
    taggable = "ec2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        filters = [{"Name": "vpc-id", "Values": [wanted.take("vpcId")]}, {"Name": "group-name", "Values": ["default"]}]
        group = only(aws.call("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"])
        _empty(aws, group["GroupId"])
        wanted.ignore("revokeRulesOnDelete")
        for side in ("ingress", "egress"):
            if not wanted.take(side):
                continue
            raise NotImplementedError("rules in the default group: nobody should use it")
        return str(group["GroupId"])

    def read(self, aws: Account, found: Found) -> Values:
        group = _group(aws, found.id)
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:security-group/{found.id}"
        return told(group, "vpcId", "ownerId", "description", name="GroupName") | {"arn": arn}

    def delete(self, aws: Account, found: Found) -> None:
        """Nothing, as the real provider."""

    def tag_key(self, found: Found) -> str:
        return found.id


class _Rule(Kind):
    replaces = frozenset({"securityGroupId"})
    taggable = "ec2"
    egress: ClassVar[bool]
    authorize: ClassVar[str]
    revoke: ClassVar[str]

    def create(self, aws: Account, wanted: Wanted) -> str:
        group = wanted.take("securityGroupId")
        answer = aws.call("ec2", self.authorize, GroupId=group, IpPermissions=[_permission(wanted)])
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def read(self, aws: Account, found: Found) -> Values:
        rules = aws.call("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[found.id])
        rule = only(each for each in rules["SecurityGroupRules"] if each["IsEgress"] is self.egress)
        other = rule.get("ReferencedGroupInfo", {}).get("GroupId")
        seen = told(rule, "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "description")
        arn = f"arn:aws:ec2:{aws.region}:{aws.number}:security-group-rule/{found.id}"
        return (
            seen
            | {"securityGroupRuleId": found.id, "arn": arn}
            | ({"referencedSecurityGroupId": other} if other else {})
        )

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        """The whole rule is sent, as the real provider does."""
        names = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "description")
        new = {name: wanted.take(name) if wanted.has(name) else found.get(name) for name in names}
        group = wanted.take("referencedSecurityGroupId", found.get("referencedSecurityGroupId"))
        rule = {_theirs(name): value for name, value in new.items() if value is not None}
        if group:
            rule["ReferencedGroupId"] = group
        change = {"SecurityGroupRuleId": found.id, "SecurityGroupRule": rule}
        aws.call("ec2", "modify_security_group_rules", GroupId=found["securityGroupId"], SecurityGroupRules=[change])

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ec2", self.revoke, GroupId=found["securityGroupId"], SecurityGroupRuleIds=[found.id])

    def tag_key(self, found: Found) -> str:
        return found.id


class IngressRule(_Rule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    egress = False
    authorize = "authorize_security_group_ingress"
    revoke = "revoke_security_group_ingress"


class EgressRule(_Rule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    egress = True
    authorize = "authorize_security_group_egress"
    revoke = "revoke_security_group_egress"


def _permission(wanted: Wanted) -> Values:
    permission: Values = wanted.calls("ipProtocol", "fromPort", "toPort")
    description = wanted.take("description")
    for name, (corner, key) in PEERS.items():
        if peer := wanted.take(name):
            permission[corner] = [{key: peer} | ({"Description": description} if description else {})]
    return permission


def _theirs(name: str) -> str:
    return name[:1].upper() + name[1:]


def _group(aws: Account, group: str) -> Any:
    return only(aws.call("ec2", "describe_security_groups", GroupIds=[group])["SecurityGroups"])


def _empty(aws: Account, group: str) -> None:
    held = _group(aws, group)
    for rules, revoke in (("IpPermissionsEgress", EgressRule.revoke), ("IpPermissions", IngressRule.revoke)):
        if held.get(rules):
            aws.call("ec2", revoke, GroupId=group, IpPermissions=held[rules])


KINDS: tuple[Kind, ...] = (SecurityGroup(), DefaultSecurityGroup(), IngressRule(), EgressRule())
