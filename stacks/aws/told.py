"""What each node has loaded, as it tells in its own log: nobody outside reaches it, so its `watch` asks it.

An account is told when a node starts, whenever something of it changes (within a minute), and each hour.
"""

import base64
import json
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.site.planned import NodeSettings
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.containers import WATCH
from stacks.aws.design import Design, Placement
from stacks.aws.drawn import deployed
from stacks.aws.logged import lines
from stacks.aws.look import cluster
from stacks.aws.proof import AT_ONCE

OLDEST_SECONDS = 2 * 3600
"""Two accounts ago: a node that tells none for so long is none that anything is known of."""


def loaded(folder: NetworkFolder, topology: Topology) -> tuple[NodeSettings, ...]:
    """Every node. Raises NetprovError if one does not run or tells nothing: of that nothing is known."""
    design = deployed(folder, topology)
    cloud = Cloud(design)
    for account in design.accounts:
        cloud.client(account.owner, "ecs")  # roles are assumed once, before many ask
    with ThreadPoolExecutor(AT_ONCE, "loaded") as pool:
        return tuple(pool.map(partial(_loaded, cloud, design), design.placements))


def _loaded(cloud: Cloud, design: Design, placement: Placement) -> NodeSettings:
    node, name = placement.node, f"{design.network}-{placement.node.lower()}"
    with refusals(f"{node} cannot be asked for"):
        ecs, logs = cloud.client(placement.owner, "ecs"), cloud.client(placement.owner, "logs")
        where = cluster(design, placement)
        tasks = ecs.list_tasks(cluster=where, serviceName=name, desiredStatus="RUNNING")["taskArns"]
        if not tasks:
            raise NetprovError(f"{node} does not run, so it has loaded nothing", "netprov status says why")
        streams = [f"{WATCH}/{WATCH}/{task.rpartition('/')[2]}" for task in tasks]
        since = int((time.time() - OLDEST_SECONDS) * 1000)
        told = [line for each in streams for line in lines(logs, f"/{name}/node", each, "loaded", startTime=since)]
    found = newest(told)
    if found is None:
        raise NetprovError(
            f"{node} has not told within {OLDEST_SECONDS // 3600} hours what it has loaded: {', '.join(streams)}",
            "a node that has just started tells it when Orthanc answers; else see its log in CloudWatch",
        )
    return settings(node, found)


def newest(told: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The last account that is there whole."""
    parts: dict[str, dict[int, str]] = {}
    last = None
    for line in told:
        known = parts.setdefault(line["whole"], {})
        known[line["part"]] = line["packed"]
        if len(known) == line["parts"]:
            last = "".join(known[number] for number in sorted(known))
            del parts[line["whole"]]  # told again, it is the newest again
    return None if last is None else json.loads(zlib.decompress(base64.b64decode(last)))


def settings(node: str, found: dict[str, Any]) -> NodeSettings:
    days = found.get("certificate_days")
    return NodeSettings(
        node=node,
        orthanc=found["orthanc"],
        nginx=found["nginx"],
        modalities=found["modalities"],
        peers=found["peers"],
        version=str(found["version"]),
        certificate_days=None if days is None else int(days),
    )
