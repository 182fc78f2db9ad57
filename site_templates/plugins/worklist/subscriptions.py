"""Subscriptions (PS3.18 11.10 to 11.12) and the feed of events.

The standard's WebSocket is in channel.py. Who would rather ask for events does so at FEED, by a call that stays open
until something happens (long polling).
"""

import json
import re
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from worklist.attributes import FILTERED, WORKLIST
from worklist.book import STATUS_CHANGE, Book
from worklist.claims import expire
from worklist.dicomjson import Dataset, attribute
from worklist.matching import Key, matches, path_of, search_of
from worklist.pools import may_see
from worklist.request import Caller, Refused, Request, Response, warned
from worklist.store import Entry
from worklist.transfers import TRANSFER_EVENT

FEED = "/netprov/worklist/events"
CHANNEL = "/dicom-web/subscribers/"
LONGEST_WAIT = 25.0
WAITING = threading.BoundedSemaphore(4)
"""Each call that waits holds one of Orthanc's HTTP threads; whoever comes when these are taken is told to ask later."""
LATER_SECONDS = 3
MOST = 500
_NO_KEYS = ("filter", "deletionlock", "accept", "charset")


def change_subscription(book: Book, request: Request, uid: str) -> Response:
    """Subscribe (POST), unsubscribe (DELETE), and suspend (POST .../suspend)."""
    book.admit(request.caller)
    _, _, aet, *suspended = [part for part in request.path.split("/") if part]
    ae_title(aet)
    if suspended:
        return _suspend(book, request.caller, uid, aet)
    return (_subscribe if request.method == "POST" else _unsubscribe)(book, request, uid, aet)


def ae_title(text: str) -> str:
    """Raises Refused if the text is none."""
    if not text.isascii() or not 0 < len(text.strip()) <= 16 or "\\" in text:
        raise Refused(400, f"'{text[:40]}' is no AE title")
    return text


def _subscribe(book: Book, request: Request, uid: str, aet: str) -> Response:
    caller, locked = request.caller, request.first("deletionlock").lower() == "true"
    # PS3.18 2019a, 6.9.7.1, has keys of their own instead of `filter`.
    pairs = [f"{name}={value}" for name, value in request.query if name not in _NO_KEYS]
    wanted = request.first("filter") or ",".join(pairs)
    if uid == FILTERED:
        if not wanted:
            raise Refused(400, "a filtered subscription says by `filter` what it is for")
        _filter(wanted)
    with book.act(caller, "subscribe", uid) as change:
        place = "SELECT ?, ?, COALESCE(MAX(seq), 0) FROM event"
        change.run(f"INSERT OR IGNORE INTO channel (site, aet, seq) {place}", (caller.site, aet))
        if uid not in (WORKLIST, FILTERED):
            entry = book.visible(caller, uid, change)
            state = {tag: entry.item[tag] for tag in ("00404041", "00741000") if tag in entry.item}
            change.event(entry.row["pk"], 1, state)
        given = (caller.site, aet, uid, locked, wanted if uid == FILTERED else "")
        change.run("INSERT OR REPLACE INTO subscription (site, aet, uid, locked, filter) VALUES (?, ?, ?, ?, ?)", given)
    front = re.fullmatch(r"host=([^;]+);proto=https", request.headers.get("forwarded", ""))
    if front:
        return Response(201, headers={"Content-Location": f"wss://{front[1]}{CHANNEL}{aet}"})
    told = warned("No WebSocket without the node's front: ask for events at Content-Location.")
    return Response(201, headers={"Content-Location": f"{FEED}?aet={aet}", **told})


def _unsubscribe(book: Book, request: Request, uid: str, aet: str) -> Response:
    """From the worklist: from everything."""
    with book.act(request.caller, "unsubscribe", uid) as change:
        which, given = ("", []) if uid == WORKLIST else (" AND uid = ?", [uid])
        sql = f"DELETE FROM subscription WHERE site = ? AND aet = ?{which} RETURNING uid"  # noqa: S608
        if not change.run(sql, [request.caller.site, aet, *given]):
            raise Refused(404, f"{aet} is not subscribed to {uid}")
        given = (request.caller.site, aet)
        if not change.run("SELECT 1 FROM subscription WHERE site = ? AND aet = ?", given):
            change.run("DELETE FROM channel WHERE site = ? AND aet = ?", given)
    return Response(200)


def _suspend(book: Book, caller: Caller, uid: str, aet: str) -> Response:
    """What is there already is still told of, what comes is not."""
    if uid not in (WORKLIST, FILTERED):
        raise Refused(404, "only the subscription to a worklist can be suspended")
    with book.act(caller, "suspend", uid) as change:
        ((newest,),) = change.run("SELECT COALESCE(MAX(pk), 0) FROM workitem")
        sql = "UPDATE subscription SET upto = ? WHERE site = ? AND aet = ? AND uid = ? RETURNING uid"
        if not change.run(sql, [newest, caller.site, aet, uid]):
            raise Refused(404, f"{aet} is not subscribed to {uid}")
    return Response(200)


