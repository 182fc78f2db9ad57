"""What tells people that a node needs them: alarms, and the topic that their messages go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws.balancer import Balancer
from stacks.aws.own import Own
from stacks.aws.storage import Storage

WAITS_SECONDS = 1800.0
"""A study that is still unsent after so long: the receiver, or the way there, is down."""
CERTIFICATE_DAYS = 21.0
"""`up` renews a certificate 30 days before its end; this long before, nobody has run it."""
LEAST_FREE = 0.1
GIB = 1 << 30
FIGURES = ("oldest_seconds", "dead", "certificate_days")


@dataclass(frozen=True, slots=True)
class Limit:
    """When one figure is a reason to call somebody."""

    words: str
    namespace: str
    metric: str
    comparison: str
    threshold: float
    statistic: str
    minutes: int
    missing: str = "missing"


def watch(own: Own, storage: Storage, balancer: Balancer, log: aws.cloudwatch.LogGroup) -> aws.sns.Topic:
    """The topic; who subscribes to it is the owner's to say."""
    topic = aws.sns.Topic(
        own.name("alarms"),
        name=own.name("alarms"),
        kms_master_key_id=storage.key.id,
        tags=own.tags,
        opts=own.options(),
    )
    for figure in FIGURES:
        _counted(own, log, figure)
    target = {"LoadBalancer": balancer.balancer.arn_suffix, "TargetGroup": balancer.https.arn_suffix}
    _alarm(own, topic, "down", _down(own), target)
    free = _free(own)
    _alarm(own, topic, "storage", free, {"DBInstanceIdentifier": own.name("index")})
    for part, limit in _from_node(own).items():
        _alarm(own, topic, part, limit, {"node": own.node})
    return topic


def _down(own: Own) -> Limit:
    words = f"{own.node} does not answer, or does not reach its index"
    return Limit(
        words, "AWS/NetworkELB", "HealthyHostCount", "LessThanThreshold", 1.0, "Minimum", 3, missing="breaching"
    )


def _free(own: Own) -> Limit:
    bytes_left = own.ground.design.sizes.database_gb * GIB * LEAST_FREE
    words = f"the index of {own.node} is nearly full and no longer grows by itself"
    return Limit(words, "AWS/RDS", "FreeStorageSpace", "LessThanThreshold", bytes_left, "Average", 15)


def _from_node(own: Own) -> Mapping[str, Limit]:
    """What the node's own watch tells."""
    its, node = _namespace(own), own.node
    above, below = "GreaterThanThreshold", "LessThanThreshold"
    return {
        "queue": Limit(f"{node} cannot send a study", its, "oldest_seconds", above, WAITS_SECONDS, "Minimum", 10),
        "dead": Limit(f"{node} has given up on a study", its, "dead", above, 0.0, "Maximum", 5),
        "certificate": Limit(
            f"the certificate of {node} ends soon (run `netprov up`), or {node} no longer tells when",
            its,
            "certificate_days",
            below,
            CERTIFICATE_DAYS,
            "Minimum",
            10,
            missing="breaching",
        ),
    }


def _namespace(own: Own) -> str:
    return f"netprov/{own.ground.design.network}"


def _counted(own: Own, log: aws.cloudwatch.LogGroup, figure: str) -> None:
    """A figure out of the lines that the node's watch writes."""
    aws.cloudwatch.LogMetricFilter(
        own.name(figure),
        name=own.name(figure),
        log_group_name=log.name,
        pattern=f'{{ $.netprov = "figures" && $.{figure} = * }}',
        metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
            name=figure, namespace=_namespace(own), value=f"$.{figure}", dimensions={"node": "$.node"}
        ),
        opts=own.options(),
    )


def _alarm(
    own: Own, topic: aws.sns.Topic, part: str, limit: Limit, dimensions: Mapping[str, pulumi.Input[str]]
) -> None:
    aws.cloudwatch.MetricAlarm(
        own.name(part),
        name=own.name(part),
        alarm_description=limit.words,
        namespace=limit.namespace,
        metric_name=limit.metric,
        dimensions=dict(dimensions),
        comparison_operator=limit.comparison,
        threshold=limit.threshold,
        statistic=limit.statistic,
        period=60,
        evaluation_periods=limit.minutes,
        treat_missing_data=limit.missing,
        alarm_actions=[topic.arn],
        ok_actions=[topic.arn],
        tags=own.tags,
        opts=own.options(),
    )
