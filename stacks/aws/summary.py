"""What a network on AWS would be charged for: counts and sizes by type, and never a price."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.site.planned import Planned
from stacks.target import Amount

CHARGED: Mapping[str, tuple[str, str]] = {
    "aws:ecs/service:Service": ("Fargate services, one task each", ""),
    "aws:ecs/taskDefinition:TaskDefinition": ("sizes of tasks", "{cpu} CPU units, {memory} MiB"),
    "aws:rds/instance:Instance": ("databases", "{instanceClass}, {allocatedStorage} GB, multi-zone: {multiAz}"),
    "aws:efs/fileSystem:FileSystem": ("file systems for queues", ""),
    "aws:s3/bucket:Bucket": ("buckets", ""),
    "aws:lb/loadBalancer:LoadBalancer": ("balancers", "{loadBalancerType}, internal: {internal}"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("endpoints of AWS services", "{vpcEndpointType}"),
    "aws:ec2transitgateway/transitGateway:TransitGateway": ("transit gateways", ""),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": ("attachments to the gateway", ""),
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": ("peerings", ""),
    "aws:ec2/vpnConnection:VpnConnection": ("VPN connections, two tunnels each", ""),
    "aws:directconnect/gatewayAssociation:GatewayAssociation": ("Direct Connect associations", ""),
    "aws:kms/key:Key": ("keys", ""),
    "aws:secretsmanager/secret:Secret": ("secrets", ""),
    "aws:cloudwatch/logGroup:LogGroup": ("log groups", "{retentionInDays} days"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("alarms", ""),
    "aws:backup/vault:Vault": ("backup vaults", ""),
    "aws:route53/zone:Zone": ("private zones", ""),
}
"""Type -> what it is called, and which of its properties decide its price."""


def amounts(planned: Iterable[Planned]) -> tuple[Amount, ...]:
    """In the order of the table above; types that AWS does not charge for by themselves are left out."""
    counts = Counter(
        (each.kind, _size(CHARGED[each.kind][1], each.properties)) for each in planned if each.kind in CHARGED
    )
    order = list(CHARGED)
    found = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    return tuple(Amount(CHARGED[kind][0], size, count) for (kind, size), count in found)


def _size(form: str, properties: Mapping[str, Any]) -> str:
    return form.format_map(_Words(properties))


class _Words(dict[str, Any]):
    """Properties as words; what is not given is what AWS takes by itself."""

    def __missing__(self, key: str) -> str:
        return "by default"
