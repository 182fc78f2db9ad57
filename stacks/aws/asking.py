"""Asking the shared worklist, or a node's queue, of a network on AWS: by a task that is run once where the node stands.

Question and answer go by the node's own bucket of settings, and are deleted at once: both may name patients.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.worklist import Asked, read, silent, written
from site_templates.aws.ask import ANSWER, QUESTION
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.containers import BOOT, command
from stacks.aws.design import Design, Placement
from stacks.aws.drawn import deployed
from stacks.aws.errand import errand, task_name
from stacks.aws.place import ASKED

STARTS_WITHIN_SECONDS = 600.0
LEFT_BEHIND = timedelta(hours=6)
"""Older than this, nobody waits for an answer any more."""


def worklist(folder: NetworkFolder, topology: Topology, asked: Asked) -> Any:
    """What the worklist's home answers, or the node that is named; Declined if it says no."""
    node = asked.node or topology.home
    if not node:
        raise NetprovError("this network has no shared worklist", "name its home in `reporting.worklist.home`")
    design = deployed(folder, topology)
    placement = next(each for each in design.placements if each.node == node)
    with refusals(f"{node} cannot be asked"):
        return answered(Cloud(design), design, placement, asked)


def answered(cloud: Cloud, design: Design, placement: Placement, asked: Asked) -> Any:
    """What the node answers."""
    node, log = placement.node, f"/{task_name(design, placement)}/node"
    bucket, where, environment = given(cloud, design, placement)
    s3 = cloud.client(placement.owner, "s3")
    question = {"method": asked.method, "seconds": asked.seconds, **asdict(written(asked))}
    with _asked(s3, bucket, where, question):
        longest = STARTS_WITHIN_SECONDS + asked.seconds
        instead = {"command": command("ask"), "environment": environment}
        errand(cloud, design, placement, f"the question to {node}", instead, longest)
        told = _answer(s3, bucket, f"{where}/{ANSWER}", node, log)
    if not told["status"]:
        raise silent(asked)
    return read(asked, told["status"], told["body"].encode())


def given(cloud: Cloud, design: Design, placement: Placement) -> tuple[str, str, list[dict[str, str]]]:
    """The bucket by which a task in the node's place is asked, where in it, and what that task is told."""
    task = f"{task_name(design, placement)}-verify"
    definition = cloud.client(placement.owner, "ecs").describe_task_definition(taskDefinition=task)
    containers = definition["taskDefinition"]["containerDefinitions"]
    first = next(each for each in containers if each["name"] == BOOT)
    known = {each["name"]: each["value"] for each in first["environment"]}
    where = f"{ASKED}/{uuid4()}"
    told = {name: known[name] for name in ("AWS_REGION", "NETPROV_BUNDLE_BUCKET")} | {"NETPROV_ASKED": where}
    return known["NETPROV_BUNDLE_BUCKET"], where, [{"name": name, "value": told[name]} for name in sorted(told)]


@contextmanager
def _asked(s3: Any, bucket: str, where: str, question: dict[str, Any]) -> Iterator[None]:
    """The question is there; what is there goes for good at the end, and what a killed run has left at the next."""
    forgotten(s3, bucket, f"{ASKED}/", datetime.now(UTC) - LEFT_BEHIND)
    s3.put_object(Bucket=bucket, Key=f"{where}/{QUESTION}", Body=json.dumps(question).encode())
    try:
        yield
    finally:
        forgotten(s3, bucket, f"{where}/")


def forgotten(s3: Any, bucket: str, prefix: str, before: datetime | None = None) -> None:
    """Every version of what is there is deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Versions", ()):
            if before is None or each["LastModified"] < before:
                s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


def _answer(s3: Any, bucket: str, key: str, node: str, log: str) -> dict[str, Any]:
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        raise NetprovError(f"the task that was to ask {node} has left no answer", f"its log is {log}") from None
    return dict(json.loads(answer))
