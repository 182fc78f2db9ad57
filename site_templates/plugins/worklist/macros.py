"""PS3.4 tables CC.2.5-2a to 2g: what an item of a workitem's sequences must say for itself.

Held against is what no item has a meaning without: the values of type 1, and of type 1C where the item itself tells
whether the condition is met. What may be empty there may also be left out. Not asked of what a workitem names as its
input and output are single instances, series and ways to retrieve them: whole studies may be named.
"""

from collections.abc import Callable, Iterator

from worklist.attributes import KEYWORDS, TAGS
from worklist.dicomjson import Dataset, items, text, values

Check = Callable[[Dataset], Iterator[str]]
VALUE_TYPES = {
    "DATETIME": "0040A120",
    "DATE": "0040A121",
    "TIME": "0040A122",
    "PNAME": "0040A123",
    "UIDREF": "0040A124",
    "TEXT": "0040A160",
    "CODE": "0040A168",
    "NUMERIC": "0040A30A",
}


def faults(item: Dataset, above: str = "") -> Iterator[str]:
    """What is missing in the items of all sequences, however deep."""
    for tag, found in item.items():
        if found["vr"] != "SQ":
            continue
        for each in items(item, tag):
            name = f"{above}{KEYWORDS.get(tag, tag)}"
            yield from (f"{name}.{missing}" for missing in _MACROS.get(tag, _anything)(each))
            yield from faults(each, f"{name}.")


def _anything(_item: Dataset) -> Iterator[str]:
    yield from ()


def _valued(*tags: str) -> Check:
    def check(item: Dataset) -> Iterator[str]:
        yield from (f"{KEYWORDS.get(tag, tag)} is empty" for tag in tags if not values(item, tag))

    return check


def _code(item: Dataset) -> Iterator[str]:
    """2a"""
    yield from _valued("00080104")(item)
    if not any(values(item, tag) for tag in ("00080100", "00080119", "00080120")):
        yield "CodeValue is empty"
    elif not values(item, "00080120"):  # a URN says itself whose code it is
        yield from _valued("00080102")(item)


def _content(item: Dataset) -> Iterator[str]:
    """2b"""
    yield from _valued("0040A040", "0040A043")(item)
    kind = text(item, "0040A040")
    if kind in VALUE_TYPES:
        yield from _valued(VALUE_TYPES[kind])(item)
    if kind == "NUMERIC":
        yield from _valued("004008EA")(item)


def _designator(item: Dataset) -> Iterator[str]:
    """2d"""
    if not any(values(item, tag) for tag in ("00400031", "00400032")):
        yield "LocalNamespaceEntityID is empty"
    yield from _typed(item)


def _typed(item: Dataset) -> Iterator[str]:
    """2e, and of 2d"""
    if values(item, "00400032"):
        yield from _valued("00400033")(item)


_MACROS: dict[str, Check] = {
    **{tag: _code for keyword, tag in TAGS.items() if keyword.endswith("CodeSequence")},
    **dict.fromkeys(("0040A043", "0040A168", "004008EA"), _code),
    **dict.fromkeys(("00741210", "00741007", "00741212"), _content),
    **dict.fromkeys(("00080051", "00380014", "00400026", "00400027"), _designator),
    "00100024": _typed,
    **dict.fromkeys(("00081199", "00741224"), _valued("00081150", "00081155")),
    "0040E021": _valued("00080054"),
    "0040E023": _valued("0040E010"),
    "0040E025": _valued("00081190"),
    "00741008": _valued("0074100A"),
}
