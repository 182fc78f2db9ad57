"""The worklist as one thing: its store, its audit log and the network's settings; and how anything in it is done."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from worklist.audit import Audit
from worklist.dicomjson import Dataset, date_time
from worklist.pools import Settings, may_see
from worklist.request import Caller, Refused
from worklist.store import Change, Entry, Store

STATE_REPORT, CANCEL_REQUESTED, PROGRESS_REPORT, STATUS_CHANGE, ASSIGNED = 1, 2, 3, 4, 5
"""Event types, PS3.4 table CC.2.4-1."""
INCONSISTENT = "The submitted request is inconsistent with the state of the UPS Instance."
"""The Warning of PS3.18 11.7.3.2."""
ITSELF = Caller("netprov")
LOOK_SECONDS = 3600.0
MOST_LOOKS = 20_000


@dataclass(frozen=True, slots=True)
class Book:
    """What every handler is given."""

    store: Store
    audit: Audit
    read_settings: Callable[[], Settings]
    looked: dict[tuple[str, str, str], float] = field(default_factory=dict)
    """Who has opened what, and when, as far as this is not to be logged again."""

    def settings(self) -> Settings:
        found = self.read_settings()
        if not found:
            raise Refused(503, "this node does not know its network yet: run netprov up")
        return {"pools": [], "carriers": {}, "shape": "hub", "claim_hours": 8, **found}

    def admit(self, caller: Caller) -> Settings:
        settings = self.settings()
        if not caller.operates and caller.site not in settings["sites"]:
            raise Refused(403, f"{caller.site} is no site of this network")
        return settings

    @contextmanager
    def act(self, caller: Caller, action: str, uid: str) -> Iterator[Change]:
        """One action on one workitem: all of it, with its line in the audit log, or a line that says why not."""
        try:
            with self.store.change() as change:
                yield change
                self.audit.write(change, date_time(change.now), caller, action, uid, change.result)
        except Refused as refusal:
            with self.store.change() as change:
                result = f"refused: {refusal.sentence}"
                self.audit.write(change, date_time(change.now), caller, action, uid, result)
            raise

    def opened(self, caller: Caller, uid: str, action: str = "read") -> None:
        """Somebody looks at it, or at its images: a line once an hour. A full disk keeps nobody from reading."""
        now, who = time.monotonic(), (caller.site, caller.person, f"{action} {uid}")
        if now - self.looked.get(who, -LOOK_SECONDS) < LOOK_SECONDS:
            return
        if len(self.looked) > MOST_LOOKS:
            self.looked.clear()
        self.looked[who] = now
        with suppress(OSError, sqlite3.Error), self.act(caller, action, uid):
            pass

    def visible(self, caller: Caller, uid: str, change: Change | None = None) -> Entry:
        """The workitem, if the caller may know of it."""
        entry = change.entry(uid) if change else self.store.entry(uid)
        if entry is None or not may_see(self.settings(), caller.site, entry):
            raise Refused(404, f"there is no workitem {uid[:64]}")
        return entry


def state_event(change: Change, pk: int, item: Dataset) -> None:
    change.event(pk, STATE_REPORT, {tag: item[tag] for tag in ("00404041", "00741000", "00741238") if tag in item})


def assigned_event(change: Change, pk: int, item: Dataset) -> None:
    found = {tag: item[tag] for tag in ("00404025", "00404034") if item.get(tag, {}).get("Value")}
    if found:
        change.event(pk, ASSIGNED, found)
