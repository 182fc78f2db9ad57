"""DICOM JSON (PS3.18 annex F) as plain dictionaries: an attribute is {"vr": ..., "Value": [...]}."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

Dataset = dict[str, Any]
TYPE = "application/dicom+json"
DEEPEST = 12
_TAG = re.compile(r"[0-9A-F]{8}")
_VR = re.compile(r"[A-Z]{2}")
_MEMBERS = ({"vr"}, {"vr", "Value"}, {"vr", "InlineBinary"}, {"vr", "BulkDataURI"})
UID = re.compile(r"(?=.{1,64}$)(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")


class Invalid(ValueError):
    """What is not DICOM JSON, and where."""


def parsed(body: bytes) -> Dataset:
    """The one dataset of a payload; an array of one is the same as the object alone."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("the payload is not JSON") from None
    if isinstance(found, list):
        if len(found) != 1:
            raise Invalid(f"the payload must hold one dataset, not {len(found)}")
        found = found[0]
    return _dataset(found, "the payload", 0)


def _dataset(found: object, where: str, depth: int) -> Dataset:
    if not isinstance(found, dict):
        raise Invalid(f"{where} is no dataset")
    if depth > DEEPEST:
        raise Invalid(f"{where} is nested too deeply")
    made: Dataset = {}
    for name, attribute in found.items():
        tag = name.upper()
        if not _TAG.fullmatch(tag):
            raise Invalid(f"{where}: '{name[:40]}' is no tag of eight hexadecimal digits")
        made[tag] = _attribute(attribute, tag if depth == 0 else f"{where}.{tag}", depth)
    return made


def _attribute(found: object, where: str, depth: int) -> Dataset:
    if not isinstance(found, dict) or not any(set(found) == members for members in _MEMBERS):
        raise Invalid(f"{where}: an attribute has 'vr' and at most one of 'Value', 'InlineBinary', 'BulkDataURI'")
    if not isinstance(found["vr"], str) or not _VR.fullmatch(found["vr"]):
        raise Invalid(f"{where}: its vr is not two letters")
    if "Value" not in found:
        return dict(found)
    if not isinstance(found["Value"], list):
        raise Invalid(f"{where}: Value is no array")
    if found["vr"] == "SQ":
        return {"vr": "SQ", "Value": [_dataset(item, where, depth + 1) for item in found["Value"]]}
    fits = _is_name if found["vr"] == "PN" else _is_plain
    if not all(fits(value) for value in found["Value"]):
        raise Invalid(f"{where}: a value is not as vr {found['vr']} has it")
    return dict(found)


def _is_name(value: object) -> bool:
    return value is None or (isinstance(value, dict) and set(value) <= {"Alphabetic", "Ideographic", "Phonetic"})


def _is_plain(value: object) -> bool:
    return not isinstance(value, dict | list)


def values(dataset: Dataset, tag: str) -> list[Any]:
    return [value for value in dataset.get(tag, {}).get("Value") or () if value not in (None, "", {})]


def items(dataset: Dataset, tag: str) -> list[Dataset]:
    return [item for item in dataset.get(tag, {}).get("Value") or () if isinstance(item, dict)]


def text(dataset: Dataset, tag: str) -> str:
    """The first value as text; of a name, its alphabetic form."""
    found = values(dataset, tag)
    if not found:
        return ""
    return str(found[0].get("Alphabetic", "") if isinstance(found[0], dict) else found[0]).strip()


def at(dataset: Dataset, path: Sequence[str]) -> Iterator[Any]:
    """Every value at a path of tags through sequences."""
    if len(path) == 1:
        yield from values(dataset, path[0])
    else:
        for item in items(dataset, path[0]):
            yield from at(item, path[1:])


def first(dataset: Dataset, *path: str) -> str:
    """The first value at a path, as text."""
    return next((str(value).strip() for value in at(dataset, path)), "")


def attribute(vr: str, *given: Any) -> Dataset:
    return {"vr": vr, "Value": list(given)} if given else {"vr": vr}


def code(value: str, scheme: str, meaning: str) -> Dataset:
    return {
        "00080100": attribute("SH", value),
        "00080102": attribute("SH", scheme),
        "00080104": attribute("LO", meaning[:64]),
    }


def date_time(seconds: float) -> str:
    """A DT of this node's own clock, with its offset from UTC (PS3.5, 6.2)."""
    return time.strftime("%Y%m%d%H%M%S%z", time.localtime(seconds))


def moment(text_of: str, last: bool = False) -> str:
    """A DT as 14 digits of this node's time, so that two compare as text; `last` takes what is missing as late."""
    found = re.fullmatch(r"(\d{4,14})(\.\d{1,6})?([+-]\d{4})?", text_of.strip())
    if not found:
        return ""
    digits = found[1] + (("99991231235959") if last else ("00000101000000"))[len(found[1]) :]
    return _local(digits, found[3]) if found[3] else digits


def _local(digits: str, offset: str) -> str:
    from calendar import timegm

    try:
        seconds = timegm(time.strptime(digits, "%Y%m%d%H%M%S"))
        away = (int(offset[1:3]) * 60 + int(offset[3:])) * (-60 if offset[0] == "-" else 60)
        return time.strftime("%Y%m%d%H%M%S", time.localtime(seconds - away))
    except (ValueError, OverflowError, OSError):
        return digits
