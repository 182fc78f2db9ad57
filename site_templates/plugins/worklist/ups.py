"""UPS-RS: PS3.18 chapter 11, the worklist as every DICOMweb client knows it.

Beyond the standard, who may do what is the network's: a workitem is its acquiring site's until it is claimed, and
then its holder's. What may not be seen is not there (404).
"""

from collections.abc import Callable

from worklist import claims
from worklist.attributes import ATTRIBUTES, FILTERED, WORKLIST
from worklist.book import CANCEL_REQUESTED, INCONSISTENT, PROGRESS_REPORT, Book, assigned_event, state_event
from worklist.dicomjson import TYPE, UID, Dataset, Invalid, attribute, date_time, first, parsed, text
from worklist.matching import Search, Unreadable, search_of
from worklist.pools import Settings, may_see, member_of, scope
from worklist.request import LARGEST, Caller, Refused, Request, Response, answer, warned
from worklist.store import Entry
from worklist.subscriptions import change_subscription
from worklist.workitem import (
    CANCELED,
    COMPLETED,
    IN_PROGRESS,
    PROGRESS,
    SCHEDULED,
    STATE,
    STATES,
    TRANSACTION,
    created,
    in_state,
    mended,
    refuse_creation,
    refuse_update,
    shown,
    stopped,
    updated,
)

ROOT = "/dicom-web/workitems"
RETURNED = {row.path[0]: (row.vr, row.answer) for row in ATTRIBUTES if len(row.path) == 1}
_ENDED = "The submitted request is inconsistent with the current state of the Workitem."
_COMPLETED = "The UPS is already COMPLETED."
"""Warnings of 11.6.3.2 and 11.8.3.2."""
_UID_NAMES = ("workitem", "AffectedSOPInstanceUID", "affectedsopinstanceuid")
_LOCK_NAMES = ("transaction", "transaction-uid", "TransactionUID", "transactionUID")


def handle(book: Book, request: Request) -> Response:
    """The answer to anything below ROOT; `path` of the request is what follows it."""
    parts = [part for part in request.path.split("/") if part]
    try:
        if request.path not in ("", "/") and not request.path.startswith("/"):
            raise Refused(404, "there is no such resource")
        for uid in parts[:1]:
            if not UID.fullmatch(uid):
                raise Refused(400, f"'{uid[:80]}' is no UID")
        return _route(parts, request.method)(book, request, *parts[:1])
    except Refused as refusal:
        return refusal.response()
    except (Invalid, Unreadable) as error:
        return Refused(400, str(error)).response()


def _route(parts: list[str], method: str) -> Callable[..., Response]:
    shape = (len(parts), parts[1] if len(parts) > 1 else "")
    routes: dict[tuple[int, str], dict[str, Callable[..., Response]]] = {
        (0, ""): {"GET": search, "POST": create},
        (1, ""): {"GET": retrieve, "POST": update},
        (2, "state"): {"PUT": change_state},
        (2, "cancelrequest"): {"POST": request_cancellation},
        (3, "subscribers"): {"POST": change_subscription, "DELETE": change_subscription},
        (4, "subscribers"): {"POST": change_subscription},
    }
    found = routes.get(shape)
    if found is None or (shape[0] == 4 and parts[3] != "suspend"):
        raise Refused(404, "there is no such resource")
    if method not in found:
        raise Refused(405, f"{method} is not possible here, but {' and '.join(found)}")
    return found[method]


# -- reading ------------------------------------------------------------------------------------------------------


def search(book: Book, request: Request) -> Response:
    """11.9"""
    settings = book.admit(request.caller)
    _acceptable(request)
    asked = search_of(request.query)
    claims.expire(book)
    found, more = book.store.search(asked, *scope(settings, request.caller.site))
    headers = {}
    if asked.fuzzy:
        headers = warned("The fuzzymatching parameter is not supported. Only literal matching has been performed.")
    if more and asked.capped:
        headers = warned(f"There are more results: ask for them with offset={asked.offset + len(found)}")
    if not found:
        return Response(204, headers=headers)
    answered = [returned(entry.item, asked) for entry in found]
    return _dicom(answered, 206 if more and asked.capped else 200, headers)


