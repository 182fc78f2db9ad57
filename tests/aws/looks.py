"""What boto3 sees wrong in an account: each look lists the things that break one promise, in words."""

import json
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.inventory import own_keys, own_vpcs
from tests.aws.provider.account import Account, is_gone
from tests.aws.provider.wire import Values

Look = Callable[[Account], Iterator[str]]
WAYS_OUT = (
    ("describe_internet_gateways", "InternetGateways"),
    ("describe_nat_gateways", "NatGateways"),
    ("describe_addresses", "Addresses"),
)
ANYWHERE = {"0.0.0.0/0", "::/0"}


def open_doors(aws: Account) -> Iterator[str]:
    """Rules that name the whole world, in or out, and groups that nobody should use but let something through."""
    for rule in rules(aws):
        if {rule.get("CidrIpv4"), rule.get("CidrIpv6")} & ANYWHERE:
            yield f"{rule['GroupId']} is open to the world: {rule['SecurityGroupRuleId']}"
    for group in _groups(aws):
        if group["GroupName"] == "default" and (group["IpPermissions"] or group["IpPermissionsEgress"]):
            yield f"the default group {group['GroupId']} lets something through"


def public_things(aws: Account) -> Iterator[str]:
    """Anything that the internet could reach, or that could reach it."""
    for operation, key in WAYS_OUT:
        yield from (f"{key}: {each}" for each in aws.call("ec2", operation)[key])
    own = {vpc["VpcId"] for vpc in own_vpcs(aws)}
    subnets = [each for each in aws.call("ec2", "describe_subnets")["Subnets"] if each["VpcId"] in own]
    yield from (f"{each['SubnetId']} gives public addresses" for each in subnets if each["MapPublicIpOnLaunch"])
    balancers = aws.call("elbv2", "describe_load_balancers")["LoadBalancers"]
    yield from (f"{each['LoadBalancerName']} faces the internet" for each in balancers if each["Scheme"] != "internal")
    databases = aws.call("rds", "describe_db_instances")["DBInstances"]
    yield from (f"{each['DBInstanceIdentifier']} is public" for each in databases if each["PubliclyAccessible"])
    for service in services(aws):
        if service["networkConfiguration"]["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED":
            yield f"{service['serviceName']} has a public address"
    yield from _public_buckets(aws)


def _public_buckets(aws: Account) -> Iterator[str]:
    for bucket in buckets(aws):
        block = _setting(aws, "get_public_access_block", bucket).get("PublicAccessBlockConfiguration", {"": False})
        if not all(block.values()):
            yield f"{bucket} may be made public"
        policy = json.loads(_setting(aws, "get_bucket_policy", bucket).get("Policy", '{"Statement": []}'))
        denied = [each for each in policy["Statement"] if each["Effect"] == "Deny"]
        if not any("aws:SecureTransport" in json.dumps(each.get("Condition", {})) for each in denied):
            yield f"{bucket} answers without TLS"


def _setting(aws: Account, operation: str, bucket: str) -> Values:
    """One property of a bucket; empty where it has none."""
    try:
        return aws.call("s3", operation, Bucket=bucket)
    except ClientError as error:
        if not is_gone(error):
            raise
        return {}


def in_the_clear(aws: Account) -> Iterator[str]:
    """What is kept without a key, or under one that is not of this account."""
    mine = {word for key in own_keys(aws) for word in (key["Arn"], key["KeyId"])}
    for what, key in kept(aws):
        if key not in mine:
            yield f"{what} lies under {key or 'no key'}"
    for key in own_keys(aws):
        if not aws.call("kms", "get_key_rotation_status", KeyId=key["KeyId"])["KeyRotationEnabled"]:
            yield f"{key['Arn']} does not rotate"


def kept(aws: Account) -> Iterator[tuple[str, str]]:
    """Everything that holds data, and the ARN of its key."""
    for bucket in buckets(aws):
        held = _setting(aws, "get_bucket_encryption", bucket).get("ServerSideEncryptionConfiguration", {"Rules": []})
        defaults = [each["ApplyServerSideEncryptionByDefault"] for each in held["Rules"]]
        yield f"bucket {bucket}", next((each.get("KMSMasterKeyID", "") for each in defaults), "")
    for database in aws.call("rds", "describe_db_instances")["DBInstances"]:
        sealed = database["StorageEncrypted"]
        yield f"database {database['DBInstanceIdentifier']}", database["KmsKeyId"] if sealed else ""
    for system in aws.call("efs", "describe_file_systems")["FileSystems"]:
        yield f"file system {system['FileSystemId']}", system.get("KmsKeyId", "") if system["Encrypted"] else ""
    for secret in aws.call("secretsmanager", "list_secrets")["SecretList"]:
        yield f"secret {secret['Name']}", secret.get("KmsKeyId", "")
    for group in aws.call("logs", "describe_log_groups")["logGroups"]:
        yield f"log group {group['logGroupName']}", group.get("kmsKeyId", "")
    for vault in aws.call("backup", "list_backup_vaults")["BackupVaultList"]:
        yield f"vault {vault['BackupVaultName']}", vault.get("EncryptionKeyArn", "")


def unpinned(aws: Account) -> Iterator[str]:
    """Images that another push could change."""
    for arn in aws.call("ecs", "list_task_definitions", status="ACTIVE")["taskDefinitionArns"]:
        task = aws.call("ecs", "describe_task_definition", taskDefinition=arn)["taskDefinition"]
        for container in task["containerDefinitions"]:
            if "@sha256:" not in container["image"]:
                yield f"{arn}: {container['image']}"


def forgetful(aws: Account) -> Iterator[str]:
    """Buckets that lose what is written over."""
    for bucket in buckets(aws):
        if aws.call("s3", "get_bucket_versioning", Bucket=bucket).get("Status") != "Enabled":
            yield f"{bucket} keeps no versions"


def rules(aws: Account) -> list[Any]:
    """Single rules of the security groups in our own VPCs."""
    own = {group["GroupId"] for group in _groups(aws)}
    held: list[Any] = aws.call("ec2", "describe_security_group_rules")["SecurityGroupRules"]
    return [rule for rule in held if rule["GroupId"] in own]


def _groups(aws: Account) -> list[Any]:
    own = {vpc["VpcId"] for vpc in own_vpcs(aws)}
    return [each for each in aws.call("ec2", "describe_security_groups")["SecurityGroups"] if each["VpcId"] in own]


def buckets(aws: Account) -> list[str]:
    return [each["Name"] for each in aws.call("s3", "list_buckets")["Buckets"]]


def services(aws: Account) -> Iterator[Values]:
    for cluster in aws.call("ecs", "list_clusters")["clusterArns"]:
        arns = aws.call("ecs", "list_services", cluster=cluster)["serviceArns"]
        for arn in arns:
            yield from aws.call("ecs", "describe_services", cluster=cluster, services=[arn])["services"]


def routes(aws: Account) -> dict[str, set[str]]:
    """Where each of our VPCs' routing tables lead beyond it: its own CIDR -> CIDRs that have a way."""
    found: dict[str, set[str]] = {}
    for vpc in own_vpcs(aws):
        tables = aws.call("ec2", "describe_route_tables", Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
        associated = [each for each in tables["RouteTables"] if any(a.get("SubnetId") for a in each["Associations"])]
        ways = [
            {route["DestinationCidrBlock"] for route in table["Routes"] if _leads(route)} for table in associated
        ]  # fmt: skip
        found[vpc["CidrBlock"]] = set.intersection(*ways) if ways else set()
    return found


def leads(ways: set[str], to: str) -> bool:
    """Whether one of the ways covers all of a network."""
    return any(IPv4Network(to).subnet_of(IPv4Network(way)) for way in ways)


def _leads(route: Values) -> bool:
    joined = route.get("TransitGatewayId") or route.get("VpcPeeringConnectionId")
    return bool(joined) and "DestinationCidrBlock" in route
