"""The proof of a network from where its nodes stand: nobody outside can reach them, so each node asks for itself.

A task of a node's own, run once, in its subnets and under its guard: what it may reach is what the node may reach.
First each node's links; then a study of nobody's goes the whole way from each site, as on one machine.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.proof import Course, ways
from provisioner.proving.synthetic import this_run
from provisioner.proving.verify import Check, Report, shown
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.containers import PROOF
from stacks.aws.design import Design, Placement
from stacks.aws.drawn import deployed
from stacks.aws.errand import errand, task_name
from stacks.aws.logged import lines
from stacks.aws.talking import Far, FarHands, talks

LONGEST_SECONDS = 900
LONGEST_LOG_SECONDS = 60
ASK_EVERY_SECONDS = 5
AT_ONCE = 8


def verify(folder: NetworkFolder, topology: Topology) -> Report:
    """Every node's links, side by side; then the studies, side by side."""
    design = deployed(folder, topology)
    cloud = Cloud(design)
    for account in design.accounts:
        cloud.client(account.owner, "ecs")  # roles are assumed once, before many ask
    with ThreadPoolExecutor(AT_ONCE, "verify") as pool:
        found = tuple(pool.map(lambda each: _proved(cloud, design, each), design.placements))
    return Report(topology.id, (*(check for checks in found for check in checks), *whole_ways(cloud, design, topology)))


def whole_ways(cloud: Cloud, design: Design, topology: Topology) -> tuple[Check, ...]:
    """A study from each site that may share: listed, claimed elsewhere, received, reported, and home again."""
    nodes = {node for way in ways(topology) for node in (way.source, way.reader, topology.home)}
    placements = [each for each in design.placements if each.node in nodes]
    began = time.monotonic()
    try:
        with talks(cloud, design, placements) as begun:
            hands = FarHands(topology, begun)
            return shown(Course(topology, hands, this_run(), lambda node: Far(begun[node]), begun.keys()))
    except NetprovError as error:
        home = topology.home
        return (Check("whole-way", home, home, "works", False, error.message, _since(began)),)


def _proved(cloud: Cloud, design: Design, placement: Placement) -> tuple[Check, ...]:
    began = time.monotonic()
    try:
        found = _proof(cloud, design, placement)
    except NetprovError as error:
        return (Check("proof", placement.node, placement.node, "works", False, error.message, _since(began)),)
    return tuple(
        Check(
            name=each["what"],
            source=placement.node,
            target=each["to"],
            expected="works" if "answers" in each["expected"] else "refused",
            passed=each["ok"],
            detail=each["found"],
            seconds=_since(began),
        )
        for each in found
    )


def _since(began: float) -> float:
    return time.monotonic() - began


def _proof(cloud: Cloud, design: Design, placement: Placement) -> list[dict[str, Any]]:
    """What the node found. Raises NetprovError."""
    node = placement.node
    with refusals(f"the proof of {node} cannot be run"):
        task = errand(cloud, design, placement, f"the proof of {node}", {}, LONGEST_SECONDS)
        return _read(cloud.client(placement.owner, "logs"), f"/{task_name(design, placement)}/node", task, node)


def _read(logs: Any, group: str, task: str, node: str) -> list[dict[str, Any]]:
    """All lines of a proof: a long one has several, and the log may come later than the task's end."""
    stream = f"{PROOF}/{PROOF}/{task.rpartition('/')[2]}"
    until = time.monotonic() + LONGEST_LOG_SECONDS
    while True:
        told = lines(logs, group, stream, "proof")
        found = [check for line in told for check in line["checks"]]
        if told and len(found) >= told[0]["in_all"]:
            return found
        if time.monotonic() > until:
            raise NetprovError(f"the proof of {node} is not whole in {group}, {stream}: {len(found)} checks came")
        time.sleep(ASK_EVERY_SECONDS)