def returned(item: Dataset, asked: Search) -> Dataset:
    """Return keys of type 1 and 2, of 1C where there is a value, and what was matched or asked for besides."""
    if asked.everything:
        return shown(item)
    wanted = asked.include | {key.path[0] for key in asked.keys}
    made = {tag: value for tag, value in item.items() if tag in wanted}
    for tag, (vr, need) in RETURNED.items():
        if need in ("1", "2"):
            made[tag] = item.get(tag) or attribute(vr)
        elif need in ("1C", "2C") and tag in item:
            made[tag] = item[tag]
    return shown(dict(sorted(made.items())))


def retrieve(book: Book, request: Request, uid: str) -> Response:
    """11.5"""
    book.admit(request.caller)
    _acceptable(request)
    found = book.visible(request.caller, uid)
    book.opened(request.caller, uid)
    return _dicom([shown(found.item)], 200, {"Content-Location": f"{ROOT}/{uid}"})


# -- changing -----------------------------------------------------------------------------------------------------


def create(book: Book, request: Request) -> Response:
    """11.4"""
    caller, item = request.caller, _payload(request)
    settings = book.admit(caller)
    uid = _new_uid(request, item)
    _refuse_twice(settings, caller, uid, book.store.entry(uid))  # a site that announces again is no event
    with book.act(caller, "create", uid) as change:
        _refuse_twice(settings, caller, uid, change.entry(uid))
        item, notes = mended({tag: value for tag, value in item.items() if tag != "00080018"})
        problems = refuse_creation(item)
        if problems:
            raise Refused(400, "; ".join(problems))
        site = acquired_at(settings, caller, item)
        made, modified = created(item, uid, date_time(change.now), notes)
        pk = change.insert(made, site, member_of(settings, site))
        state_event(change, pk, made)
        assigned_event(change, pk, made)
        claims.prefetch(settings, change, uid)
    headers = warned("The Workitem was created with modifications.") if modified else {}
    return Response(201, headers={"Location": f"{ROOT}/{uid}", "Content-Location": f"{ROOT}/{uid}", **headers})


def _refuse_twice(settings: Settings, caller: Caller, uid: str, there: Entry | None) -> None:
    if there:
        facts = {"state": there.state} if may_see(settings, caller.site, there) else {}
        raise Refused(409, f"the workitem {uid} is there already", "The Workitem already exists.", facts)


def update(book: Book, request: Request, uid: str) -> Response:
    """11.6"""
    caller, changes = request.caller, _payload(request)
    settings = book.admit(caller)
    lock = _lock(request, changes)
    changes = {tag: value for tag, value in changes.items() if tag not in (TRANSACTION, "00080018", "00001000")}
    with book.act(caller, "update", uid) as change:
        entry = book.visible(caller, uid, change)
        _may_update(book, settings, caller, entry, lock)
        problems = refuse_update(changes)
        if problems:
            raise Refused(400, "; ".join(problems))
        item = updated(entry.item, changes, date_time(change.now))
        # Who is at work on it keeps it.
        until = change.now + settings["claim_hours"] * 3600.0 if entry.state == IN_PROGRESS else 0.0
        change.save(entry, item, until=until)
        if text(item, "00404041") != text(entry.item, "00404041"):
            state_event(change, entry.row["pk"], item)
        if PROGRESS in changes:
            change.event(entry.row["pk"], PROGRESS_REPORT, {PROGRESS: item[PROGRESS]})
        if changes.keys() & {"00404025", "00404034"}:
            assigned_event(change, entry.row["pk"], item)
    return Response(200)


def _may_update(book: Book, settings: Settings, caller: Caller, entry: Entry, lock: str) -> None:
    if entry.state in (COMPLETED, CANCELED):
        raise Refused(400, f"it is {entry.state}: it may no longer be changed", _ENDED)
    if entry.state == IN_PROGRESS:
        claims.owned(book, caller, entry, lock)
    elif lock:
        raise Refused(409, "nobody has claimed it", "The target URI did not reference a claimed Workitem.")
    else:
        _acquirer(settings, caller, entry)


def change_state(book: Book, request: Request, uid: str) -> Response:
    """11.7"""
    asked, caller = _payload(request), request.caller
    state, lock = text(asked, STATE), text(asked, TRANSACTION)
    if state not in STATES:
        raise Refused(400, f"'{state[:40]}' is no state of a workitem")
    if not UID.fullmatch(lock):
        raise Refused(400, claims.MISSING)
    if state == SCHEDULED:
        raise Refused(409, "a workitem is SCHEDULED only by being created; release its claim instead", INCONSISTENT)
    if state == IN_PROGRESS:
        claims.claim(book, caller, uid, lock)
        return Response(200)
    book.admit(caller)
    action = "complete" if state == COMPLETED else "cancel"
    with book.act(caller, action, uid) as change:
        entry = book.visible(caller, uid, change)
        if entry.state == SCHEDULED:
            raise Refused(409, "it must be claimed before", INCONSISTENT)
        claims.owned(book, caller, entry, lock)
        if entry.state == state:
            return Response(200, headers=warned(f"The UPS is already in the requested state of {state}."))
        if entry.state != IN_PROGRESS:
            raise Refused(409, f"it is {entry.state} and stays so", INCONSISTENT)
        claims.end(change, entry, entry.item, state)
    return Response(200)


