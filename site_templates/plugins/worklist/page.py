"""What the worklist's page asks for: a search in the network's own words, and one entry with its history.

POST search              a page of the list; what is looked for stands in the body, since an address may be written down
GET  workitems/<uid>     an entry, what was done with it, who may report it
GET  sites               the network's sites by name
"""

import time
from collections.abc import Iterator
from typing import Any

from worklist import claims, transfers
from worklist.book import Book
from worklist.dicomjson import UID, date_time, first, text
from worklist.kept import kept_for
from worklist.pools import Settings, may_report, name_of, reporters, scope
from worklist.request import Caller, Refused, Request
from worklist.store import Entry
from worklist.transfers import destinations
from worklist.workitem import IN_PROGRESS, SCHEDULED, STATES

MOST = 100
LOOKS = ("read", "view")
"""Who has looked is for the audit, and not for everybody who looks."""
Condition = tuple[str, list[str]]
OPEN = (SCHEDULED, IN_PROGRESS)
KEPT = (
    *("uid", "state", "priority", "due", "start", "patient_id", "patient_issuer", "birth_date", "accession"),
    *("study_uid", "body_part", "site", "member", "flag", "holder", "person", "since", "until", "changed"),
)
_ORDERS = {
    "urgency": "{1}rank {0}, due {0}, pk {0}",
    "due": "due = '', due {0}, pk {0}",
    "start": "start = '', start {0}, pk {0}",
    "name": "{1}patient_name {0}, pk {0}",
    "site": "{1}site {0}, rank, due, pk",
}


def search(book: Book, request: Request, facts: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused."""
    settings, caller = book.admit(request.caller), request.caller
    claims.expire(book)
    now = date_time(time.time())[:14]
    allowed, given = scope(settings, caller.site)
    sql, wanted = _where(facts, caller, now)
    where, bound = f"({sql}) AND ({allowed})", [*wanted, *given]
    order = _ORDERS.get(str(facts.get("sort") or "urgency"))
    if order is None:
        raise Refused(400, f"sort is one of {', '.join(_ORDERS)}")
    limit, offset = min(_number(facts, "limit", 50), MOST), _number(facts, "offset", 0)
    way = "DESC" if facts.get("descending") else "ASC"
    # Words are looked for in every row: quicker from first to last than along an index, which the plus forbids.
    plus = "+" if facts.get("text") else ""
    rows = book.store.read(
        f"SELECT uid FROM workitem WHERE {where} ORDER BY {order.format(way, plus)} LIMIT ? OFFSET ?",  # noqa: S608
        [*bound, limit, offset],
    )
    ((total,),) = book.store.read(f"SELECT COUNT(*) FROM workitem WHERE {where}", bound)  # noqa: S608
    entries = [found for (uid,) in rows if (found := book.store.entry(uid))]
    told = [entry_facts(settings, caller, each, now) for each in entries]
    return {"entries": told, "total": total, "more": offset + len(rows) < total}


def entry(book: Book, request: Request, uid: str) -> dict[str, Any]:
    """Raises Refused."""
    settings, caller = book.admit(request.caller), request.caller
    found = book.visible(caller, uid)
    book.opened(caller, uid)
    facts = entry_facts(settings, caller, found, date_time(time.time())[:14])
    names = ("time", "site", "person", "action", "result")
    lines = (line for line in book.audit.history(uid) if line["action"] not in LOOKS)
    history = [{name: line[name] for name in names} for line in lines]
    sending = {"transfers": transfers.of(book.store, uid), "destinations": destinations(settings, caller, found)}
    reports = [
        {"instance": each.instance, "site": each.site, "site_name": name_of(settings, each.site), "at": each.at}
        for each in kept_for(book.store.read, uid)
    ]
    return facts | {"reporters": reporters(settings, found), "history": history, "reports": reports, **sending}


def sites(settings: Settings) -> list[dict[str, str]]:
    return [{"id": site, "name": name_of(settings, site)} for site in sorted(settings["sites"])]


def entry_facts(settings: Settings, caller: Caller, entry: Entry, now: str) -> dict[str, Any]:
    """A workitem in plain words, for a page or a terminal."""
    row, item = entry.row, entry.item
    holds = entry.state == IN_PROGRESS and row["holder"] == caller.site
    return {
        **{name: row[name] for name in KEPT},
        "overdue": entry.state in OPEN and "" < row["due"] < now,
        "due_at": _seconds(row["due"]),
        "start_at": _seconds(row["start"]),
        "patient_name": text(item, "00100010"),
        "sex": text(item, "00100040"),
        "modalities": list(entry.modalities),
        "description": text(item, "00741204"),
        "instances": text(item, "00201208"),
        "comments": text(item, "00400400"),
        "retrieve_url": first(item, "00404021", "0040E025", "00081190"),
        "site_name": name_of(settings, row["site"]),
        "holder_name": name_of(settings, row["holder"]),
        "mine": holds and row["person"] in ("", caller.person),
        "may_report": may_report(settings, caller.site, entry),
    }


def _where(facts: dict[str, Any], caller: Caller, now: str) -> tuple[str, list[str]]:
    parts = [*_chosen(facts), *_open(facts, caller, now), *_words(facts)]
    return " AND ".join(sql for sql, _ in parts) or "1", [value for _, given in parts for value in given]


def _chosen(facts: dict[str, Any]) -> Iterator[Condition]:
    states, uids = _texts(facts, "states"), _texts(facts, "uids")
    if set(states) - set(STATES):
        raise Refused(400, f"states are of {', '.join(STATES)}")
    if len(uids) > MOST or not all(UID.fullmatch(uid) for uid in uids):
        raise Refused(400, f"uids are at most {MOST} UIDs")
    for column, wanted in (("+state", states), ("uid", uids)):
        if wanted:
            yield f"{column} IN ({', '.join('?' * len(wanted))})", wanted
    for column in ("site", "priority"):
        if facts.get(column):
            yield f"{column} = ?", [str(facts[column])]
    if facts.get("modality"):
        yield "instr(modalities, ?) > 0", [f"\\{facts['modality']}\\"]


def _open(facts: dict[str, Any], caller: Caller, now: str) -> Iterator[Condition]:
    if facts.get("mine"):
        yield "state = ? AND holder = ? AND person = ?", [IN_PROGRESS, caller.site, caller.person]
    if facts.get("overdue"):
        yield "state IN (?, ?) AND due <> '' AND due < ?", [*OPEN, now]


def _words(facts: dict[str, Any]) -> Iterator[Condition]:
    """Each word stands in the name or in a number."""
    for word in str(facts.get("text") or "")[:64].split():
        number = word.upper()
        sql = "(instr(patient_name, ?) OR instr(upper(patient_id), ?) OR instr(upper(accession), ?) = 1)"
        yield sql, [word.casefold(), number, number]


def _texts(facts: dict[str, Any], name: str) -> list[str]:
    found = facts.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Refused(400, f"{name} is a list of texts")
    return found


def _number(facts: dict[str, Any], name: str, default: int) -> int:
    found = facts.get(name, default)
    if not isinstance(found, int) or not 0 <= found < 1 << 40:
        raise Refused(400, f"{name} is a whole number")
    return found


def _seconds(digits: str) -> float | None:
    try:
        return time.mktime(time.strptime(digits, "%Y%m%d%H%M%S"))
    except (ValueError, OverflowError):
        return None
