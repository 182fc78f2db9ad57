"""What lies in an account, apart from what AWS itself puts there."""

from collections.abc import Iterator
from typing import Any

from tests.aws.provider.account import Account
from tests.aws.provider.wire import Values

LISTS: tuple[tuple[str, str, str, str], ...] = (
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe_customer_gateways", "CustomerGateways", "CustomerGatewayId"),
    ("ec2", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId"),
    ("ec2", "describe_vpn_connections", "VpnConnections", "VpnConnectionId"),
    ("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    ("ec2", "describe_transit_gateways", "TransitGateways", "TransitGatewayId"),
    ("ec2", "describe_transit_gateway_attachments", "TransitGatewayAttachments", "TransitGatewayAttachmentId"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    ("route53", "list_hosted_zones", "HostedZones", "Name"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    ("efs", "describe_access_points", "AccessPoints", "AccessPointId"),
    ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    ("backup", "list_backup_plans", "BackupPlansList", "BackupPlanName"),
)
"""Service, operation, the list in its answer, and what each item is called."""
INSIDE = (
    ("describe_subnets", "Subnets", "SubnetId"),
    ("describe_route_tables", "RouteTables", "RouteTableId"),
    ("describe_security_groups", "SecurityGroups", "GroupId"),
)
GONE = {"deleted", "DELETED", "INACTIVE"}


def left(aws: Account) -> list[str]:
    """One line for each thing: what it is and its name. Keys and secrets that wait for their deletion are gone."""
    listed = (
        f"{operation.removeprefix('describe_').removeprefix('list_')}: {item[name]}"
        for service, operation, key, name in LISTS
        for item in aws.call(service, operation).get(key, [])
        if _state(item) not in GONE
    )
    return sorted([*listed, *_network(aws), *_keys(aws), *_containers(aws)])


def _state(item: Values) -> str:
    state = item.get("State", item.get("Status", ""))
    return str(state["Code"]) if isinstance(state, dict) else str(state)


def _network(aws: Account) -> Iterator[str]:
    """VPCs but the default one, and what is in them."""
    tables = aws.call("ec2", "describe_transit_gateway_route_tables")["TransitGatewayRouteTables"]
    gateways = {each["TransitGatewayId"] for each in aws.call("ec2", "describe_transit_gateways")["TransitGateways"]}
    for table in tables:
        if table["TransitGatewayId"] in gateways and table["State"] not in GONE:
            yield f"TransitGatewayRouteTables: {table['TransitGatewayRouteTableId']}"
    for vpc in own_vpcs(aws):
        yield f"vpcs: {vpc['VpcId']}"
        inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        for operation, key, name in INSIDE:
            yield from (f"{key}: {item[name]}" for item in aws.call("ec2", operation, Filters=inside)[key])


def own_vpcs(aws: Account) -> list[Values]:
    """The VPCs but the default one."""
    return [vpc for vpc in aws.call("ec2", "describe_vpcs")["Vpcs"] if not vpc["IsDefault"]]


def own_keys(aws: Account) -> Iterator[Any]:
    """The keys that are not AWS's own and are not to be deleted."""
    managed = {each.get("TargetKeyId") for each in _aliases(aws) if each["AliasName"].startswith("alias/aws/")}
    for page in aws.pages("kms", "list_keys"):
        for each in page["Keys"]:
            key = aws.call("kms", "describe_key", KeyId=each["KeyId"])["KeyMetadata"]
            if key["KeyId"] not in managed and key["KeyState"] == "Enabled":
                yield key


def _keys(aws: Account) -> Iterator[str]:
    for key in own_keys(aws):
        yield f"keys: {key['KeyId']}"
    names = (each["AliasName"] for each in _aliases(aws))
    yield from (f"aliases: {name}" for name in names if not name.startswith("alias/aws/"))


def _aliases(aws: Account) -> Iterator[Any]:
    for page in aws.pages("kms", "list_aliases"):
        yield from page["Aliases"]


def _containers(aws: Account) -> Iterator[str]:
    arns = aws.call("ecs", "list_clusters")["clusterArns"]
    for cluster in aws.call("ecs", "describe_clusters", clusters=arns)["clusters"] if arns else ():
        if cluster["status"] not in GONE:
            yield f"clusters: {cluster['clusterArn']}"
            inside = cluster["clusterArn"]
            yield from (f"services: {each}" for each in aws.call("ecs", "list_services", cluster=inside)["serviceArns"])
    for arn in aws.call("ecs", "list_task_definitions", status="ACTIVE")["taskDefinitionArns"]:
        yield f"task definitions: {arn}"
