"""What the engine says that it does, resource by resource, while it does it; and the same in a few steps for people.

A network on AWS is hundreds of resources: people are told of nodes and of what joins them.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from provisioner.engine.plan import Action, Kind, State, Step
from provisioner.record import record
from stacks.aws.design import Design

OPERATIONS = {
    "create": Action.CREATE,
    "create-replacement": Action.REPLACE,
    "delete": Action.DELETE,
    "delete-replaced": Action.REPLACE,
    "replace": Action.REPLACE,
    "same": Action.SAME,
    "update": Action.UPDATE,
}
"""What the engine calls each; others (reading, discarding) change nothing of the world."""
STATES = {"resourcePreEvent": State.STARTED, "resOutputsEvent": State.DONE, "resOpFailedEvent": State.FAILED}
SERVICE = "aws:ecs/service:Service"
LOOK_EVERY_SECONDS = 0.2
LONGEST_VALUE = 60


@record
class Happened:
    """One resource, what is done to it, and how far that is."""

    state: State
    action: Action
    kind: str
    name: str
    differences: tuple[tuple[str, str, str], ...]
    """Property, as recorded, as it is or will be."""
    detail: str = ""


@contextmanager
def followed(path: Path, tell: Any) -> Iterator[None]:
    """Tell of each event that the engine writes to this file while the block runs, and of the rest at its end."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    over = threading.Event()
    with path.open(encoding="utf-8") as log:
        thread = threading.Thread(target=_follow, args=(log, over, tell), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(OSError):  # it has every input of every resource, and nobody reads it again
                path.unlink()


def _follow(log: Any, over: threading.Event, tell: Any) -> None:
    complaints: dict[str, str] = {}
    rest = ""
    while True:
        last = over.is_set()
        *lines, rest = (rest + log.read()).split("\n")
        for line in lines:
            if happened := read(json.loads(line), complaints):
                tell(happened)
        if last:
            return
        over.wait(LOOK_EVERY_SECONDS)


def read(event: dict[str, Any], complaints: dict[str, str]) -> Happened | None:
    """An event of the engine's that is about a resource; what it complains of is kept until that fails."""
    if "diagnosticEvent" in event:
        told = event["diagnosticEvent"]
        if told.get("severity") == "error" and told.get("urn"):
            complaints[told["urn"]] = str(told["message"]).strip().removeprefix("error: ")
        return None
    kind = next((each for each in STATES if each in event), None)
    if kind is None:
        return None
    told = event[kind]["metadata"]
    action = OPERATIONS.get(told["op"])
    if action is None or told["type"].startswith("pulumi:"):
        return None
    return Happened(
        state=STATES[kind],
        action=action,
        kind=told["type"],
        name=str(told["urn"]).rsplit("::", 1)[-1],
        differences=tuple(_differences(told)),
        detail=complaints.get(told["urn"], "") if STATES[kind] is State.FAILED else "",
    )


def _differences(told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    old, new = ((told.get(side) or {}).get("outputs") or {} for side in ("old", "new"))
    for key in sorted(map(str, told.get("diffs") or ())):
        yield key, _short(old.get(key, "absent")), _short(new.get(key, "absent"))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def place(design: Design, name: str, kind: str) -> tuple[Kind, str]:
    """Which node a resource is of, or which space, as it is told to people: rules are what links nodes."""
    nodes = {each.node.lower(): each.node for each in design.placements}
    spaces = {each.name.lower(): each.name for each in design.spaces}
    owner, _, part = name.removeprefix(f"{design.network}-").partition("-net-")
    node = nodes.get((part or owner).partition("-")[0])
    if node:
        return (Kind.LINKS if kind.startswith("aws:vpc/securityGroup") else Kind.NODE), node
    return Kind.LINKS, spaces.get(owner.removesuffix("-net"), design.network)


def steps(design: Design, happened: Iterable[Happened]) -> tuple[Step, ...]:
    """One step for what becomes of each node, and of what joins nodes."""
    groups: dict[tuple[Kind, str], dict[tuple[str, str], Happened]] = {}
    for each in happened:
        groups.setdefault(place(design, each.name, each.kind), {})[each.kind, each.name] = each
    order = {each.node: number for number, each in enumerate(design.placements)}
    found = [_step(kind, name, tuple(group.values())) for (kind, name), group in groups.items()]
    return tuple(sorted(found, key=lambda each: (order.get(each.name, -1), each.name, each.kind)))


def _step(kind: Kind, name: str, group: tuple[Happened, ...]) -> Step:
    moved = [each for each in group if each.action is not Action.SAME]
    actions = {each.action for each in group}
    action = actions.pop() if len(actions) == 1 else Action.UPDATE
    if not moved:
        return Step(Action.SAME, kind, name)
    counts = Counter(each.kind.rsplit(":", 1)[-1] for each in moved)
    told = ", ".join(f"{count} {what}" for what, count in counts.most_common(4))
    reason = f"{len(moved)} resources: {told}" + (", ..." if len(counts) > 4 else "")
    restarts = any(each.kind == SERVICE and each.action in (Action.UPDATE, Action.REPLACE) for each in moved)
    return Step(action, kind, name, reason, _links(moved), restarts)


def _links(moved: Iterable[Happened]) -> tuple[str, ...]:
    """Links of a node that come and go, read from its rules' names: severn-rxa-net-rxa01-443-from-rxb02."""
    signs = {Action.CREATE: "+", Action.DELETE: "-"}
    found = {
        f"{signs.get(each.action, '~')}{each.name.rpartition('-from-')[2].upper()}"
        for each in moved
        if "-from-" in each.name
    }
    return tuple(sorted(found))
