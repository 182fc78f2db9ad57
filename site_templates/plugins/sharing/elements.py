"""One level of a DICOM dataset in little endian, as places in its bytes; nothing is decoded, nothing is copied."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
DEEPEST = 32


class NotUnderstood(Exception):
    """These bytes are not what the rewriter knows; Orthanc itself must do it."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where one element begins, where its value lies, and where the next begins."""

    tag: int
    vr: bytes
    """Empty in implicit VR."""
    start: int
    value: int
    end: int
    """End of the value; of undefined length, without its delimiter."""
    after: int


def elements(data: bytes, start: int, end: int, explicit: bool, last: int, depth: int = 0) -> Iterator[Element]:
    """The elements up to tag `last`, in ascending order. Raises NotUnderstood where the bytes are anything else."""
    place, previous = start, -1
    while place < end:
        element = _element(data, place, end, explicit, depth)
        if element.tag > last:
            return
        if element.tag <= previous:
            raise NotUnderstood(f"tag {element.tag:08x} comes after {previous:08x}")
        yield element
        previous, place = element.tag, element.after


def items(data: bytes, start: int, end: int, explicit: bool, depth: int = 0) -> Iterator[tuple[int, int, int]]:
    """Each item of a sequence's value: where it begins, where its dataset lies, where that ends."""
    place = start
    while place < end:
        tag, length = _head(data, place, end)
        if tag != ITEM:
            raise NotUnderstood(f"{tag:08x} where an item should begin")
        body = place + 8
        if length == UNDEFINED:
            finish, following = _item_end(data, body, end, explicit, depth)
        else:
            finish = following = body + length
        if following > end:
            raise NotUnderstood("an item is longer than its sequence")
        yield place, body, finish
        place = following


def _element(data: bytes, place: int, end: int, explicit: bool, depth: int) -> Element:
    if place + 8 > end:
        raise NotUnderstood("it ends within an element")
    group, number = struct.unpack_from("<HH", data, place)
    tag, vr = group << 16 | number, b""
    if group == 0xFFFE:
        raise NotUnderstood(f"{tag:08x} outside of a sequence")
    if explicit:
        vr, value, length = _explicit(data, place, end)
    else:
        value, length = place + 8, struct.unpack_from("<I", data, place + 4)[0]
    if length == UNDEFINED:
        if explicit and vr not in (b"SQ", b"UN", b"OB", b"OW"):
            raise NotUnderstood(f"{tag:08x} has no length")
        # What stands in an unknown of undefined length is in implicit VR (PS3.5, 6.2.2).
        finish, after = _sequence_end(data, value, end, explicit and vr != b"UN", depth + 1)
        return Element(tag, vr, place, value, finish, after)
    if value + length > end:
        raise NotUnderstood(f"{tag:08x} is longer than the file")
    return Element(tag, vr, place, value, value + length, value + length)


def _explicit(data: bytes, place: int, end: int) -> tuple[bytes, int, int]:
    vr = data[place + 4 : place + 6]
    if vr in SHORT:
        return vr, place + 8, struct.unpack_from("<H", data, place + 6)[0]
    if vr not in LONG or place + 12 > end:
        raise NotUnderstood(f"value representation {vr!r}")
    return vr, place + 12, struct.unpack_from("<I", data, place + 8)[0]


def _head(data: bytes, place: int, end: int) -> tuple[int, int]:
    if place + 8 > end:
        raise NotUnderstood("a sequence ends within an item")
    group, number, length = struct.unpack_from("<HHI", data, place)
    return group << 16 | number, length


def _sequence_end(data: bytes, start: int, end: int, explicit: bool, depth: int) -> tuple[int, int]:
    """Where a value of undefined length ends, and where what follows its delimiter begins."""
    if depth > DEEPEST:
        raise NotUnderstood("sequences lie too deep in each other")
    place = start
    while True:
        tag, length = _head(data, place, end)
        if tag == SEQUENCE_END:
            return place, place + 8
        if tag != ITEM:
            raise NotUnderstood(f"{tag:08x} where an item should begin")
        if length == UNDEFINED:
            _, place = _item_end(data, place + 8, end, explicit, depth)
        else:
            place += 8 + length


def _item_end(data: bytes, start: int, end: int, explicit: bool, depth: int) -> tuple[int, int]:
    place = start
    while True:
        tag, _ = _head(data, place, end)
        if tag == ITEM_END:
            return place, place + 8
        place = _element(data, place, end, explicit, depth).after
