"""Whatever is asked in whatever order: states follow the standard's table, one holds, and the log tells of each."""

import random
from dataclasses import dataclass
from typing import Any

import pytest

SITES = ("RXA01", "RXB01", "RXC01")
STEPS = 400
REPORT = {"study": "1.2.3", "series": "1.2.3.4", "class": "1.2.840.10008.5.1.4.1.1.88.33", "instance": "1.2.3.4.5"}


@dataclass
class Expected:
    """What one workitem must be."""

    uid: str
    state: str = "SCHEDULED"
    holder: str = ""
    lock: str = ""


class Walk:
    """Random calls, and what PS3.4 table CC.1.1-2 and the network's own rules say of each."""

    def __init__(self, desk: Any, seed: int) -> None:
        self.desk, self.choice = desk, random.Random(seed)
        self.items = [Expected(desk.create(number)) for number in range(1, 5)]
        self.calls = len(self.items)

    def own(self, item: Expected, action: str, site: str, body: object = None) -> int:
        self.calls += 1
        path = f"/netprov/worklist/workitems/{item.uid}/{action}"
        return int(self.desk.call("POST", path, site, body, person=f"Dr {site}").status)

    def claim(self, item: Expected, site: str) -> None:
        lock = f"2.25.{self.choice.getrandbits(90)}"
        status = self.own(item, "claim", site, {"transaction": lock})
        assert status == (200 if item.state == "SCHEDULED" else 409)
        if status == 200:
            item.state, item.holder, item.lock = "IN PROGRESS", site, lock

    def release(self, item: Expected, site: str) -> None:
        status = self.own(item, "release", site)
        assert status == (409 if item.state != "IN PROGRESS" else 200 if site == item.holder else 403)
        if status == 200:
            item.state, item.holder, item.lock = "SCHEDULED", "", ""

    def report(self, item: Expected, site: str) -> None:
        assert self.own(item, "report", site, REPORT) == 200
        if (item.state, item.holder) == ("IN PROGRESS", site):
            item.state = "COMPLETED"

    def cancel(self, item: Expected, site: str) -> None:
        self.calls += 1
        status = self.desk.ups("POST", f"/{item.uid}/cancelrequest", site).status
        wrong = {"COMPLETED": 409, "SCHEDULED": 202 if site == "RXA01" else 403}
        assert status == wrong.get(item.state, 202)
        if item.state == "SCHEDULED" and status == 202:
            item.state = "CANCELED"

    def change(self, item: Expected, site: str) -> None:
        """By the standard's own way, with the right Transaction UID or a wrong one."""
        self.calls += 1
        wanted = self.choice.choice(("IN PROGRESS", "COMPLETED", "CANCELED"))
        lock = self.choice.choice((item.lock or "2.25.1", "2.25.2"))
        body = {"00741000": {"vr": "CS", "Value": [wanted]}, "00081195": {"vr": "UI", "Value": [lock]}}
        status = self.desk.ups("PUT", f"/{item.uid}/state", site, body, person=f"Dr {site}").status
        if wanted == "IN PROGRESS":
            assert status == (200 if item.state == "SCHEDULED" else 409)
            if status == 200:
                item.state, item.holder, item.lock = wanted, site, lock
        elif status == 200:
            assert (item.state, item.lock, item.holder) == (wanted, lock, site), "only what it is already"
        else:
            assert status in (400, 403, 409)

    def step(self) -> None:
        item, site = self.choice.choice(self.items), self.choice.choice(SITES)
        weights = {self.claim: 6, self.release: 4, self.change: 5, self.report: 1, self.cancel: 1}
        (do,) = self.choice.choices(list(weights), list(weights.values()))
        do(item, site)
        entry = self.desk.store.entry(item.uid)
        assert (entry.state, entry.item["00741000"]["Value"]) == (item.state, [item.state])
        if item.state in ("SCHEDULED", "IN PROGRESS"):
            assert (entry.row["holder"], entry.row["lock"]) == (item.holder, item.lock)
        if item.state in ("COMPLETED", "CANCELED"):
            self.items[self.items.index(item)] = Expected(self.desk.create(self.calls + 100))
            self.calls += 1


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_calls(desk: Any, seed: int) -> None:
    walk = Walk(desk, seed)
    for _ in range(STEPS):
        walk.step()
    told = desk.own("GET", "audit")
    assert (told["whole"], told["lines"]) == (True, walk.calls)
