"""The same list as a Modality Worklist (PS3.4 annex K), for workstations that know nothing newer.

Answered are the studies that wait for a report, and those that the asking site holds; of these alone what its site may
report. The scheduled station of each is whoever asks: the step that is scheduled is reporting, and it is theirs to do.
"""

import re
from collections.abc import Iterable

from worklist.dicomjson import Dataset, first, items, text, values
from worklist.matching import Key, Search
from worklist.pools import PROVED, Settings, may_report, scope
from worklist.queries import Tags, is_workstation
from worklist.store import Entry, Store
from worklist.workitem import IN_PROGRESS, SCHEDULED

MOST = 500
"""Answers to one query; the rest is found by asking for less."""
STEPS = "0040,0100"
KEYS = {
    "0010,0010": ("00100010",),
    "0010,0020": ("00100020",),
    "0010,0021": ("00100021",),
    "0010,0030": ("00100030",),
    "0010,0040": ("00100040",),
    "0008,0050": ("00080050",),
    "0020,000d": ("0020000D",),
    "0040,1001": ("0040A370", "00401001"),
}
STEP_KEYS = {"0008,0060": ("00080060",), "0040,0010": ("00404027", "00080104")}
PRIORITIES = {"HIGH": "HIGH", "MEDIUM": "MEDIUM", "LOW": "LOW"}


def at_home(store: Store, settings: Settings, aet: str, query: Tags) -> tuple[list[Tags], bool]:
    """The answers to an AE title at the home's own DICOM port, and whether there would be more.

    That is all Orthanc tells a plugin: it has seen a certificate of the network, and does not say whose. So no site's
    list is told for its node's AE title, which whoever has some certificate could use; such nodes pass on what they are
    asked by HTTPS. Verification alone asks by it, and finds what verification has put there.
    """
    if is_workstation(settings, aet):
        return found(store, settings, str(settings["node"]), aet, query)
    site = next((name for name, facts in settings["sites"].items() if facts["aet"] == aet.strip()), "")
    entries, more = store.search(search_of(query), f"{PROVED} AND state = ?", [SCHEDULED])
    return _answers((entry for entry in entries if may_report(settings, site, entry)), aet, query), more


def search_of(query: Tags) -> Search:
    """Matching keys as the worklist's own; `query` is what Orthanc makes of the request in JSON by tag."""
    keys = [Key(path, value) for tag, path in KEYS.items() if (value := _value(query.get(tag)))]
    for step in query.get(STEPS) or ():
        keys += [Key(path, value) for tag, path in STEP_KEYS.items() if (value := _value(step.get(tag)))]
        keys += _when(_value(step.get("0040,0002")), _value(step.get("0040,0003")))
    return Search(tuple(keys), limit=MOST)


def found(store: Store, settings: Settings, site: str, aet: str, query: Tags) -> tuple[list[Tags], bool]:
    """The answers to a station of that site, and whether there would be more."""
    if site not in settings["sites"]:
        return [], False
    sql, given = scope(settings, site)
    # The plus keeps SQLite from going by the state, which nearly all have, where a name or a date says more.
    both = f"({sql}) AND +state IN (?, ?) AND (+state <> ? OR holder = ?)"
    entries, more = store.search(search_of(query), both, [*given, SCHEDULED, IN_PROGRESS, IN_PROGRESS, site])
    mine = (entry for entry in entries if entry.row["holder"] == site or may_report(settings, site, entry))
    return _answers(mine, aet, query), more


def _answers(entries: Iterable[Entry], aet: str, query: Tags) -> list[Tags]:
    return [answer for entry in entries if _fits(answer := as_answer(entry, aet), query)]


def as_answer(entry: Entry, aet: str) -> Tags:
    """One workitem as DICOM, in the form that Orthanc makes datasets from."""
    item = entry.item
    (request, *_) = [*items(item, "0040A370"), {}]
    start = text(item, "00404005")
    label = text(item, "00741204")
    step = {
        "0008,0060": text(item, "00080060"),
        "0040,0001": aet,
        "0040,0002": start[:8],
        "0040,0003": re.sub(r"[+-].*", "", start[8:])[:6],
        "0040,0006": entry.row["person"],
        "0040,0007": label,
        "0040,0009": entry.uid[-16:],
        "0040,0010": first(item, "00404027", "00080104")[:16],
        "0040,0011": entry.row["site"][:16],
        "0040,0020": "STARTED" if entry.state == IN_PROGRESS else "SCHEDULED",
        "0040,0400": text(item, "00400400"),
    }
    return {
        "0008,0005": "ISO_IR 192",
        "0008,0050": text(item, "00080050") or text(request, "00080050"),
        "0008,0051": _issuer(values(item, "00080051") or values(request, "00080051")),
        "0008,0080": text(item, "00080080"),
        "0008,0090": text(item, "00080090") or text(request, "00080090"),
        "0010,0010": text(item, "00100010"),
        "0010,0020": text(item, "00100020"),
        "0010,0021": text(item, "00100021"),
        "0010,0030": text(item, "00100030"),
        "0010,0040": text(item, "00100040"),
        "0020,000d": text(item, "0020000D") or entry.row["study_uid"],
        "0032,1032": text(request, "00321032"),
        "0032,1060": text(request, "00321060") or label,
        "0038,0010": text(item, "00380010"),
        STEPS: [step],
        "0040,1001": text(request, "00401001") or entry.uid[-16:],
        "0040,1003": PRIORITIES.get(text(item, "00741200"), ""),
    }


def _issuer(given: list[Dataset]) -> list[Tags]:
    found = [{"0040,0031": text(each, "00400031")} for each in given if text(each, "00400031")]
    return found or [{}]


def _value(found: object) -> str:
    return str(found).strip() if isinstance(found, str) else ""


def _when(date: str, time: str) -> Iterable[Key]:
    """Date and time of the step are one moment here; a time alone is matched later."""
    if not date:
        return []
    if "-" in date or "-" in time or not time:
        return [Key(("00404005",), date)]
    return [Key(("00404005",), date + time.partition(".")[0])]


def _fits(answer: Tags, query: Tags) -> bool:
    """What the workitem has no key for: the station that asks, a range of times, the state of the step."""
    (asked, *_) = [*(query.get(STEPS) or ()), {}]
    (step,) = answer[STEPS]
    station, state = _value(asked.get("0040,0001")), _value(asked.get("0040,0020"))
    if station and step["0040,0001"] not in station.split("\\") and station != "*":
        return False
    if state and step["0040,0020"] not in state.split("\\"):
        return False
    low, dash, high = _value(asked.get("0040,0003")).partition("-")
    if not dash:
        return True
    return (low or "0").ljust(6, "0") <= step["0040,0003"].ljust(6, "0") <= (high or "9").ljust(6, "9")
