"""The copy of an instance that leaves its site: a few numbers say whose they are, every other byte is the original's.

The same original under the same settings gives the same copy, byte by byte, for ever: the receiver is asked for
digests, and a copy that was sent in part, or by a node that was killed, is found again. So the stamp carries the date
of the study, and not that of the sending.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sharing.elements import UNDEFINED, Element, NotUnderstood, elements, items
from sharing.identity import NHS_ISSUER, NHS_ISSUERS, NHS_OID, nhs_number, qualified

IMPLICIT = "1.2.840.10008.1.2"
STRANGE = frozenset(
    {"1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
"""Big endian, and what is deflated as a whole."""
SOP_CLASS, DATE, TIME, ACCESSION, ACCESSION_ISSUER = 0x00080016, 0x00080020, 0x00080030, 0x00080050, 0x00080051
PATIENT, ISSUER, QUALIFIERS = 0x00100020, 0x00100021, 0x00100024
OTHER, OTHERS, STUDY, ORIGINAL = 0x00101000, 0x00101002, 0x0020000D, 0x04000561
MODIFIED, MODIFIED_AT, SYSTEM, SOURCE, REASON = 0x04000550, 0x04000562, 0x04000563, 0x04000564, 0x04000565
ENTITY, UNIVERSAL, UNIVERSAL_TYPE, TYPE = 0x00400031, 0x00400032, 0x00400033, 0x00100022
CHANGED = (ACCESSION_ISSUER, PATIENT, ISSUER, QUALIFIERS, OTHERS)
"""What is replaced or taken away, and so recorded."""
SEQUENCES = frozenset({ACCESSION_ISSUER, QUALIFIERS, OTHERS, ORIGINAL})
GROUP_LENGTHS = frozenset({0x00080000, 0x00100000, 0x04000000})
SYSTEM_PREFIX = "netprov "


@dataclass(frozen=True, slots=True)
class Issuers:
    """Who issued the numbers of one site."""

    site: str
    patient: str
    accession: str


@dataclass(frozen=True, slots=True)
class Instance:
    """A DICOM file, opened as far as its numbers reach."""

    data: bytes
    explicit: bool
    start: int
    found: dict[int, Element]

    def value(self, tag: int) -> bytes:
        element = self.found.get(tag)
        return self.data[element.value : element.end].strip(b" \0") if element else b""

    def text(self, tag: int) -> str:
        return self.value(tag).decode("latin-1")

    def inner(self, tag: int) -> Iterator["Instance"]:
        """Each item of a sequence."""
        element = self.found.get(tag)
        if element:
            for _, body, end in items(self.data, element.value, element.end, self.explicit, 1):
                within = elements(self.data, body, end, self.explicit, UNDEFINED, 1)
                yield Instance(self.data, self.explicit, body, {each.tag: each for each in within})


def opened(data: bytes) -> Instance:
    """Raises NotUnderstood for anything but a sound file in little endian."""
    if data[128:132] != b"DICM":
        raise NotUnderstood("no DICOM file")
    meta = {e.tag: e for e in elements(data, 132, len(data), True, 0x00020000)}
    length = meta.get(0x00020000)
    if length is None or length.end - length.value != 4:
        raise NotUnderstood("its meta information has no length")
    start = length.after + struct.unpack_from("<I", data, length.value)[0]
    if start > len(data):
        raise NotUnderstood("it ends within its meta information")
    header = {e.tag: e for e in elements(data, 132, start, True, 0x0002FFFF)}
    syntax = header.get(0x00020010)
    name = data[syntax.value : syntax.end].strip(b" \0").decode("latin-1") if syntax else ""
    if not name.startswith("1.2.840.10008.1.2") or name in STRANGE:
        raise NotUnderstood(f"transfer syntax {name}")
    found = {e.tag: e for e in elements(data, start, len(data), name != IMPLICIT, ORIGINAL)}
    if GROUP_LENGTHS & found.keys():
        raise NotUnderstood("its groups say how long they are")
    if any(e.vr not in (b"", b"SQ") for tag, e in found.items() if tag in SEQUENCES):
        raise NotUnderstood("a sequence that is not called one")
    return Instance(data, name != IMPLICIT, start, found)


def maker(instance: Instance) -> str:
    """The site of which it is a copy, made by this module and never sent on as another's own; empty of an original."""
    systems = (item.text(SYSTEM) for item in instance.inner(ORIGINAL))
    return next((said.removeprefix(SYSTEM_PREFIX) for said in systems if said.startswith(SYSTEM_PREFIX)), "")


def coerced(instance: Instance, issuers: Issuers) -> bytes:
    """The copy for the network."""
    write = _Writer(instance.explicit)
    number = qualified(issuers.patient, instance.value(PATIENT), instance.text(STUDY))
    new: dict[int, bytes] = {
        PATIENT: write.element(PATIENT, b"LO", number),
        ISSUER: write.element(ISSUER, b"LO", issuers.patient.encode("ascii")),
        QUALIFIERS: b"",
        OTHERS: write.sequence(OTHERS, [*_kept(instance, OTHERS), *_others(instance, issuers, write)]),
        ORIGINAL: write.sequence(ORIGINAL, [*_kept(instance, ORIGINAL), _record(instance, issuers, write)]),
    }
    if instance.value(ACCESSION):
        entity = write.element(ENTITY, b"UT", issuers.accession.encode("ascii"))
        new[ACCESSION_ISSUER] = write.sequence(ACCESSION_ISSUER, [write.item(entity)])
    return b"".join(_merged(instance, new))


