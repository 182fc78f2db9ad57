"""Looking at a network on AWS: what runs, and where it is."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from provisioner.engine.plan import NodeStatus, Outbox
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.containers import WATCH
from stacks.aws.design import Design, Placement
from stacks.aws.drawn import deployed
from stacks.aws.logged import lines
from stacks.aws.place import endpoint_of

FIGURES_SECONDS = 300
"""The watch tells them each minute."""


def status(folder: NetworkFolder, topology: Topology) -> tuple[NodeStatus, ...]:
    design = deployed(folder, topology)
    cloud = Cloud(design)
    return tuple(_status(cloud, folder, design, topology, each) for each in design.placements)


def _status(
    cloud: Cloud, folder: NetworkFolder, design: Design, topology: Topology, placement: Placement
) -> NodeStatus:
    found = service(cloud, design, placement)
    running = bool(found) and found["runningCount"] >= 1
    told = figures(cloud, design, placement) if running else {}
    events = found.get("events") or [{"message": "no task of its service runs"}]
    return NodeStatus(
        node=placement.node,
        name=placement.name,
        aet=placement.aet,
        endpoint=endpoint_of(topology, placement.node),
        running=running,
        detail="" if running else str(events[0]["message"]) if found else "its service is not there",
        studies=None,
        memory_mib=None,
        certificate_days=_certificate_days(folder, placement.node),
        outbox=_outbox(told),
    )


def figures(cloud: Cloud, design: Design, placement: Placement) -> dict[str, Any]:
    """What the node's watch has told last; nothing if it has not for some minutes."""
    name = f"{design.network}-{placement.node.lower()}"
    since = int((time.time() - FIGURES_SECONDS) * 1000)
    with refusals(f"the log of {placement.node} cannot be read"):
        ecs, logs = cloud.client(placement.owner, "ecs"), cloud.client(placement.owner, "logs")
        tasks = ecs.list_tasks(cluster=cluster(design, placement), serviceName=name, desiredStatus="RUNNING")
        streams = [f"{WATCH}/{WATCH}/{task.rpartition('/')[2]}" for task in tasks["taskArns"]]
        told = [line for each in streams for line in lines(logs, f"/{name}/node", each, "figures", startTime=since)]
    return told[-1] if told else {}


def _outbox(told: dict[str, Any]) -> Outbox | None:
    """Why something waits is in no figure: the node's log has it, and `netprov worklist retry` tries again."""
    if "queue" not in told:
        return None
    waiting, oldest = int(told["queue"]), int(told["oldest_seconds"])
    return Outbox(waiting, oldest if waiting else None, int(told["dead"]), ())


def cluster(design: Design, placement: Placement) -> str:
    return f"{design.network}-{placement.space.lower()}-net-nodes"


def service(cloud: Cloud, design: Design, placement: Placement) -> dict[str, Any]:
    name = f"{design.network}-{placement.node.lower()}"
    with refusals(f"{placement.node} cannot be asked for"):
        ecs = cloud.client(placement.owner, "ecs")
        found = ecs.describe_services(cluster=cluster(design, placement), services=[name])["services"]
    active = [each for each in found if each["status"] == "ACTIVE"]
    return dict(active[0]) if active else {}


def _certificate_days(folder: NetworkFolder, node: str) -> int | None:
    try:
        ends = json.loads((folder.secrets / "aws" / f"{node}.json").read_text(encoding="ascii"))["not_after"]
    except (OSError, ValueError, KeyError):
        return None
    return (datetime.fromisoformat(ends) - datetime.now(UTC)).days


def outputs(folder: NetworkFolder, topology: Topology) -> dict[str, object]:
    """Addresses and AE titles; all of them are known without asking."""
    design = deployed(folder, topology)
    nodes = {}
    for each in design.placements:
        endpoint = endpoint_of(topology, each.node)
        nodes[each.node] = {
            "name": each.name,
            "aet": each.aet,
            "https": endpoint.https,
            "worklist": endpoint.door,
            "dicom": {"host": endpoint.host, "port": endpoint.dicom_port, "tls": True},
            "account": each.account,
            "vpc": each.space,
        }
    return {"network": topology.id, "name": topology.name, "region": design.region, "nodes": nodes}
