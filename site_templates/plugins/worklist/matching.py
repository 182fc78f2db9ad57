"""Search keys and what they match: PS3.18 8.3.4.1, PS3.4 C.2.2.2."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from worklist.attributes import KEYWORDS, TAGS, VRS
from worklist.dicomjson import Dataset, at, moment

LIMIT = 1000
"""More than so many are not answered at once: 206, and the rest by offset."""
_NOT_KEYS = ("accept", "charset")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


class Unreadable(ValueError):
    """A query that does not say what it looks for."""


@dataclass(frozen=True, slots=True)
class Key:
    """One attribute and what it must be; an empty value matches all."""

    path: tuple[str, ...]
    value: str

    @property
    def vr(self) -> str:
        return VRS.get(self.path[-1], "")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and what of it is to be answered."""

    keys: tuple[Key, ...] = ()
    include: frozenset[str] = frozenset()
    everything: bool = False
    limit: int = LIMIT
    capped: bool = True
    """Whether the limit is ours, and not the caller's."""
    offset: int = 0
    fuzzy: bool = False


def search_of(query: Iterable[tuple[str, str]]) -> Search:
    """Raises Unreadable."""
    keys, fields, include = list[Key](), dict[str, Any](), set[str]()
    for name, value in query:
        if name == "includefield":
            include |= {word for word in value.split(",") if word}
        elif name in ("limit", "offset"):
            if not re.fullmatch(r"\d{1,9}", value):
                raise Unreadable(f"{name} is a whole number, not '{value[:40]}'")
            fields[name] = int(value)
        elif name == "fuzzymatching":
            fields["fuzzy"] = value.lower() == "true"
        elif name not in _NOT_KEYS:
            keys.append(Key(path_of(name), value))
    if "limit" in fields:
        fields["capped"] = fields["limit"] > LIMIT
        fields["limit"] = min(fields["limit"], LIMIT)
    everything = {word for word in include if word.lower() == "all"}
    wanted = frozenset(path_of(word)[0] for word in include - everything)
    return Search(tuple(keys), wanted, bool(everything), **fields)


def path_of(name: str) -> tuple[str, ...]:
    """'0040A370.00080050', 'ReferencedRequestSequence.AccessionNumber' -> tags."""
    path = tuple(word.upper() if _TAG.fullmatch(word) else TAGS.get(word, "") for word in name.split("."))
    if not all(path):
        raise Unreadable(f"'{name[:80]}' is no attribute: give a tag of eight digits, or a keyword of a workitem")
    return path


def name_of(path: Iterable[str]) -> str:
    return ".".join(KEYWORDS.get(tag, tag) for tag in path)


def matches(dataset: Dataset, keys: Iterable[Key]) -> bool:
    return all(not key.value or any(_one(key, value) for value in at(dataset, key.path)) for key in keys)


def _one(key: Key, value: Any) -> bool:
    if key.vr in ("DA", "DT", "TM"):
        low, high = bounds(key.value, key.vr)
        found = instant(str(value), key.vr)
        return bool(found) and low <= found <= high
    if key.vr == "UI":
        return str(value) in listed(key.value)
    if isinstance(value, dict):
        return any(like(key.value.casefold().rstrip("^")).fullmatch(folded(form)) for form in value.values())
    if isinstance(value, str):
        return bool(like(key.value.strip()).fullmatch(value.strip()))
    return str(value) == key.value.strip()


def folded(name: str) -> str:
    """A person's name for matching: PS3.4 C.2.2.2.1 leaves case to us."""
    return name.casefold().rstrip("^ ")


def listed(value: str) -> list[str]:
    return [uid for uid in re.split(r"[,\\]", value) if uid]


def instant(text: str, vr: str, last: bool = False) -> str:
    """A date or a time as digits that compare as text."""
    if vr == "TM":
        digits = re.sub(r"\.\d*$", "", text.replace(":", ""))
        return digits.ljust(6, "9" if last else "0") if digits.isdigit() else ""
    return moment(text, last)


def bounds(value: str, vr: str) -> tuple[str, str]:
    """A range, or all of what a single value leaves open: a year is all of its days. Raises Unreadable."""
    single = vr == "DT" and re.fullmatch(r"\d{4,14}(\.\d+)?[+-]\d{4}", value)
    low, dash, high = (value, "", "") if single else value.partition("-")
    if not dash:
        high = low
    ends = (instant(low, vr) if low else "0", instant(high, vr, last=True) if high else "9" * 14)
    if not all(ends) or not (low or high):
        raise Unreadable(f"'{value[:40]}' is no {vr}, nor a range of two")
    return ends


@lru_cache(256)
def like(pattern: str) -> re.Pattern[str]:
    """The wildcards of DICOM."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
