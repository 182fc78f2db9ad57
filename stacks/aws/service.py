"""A node as ECS runs it: one task on Fargate, and no second one beside it, since one Orthanc writes an index."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws import containers
from stacks.aws.balancer import Balancer
from stacks.aws.bundle import Bundle
from stacks.aws.containers import Container, Images, Logging
from stacks.aws.delivery import Parcel
from stacks.aws.own import Own
from stacks.aws.place import DICOM, DOOR, FRONT
from stacks.aws.roles import Roles
from stacks.aws.state import State, mounted, volume
from stacks.aws.storage import Storage

VERIFY_CPU, VERIFY_MEMORY = 256, 512
STARTS_WITHIN_SECONDS = 420
"""How long the balancer's view of a new task does not count: it waits for its database, and Orthanc for its index."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What a task is made from, beside its image."""

    bundle: Bundle
    files: pulumi.Output[str]
    """The bucket that it is in."""
    storage: Storage
    database: aws.rds.Instance
    state: State
    roles: Roles
    log: aws.cloudwatch.LogGroup
    secrets: Mapping[str, pulumi.Output[str]]
    readers: pulumi.Output[str]
    """Secret of who may come in by the door."""
    edition: str
    """Of the secrets: a task is made anew when they change."""


def log_group(own: Own, storage: Storage) -> aws.cloudwatch.LogGroup:
    """Encrypted, and kept as long as the definition says."""
    return aws.cloudwatch.LogGroup(
        own.name("log"),
        name=f"/{own.name()}/node",
        retention_in_days=own.ground.design.keeping.log_days,
        kms_key_id=storage.key.arn,
        tags=own.tags,
        opts=own.options(),
    )


def put(own: Own, storage: Storage, bundle: Bundle) -> pulumi.Output[str]:
    """The node's own bucket of settings, once the node's files are in it."""
    parcel = Parcel(own.placement.owner, own.node, bundle, own.placement.tags)
    given = pulumi.Output.all(storage.settings.bucket, storage.key.arn)
    return given.apply(lambda known: own.ground.deliver(parcel, known[0], known[1]))


def node_task(own: Own, runs: Runs) -> aws.ecs.TaskDefinition:
    sizes = own.ground.design.sizes

    def made(images: Images, logs: Logging, first: Container, given: Mapping[str, str]) -> list[Container]:
        asks = {"AWS_REGION": own.ground.design.region, "NETPROV_READERS": given["NETPROV_READERS"]}
        return [
            first,
            containers.archive(images, logs),
            containers.front(images, logs),
            containers.readers(images, logs, asks),
            containers.watch(images, logs),
        ]

    volumes = [aws.ecs.TaskDefinitionVolumeArgs(name="node"), volume(runs.state)]
    return _task(own, runs, "", (sizes.cpu, sizes.memory_mib), volumes, made)


def verify_task(own: Own, runs: Runs) -> aws.ecs.TaskDefinition:
    """Run once, where the node stands, to prove its links."""

    def made(images: Images, logs: Logging, first: Container, _: Mapping[str, str]) -> list[Container]:
        return [first, containers.prove(images, logs)]

    volumes = [aws.ecs.TaskDefinitionVolumeArgs(name="node")]
    return _task(own, runs, "verify", (VERIFY_CPU, VERIFY_MEMORY), volumes, made)


def _task(
    own: Own,
    runs: Runs,
    part: str,
    size: tuple[int, int],
    volumes: Sequence[aws.ecs.TaskDefinitionVolumeArgs],
    made: Callable[[Images, Logging, Container, Mapping[str, str]], list[Container]],
) -> aws.ecs.TaskDefinition:
    design = own.ground.design
    images = Images(design.orthanc_image, design.nginx_image)
    logs = Logging(f"/{own.name()}/node", design.region)
    fixed = {
        "AWS_REGION": design.region,
        "NETPROV_BUNDLE_KEY": runs.bundle.key,
        "NETPROV_BUNDLE_SHA256": runs.bundle.sha256,
        "NETPROV_SECRET_EDITION": runs.edition,
    }
    told = {
        "NETPROV_BUNDLE_BUCKET": runs.files,
        "NETPROV_BUCKET": runs.storage.images.bucket,
        "NETPROV_DATABASE_HOST": runs.database.address,
    }
    others = {"NETPROV_READERS": runs.readers}
    definitions = pulumi.Output.all(told=told, secrets=dict(runs.secrets), others=others).apply(
        lambda given: json.dumps(
            made(
                images,
                logs,
                containers.boot(images, logs, {**fixed, **given["told"]}, given["secrets"]),
                given["others"],
            )
        )
    )
    return aws.ecs.TaskDefinition(
        own.name(part or "node"),
        family=own.name(part),
        cpu=str(size[0]),
        memory=str(size[1]),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture="X86_64", operating_system_family="LINUX"
        ),
        execution_role_arn=runs.roles.starts.arn,
        task_role_arn=runs.roles.runs.arn,
        container_definitions=definitions,
        volumes=list(volumes),
        tags=own.tags,
        opts=own.options(*runs.roles.given),
    )


def service(own: Own, runs: Runs, task: aws.ecs.TaskDefinition, balancer: Balancer) -> aws.ecs.Service:
    """The old task has ended before the new one starts: two would write one index."""
    doors = (
        (balancer.https, containers.PROXY, FRONT),
        (balancer.dicom, containers.ARCHIVE, DICOM),
        (balancer.door, containers.PROXY, DOOR),
    )
    return aws.ecs.Service(
        own.name("node"),
        name=own.name(),
        cluster=own.ground.cluster_arn,
        task_definition=task.arn,
        desired_count=1,
        deployment_minimum_healthy_percent=0,
        deployment_maximum_percent=100,
        deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
        availability_zone_rebalancing="DISABLED",
        launch_type="FARGATE",
        platform_version="LATEST",
        enable_execute_command=False,
        health_check_grace_period_seconds=STARTS_WITHIN_SECONDS,
        network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
            subnets=list(own.ground.subnets[own.node]),
            security_groups=[own.ground.guards[own.node]],
            assign_public_ip=False,
        ),
        load_balancers=[
            aws.ecs.ServiceLoadBalancerArgs(target_group_arn=group.arn, container_name=name, container_port=port)
            for group, name, port in doors
        ],
        wait_for_steady_state=True,
        propagate_tags="SERVICE",
        enable_ecs_managed_tags=True,
        tags=own.tags,
        opts=own.options(*balancer.listeners, *mounted(runs.state)),
    )
