"""A task that is run once in the place of a node, under its guard: nobody outside can reach what it reaches."""

import time
from collections.abc import Mapping
from typing import Any

from provisioner.errors import NetprovError
from stacks.aws.cloud import Cloud
from stacks.aws.containers import PROOF
from stacks.aws.design import Design, Placement
from stacks.aws.look import cluster, service

ASK_EVERY_SECONDS = 5


def task_name(design: Design, placement: Placement) -> str:
    return f"{design.network}-{placement.node.lower()}"


def errand(
    cloud: Cloud, design: Design, placement: Placement, what: str, instead: Mapping[str, Any], longest: float
) -> str:
    """The ARN of the task, when it has ended. It proves the node's links, unless it is told to do something instead.

    Raises NetprovError, and what boto3 raises.
    """
    task = started(cloud, design, placement, what, instead)
    _await(cloud.client(placement.owner, "ecs"), cluster(design, placement), task, what, longest)
    return task


def started(cloud: Cloud, design: Design, placement: Placement, what: str, instead: Mapping[str, Any]) -> str:
    """The ARN of the task, which has just begun. Raises NetprovError, and what boto3 raises."""
    running = service(cloud, design, placement)
    if not running:
        raise NetprovError(f"{placement.node} has no service")
    begun = cloud.client(placement.owner, "ecs").run_task(
        cluster=cluster(design, placement),
        taskDefinition=f"{task_name(design, placement)}-verify",
        launchType="FARGATE",
        networkConfiguration=running["networkConfiguration"],
        overrides={"containerOverrides": [{"name": PROOF, **instead}]} if instead else {},
        startedBy="netprov-verify",
    )
    if not begun["tasks"]:
        raise NetprovError(f"{what} was not started: {begun['failures']}")
    return str(begun["tasks"][0]["taskArn"])


def _await(ecs: Any, where: str, task: str, what: str, longest: float) -> None:
    until = time.monotonic() + longest
    while time.monotonic() < until:
        found = ecs.describe_tasks(cluster=where, tasks=[task])["tasks"]
        if found and found[0]["lastStatus"] == "STOPPED":
            return
        time.sleep(ASK_EVERY_SECONDS)
    raise NetprovError(f"{what} did not end within {longest:.0f} s")