def request_cancellation(book: Book, request: Request, uid: str) -> Response:
    """11.8; what nobody has begun is canceled at once (PS3.4 CC.2.2.3)."""
    asked = _payload(request) if request.body.strip() else {}
    caller, settings = request.caller, book.admit(request.caller)
    with book.act(caller, "request cancellation", uid) as change:
        entry = book.visible(caller, uid, change)
        if entry.state == CANCELED:
            return Response(202, headers=warned("The UPS is already in the requested state of CANCELED."))
        if entry.state == COMPLETED:
            raise Refused(409, "it is COMPLETED: it cannot be canceled", _COMPLETED)
        told = ("00741238", "0074100A", "0074100C", "0074100E")
        who = {"00741236": attribute("AE", caller.site[:16]), **{tag: asked[tag] for tag in told if tag in asked}}
        if entry.state == SCHEDULED:
            _acquirer(settings, caller, entry)
            item = stopped(in_state(entry.item, IN_PROGRESS), date_time(change.now), asked)
            state_event(change, entry.row["pk"], item)
            claims.end(change, entry, item, CANCELED)
            change.result = "canceled"
        change.event(entry.row["pk"], CANCEL_REQUESTED, who)
    return Response(202)


# -- what they share ----------------------------------------------------------------------------------------------


def acquired_at(settings: Settings, caller: Caller, item: Dataset) -> str:
    """A site speaks for itself; the home, announcing what it holds, says where it was acquired."""
    if not caller.operates:
        return caller.site
    site = first(item, "00404027", "00080100")
    return site if site in settings["sites"] else str(settings.get("node", caller.site))


def _acquirer(settings: Settings, caller: Caller, entry: Entry) -> None:
    own = caller.site == entry.row["site"] or member_of(settings, caller.site) == entry.row["member"]
    if not caller.operates and not own:
        raise Refused(403, f"it is {entry.row['site']}'s until somebody claims it")


def _new_uid(request: Request, item: Dataset) -> str:
    """From the query, `?<uid>` or by name, or from the payload."""
    named = {name if UID.fullmatch(name) and not value else value for name, value in request.query if _names(name)}
    found = {*named, text(item, "00080018"), text(item, "00001000")} - {""}
    if len(found) > 1:
        raise Refused(400, f"the request names different workitems: {', '.join(sorted(found))}"[:300])
    uid = next(iter(found), "")
    if not UID.fullmatch(uid):
        raise Refused(400, "the workitem's UID is missing: give it as ?<uid>, or as SOP Instance UID in the payload")
    if uid in (WORKLIST, FILTERED):
        raise Refused(400, f"{uid} is the worklist's own UID")
    return uid


def _names(name: str) -> bool:
    return name in _UID_NAMES or bool(UID.fullmatch(name))


def _lock(request: Request, changes: Dataset) -> str:
    bare = next((name for name, value in request.query if UID.fullmatch(name) and not value), "")
    return request.first(*_LOCK_NAMES) or bare or text(changes, TRANSACTION)


def _payload(request: Request) -> Dataset:
    kind = request.headers.get("content-type", TYPE).partition(";")[0].strip().lower()
    if kind not in (TYPE, "application/json"):
        raise Refused(415, f"a payload is {TYPE}, not {kind[:60]}")
    if len(request.body) > LARGEST:
        raise Refused(413, f"a payload may have {LARGEST} bytes")
    return parsed(request.body)


def _acceptable(request: Request) -> None:
    accepted = request.first("accept") or request.headers.get("accept", "*/*")
    kinds = {kind.partition(";")[0].strip().lower() for kind in accepted.split(",")}
    if not kinds & {TYPE, "application/json", "application/*", "*/*", ""}:
        raise Refused(406, f"an answer is {TYPE}")


def _dicom(datasets: list[Dataset], status: int, headers: dict[str, str]) -> Response:
    return Response(status, answer(datasets).body, TYPE, headers)
