"""How others reach a node: an internal balancer with addresses that stay, under the name in the node's certificate.

TLS ends at the node and not before: the balancer passes bytes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws.own import Own
from stacks.aws.place import DICOM, DOOR, FRONT, HEALTH, HTTPS

DRAIN_SECONDS = 30
LONGEST = 32
"""Characters in the name of a balancer or of its targets."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """One node's."""

    balancer: aws.lb.LoadBalancer
    https: aws.lb.TargetGroup
    dicom: aws.lb.TargetGroup
    door: aws.lb.TargetGroup
    listeners: tuple[aws.lb.Listener, ...]
    record: aws.route53.Record


def balancer(own: Own) -> Balancer:
    its = aws.lb.LoadBalancer(
        own.name(),
        name=own.brief("", LONGEST),
        load_balancer_type="network",
        internal=True,
        subnets=list(own.ground.subnets[own.node]),
        security_groups=[own.ground.guards[own.node]],
        # One task is in one zone: whoever asks in another must be passed on.
        enable_cross_zone_load_balancing=True,
        enable_deletion_protection=own.ground.protect,
        tags=own.tags,
        opts=own.options(),
    )
    https, dicom, door = _group(own, "https", FRONT), _group(own, "dicom", DICOM), _group(own, "door", DOOR)
    listeners = (
        _listener(own, "https", its, HTTPS, https),
        _listener(own, "dicom", its, DICOM, dicom),
        _listener(own, "door", its, DOOR, door),
    )
    _passages(own)
    return Balancer(its, https, dicom, door, listeners, _record(own, its))


def _group(own: Own, part: str, port: int) -> aws.lb.TargetGroup:
    """Its targets are asked over HTTP whether Orthanc reaches its database: an open port proves little."""
    return aws.lb.TargetGroup(
        own.name(part),
        name=own.brief(part, LONGEST),
        port=port,
        protocol="TCP",
        target_type="ip",
        vpc_id=own.ground.vpc_id,
        deregistration_delay=DRAIN_SECONDS,
        preserve_client_ip="false",
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            protocol="HTTP", port=str(HEALTH), path="/health", interval=30, healthy_threshold=2, unhealthy_threshold=3
        ),
        tags=own.tags,
        # Another one of the same name cannot stand beside it.
        opts=pulumi.ResourceOptions.merge(own.options(), pulumi.ResourceOptions(delete_before_replace=True)),
    )


def _listener(own: Own, part: str, its: aws.lb.LoadBalancer, port: int, group: aws.lb.TargetGroup) -> aws.lb.Listener:
    return aws.lb.Listener(
        own.name(part),
        load_balancer_arn=its.arn,
        port=port,
        protocol="TCP",
        default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=group.arn)],
        tags=own.tags,
        opts=own.options(),
    )


def _passages(own: Own) -> None:
    """From the balancer to the task: both carry the node's guard, and these ports are open within it only."""
    guard = own.ground.guards[own.node]
    ways = {
        FRONT: "balancer to front",
        HEALTH: "balancer asks for health",
        DICOM: "to Orthanc",
        DOOR: "to the door",
        HTTPS: "errands ask the front",
    }
    for port, words in ways.items():
        own.passage(f"within-{port}", guard, guard, port, words)


def _record(own: Own, its: aws.lb.LoadBalancer) -> aws.route53.Record:
    alias = aws.route53.RecordAliasArgs(name=its.dns_name, zone_id=its.zone_id, evaluate_target_health=False)
    return aws.route53.Record(
        own.name(),
        zone_id=own.ground.zone_id,
        name=own.host,
        type="A",
        aliases=[alias],
        opts=pulumi.ResourceOptions(provider=own.ground.zone_provider),
    )
