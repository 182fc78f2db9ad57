"""Reports that came from who did not hold the workitem: kept until whoever holds it accepts them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from worklist.dicomjson import Dataset, first, items
from worklist.store import Change
from worklist.workitem import PERFORMED

Read = Callable[[str, tuple[str, ...]], list[Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One of them, as an item of the Output Information Sequence; `at` in seconds since 1970."""

    instance: str
    site: str
    at: float
    output: Dataset


def keep(change: Change, uid: str, site: str, output: Dataset) -> None:
    """Once, however often it is told of."""
    facts = (uid, instance_of(output), site, change.now, json.dumps(output))
    change.run("INSERT OR REPLACE INTO kept (workitem, instance, site, at, body) VALUES (?, ?, ?, ?, ?)", facts)


def kept_for(read: Read, uid: str) -> list[Kept]:
    """All of one workitem, the oldest first."""
    rows = read("SELECT instance, site, at, body FROM kept WHERE workitem = ? ORDER BY at, instance", (uid,))
    return [Kept(instance, site, at, json.loads(body)) for instance, site, at, body in rows]


def outputs(item: Dataset) -> set[str]:
    """The SOP Instances that a workitem names as what came of it."""
    return {instance_of(each) for done in items(item, PERFORMED) for each in items(done, "00404033")}


def instance_of(output: Dataset) -> str:
    return first(output, "00081199", "00081155")
