"""Claiming: at most one site and person holds a workitem, whoever asks at the same moment.

A claim is the standard's own change to IN PROGRESS; its Transaction UID is the lock. Releasing and expiry are not in
the standard, which knows no way back to SCHEDULED: the home itself goes that way (PS3.4 CC.2.1.3 lets it).
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from worklist import transfers
from worklist.book import INCONSISTENT, ITSELF, Book, state_event
from worklist.dicomjson import UID, Dataset, attribute, date_time, items, values
from worklist.kept import Kept, instance_of, keep, kept_for, outputs
from worklist.pools import Settings, may_report, name_of, reporters
from worklist.request import Caller, Refused
from worklist.store import Change, Entry
from worklist.workitem import CANCELED, COMPLETED, IN_PROGRESS, PERFORMED, SCHEDULED, in_state, performed, refuse_end

NOBODY = {"lock": "", "holder": "", "person": "", "since": 0.0, "until": 0.0}
MISSING, INCORRECT = "The Transaction UID is missing.", "The Transaction UID is incorrect."


def new_transaction() -> str:
    return f"2.25.{uuid.uuid4().int}"


def claim(book: Book, caller: Caller, uid: str, transaction: str) -> dict[str, Any]:
    """The workitem is the caller's, or Refused says whose it is."""
    settings = book.admit(caller)
    expire(book)
    with book.act(caller, "claim", uid) as change:
        entry = book.visible(caller, uid, change)
        if entry.state == IN_PROGRESS:
            raise Refused(409, held(settings, entry), INCONSISTENT, holder_facts(settings, entry))
        if entry.state != SCHEDULED:
            raise Refused(409, f"it is {entry.state}: nothing is left to report", INCONSISTENT)
        if not may_report(settings, caller.site, entry):
            raise Refused(403, _not_yours(settings, caller, entry))
        item, until = in_state(entry.item, IN_PROGRESS), change.now + settings["claim_hours"] * 3600.0
        owner = {"lock": transaction, "holder": caller.site, "person": caller.person}
        change.save(entry, item, **owner, since=change.now, until=until)
        state_event(change, entry.row["pk"], item)
        if caller.site not in (entry.row["site"], transfers.keeper(settings, entry)):
            transfers.ask(change, entry, caller.site, caller, transfers.CLAIMED)
    return {"workitem": uid, "site": caller.site, "person": caller.person, "until": until, "transaction": transaction}


def prefetch(settings: Settings, change: Change, uid: str) -> None:
    """A new workitem's images go to the sites that will report it, if their pool is to have them beforehand."""
    entry = change.entry(uid)
    for site in transfers.reporting_sites(settings, entry) if entry else ():
        transfers.ask(change, entry, site, ITSELF, transfers.PREFETCHED)


def release(book: Book, caller: Caller, uid: str, transaction: str = "") -> None:
    """Back to SCHEDULED: by who holds it, by who knows its Transaction UID, or by the operator."""
    settings = book.admit(caller)
    with book.act(caller, "release", uid) as change:
        entry = book.visible(caller, uid, change)
        if entry.state != IN_PROGRESS:
            raise Refused(409, f"nobody holds it: it is {entry.state}", INCONSISTENT)
        if not (caller.operates or _holds(caller, entry) or (transaction and transaction == entry.row["lock"])):
            raise Refused(403, held(settings, entry))
        _back(change, entry)


def expire(book: Book) -> int:
    """Claims whose time is over go back, each with its line in the log; how many."""
    gone = book.store.read("SELECT uid FROM workitem WHERE until > 0 AND until <= ?", (time.time(),))
    for (uid,) in gone:
        with book.act(ITSELF, "expire", uid) as change:
            entry = change.entry(uid)
            if entry and entry.state == IN_PROGRESS and 0 < entry.row["until"] <= change.now:
                _back(change, entry)
    return len(gone)


def owned(book: Book, caller: Caller, entry: Entry, transaction: str) -> None:
    """Refuses all but the owner's own Transaction UID."""
    if not UID.fullmatch(transaction):
        raise Refused(400, MISSING)
    if transaction != entry.row["lock"]:
        raise Refused(400, INCORRECT)
    if not caller.operates and caller.site != entry.row["holder"]:
        raise Refused(403, held(book.settings(), entry))


def end(change: Change, entry: Entry, item: Dataset, state: str) -> None:
    """COMPLETED or CANCELED, if all is there that must be; its flag is settled if all that was kept is in it."""
    missing = refuse_end(item, state)
    if missing:
        raise Refused(409, "; ".join(missing), INCONSISTENT)
    made = in_state(item, state)
    instances = {each.instance for each in kept_for(change.run, entry.uid)}
    settled = state == COMPLETED and instances and instances <= outputs(made)
    change.save(entry, made, until=0.0, flag="" if settled else entry.row["flag"])
    state_event(change, entry.row["pk"], made)


