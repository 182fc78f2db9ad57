"""Studies that no patient has: made here byte by byte, sent through the network as proof, and swept away again.

Everything of netprov's own making carries the patient's name NETPROV^VERIFY and a patient ID that holds
NETPROV-VERIFY, or NETPROV-PROOF for what the nodes are to send on by themselves; nothing that lacks either is ever
touched. The ID names the process that made the study, so that what a killed run has left is known from what a running
one still needs.
"""

import hashlib
import os
import secrets
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from provisioner.engine.holder import process_start
from provisioner.proving.questions import Rest

PATIENT_NAME = "NETPROV^VERIFY"
PREFIX, PROOF = "NETPROV-VERIFY", "NETPROV-PROOF"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
IMPLEMENTATION = "2.25.1"
SIDE = 64
INSTANCES = 2


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM file; `dataset` is what follows its own header, which a node writes anew after C-STORE."""

    uid: str
    identifier: str
    """Orthanc's name for it, the same on every node."""
    file: bytes
    dataset: bytes


@dataclass(frozen=True, slots=True)
class Study:
    """One synthetic study of one synthetic patient."""

    patient: str
    uid: str
    series: str
    identifier: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One verification: the process that runs it, and a word that no other has."""

    pid: int
    started: str
    word: str

    @property
    def mark(self) -> str:
        """What the ID of each of this run's patients holds."""
        return f"-{self.pid}-{self.started}-{self.word}-"

    def study(self, node: str, use: str) -> Study:
        """The study that this run makes at a node for one use; the same bytes whenever it is asked."""
        return _study(f"{PREFIX}{self.mark}{node}", use, PLAIN)

    def proof(self, node: str, kind: "Kind") -> Study:
        """The study that this run has a node send on."""
        return _study(f"{PROOF}{self.mark}{node}", "proof", kind)


@dataclass(frozen=True, slots=True)
class Kind:
    """What decides who is to report a study. `priority` is of the request (0040,1003)."""

    modality: str = "OT"
    body_part: str = ""
    priority: str = ""


PLAIN = Kind()


def dataset_of(file: bytes) -> bytes:
    """What follows the header of a DICOM file; empty where there is none."""
    if file[128:132] != b"DICM" or len(file) < 144:
        return b""
    return file[144 + int(struct.unpack_from("<L", file, 140)[0]) :]


def this_run() -> Run:
    """The verification that this process begins now."""
    return Run(os.getpid(), process_start(os.getpid()), secrets.token_hex(4))


def abandoned(patient: str) -> bool:
    """Whether the process that made this synthetic patient is gone."""
    _, _, rest = patient.partition(f"{PREFIX if PREFIX in patient else PROOF}-")
    parts = rest.split("-")
    return len(parts) < 4 or not parts[0].isdigit() or process_start(int(parts[0])) != parts[1]


def sweep(node: Rest, unwanted: Callable[[str], bool] = abandoned) -> int:
    """Removes the synthetic patients whose ID is unwanted; gives their number."""
    removed = 0
    while patients := [p for p in _synthetic(node) if unwanted(p[1])]:
        for identifier, _ in patients:
            node.delete(f"/patients/{identifier}")
        removed += len(patients)
    return removed


def remains(node: Rest, unwanted: Callable[[str], bool] = abandoned) -> int:
    """How many synthetic patients are there whose ID is unwanted."""
    return sum(unwanted(patient) for _, patient in _synthetic(node))


def _synthetic(node: Rest) -> list[tuple[str, str]]:
    """Orthanc identifier and patient ID of each synthetic patient: both its ID and its name must say so."""
    found = node.post("/tools/find", {"Level": "Patient", "Query": {"PatientName": PATIENT_NAME}, "Expand": True})
    tags = [(p["ID"], p["MainDicomTags"]) for p in found or []]
    return [(i, t["PatientID"]) for i, t in tags if _says_so(t.get("PatientID", ""), t.get("PatientName", ""))]


def _says_so(patient: str, name: str) -> bool:
    return (patient.startswith(f"{PREFIX}-") or f"{PROOF}-" in patient) and name == PATIENT_NAME


