"""A workitem as the standard wants it: what may be in it, when, and which state may follow which.

PS3.4 CC.1.1 (states), CC.2.1.3 (change of state), CC.2.5.1.1 (final state requirements), CC.2.5.2 and CC.2.6.2 (what
is created and what is set). The requirements of each attribute are in attributes.py.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from worklist.attributes import ATTRIBUTES, KEYWORDS, PUSH, VRS, Attribute
from worklist.dicomjson import UID, Dataset, attribute, code, items, text, values
from worklist.macros import faults as missing_in_items

SCHEDULED, IN_PROGRESS, COMPLETED, CANCELED = "SCHEDULED", "IN PROGRESS", "COMPLETED", "CANCELED"
STATES = (SCHEDULED, IN_PROGRESS, COMPLETED, CANCELED)
PRIORITIES = ("HIGH", "MEDIUM", "LOW")
TERMS = {
    "00741000": STATES,
    "00741200": PRIORITIES,
    "00404041": ("INCOMPLETE", "UNAVAILABLE", "READY"),
}
STATE, TRANSACTION, PROGRESS, PERFORMED = "00741000", "00081195", "00741002", "00741216"
LONGEST = {"CS": 16, "SH": 16, "LO": 64, "ST": 1024, "LT": 10240}
_NEVER_EMPTIED = {"00100020", "00100021", "00080100", "00080102", "00080104"} | {
    row.path[-1] for row in ATTRIBUTES if row.create.startswith("1")
}
_DISCONTINUED = code("110513", "DCM", "Discontinued for unspecified reason")


def refuse_creation(item: Dataset) -> list[str]:
    """Why a dataset cannot become a workitem; empty if it can."""
    found = [*_faults(item), *_required(item, "create"), *missing_in_items(item)]
    if text(item, STATE) not in ("", SCHEDULED):
        found.append(f"{_name(STATE)} must be {SCHEDULED} when a workitem is created")
    if text(item, "00080016") not in ("", PUSH):
        found.append(f"SOPClassUID must be {PUSH}, UPS Push")
    filled = [tag for tag in (TRANSACTION, PROGRESS, PERFORMED) if values(item, tag)]
    return found + [f"{_name(tag)} must be empty when a workitem is created" for tag in filled]


def mended(item: Dataset, above: str = "") -> tuple[Dataset, list[str]]:
    """The dataset without values that break their VR, and what each was.

    Modalities send birth dates that are none, and descriptions without end; a study must not be kept from the list by
    them. What may not be empty, and who the patient is, is left as it is, to be refused.
    """
    made, notes = dict(item), list[str]()
    for tag, found in item.items():
        vr = found["vr"]
        if vr == "SQ" and VRS.get(tag, vr) == vr:
            inner = [mended(each, f"{above}{_name(tag)}.") for each in items(item, tag)]
            made[tag] = attribute("SQ", *(each for each, _ in inner))
            notes += [note for _, told in inner for note in told]
        elif tag not in _NEVER_EMPTIED and VRS.get(tag, vr) == vr:
            wrong = [value for value in values(item, tag) if not _fits(tag, vr, value)]
            if wrong:
                made[tag] = attribute(vr, *(value for value in values(item, tag) if value not in wrong))
                notes += [f"{above}{_name(tag)} was '{str(value)[:80]}', which is no {vr}" for value in wrong]
    return made, notes


def refuse_update(changes: Dataset) -> list[str]:
    """Why these attributes cannot be set; empty if they can."""
    found = list(_faults(changes))
    for row in ATTRIBUTES:
        if len(row.path) == 1 and row.path[0] in changes and row.set == "no":
            found.append(f"{row.keyword} must not be changed")
        if len(row.path) == 1 and row.path[0] in changes and row.set == "3/1" and not values(changes, row.path[0]):
            found.append(f"{row.keyword} must not be emptied")
    return [*found, *_required(changes, "set"), *missing_in_items(changes)]


def refuse_end(item: Dataset, state: str) -> list[str]:
    """Which attributes still miss before the workitem may be COMPLETED or CANCELED."""
    codes = ("R", "P") if state == COMPLETED else ("R", "X")
    found = []
    for row in ATTRIBUTES:
        if row.final not in codes or row.path[-1] in (STATE, TRANSACTION):
            continue
        above = [item] if len(row.path) == 1 else items(item, row.path[0])
        if len(row.path) == 2 and row.path[-1] == "00404033":
            missing = not any(row.path[-1] in each for each in above)  # may be empty: there was no output
        else:
            missing = not any(values(each, row.path[-1]) for each in above)
        if missing:
            found.append(f"{'.'.join(_name(tag) for tag in row.path)} must have a value before a step is {state}")
    return found


def created(item: Dataset, uid: str, now: str, notes: Sequence[str] = ()) -> tuple[Dataset, bool]:
    """The workitem as it is kept, and whether more was changed than the standard itself asks for; `notes` say what."""
    made = {tag: value for tag, value in item.items() if not tag.startswith(("0000", "0002"))}
    label = bool(values(made, "00741202"))
    if not label:
        made["00741202"] = attribute("LO", "reporting")
    if notes:
        comments = "; ".join(filter(None, (text(made, "00400400"), *notes)))
        made["00400400"] = attribute("LT", comments[: LONGEST["LT"]])
    made |= {
        "00080016": attribute("UI", PUSH),
        "00080018": attribute("UI", uid),
        "00404010": attribute("DT", now),
        STATE: attribute("CS", SCHEDULED),
    }
    made.pop(TRANSACTION, None)
    return dict(sorted(made.items())), bool(notes) or not label


def updated(item: Dataset, changes: Dataset, now: str) -> Dataset:
    return dict(sorted((item | changes | {"00404010": attribute("DT", now)}).items()))


def in_state(item: Dataset, state: str) -> Dataset:
    return item | {STATE: attribute("CS", state)}


def performed(
    item: Dataset, station: tuple[str, str], person: str, when: tuple[str, str], outputs: Sequence[Dataset]
) -> Dataset:
    """The workitem with its Performed Procedure filled: who reported it, where, from when to when, and the reports."""
    done = {
        "00404028": attribute("SQ", code(station[0], "L", station[1] or station[0])),
        "00404050": attribute("DT", when[0]),
        "00404051": attribute("DT", when[1]),
        "00404019": item.get("00404018") or attribute("SQ", code("110005", "DCM", "Interpretation")),
        "00404033": attribute("SQ", *outputs),
    }
    if person:
        done["00404035"] = attribute("SQ", {"00404037": attribute("PN", {"Alphabetic": person})})
    return item | {PERFORMED: attribute("SQ", dict(sorted(done.items())))}


def stopped(item: Dataset, now: str, asked: Dataset) -> Dataset:
    """The workitem with what must be known of a cancellation; `asked` is what the request said of it."""
    (progress, *_) = [*items(item, PROGRESS), {}]
    reason = asked.get("0074100E") or attribute("SQ", _DISCONTINUED)
    made = {"00404052": attribute("DT", now), "0074100E": reason} | progress
    if values(asked, "00741238"):
        made["00741238"] = asked["00741238"]
    return item | {PROGRESS: attribute("SQ", dict(sorted(made.items())))}


def shown(item: Dataset) -> Dataset:
    """The workitem as it is answered: the Transaction UID is the lock, and only its owner's (CC.2.7.3)."""
    return {tag: value for tag, value in item.items() if tag != TRANSACTION}


