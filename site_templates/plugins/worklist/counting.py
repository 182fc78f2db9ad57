"""How much stands on the worklist, and since when: for the page, the terminal, and who watches over the network.

Everybody is told of what they may see.
"""

import time
from typing import Any

from sharing.figures import Figure, figure

from worklist.book import Book
from worklist.claims import expire
from worklist.dicomjson import date_time
from worklist.pools import Settings, scope, taken_by_sql
from worklist.request import Caller
from worklist.workitem import CANCELED, COMPLETED, IN_PROGRESS, SCHEDULED

STATES = (SCHEDULED, IN_PROGRESS, COMPLETED, CANCELED)
OPEN = (SCHEDULED, IN_PROGRESS)
_LATE = f"COALESCE(SUM(state IN {OPEN} AND due <> '' AND due < ?), 0)"


def counts(book: Book, caller: Caller) -> dict[str, Any]:
    """By state and site, overdue, flagged, when the oldest was acquired."""
    settings = book.admit(caller)
    expire(book)
    now, (sql, given) = date_time(time.time())[:14], scope(settings, caller.site)
    rows = book.store.read(
        f"SELECT site, state, COUNT(*), {_LATE} FROM workitem WHERE {sql} GROUP BY +site, +state",  # noqa: S608
        [now, *given],
    )
    ((oldest, flagged),) = book.store.read(
        f"""SELECT MIN(CASE WHEN state = 'SCHEDULED' AND start <> '' THEN start END), COALESCE(SUM(flag <> ''), 0)
            FROM workitem WHERE {sql}""",  # noqa: S608
        given,
    )
    return _summed(rows) | {"oldest": oldest or "", "flagged": flagged}


def _summed(rows: list[Any]) -> dict[str, Any]:
    states = dict.fromkeys(STATES, 0)
    sites = dict[str, dict[str, int]]()
    for site, state, count, late in rows:
        states[state] += count
        own = sites.setdefault(site, {**dict.fromkeys(states, 0), "overdue": 0})
        own[state] += count
        own["overdue"] += late
    return {"states": states, "overdue": sum(own["overdue"] for own in sites.values()), "sites": sites}


def figures(book: Book, caller: Caller) -> list[Figure]:
    """The same for Prometheus, with pools and what is on its way."""
    told = counts(book, caller)
    entries = tuple(
        ({"site": site, "state": state}, float(own[state])) for site, own in told["sites"].items() for state in STATES
    )
    late = tuple(({"site": site}, float(own["overdue"])) for site, own in told["sites"].items())
    return [
        Figure("netprov_worklist_entries", "Entries of the worklist, by acquiring site and state.", entries),
        Figure("netprov_worklist_overdue", "Open entries past their time, by acquiring site.", late),
        figure("netprov_worklist_flagged", "Entries with a report of who does not hold them.", float(told["flagged"])),
        figure("netprov_worklist_oldest_open_seconds", "Age of the oldest unclaimed study.", _age(told["oldest"])),
        *_of_pools(book, caller),
        _on_their_way(book),
    ]


def _of_pools(book: Book, caller: Caller) -> list[Figure]:
    settings, now = book.settings(), date_time(time.time())[:14]
    names = [pool["name"] for pool in settings["pools"]]
    sums = _pool_sums(book, settings, caller, now) if names else []
    entries = tuple(
        ({"pool": name, "state": state}, float(count))
        for name, (waiting, claimed, _) in zip(names, sums, strict=True)
        for state, count in ((SCHEDULED, waiting), (IN_PROGRESS, claimed))
    )
    late = tuple(({"pool": name}, float(overdue)) for name, (_, _, overdue) in zip(names, sums, strict=True))
    return [
        Figure("netprov_worklist_pool_entries", "Open entries that a pool takes, by state.", entries),
        Figure("netprov_worklist_pool_overdue", "Of these, those past their time.", late),
    ]


def _pool_sums(book: Book, settings: Settings, caller: Caller, now: str) -> list[tuple[int, int, int]]:
    """Of each pool: what waits, what is claimed, what is late. One look at the list for all of them."""
    takes = [taken_by_sql(pool) for pool in settings["pools"]]
    scoped, seen = scope(settings, caller.site)
    flags = ", ".join(f"({sql}) AS p{number}" for number, (sql, _) in enumerate(takes))
    sums = ", ".join(
        f"TOTAL(p{n} AND state = 'SCHEDULED'), TOTAL(p{n} AND state = 'IN PROGRESS'), TOTAL(p{n} AND late)"
        for n in range(len(takes))
    )
    (found,) = book.store.read(
        f"""SELECT {sums} FROM (SELECT state, due <> '' AND due < ? AS late, {flags}
            FROM workitem WHERE state IN {OPEN} AND ({scoped}))""",  # noqa: S608
        [now, *(value for _, wanted in takes for value in wanted), *seen],
    )
    return [found[at : at + 3] for at in range(0, len(found), 3)]


def _on_their_way(book: Book) -> Figure:
    found = dict(book.store.read("SELECT state, COUNT(*) FROM transfer GROUP BY state"))
    samples = tuple(({"state": state}, float(found.get(state, 0))) for state in ("asked", "moving", "failed"))
    return Figure("netprov_worklist_transfers", "Studies that somebody has had sent, by state.", samples)


def _age(start: str) -> float:
    try:
        return max(0.0, time.time() - time.mktime(time.strptime(start[:14], "%Y%m%d%H%M%S")))
    except (ValueError, OverflowError):
        return 0.0