def _uid(*words: str) -> str:
    """A UID under 2.25 (PS3.5 B.2), the same for the same words."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(words)).int}"


def _identifier(*words: str) -> str:
    """How Orthanc names what it holds: SHA-1 of the DICOM identifiers from the patient down."""
    digest = hashlib.sha1("|".join(words).encode(), usedforsecurity=False).hexdigest()
    return "-".join(digest[at : at + 8] for at in range(0, 40, 8))


def _study(patient: str, use: str, kind: Kind) -> Study:
    uid, series = _uid(patient, use), _uid(patient, use, "series")
    instances = tuple(_instance((patient, use, uid, series), number, kind) for number in range(INSTANCES))
    return Study(patient, uid, series, _identifier(patient, uid), instances)


def _instance(of: tuple[str, str, str, str], number: int, kind: Kind) -> Instance:
    patient, use, study, series = of
    uid = _uid(patient, use, str(number))
    dataset = _dataset(of, uid, number, kind)
    return Instance(uid, _identifier(patient, study, series, uid), _header(uid) + dataset, dataset)


def _dataset(of: tuple[str, str, str, str], uid: str, number: int, kind: Kind) -> bytes:
    """A small grey picture, in the order and with the representations of PS3.5."""
    patient, use, study, series = of
    pixels = _pixels(number)
    short = ((0x0028, 0x0010, SIDE), (0x0028, 0x0011, SIDE), (0x0028, 0x0100, 16), (0x0028, 0x0101, 12))
    return b"".join(
        (
            _text(0x0008, 0x0005, "CS", "ISO_IR 100"),
            _text(0x0008, 0x0008, "CS", "DERIVED\\SECONDARY"),
            _text(0x0008, 0x0016, "UI", SECONDARY_CAPTURE),
            _text(0x0008, 0x0018, "UI", uid),
            _text(0x0008, 0x0020, "DA", "19700101"),
            _text(0x0008, 0x0030, "TM", "000000"),
            _text(0x0008, 0x0050, "SH", ""),
            _text(0x0008, 0x0060, "CS", kind.modality),
            _text(0x0008, 0x0064, "CS", "SYN"),
            _text(0x0008, 0x0070, "LO", "netprov"),
            _text(0x0008, 0x0090, "PN", ""),
            _text(0x0008, 0x1030, "LO", f"SYNTHETIC {use.upper()}"),
            _nobody(patient),
            _text(0x0018, 0x0015, "CS", kind.body_part) if kind.body_part else b"",
            _text(0x0020, 0x000D, "UI", study),
            _text(0x0020, 0x000E, "UI", series),
            _text(0x0020, 0x0010, "SH", "NETPROV"),
            _text(0x0020, 0x0011, "IS", "1"),
            _text(0x0020, 0x0013, "IS", str(number + 1)),
            _text(0x0020, 0x0020, "CS", ""),
            _number(0x0028, 0x0002, 1),
            _text(0x0028, 0x0004, "CS", "MONOCHROME2"),
            *(_number(*element) for element in short),
            _number(0x0028, 0x0102, 11),
            _number(0x0028, 0x0103, 0),
            _text(0x0040, 0x1003, "SH", kind.priority) if kind.priority else b"",
            struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, len(pixels)) + pixels,
        )
    )


def report_file(study: Study, patient: str) -> tuple[str, bytes]:
    """UID and file of a report on the study: a Basic Text SR (PS3.3 A.35.1), under the number where it is read."""
    uid, series = _uid(study.patient, "report"), _uid(study.patient, "report", "series")
    dataset = b"".join(
        (
            _text(0x0008, 0x0016, "UI", BASIC_TEXT_SR),
            _text(0x0008, 0x0018, "UI", uid),
            _text(0x0008, 0x0020, "DA", "19700101"),
            _text(0x0008, 0x0023, "DA", "19700101"),
            _text(0x0008, 0x0030, "TM", "000000"),
            _text(0x0008, 0x0033, "TM", "000000"),
            _text(0x0008, 0x0050, "SH", ""),
            _text(0x0008, 0x0060, "CS", "SR"),
            _text(0x0008, 0x0070, "LO", "netprov"),
            _text(0x0008, 0x0090, "PN", ""),
            _nobody(patient),
            _text(0x0020, 0x000D, "UI", study.uid),
            _text(0x0020, 0x000E, "UI", series),
            _text(0x0020, 0x0010, "SH", "NETPROV"),
            _text(0x0020, 0x0011, "IS", "2"),
            _text(0x0020, 0x0013, "IS", "1"),
            _text(0x0040, 0xA040, "CS", "CONTAINER"),
            _text(0x0040, 0xA050, "CS", "SEPARATE"),
            _text(0x0040, 0xA491, "CS", "COMPLETE"),
            _text(0x0040, 0xA493, "CS", "UNVERIFIED"),
        )
    )
    return uid, _header(uid, BASIC_TEXT_SR) + dataset


def _nobody(patient: str) -> bytes:
    """The patient of every dataset here."""
    return b"".join(
        (
            _text(0x0010, 0x0010, "PN", PATIENT_NAME),
            _text(0x0010, 0x0020, "LO", patient),
            _text(0x0010, 0x0030, "DA", "19700101"),
            _text(0x0010, 0x0040, "CS", "O"),
        )
    )


@lru_cache(maxsize=INSTANCES)
def _pixels(number: int) -> bytes:
    places = ((row, column) for row in range(SIDE) for column in range(SIDE))
    return b"".join(struct.pack("<H", (row * column + number) & 0xFFF) for row, column in places)


def _header(uid: str, sop_class: str = SECONDARY_CAPTURE) -> bytes:
    elements = struct.pack("<HH2sHL", 0x0002, 0x0001, b"OB", 0, 2) + b"\0\1"
    elements += _text(0x0002, 0x0002, "UI", sop_class)
    elements += _text(0x0002, 0x0003, "UI", uid)
    elements += _text(0x0002, 0x0010, "UI", EXPLICIT_LITTLE_ENDIAN)
    elements += _text(0x0002, 0x0012, "UI", IMPLEMENTATION)
    length = struct.pack("<HH2sHL", 0x0002, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + length + elements


def _text(group: int, element: int, representation: str, value: str) -> bytes:
    data = value.encode("ascii")
    data += (b"\0" if representation == "UI" else b" ") * (len(data) % 2)
    return struct.pack("<HH2sH", group, element, representation.encode(), len(data)) + data


def _number(group: int, element: int, value: int) -> bytes:
    return struct.pack("<HH2sHH", group, element, b"US", 2, value)