def sent_back(instance: Instance, site: str, local: bytes | None) -> bytes:
    """A report on its way home: stamped by where it was made, and under the acquirer's own number if that is given."""
    write, new = _Writer(instance.explicit), dict[int, bytes]()
    if local is not None:
        new[PATIENT] = write.element(PATIENT, b"LO", local)
    if not maker(instance):
        record = _record(instance, Issuers(site, "", ""), write)
        new[ORIGINAL] = write.sequence(ORIGINAL, [*_kept(instance, ORIGINAL), record])
    return b"".join(_merged(instance, new))


def _merged(instance: Instance, new: dict[int, bytes]) -> Iterator[bytes]:
    data, place = instance.data, 0
    order = sorted(instance.found)
    for tag in sorted(new):
        there = instance.found.get(tag)
        if there:
            start, after = there.start, there.after
        else:
            start = after = next((instance.found[t].start for t in order if t > tag), _end(instance))
        yield data[place:start]
        yield new[tag]
        place = after
    yield data[place:]


def _end(instance: Instance) -> int:
    """Where the first element lies that was not looked at."""
    return max((e.after for e in instance.found.values()), default=instance.start)


def _kept(instance: Instance, tag: int) -> list[bytes]:
    """The items that are there, as they are."""
    element = instance.found.get(tag)
    if element is None or element.value == element.end:
        return []
    for _ in instance.inner(tag):  # or else they are not understood
        pass
    return [instance.data[element.value : element.end]]


def nhs_number_of(instance: Instance) -> str:
    """The NHS number that the instance carries where the standard puts it, or else where sites put it."""
    said = [(item.text(ISSUER), item.text(PATIENT)) for item in instance.inner(OTHERS)]
    said.append((instance.text(ISSUER), instance.text(PATIENT)))
    named = [number for issuer, number in said if issuer.upper() in NHS_ISSUERS]
    loose = [*instance.text(OTHER).split("\\"), instance.text(PATIENT)]
    return next((valid for text in (*named, *loose) if (valid := nhs_number(text))), "")


def _others(instance: Instance, issuers: Issuers, write: "_Writer") -> Iterator[bytes]:
    """The local number, and the NHS number, each with its issuer."""
    there = {(item.text(ISSUER), item.value(PATIENT)) for item in instance.inner(OTHERS)}
    known = {nhs_number(number.decode("latin-1")) for issuer, number in there if issuer.upper() in NHS_ISSUERS}
    local, number = instance.value(PATIENT), nhs_number_of(instance)
    if local and (issuers.patient, local) not in there:
        yield write.item(
            write.element(PATIENT, b"LO", local),
            write.element(ISSUER, b"LO", issuers.patient.encode("ascii")),
            write.element(TYPE, b"CS", b"TEXT"),
        )
    if number and number not in known:
        oid = (write.element(UNIVERSAL, b"UT", NHS_OID.encode()), write.element(UNIVERSAL_TYPE, b"CS", b"ISO"))
        yield write.item(
            write.element(PATIENT, b"LO", number.encode("ascii")),
            write.element(ISSUER, b"LO", NHS_ISSUER.encode()),
            write.element(TYPE, b"CS", b"TEXT"),
            write.sequence(QUALIFIERS, [write.item(*oid)]),
        )


def _record(instance: Instance, issuers: Issuers, write: "_Writer") -> bytes:
    """What the values were, who replaced them, and why: also the mark of a copy."""
    before = {tag: instance.data[e.start : e.after] for tag in CHANGED if (e := instance.found.get(tag))}
    before.setdefault(PATIENT, write.element(PATIENT, b"LO", b""))
    return write.item(
        write.sequence(MODIFIED, [write.item(*(before[tag] for tag in sorted(before)))]),
        write.element(MODIFIED_AT, b"DT", moment(instance.text(DATE), instance.text(TIME)).encode("ascii")),
        write.element(SYSTEM, b"LO", f"{SYSTEM_PREFIX}{issuers.site}".encode("ascii")),
        write.element(SOURCE, b"LO", issuers.site.encode("ascii")),
        write.element(REASON, b"CS", b"COERCE"),
    )


def moment(date: str, time: str) -> str:
    """A date and time as one DT; a study without a sound date gets a date that is none."""
    if not re.fullmatch(r"[12][0-9]{7}", date):
        return "19000101"
    return date + time if re.fullmatch(r"[0-9]{6}(\.[0-9]{1,6})?", time) else date


@dataclass(frozen=True, slots=True)
class _Writer:
    explicit: bool

    def element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        value += (b" " if vr != b"UI" else b"\0") * (len(value) % 2)
        head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
        if not self.explicit:
            return head + struct.pack("<I", len(value)) + value
        if vr in (b"SQ", b"UT"):
            return head + vr + struct.pack("<HI", 0, len(value)) + value
        return head + vr + struct.pack("<H", len(value)) + value

    def item(self, *members: bytes) -> bytes:
        body = b"".join(members)
        return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body

    def sequence(self, tag: int, members: list[bytes]) -> bytes:
        body = b"".join(members)
        if not members:
            return b""
        return self.element(tag, b"SQ", body)