def report(book: Book, caller: Caller, uid: str, output: Dataset) -> str:
    """A report has come in from the caller's site: it completes the workitem, or is kept and flagged.

    Gives the state in which the workitem is then.
    """
    settings = book.admit(caller)
    with book.act(caller, "report", uid) as change:
        entry = change.entry(uid)
        if entry is None:
            raise Refused(404, f"there is no workitem {uid[:64]}")
        if entry.state == IN_PROGRESS and entry.row["holder"] == caller.site:
            station = (caller.site, name_of(settings, caller.site))
            when = (date_time(entry.row["since"]), date_time(change.now))
            item = performed(entry.item, station, caller.person or entry.row["person"], when, [output])
            end(change, entry, item, COMPLETED)
            change.result = "completed"
            return COMPLETED
        if entry.state == COMPLETED and instance_of(output) in outputs(entry.item):
            change.result = "known"
            return entry.state
        item = _with_output(entry.item, output) if entry.state == COMPLETED else entry.item
        if entry.state in (SCHEDULED, IN_PROGRESS):
            keep(change, uid, caller.site, output)
        flag = ""
        if entry.row["holder"] != caller.site:
            flag = f"report from {caller.site}, which does not hold it"
        elif entry.state == CANCELED:
            flag = f"report from {caller.site} after it was canceled"
        change.result = f"flagged: {flag}" if flag else "added"
        change.save(entry, item, flag=flag or entry.row["flag"])
        state_event(change, entry.row["pk"], item)
        return entry.state


def accept(book: Book, caller: Caller, uid: str, instances: list[str]) -> list[str]:
    """Who holds the workitem takes reports that are kept for it, all if none is named, as what came of it: COMPLETED.

    Gives their SOP Instance UIDs.
    """
    settings = book.admit(caller)
    expire(book)
    with book.act(caller, "accept", uid) as change:
        entry = book.visible(caller, uid, change)
        if entry.state != IN_PROGRESS:
            why = "nobody holds it: claim it before" if entry.state == SCHEDULED else f"it is {entry.state}"
            raise Refused(409, why, INCONSISTENT)
        if not _holds(caller, entry):
            raise Refused(403, held(settings, entry))
        chosen = _chosen(kept_for(change.run, uid), instances)
        station = (caller.site, name_of(settings, caller.site))
        when, person = (date_time(entry.row["since"]), date_time(change.now)), caller.person or entry.row["person"]
        item = performed(entry.item, station, person, when, [each.output for each in chosen])
        end(change, entry, item, COMPLETED)
        change.result = "completed: " + ", ".join(f"report {each.instance} from {each.site}" for each in chosen)
    return [each.instance for each in chosen]


def _chosen(there: list[Kept], instances: list[str]) -> list[Kept]:
    if not there:
        raise Refused(409, "no report is kept for it", INCONSISTENT)
    missing = set(instances) - {each.instance for each in there}
    if missing:
        raise Refused(409, f"no report {min(missing)[:64]} is kept for it", INCONSISTENT)
    return [each for each in there if not instances or each.instance in instances]


def _holds(caller: Caller, entry: Entry) -> bool:
    return bool(entry.row["holder"] == caller.site and entry.row["person"] in ("", caller.person))


def output_of(facts: Mapping[str, Any]) -> Dataset:
    """One report as an item of the Output Information Sequence (PS3.4 table CC.2.5-2c)."""
    uids = {name: str(facts.get(name, "")) for name in ("study", "series", "class", "instance")}
    for name, uid in uids.items():
        if not UID.fullmatch(uid):
            raise Refused(400, f"{name} must be the report's UID, not '{uid[:40]}'")
    referenced = {"00081150": attribute("UI", uids["class"]), "00081155": attribute("UI", uids["instance"])}
    made = {
        "00081199": attribute("SQ", referenced),
        "0020000D": attribute("UI", uids["study"]),
        "0020000E": attribute("UI", uids["series"]),
        "0040E020": attribute("CS", "DICOM"),
    }
    if facts.get("retrieve"):
        made["0040E025"] = attribute("SQ", {"00081190": attribute("UR", str(facts["retrieve"]))})
    return made


def held(settings: Settings, entry: Entry) -> str:
    """Who holds it, in a sentence."""
    row = entry.row
    name = name_of(settings, row["holder"])
    site = f"{name} ({row['holder']})" if name else row["holder"]
    who = f"{row['person']} at {site}" if row["person"] else site
    return f"{who} holds it since {_clock(row['since'])}, until {_clock(row['until'])} at the latest"


def holder_facts(settings: Settings, entry: Entry) -> dict[str, Any]:
    row = entry.row
    facts = {name: row[name] for name in ("holder", "person", "since", "until")}
    return facts | {"holder_name": name_of(settings, row["holder"])}


def _clock(seconds: float) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(seconds))


def _not_yours(settings: Settings, caller: Caller, entry: Entry) -> str:
    if caller.operates:
        return "an operator reports for no site: claim in the name of one, by X-Netprov-Caller"
    return f"no pool gives it to {caller.site}; it is for {', '.join(reporters(settings, entry)) or 'nobody'}"


def _back(change: Change, entry: Entry) -> None:
    item = in_state(entry.item, SCHEDULED)
    change.save(entry, item, **NOBODY)
    state_event(change, entry.row["pk"], item)


def _with_output(item: Dataset, output: Dataset) -> Dataset:
    """An addendum: one more report in what was performed."""
    (done, *others) = [*items(item, PERFORMED), {}]
    if not done:
        return item
    grown = done | {"00404033": attribute("SQ", *values(done, "00404033"), output)}
    return item | {PERFORMED: attribute("SQ", grown, *(other for other in others if other))}
