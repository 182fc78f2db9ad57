"""Studies on their way: those that somebody sends, those that are claimed, and what a pool is to have beforehand.

    asked -> moving -> arrived | failed

What is asked for is noted in the transaction that asks for it, so that no crash forgets it; `courier` has it done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worklist.pools import Settings, may_report, member_of, name_of, taken_by
from worklist.request import Caller, Refused
from worklist.store import Change, Entry, Store

ASKED, MOVING, ARRIVED, FAILED = "asked", "moving", "arrived", "failed"
SENT, CLAIMED, PREFETCHED = "sent", "claimed", "prefetched"
"""Why a study is brought somewhere."""
TRANSFER_EVENT = 0
"""In the feed of events: no type of the standard's."""
_NAMES = ("workitem", "target", "study", "source", "why", "site", "person", "asked", "state", "leg", "reason")
_COUNTS = ("sent", "total", "changed")
_SELECT = f"SELECT {', '.join((*_NAMES, *_COUNTS))} FROM transfer"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Transfer:
    """One study that one site or place is to have."""

    workitem: str
    target: str
    study: str
    source: str
    """The site that acquired it."""
    why: str
    site: str
    """Who asked, and the person there."""
    person: str
    asked: float
    state: str
    leg: int
    """Which part of its way is next, or under way."""
    reason: str
    sent: int
    total: int
    changed: float


# -- who may send what where --------------------------------------------------------------------------------------


def refusal(settings: Settings, caller: Caller, entry: Entry, target: str) -> Refused | None:
    """Why the caller may not have that study sent there; the table is in docs/sharing.md."""
    beyond = target in settings["carriers"]
    if not beyond and target not in settings["sites"]:
        return Refused(403, f"{target[:64] or 'nowhere'} is no site of this network, and no place that it declares")
    if target in (entry.row["site"], keeper(settings, entry)):
        return Refused(409, f"{target} has it already")
    own = member_of(settings, caller.site) == entry.row["member"]
    holds = bool(entry.row["holder"]) and entry.row["holder"] == caller.site
    if caller.operates or own:
        return None
    if beyond:
        named = any(pool.get("external") == target for pool in taken_by(settings, entry))
        if holds and named:
            return None
        return Refused(403, f"only who acquired it sends it to {target}, or who holds it if its pool names {target}")
    if holds or (target == caller.site and may_report(settings, caller.site, entry)):
        return None
    return Refused(403, f"{caller.site} may have it sent to {caller.site} only, until it holds it")


def destinations(settings: Settings, caller: Caller, entry: Entry) -> list[dict[str, str]]:
    """Where the caller may have it sent."""
    named = [(site, name_of(settings, site)) for site in sorted(settings["sites"])]
    named += [(place, "") for place in sorted(settings["carriers"])]
    return [{"id": name, "name": words} for name, words in named if refusal(settings, caller, entry, name) is None]


def keeper(settings: Settings, entry: Entry) -> str:
    """The node that has its images as the network knows them: the hub, or in a mesh who acquired it."""
    return str(settings["home"] if settings["shape"] == "hub" else entry.row["site"])


def reporting_sites(settings: Settings, entry: Entry) -> list[str]:
    """Where a study is brought before anybody asks: the sites of the pools that want it so."""
    wanted = [pool for pool in taken_by(settings, entry) if pool.get("prefetch")]
    sites = {site for pool in wanted for site in pool["sites"] or settings["sites"]}
    return sorted(sites & settings["sites"].keys() - {entry.row["site"], keeper(settings, entry)})


# -- what is on its way -------------------------------------------------------------------------------------------


def ask(change: Change, entry: Entry, target: str, caller: Caller, why: str) -> None:
    """To ask again is to try again: what is there already is not sent twice. Whoever asks sees to an event."""
    row = entry.row
    given = (entry.uid, target, row["study_uid"], row["site"], why, caller.site, caller.person, change.now, ASKED, 0)
    marks = ", ".join("?" * (len(_NAMES) + len(_COUNTS)))
    names = ", ".join((*_NAMES, *_COUNTS))
    sql = f"INSERT OR REPLACE INTO transfer ({names}) VALUES ({marks})"  # noqa: S608
    change.run(sql, (*given, "", 0, 0, change.now))


def save(change: Change, transfer: Transfer, **facts: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in (*facts, "changed"))
    given = (*facts.values(), change.now, transfer.workitem, transfer.target, transfer.asked)
    # Whoever has asked again meanwhile has begun it anew.
    change.run(f"UPDATE transfer SET {sets} WHERE workitem = ? AND target = ? AND asked = ?", given)  # noqa: S608


def under_way(store: Store) -> list[Transfer]:
    # Not bound: only of what stands here does SQLite know that the index holds it.
    rows = store.read(f"{_SELECT} WHERE state IN ('{ASKED}', '{MOVING}') ORDER BY asked")
    return [Transfer(*row) for row in rows]


def of(store: Store, workitem: str) -> list[Mapping[str, Any]]:
    """One entry's, in plain words."""
    told = ("target", "why", "site", "person", "asked", "state", "reason", *_COUNTS)
    rows = store.read(f"{_SELECT} WHERE workitem = ? ORDER BY asked", (workitem,))
    return [{"to" if name == "target" else name: getattr(Transfer(*row), name) for name in told} for row in rows]
