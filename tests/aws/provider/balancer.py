"""Load balancers, their listeners and targets."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, told
from tests.aws.provider.wire import Values

SWITCHES = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "dnsRecordClientRoutingPolicy": "dns_record.client_routing_policy",
    "idleTimeout": "idle_timeout.timeout_seconds",
}
TARGETING = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
}
CHECK = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
}


class LoadBalancer(Kind):
    token = "aws:lb/loadBalancer:LoadBalancer"
    replaces = frozenset({"name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"})
    named = "name"
    taggable = "elbv2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        scheme = "internal" if wanted.take("internal") else "internet-facing"
        given = wanted.calls("name", "subnets", "securityGroups", "ipAddressType", loadBalancerType="Type")
        made = aws.call("elbv2", "create_load_balancer", Scheme=scheme, **given)["LoadBalancers"][0]
        arn = str(made["LoadBalancerArn"])
        self._attributes(aws, arn, wanted)
        return arn

    def _attributes(self, aws: Account, arn: str, wanted: Wanted) -> None:
        chosen = [
            {"Key": theirs, "Value": _text(wanted.take(ours))} for ours, theirs in SWITCHES.items() if wanted.has(ours)
        ]
        if logs := wanted.take("accessLogs"):
            chosen += [
                {"Key": f"access_logs.s3.{name}", "Value": _text(logs[name])}
                for name in ("enabled", "bucket", "prefix")
                if logs.get(name) is not None
            ]
        if chosen:
            aws.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=chosen)

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("elbv2", "describe_load_balancers", LoadBalancerArns=[found.id])["LoadBalancers"])
        attributes = aws.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=found.id)["Attributes"]
        values = {each["Key"]: each["Value"] for each in attributes}
        protection = values.get("deletion_protection.enabled") == "true"
        seen = told(held, "vpcId", name="LoadBalancerName", dnsName="DNSName", zoneId="CanonicalHostedZoneId",
                    arn="LoadBalancerArn", loadBalancerType="Type")  # fmt: skip
        return seen | {
            "internal": held["Scheme"] == "internal",
            "enableDeletionProtection": protection,
            "arnSuffix": found.id.partition("loadbalancer/")[2],
        }

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.has("securityGroups"):
            groups = wanted.take("securityGroups")
            aws.call("elbv2", "set_security_groups", LoadBalancerArn=found.id, SecurityGroups=groups)
        if wanted.has("subnets"):
            aws.call("elbv2", "set_subnets", LoadBalancerArn=found.id, Subnets=wanted.take("subnets"))
        self._attributes(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("elbv2", "delete_load_balancer", LoadBalancerArn=found.id)


class TargetGroup(Kind):
    token = "aws:lb/targetGroup:TargetGroup"
    replaces = frozenset(
        {"name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"}
    )
    named = "name"
    taggable = "elbv2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("name", "port", "protocol", "vpcId", "targetType", "ipAddressType")
        check = _check(wanted.take("healthCheck"))
        arn = str(aws.call("elbv2", "create_target_group", **given, **check)["TargetGroups"][0]["TargetGroupArn"])
        self._attributes(aws, arn, wanted)
        return arn

    def _attributes(self, aws: Account, arn: str, wanted: Wanted) -> None:
        chosen = [
            {"Key": theirs, "Value": _text(wanted.take(ours))} for ours, theirs in TARGETING.items() if wanted.has(ours)
        ]
        if chosen:
            aws.call("elbv2", "modify_target_group_attributes", TargetGroupArn=arn, Attributes=chosen)

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("elbv2", "describe_target_groups", TargetGroupArns=[found.id])["TargetGroups"])
        seen = told(held, "port", "protocol", "vpcId", "targetType", name="TargetGroupName", arn="TargetGroupArn")
        seen["healthCheck"] = {ours: _plain(held[theirs]) for ours, theirs in CHECK.items() if theirs in held}
        return seen | {"arnSuffix": found.id.rpartition(":")[2]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if check := wanted.take("healthCheck"):
            aws.call("elbv2", "modify_target_group", TargetGroupArn=found.id, **_check(check))
        self._attributes(aws, found.id, wanted)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("elbv2", "delete_target_group", TargetGroupArn=found.id)


class Listener(Kind):
    token = "aws:lb/listener:Listener"
    replaces = frozenset({"loadBalancerArn"})
    taggable = "elbv2"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("loadBalancerArn", **_listening())
        answer = aws.call("elbv2", "create_listener", DefaultActions=_actions(wanted.take("defaultActions")),
                          **given, **_certificate(wanted))  # fmt: skip
        wanted.ignore("tcpIdleTimeoutSeconds")
        return str(answer["Listeners"][0]["ListenerArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("elbv2", "describe_listeners", ListenerArns=[found.id])["Listeners"])
        seen = told(held, "loadBalancerArn", "port", "protocol", arn="ListenerArn")
        actions = [told(each, "type", "targetGroupArn", "order") for each in held["DefaultActions"]]
        return seen | {"defaultActions": actions}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        actions = _actions(wanted.take("defaultActions", found["defaultActions"]))
        given = wanted.calls(**_listening())
        aws.call(
            "elbv2", "modify_listener", ListenerArn=found.id, DefaultActions=actions, **given, **_certificate(wanted)
        )
        wanted.ignore("tcpIdleTimeoutSeconds")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("elbv2", "delete_listener", ListenerArn=found.id)


def _listening() -> dict[str, str]:
    return {"port": "Port", "protocol": "Protocol", "sslPolicy": "SslPolicy"}


def _certificate(wanted: Wanted) -> Values:
    given: Values = {}
    if arn := wanted.take("certificateArn"):
        given["Certificates"] = [{"CertificateArn": arn}]
    if policy := wanted.take("alpnPolicy"):
        given["AlpnPolicy"] = [policy]
    return given


def _actions(given: list[Values]) -> list[Values]:
    return [
        {"Type": each["type"]} | ({"TargetGroupArn": each["targetGroupArn"]} if each.get("targetGroupArn") else {})
        for each in given
    ]


def _check(given: Values | None) -> Values:
    chosen = {CHECK[key]: value for key, value in (given or {}).items() if key != "matcher" and value is not None}
    if "HealthCheckPort" in chosen:
        chosen["HealthCheckPort"] = str(chosen["HealthCheckPort"])
    if given and given.get("matcher"):
        chosen["Matcher"] = {"HttpCode": given["matcher"]}
    return chosen


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


KINDS: tuple[Kind, ...] = (LoadBalancer(), TargetGroup(), Listener())
