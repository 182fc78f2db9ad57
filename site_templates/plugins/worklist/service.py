"""netprov's own part of the worklist, below /netprov/worklist: what the standard has no word for.

GET  entries                       the list in plain words; keys, limit and offset as in UPS-RS
POST search, GET workitems/<uid>, GET sites    what the page of the list asks for: see page.py
POST workitems/<uid>/claim         the entry is the caller's, or 409 says whose it is
POST workitems/<uid>/release       it is nobody's again
POST workitems/<uid>/send          its study is to go to a site, or to a declared place: {"to": ...}
POST workitems/<uid>/report        a report has come: it completes the entry, or is kept and flagged
POST workitems/<uid>/accept        who holds the entry takes a report that is kept: it completes the entry
GET  events                        what happens, as it happens
GET  counts                        how many, by state and site, overdue, the oldest
GET  audit                         the log, and whether it is whole
POST mwl                           a workstation's query of modality worklist, which its site's node passes on
POST viewed                        somebody at a site looks at a study's images
GET  proofs, POST erase            for verification: see proofs.py
POST retry                         what could not be sent is tried again
POST rebuild                       entries anew from the studies that the home holds
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from worklist import claims, counting, courier, modality_worklist, page, proofs, ups, views
from worklist.book import Book, state_event
from worklist.dicomjson import UID, Dataset, Invalid, date_time, text
from worklist.matching import Unreadable, search_of
from worklist.pools import Settings, member_of, name_of, scope
from worklist.request import OPERATOR, Caller, Refused, Request, Response, answer
from worklist.subscriptions import events
from worklist.workitem import (
    CANCELED,
    COMPLETED,
    SCHEDULED,
    created,
    in_state,
    mended,
    performed,
    refuse_creation,
)

ROOT = "/netprov/worklist"
ENDINGS = {
    ("complete", "done"),
    ("cancel", "done"),
    ("report", "completed"),
    ("accept", "completed"),
    ("request cancellation", "canceled"),
}
"""How the audit log says that a workitem has ended."""
Announce = Callable[[str], Dataset]


@dataclass(frozen=True, slots=True)
class Service:
    """The book, and how to have a study announced."""

    book: Book
    studies: Callable[[], Iterable[str]]
    announce: Announce | None = None

    def handle(self, request: Request) -> Response:
        """`path` of the request is what follows ROOT."""
        try:
            parts = [part for part in request.path.split("/") if part]
            if len(parts) == 3 and parts[0] == "workitems":
                return answer(self._act(request, parts[1], parts[2]))
            if len(parts) == 2 and parts[0] == "workitems" and request.method == "GET" and UID.fullmatch(parts[1]):
                return answer(page.entry(self.book, request, parts[1]))
            known: dict[str, tuple[str, Callable[[Request], Any]]] = {
                "entries": ("GET", self._entries),
                "search": ("POST", lambda asked: page.search(self.book, asked, _facts(asked))),
                "sites": ("GET", lambda asked: page.sites(self.book.admit(asked.caller))),
                "events": ("GET", lambda asked: events(self.book, asked)),
                "counts": ("GET", lambda asked: counting.counts(self.book, asked.caller)),
                "audit": ("GET", self._audit),
                "mwl": ("POST", self._mwl),
                "viewed": ("POST", lambda asked: views.told(self.book, asked.caller, _facts(asked))),
                "proofs": ("GET", lambda asked: proofs.listed(self.book, asked.caller)),
                "erase": ("POST", lambda asked: proofs.erase(self.book, asked.caller, _facts(asked))),
                "retry": ("POST", lambda asked: courier.retry(self.book, asked.caller)),
                "rebuild": ("POST", self._rebuild),
            }
            if len(parts) != 1 or parts[0] not in known:
                raise Refused(404, "there is no such resource")
            method, told = known[parts[0]]
            if request.method != method:
                raise Refused(405, f"{request.method} is not possible here, but {method}")
            return answer(told(request))
        except Refused as refusal:
            return refusal.response()
        except (Invalid, Unreadable) as error:
            return Refused(400, str(error)).response()

    # -- one workitem ---------------------------------------------------------------------------------------------

    def _act(self, request: Request, uid: str, action: str) -> object:
        if request.method != "POST":
            raise Refused(405, f"{request.method} is not possible here, but POST")
        if not UID.fullmatch(uid):
            raise Refused(400, f"'{uid[:80]}' is no UID")
        done = {"claim": self._claim, "release": self._release, "send": self._send, "report": self._report}
        done["accept"] = self._accept
        if action not in done:
            raise Refused(404, "there is no such resource")
        return done[action](request.caller, uid, _facts(request))

    def _claim(self, caller: Caller, uid: str, facts: dict[str, Any]) -> object:
        transaction = str(facts.get("transaction") or claims.new_transaction())
        if not UID.fullmatch(transaction):
            raise Refused(400, "a transaction is a UID")
        return claims.claim(self.book, caller, uid, transaction)

    def _release(self, caller: Caller, uid: str, facts: dict[str, Any]) -> object:
        claims.release(self.book, caller, uid, str(facts.get("transaction", "")))
        return {"workitem": uid, "state": SCHEDULED}

    def _send(self, caller: Caller, uid: str, facts: dict[str, Any]) -> object:
        return courier.send(self.book, caller, uid, str(facts.get("to", "")))

    def _report(self, caller: Caller, uid: str, facts: dict[str, Any]) -> object:
        return {"workitem": uid, "state": claims.report(self.book, caller, uid, claims.output_of(facts))}

    def _accept(self, caller: Caller, uid: str, facts: dict[str, Any]) -> object:
        instances = facts.get("instances") or []
        if not isinstance(instances, list) or not all(isinstance(each, str) for each in instances):
            raise Refused(400, "instances are the SOP Instance UIDs of reports, in a list")
        accepted = claims.accept(self.book, caller, uid, instances)
        return {"workitem": uid, "state": COMPLETED, "accepted": accepted}

    # -- the whole list -------------------------------------------------------------------------------------------

    def _entries(self, request: Request) -> object:
        settings, caller = self.book.admit(request.caller), request.caller
        claims.expire(self.book)
        asked = search_of(request.query)
        found, more = self.book.store.search(asked, *scope(settings, caller.site))
        now = date_time(time.time())[:14]
        return {"entries": [page.entry_facts(settings, caller, entry, now) for entry in found], "more": more}

    def _mwl(self, request: Request) -> object:
        settings, facts = self.book.admit(request.caller), _facts(request)
        query, aet = facts.get("query"), str(facts.get("aet", ""))[:16]
        if not isinstance(query, dict):
            raise Refused(400, "a query is what Orthanc makes of one, in JSON")
        claims.expire(self.book)
        found, more = modality_worklist.found(self.book.store, settings, request.caller.site, aet, query)
        return {"answers": found, "more": more}

    def _audit(self, request: Request) -> object:
        """All lines for the operator, a site's own for the site; whether the log is whole, for both."""
        settings, caller = self.book.admit(request.caller), request.caller
        everything = caller.operates or caller.site == settings.get("home")
        after, limit = request.first("after"), request.first("limit")
        chain = self.book.audit.check()
        lines = self.book.audit.entries(
            int(after) if after.isdigit() else 0,
            min(int(limit), 1000) if limit.isdigit() else 100,
            "" if everything else caller.site,
        )
        return {
            "whole": not chain.fault,
            "fault": chain.fault,
            "lines": chain.lines,
            "away": chain.away,
            "entries": lines,
        }

    # -- rebuilding -----------------------------------------------------------------------------------------------

    def _rebuild(self, request: Request) -> object:
        """Make what is missing; how each ended is taken from the audit log, as the archive does not tell."""
        settings, caller = self.book.admit(request.caller), request.caller
        if not caller.operates and caller.site != settings.get("home"):
            raise Refused(403, "only the home of the worklist rebuilds it")
        if self.announce is None:
            raise Refused(409, "this node announces no studies")
        ends = self._ends()
        made, there, failed = 0, 0, list[str]()
        for study in self.studies():
            try:
                item = self.announce(study)
                if not item:
                    continue
                done = self._restore(settings, caller, item, ends)
            except (Refused, KeyError, ValueError, TypeError) as error:
                failed.append(f"{study}: {error}")
                continue
            made, there = made + done, there + (not done)
        return {"created": made, "there": there, "failed": failed}

    def _ends(self) -> dict[str, dict[str, Any]]:
        """The line that ended each workitem, with the person who had claimed it."""
        readers, ends = dict[str, str](), dict[str, dict[str, Any]]()
        for line in self.book.audit.entries(0, 1 << 62):
            uid, how = line["workitem"], (line["action"], line["result"].partition(":")[0])
            if how == ("claim", "done"):
                readers[uid] = line["person"]
            elif how in ENDINGS:
                ends[uid] = line | {"person": line["person"] or readers.get(uid, "")}
        return ends

    def _restore(self, settings: Settings, caller: Caller, item: Dataset, ends: dict[str, dict[str, Any]]) -> bool:
        uid = text(item, "00080018")
        if not UID.fullmatch(uid):
            raise Refused(400, "what announces it gives it no SOP Instance UID")
        if self.book.store.entry(uid):
            return False
        item, notes = mended({tag: value for tag, value in item.items() if tag != "00080018"})
        problems = refuse_creation(item)
        if problems:
            raise Refused(400, "; ".join(problems))
        site = ups.acquired_at(settings, Caller(OPERATOR), item)
        with self.book.act(caller, "rebuild", uid) as change:
            made, _ = created(item, uid, date_time(change.now), notes)
            end = ends.get(uid)
            if end:
                made = _ended(settings, made, end)
            pk = change.insert(made, site, member_of(settings, site))
            if end and text(made, "00741000") == COMPLETED:
                change.run("UPDATE workitem SET holder = ?, person = ? WHERE pk = ?", (end["site"], end["person"], pk))
            state_event(change, pk, made)
        return True


def _ended(settings: Settings, item: Dataset, end: dict[str, Any]) -> Dataset:
    """As the log says that it ended."""
    if end["action"] in ("cancel", "request cancellation"):
        return in_state(item, CANCELED)
    station = (end["site"], name_of(settings, end["site"]))
    when = end["time"]
    return in_state(performed(item, station, end["person"], (when, when), ()), COMPLETED)


def _facts(request: Request) -> dict[str, Any]:
    if not request.body.strip():
        return {}
    try:
        found = json.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "the payload is no JSON object")
    return found