def _filter(text: str) -> tuple[Key, ...]:
    """'00741000=SCHEDULED,00080060=CT'; raises Unreadable."""
    pairs = [part.partition("=") for part in text.split(",") if part]
    for name, _, _ in pairs:
        path_of(name)
    return search_of([(name, value) for name, _, value in pairs]).keys


# -- the feed -----------------------------------------------------------------------------------------------------


def started(book: Book) -> None:
    """Nothing was lost by the restart (PS3.4 CC.2.4.3): both lists are as they were."""
    with book.store.change() as change:
        warm = {"00741244": attribute("CS", "WARM START"), "00741246": attribute("CS", "WARM START")}
        change.event(0, STATUS_CHANGE, {"00741242": attribute("CS", "RESTARTED"), **warm})


def events(book: Book, request: Request) -> dict[str, Any]:
    """What has happened after `after`, if anything has, or else once something does or `wait` seconds are over.

    With `aet`, only what that AE title is subscribed to. Without `after`: nothing yet, only where the feed stands.
    """
    book.admit(request.caller)
    after, wait, aet = request.first("after"), request.first("wait"), request.first("aet")
    if not after.isdigit():
        return {"next": book.store.last_event(), "events": [], "reset": False, "again_in": 0}
    seconds = min(float(wait), LONGEST_WAIT) if wait.isdigit() else 0.0
    deadline = time.monotonic() + seconds
    place, again_in = int(after), 0
    free = seconds > 0 and WAITING.acquire(blocking=False)
    try:
        while True:
            found, place, reset = happened(book, request.caller, place, aet)
            left = deadline - time.monotonic()
            if found or reset or not free or left <= 0 or book.store.ended:
                break
            book.store.wait(place, min(left, 1.0))  # in short turns: claims expire meanwhile
            expire(book)
    finally:
        if free:
            WAITING.release()
    if (not free or book.store.ended) and seconds > 0 and not found:
        again_in = LATER_SECONDS
    return {"next": place, "events": found, "reset": reset, "again_in": again_in}


def kept_place(book: Book, caller: Caller, aet: str) -> int:
    """Up to where a subscriber has been told over its channel; for whoever is none, up to now."""
    rows = book.store.read("SELECT seq FROM channel WHERE site = ? AND aet = ?", (caller.site, aet))
    return int(rows[0][0]) if rows else book.store.last_event()


def keep_place(book: Book, caller: Caller, aet: str, place: int) -> None:
    """A full disk closes no channel: its next one tells again."""
    with suppress(OSError, sqlite3.Error), book.store.change() as change:
        change.run("UPDATE channel SET seq = ? WHERE site = ? AND aet = ?", (place, caller.site, aet))


def happened(book: Book, caller: Caller, place: int, aet: str) -> tuple[list[dict[str, Any]], int, bool]:
    """At most so many events after a place, up to where they reach, and whether older ones are forgotten."""
    ((oldest, last),) = book.store.read("SELECT COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0) FROM event")
    if place > last or place + 1 < oldest:
        return [], last, True
    rows = book.store.read(
        """SELECT seq, event.pk, type, at, body, COALESCE(uid, '') FROM event LEFT JOIN workitem USING (pk)
            WHERE seq > ? ORDER BY seq LIMIT ?""",
        (place, MOST),
    )
    settings, mine = book.settings(), _subscriptions(book, caller, aet)
    found = list[dict[str, Any]]()
    for seq, pk, kind, at, body, uid in rows:
        if kind == TRANSFER_EVENT and aet:
            continue
        entry = book.store.entry(uid) if uid else None
        if entry and not (may_see(settings, caller.site, entry) and (not aet or _wanted(mine, pk, entry))):
            continue
        told = {"seq": seq, "workitem": uid, "type": kind, "at": at, "information": json.loads(body)}
        found.append(told | ({"holder": entry.row["holder"], "person": entry.row["person"]} if entry else {}))
    return found, (rows[-1][0] if rows else place), False


def _subscriptions(book: Book, caller: Caller, aet: str) -> list[Mapping[str, Any]]:
    rows = book.store.read("SELECT uid, filter, upto FROM subscription WHERE site = ? AND aet = ?", (caller.site, aet))
    return [{"uid": uid, "keys": _filter(wanted), "upto": upto} for uid, wanted, upto in rows]


def _wanted(subscriptions: list[Mapping[str, Any]], pk: int, entry: Entry) -> bool:
    return any(
        (each["uid"] == entry.uid or each["uid"] in (WORKLIST, FILTERED))
        and (each["upto"] is None or pk <= each["upto"])
        and (each["uid"] != FILTERED or _fits(entry.item, each["keys"]))
        for each in subscriptions
    )


def _fits(item: Dataset, keys: tuple[Key, ...]) -> bool:
    return matches(item, keys)