# -- what an attribute must be ------------------------------------------------------------------------------------


def _required(item: Dataset, operation: str) -> Iterator[str]:
    for row in ATTRIBUTES:
        need = (row.create if operation == "create" else row.set).partition("/")[0]
        if len(row.path) == 2:
            for inner in items(item, row.path[0]):
                yield from _need(row, inner, need)
        elif operation == "create" and row.path[0] != STATE:
            yield from _need(row, item, need)
    if operation == "create" and STATE not in item:
        yield f"{_name(STATE)} is missing"


def _need(row: Attribute, holder: Dataset, need: str) -> Iterator[str]:
    name = ".".join(_name(tag) for tag in row.path)
    if need == "no" and len(row.path) == 2 and values(holder, row.path[-1]):
        yield f"{name} is not allowed here"
    elif need in ("1", "2") and row.path[-1] not in holder:
        yield f"{name} is missing" + ("" if need == "1" else "; it may be empty")
    elif need == "1" and not values(holder, row.path[-1]):
        yield f"{name} is empty"


def _faults(item: Dataset, above: str = "") -> Iterator[str]:
    """What is wrong with the values themselves."""
    for tag, found in item.items():
        name, vr = above + _name(tag), found["vr"]
        if VRS.get(tag, vr) != vr and not tag.startswith("0000"):
            yield f"{name} is of vr {VRS[tag]}, not {vr}"
            continue
        for value in values(item, tag):
            if isinstance(value, dict) and vr == "SQ":
                yield from _faults(value, f"{name}.")
            elif not _fits(tag, vr, value):
                yield f"{name}: '{str(value)[:40]}' is no {' or '.join(TERMS.get(tag, (vr,)))}"


def _fits(tag: str, vr: str, value: object) -> bool:
    if tag in TERMS:
        return value in TERMS[tag]
    if vr == "UI":
        return isinstance(value, str) and bool(UID.fullmatch(value))
    if vr in ("DA", "DT", "TM"):
        return isinstance(value, str) and _is_time(vr, value)
    if vr in LONGEST:
        return isinstance(value, str) and len(value) <= LONGEST[vr] and (vr in ("ST", "LT") or "\\" not in value)
    return True


def _is_time(vr: str, value: str) -> bool:
    if vr == "TM":
        return bool(re.fullmatch(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?", value))
    shape = r"\d{8}" if vr == "DA" else r"(\d{4}(?:\d\d){0,5})(\.\d{1,6})?([+-]\d{4})?"
    found = re.fullmatch(shape, value)
    if not found:
        return False
    digits = value if vr == "DA" else found[1]
    try:
        datetime.strptime(digits, "%Y%m%d%H%M%S"[: len(digits) - 2])  # noqa: DTZ007 - its shape alone is looked at
    except ValueError:
        return False
    return True


def _name(tag: str) -> str:
    return KEYWORDS.get(tag, tag)
