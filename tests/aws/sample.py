"""A program of a test's own: each kind of thing once, in the shape that netprov's network has."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

DIGEST = f"docker.example/orthanc@sha256:{'0' * 64}"
ANYBODY_OF_US = "arn:aws:iam::123456789012:root"


def statement(effect: str, action: str, **more: object) -> str:
    what: dict[str, object] = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [what]})


def trust(service: str) -> str:
    who = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [who]})


KEY_POLICY = statement("Allow", "kms:*", Principal={"AWS": ANYBODY_OF_US})


@dataclass(frozen=True)
class Shape:
    """What a test varies."""

    cidr: str = "10.1.0.0/16"
    port: int = 443
    tag: str = "one"
    retention: int = 30
    desired: int = 1
    image: str = DIGEST


@dataclass(frozen=True)
class Ground:
    """What the rest stands on."""

    its: pulumi.ResourceOptions
    vpc: aws.ec2.Vpc
    subnets: tuple[aws.ec2.Subnet, ...]
    table: aws.ec2.RouteTable
    group: aws.ec2.SecurityGroup


def ground(shape: Shape, name: str = "") -> Ground:
    tags = aws.ProviderDefaultTagsArgs(tags={"network": "severn", "kind": shape.tag})
    its = pulumi.ResourceOptions(provider=aws.Provider(f"first{name}", region="eu-west-2", default_tags=tags))
    vpc = aws.ec2.Vpc(f"vpc{name}", cidr_block=shape.cidr, enable_dns_hostnames=True, opts=its)
    aws.ec2.DefaultSecurityGroup(f"nobody{name}", vpc_id=vpc.id, opts=its)
    prefix = shape.cidr.removesuffix(".0.0/16")
    subnets = tuple(
        aws.ec2.Subnet(
            f"subnet{name}-{zone}",
            vpc_id=vpc.id,
            cidr_block=f"{prefix}.{index}.0/24",
            availability_zone=f"eu-west-2{zone}",
            opts=its,
        )
        for index, zone in enumerate("ab")
    )
    group = aws.ec2.SecurityGroup(f"node{name}", vpc_id=vpc.id, description="node", opts=its)
    table = aws.ec2.RouteTable(f"table{name}", vpc_id=vpc.id, opts=its)
    for zone, subnet in zip("ab", subnets, strict=True):
        aws.ec2.RouteTableAssociation(f"member{name}-{zone}", route_table_id=table.id, subnet_id=subnet.id, opts=its)
    return Ground(its, vpc, subnets, table, group)


def doors(on: Ground, shape: Shape) -> None:
    to: dict[str, Any] = {"ip_protocol": "tcp", "cidr_ipv4": "10.2.0.0/16"}
    aws.vpc.SecurityGroupIngressRule(
        "https-in", security_group_id=on.group.id, from_port=shape.port, to_port=shape.port, opts=on.its, **to
    )
    aws.vpc.SecurityGroupEgressRule(
        "https-out", security_group_id=on.group.id, from_port=443, to_port=443, opts=on.its, **to
    )
    service = "com.amazonaws.eu-west-2"
    s3 = aws.ec2.VpcEndpoint(
        "s3", vpc_id=on.vpc.id, service_name=f"{service}.s3", vpc_endpoint_type="Gateway",
        route_table_ids=[on.table.id], policy=statement("Allow", "s3:GetObject", Principal="*"), opts=on.its,
    )  # fmt: skip
    aws.ec2.VpcEndpoint(
        "logs", vpc_id=on.vpc.id, service_name=f"{service}.logs", vpc_endpoint_type="Interface",
        private_dns_enabled=True, subnet_ids=[subnet.id for subnet in on.subnets],
        security_group_ids=[on.group.id], opts=on.its,
    )  # fmt: skip
    aws.vpc.SecurityGroupEgressRule(
        "s3-out", security_group_id=on.group.id, ip_protocol="tcp", from_port=443, to_port=443,
        prefix_list_id=s3.prefix_list_id, opts=on.its,
    )  # fmt: skip
    aws.vpc.SecurityGroupIngressRule(
        "group-in", security_group_id=on.group.id, ip_protocol="tcp", from_port=2762, to_port=2762,
        referenced_security_group_id=on.group.id, description="each other", opts=on.its,
    )  # fmt: skip


def joins(on: Ground) -> None:
    hub = aws.ec2transitgateway.TransitGateway(
        "hub", default_route_table_association="disable", default_route_table_propagation="disable", opts=on.its
    )
    subnets = [each.id for each in on.subnets]
    attached = aws.ec2transitgateway.VpcAttachment(
        "attached", transit_gateway_id=hub.id, vpc_id=on.vpc.id, subnet_ids=subnets, opts=on.its
    )
    table = aws.ec2transitgateway.RouteTable("hub", transit_gateway_id=hub.id, opts=on.its)
    both: dict[str, Any] = {"transit_gateway_attachment_id": attached.id, "transit_gateway_route_table_id": table.id}
    aws.ec2transitgateway.RouteTableAssociation("hub", opts=on.its, **both)
    aws.ec2transitgateway.RouteTablePropagation("hub", opts=on.its, **both)
    after = pulumi.ResourceOptions.merge(on.its, pulumi.ResourceOptions(depends_on=[attached]))
    aws.ec2.Route("to-hub", route_table_id=on.table.id, destination_cidr_block="10.0.0.0/8", transit_gateway_id=hub.id,
                  opts=after)  # fmt: skip
    there = aws.ec2.CustomerGateway("site", bgp_asn="65000", ip_address="192.0.2.1", type="ipsec.1", opts=on.its)
    aws.ec2.VpnConnection(
        "site", customer_gateway_id=there.id, transit_gateway_id=hub.id, type="ipsec.1", static_routes_only=True,
        tunnel1_ike_versions=["ikev2"], tunnel2_ike_versions=["ikev2"], opts=on.its,
    )  # fmt: skip
    sites = aws.ec2.VpnGateway("sites", vpc_id=on.vpc.id, opts=on.its)
    aws.ec2.VpnConnection(
        "own",
        customer_gateway_id=there.id,
        vpn_gateway_id=sites.id,
        type="ipsec.1",
        static_routes_only=False,
        opts=on.its,
    )
    aws.ec2.Route(
        "to-site", route_table_id=on.table.id, destination_cidr_block="192.168.0.0/24", gateway_id=sites.id, opts=on.its
    )
    gateway = aws.directconnect.Gateway("direct", amazon_side_asn="64512", name="direct", opts=on.its)
    aws.directconnect.GatewayAssociation(
        "direct", dx_gateway_id=gateway.id, associated_gateway_id=hub.id, allowed_prefixes=["10.1.0.0/16"], opts=on.its
    )


def stores(on: Ground, shape: Shape) -> None:
    key = aws.kms.Key("key", description="images", enable_key_rotation=True, policy=KEY_POLICY, opts=on.its)
    aws.kms.Alias("key", name="alias/severn", target_key_id=key.id, opts=on.its)
    bucket = aws.s3.Bucket("images", bucket="severn-images", object_lock_enabled=True, opts=on.its)
    versioning = aws.s3.BucketVersioning(
        "images", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=on.its
    )
    rule: Any = {"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
            "bucket_key_enabled": True}  # fmt: skip
    aws.s3.BucketServerSideEncryptionConfiguration("images", bucket=bucket.id, rules=[rule], opts=on.its)
    block: dict[str, Any] = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )
    aws.s3.BucketPublicAccessBlock("images", bucket=bucket.id, opts=on.its, **block)
    secure = statement("Deny", "s3:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws.s3.BucketPolicy("images", bucket=bucket.id, policy=secure, opts=on.its)
    move: Any = {"id": "cold", "status": "Enabled", "filter": {"prefix": ""},
            "transitions": [{"days": 400, "storage_class": "GLACIER_IR"}]}  # fmt: skip
    after = pulumi.ResourceOptions.merge(on.its, pulumi.ResourceOptions(depends_on=[versioning]))
    aws.s3.BucketLifecycleConfiguration("images", bucket=bucket.id, rules=[move], opts=after)
    aws.s3.BucketObjectLockConfiguration(
        "images", bucket=bucket.id, rule={"default_retention": {"mode": "GOVERNANCE", "days": 1}}, opts=after
    )
    aws.s3.Bucket("settings", bucket="severn-settings", force_destroy=True, opts=on.its)
    secret = aws.secretsmanager.Secret("tls", kms_key_id=key.arn, recovery_window_in_days=7, opts=on.its)
    aws.secretsmanager.SecretVersion("tls", secret_id=secret.id, secret_string=pulumi.Output.secret("pem"), opts=on.its)
    database(on, key, shape)


def database(on: Ground, key: aws.kms.Key, shape: Shape) -> None:
    subnets = aws.rds.SubnetGroup("index", subnet_ids=[subnet.id for subnet in on.subnets], opts=on.its)
    forced = aws.rds.ParameterGroupParameterArgs(name="rds.force_ssl", value="1")
    group = aws.rds.ParameterGroup("index", family="postgres16", parameters=[forced], opts=on.its)
    aws.rds.Instance(
        "index", identifier="severn-index", engine="postgres", engine_version="16.4", instance_class="db.t4g.small",
        allocated_storage=20, storage_encrypted=True, kms_key_id=key.arn, username="orthanc", db_name="orthanc",
        manage_master_user_password=True, multi_az=True, db_subnet_group_name=subnets.name,
        parameter_group_name=group.name, vpc_security_group_ids=[on.group.id], skip_final_snapshot=True,
        backup_retention_period=shape.retention, deletion_protection=False, opts=on.its,
    )  # fmt: skip
    vault = aws.backup.Vault("vault", kms_key_arn=key.arn, opts=on.its)
    aws.backup.VaultLockConfiguration(
        "vault", backup_vault_name=vault.name, min_retention_days=7, max_retention_days=400, opts=on.its
    )
    rule: Any = {"rule_name": "daily", "target_vault_name": vault.name, "schedule": "cron(0 3 * * ? *)",
            "lifecycle": {"delete_after": 35}}  # fmt: skip
    plan = aws.backup.Plan("plan", rules=[rule], opts=on.its)
    role = aws.iam.Role("backup", assume_role_policy=trust("backup.amazonaws.com"), opts=on.its)
    aws.backup.Selection("all", plan_id=plan.id, iam_role_arn=role.arn, resources=["*"], opts=on.its)


def files(on: Ground) -> None:
    shared = aws.efs.FileSystem("cache", encrypted=True, throughput_mode="elastic", opts=on.its)
    secure = statement("Deny", "*", Principal={"AWS": "*"}, Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws.efs.FileSystemPolicy("cache", file_system_id=shared.id, policy=secure, opts=on.its)
    aws.efs.MountTarget(
        "cache", file_system_id=shared.id, subnet_id=on.subnets[0].id, security_groups=[on.group.id], opts=on.its
    )
    aws.efs.AccessPoint(
        "cache", file_system_id=shared.id, posix_user={"uid": 1000, "gid": 1000},
        root_directory={"path": "/node", "creation_info": {"owner_uid": 1000, "owner_gid": 1000, "permissions": "700"}},
        opts=on.its,
    )  # fmt: skip


def node(on: Ground, shape: Shape) -> None:
    log = aws.cloudwatch.LogGroup("log", name="/severn/node", retention_in_days=shape.retention, opts=on.its)
    role = aws.iam.Role("task", assume_role_policy=trust("ecs-tasks.amazonaws.com"), opts=on.its)
    aws.iam.RolePolicy("task", role=role.name, policy=statement("Allow", "s3:GetObject"), opts=on.its)
    aws.ec2.FlowLog(
        "flow", vpc_id=on.vpc.id, traffic_type="ALL", iam_role_arn=role.arn, log_destination=log.arn, opts=on.its
    )
    cluster = aws.ecs.Cluster("cluster", settings=[{"name": "containerInsights", "value": "enabled"}], opts=on.its)
    containers = [
        {"name": "orthanc", "image": shape.image, "essential": True, "portMappings": [{"containerPort": 2762}]}
    ]
    task = aws.ecs.TaskDefinition(
        "task", family="severn-node", cpu="512", memory="1024", network_mode="awsvpc", task_role_arn=role.arn,
        requires_compatibilities=["FARGATE"], container_definitions=json.dumps(containers), opts=on.its,
    )  # fmt: skip
    balancer = aws.lb.LoadBalancer(
        "node", internal=True, load_balancer_type="network", subnets=[subnet.id for subnet in on.subnets],
        security_groups=[on.group.id], enable_deletion_protection=False, opts=on.its,
    )  # fmt: skip
    target = aws.lb.TargetGroup(
        "dicom", port=2762, protocol="TCP", target_type="ip", vpc_id=on.vpc.id,
        health_check={"port": "8080", "protocol": "HTTP", "path": "/health", "interval": 30}, opts=on.its,
    )  # fmt: skip
    forward: Any = {"type": "forward", "target_group_arn": target.arn}
    listener = aws.lb.Listener(
        "dicom", load_balancer_arn=balancer.arn, port=2762, protocol="TCP", default_actions=[forward], opts=on.its
    )
    aws.ecs.Service(
        "service", cluster=cluster.arn, task_definition=task.arn, desired_count=shape.desired, launch_type="FARGATE",
        network_configuration={"subnets": [each.id for each in on.subnets], "security_groups": [on.group.id]},
        load_balancers=[{"container_name": "orthanc", "container_port": 2762, "target_group_arn": target.arn}],
        deployment_maximum_percent=100,
        deployment_minimum_healthy_percent=0, name="node",
        opts=pulumi.ResourceOptions.merge(on.its, pulumi.ResourceOptions(depends_on=[listener])),
    )  # fmt: skip


def watch(on: Ground) -> None:
    topic = aws.sns.Topic("alarms", kms_master_key_id="alias/aws/sns", opts=on.its)
    aws.cloudwatch.MetricAlarm(
        "down", comparison_operator="LessThanThreshold", evaluation_periods=2, metric_name="HealthyHostCount",
        namespace="AWS/NetworkELB", period=60, statistic="Minimum", threshold=1, treat_missing_data="breaching",
        alarm_actions=[topic.arn], dimensions={"LoadBalancer": "net/node/1"}, opts=on.its,
    )  # fmt: skip
    zone = aws.route53.Zone("zone", name="severn.example", vpcs=[{"vpc_id": on.vpc.id}], opts=on.its)
    aws.route53.Record(
        "node", zone_id=zone.id, name="rxa01.severn.example", type="A", ttl=60, records=["10.1.0.9"], opts=on.its
    )


def everything(shape: Shape) -> None:
    on = ground(shape)
    doors(on, shape)
    joins(on)
    stores(on, shape)
    files(on)
    node(on, shape)
    watch(on)
