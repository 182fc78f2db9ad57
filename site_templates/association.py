"""One DICOM association and one request, spoken by hand (PS3.8), so that a refusal is known by its exact reason.

It runs in netprov, and in a task beside a node: standard library only. dcmtk's tools print a refusal for people, need a
key file on their command line and a process each; a proof that asks some thousand questions needs neither.
"""

import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
IMPLICIT_LITTLE_ENDIAN = b"1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = b"1.2.840.10008.1.2.1"
# PS3.8 9.3.4, source 1 (service user).
REJECTIONS = {
    1: "no reason given",
    2: "application context not supported",
    3: "calling AE title not recognised",
    7: "called AE title not recognised",
}
PATIENCE_SECONDS = 1.0
FRAGMENT = 8192
"""Every receiver takes that much at once: Orthanc's own limit is 16 KiB."""
ASSOCIATE_REQUEST, ACCEPTED, REJECTED, DATA, RELEASE, ABORTED = 1, 2, 3, 4, 5, 7


@dataclass(frozen=True, slots=True)
class Service:
    """What is asked for: the SOP class, and the DIMSE command (PS3.7 E.1) with its data set type."""

    words: str
    sop_class: bytes
    command: int
    has_data: bool


ECHO = Service("C-ECHO", b"1.2.840.10008.1.1\0", 0x0030, has_data=False)
STORE = Service("C-STORE", b"1.2.840.10008.5.1.4.1.1.7\0", 0x0001, has_data=True)
FIND = Service("C-FIND", b"1.2.840.10008.5.1.4.1.2.2.1\0", 0x0020, has_data=True)


class Verdict(StrEnum):
    """How a node answered."""

    DONE = "done"
    UNKNOWN_CALLING = "calling AE title not recognised"
    UNKNOWN_CALLED = "called AE title not recognised"
    REJECTED = "association rejected"
    NOT_PERMITTED = "association accepted, operation aborted"
    TLS = "TLS refused"
    CLOSED = "connection closed"
    UNREACHABLE = "nothing listens"
    SILENT = "no answer in time"


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, and the other side's own words."""

    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Who calls whom, where, and how it is protected (None: in clear)."""

    host: str
    port: int
    calling: str
    called: str
    tls: ssl.SSLContext | None


def ask(dialogue: Dialogue, seconds: float, service: Service = ECHO) -> Answer:
    """One association with one request; whatever happens is an answer, never an exception.

    A request with data is begun only: who is not permitted is cut off at the command, before any data.
    """
    return _connected(dialogue, seconds, lambda connection: _talk(connection, dialogue, service))


def send(dialogue: Dialogue, seconds: float, images: Sequence[tuple[str, bytes]]) -> Answer:
    """Secondary captures, each its UID and its dataset in Explicit VR Little Endian, by one association."""
    return _connected(dialogue, seconds, lambda connection: _store(connection, dialogue, images))


def _connected(dialogue: Dialogue, seconds: float, talk: Callable[[socket.socket], Answer]) -> Answer:
    try:
        with socket.create_connection((dialogue.host, dialogue.port), seconds) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if dialogue.tls is None:
                return talk(plain)
            with dialogue.tls.wrap_socket(plain, server_hostname=dialogue.host) as connection:
                return talk(connection)
    except ConnectionRefusedError:
        return Answer(Verdict.UNREACHABLE, "connection refused")
    except TimeoutError:
        return Answer(Verdict.SILENT, f"no answer in {seconds:g} s")
    except ssl.SSLEOFError:
        return Answer(Verdict.CLOSED, "closed during the TLS handshake")
    except ssl.SSLError as error:
        return Answer(Verdict.TLS, (error.reason or "TLS").lower().replace("_", " "))
    except OSError as error:
        return Answer(Verdict.CLOSED, error.strerror or "closed")


def _talk(connection: socket.socket, dialogue: Dialogue, service: Service) -> Answer:
    connection.sendall(association_request(dialogue.calling, dialogue.called, service))
    kind, body = _receive(connection)
    if kind == REJECTED:
        return _rejection(body)
    if kind != ACCEPTED:
        return Answer(Verdict.CLOSED, "no DICOM answer")
    connection.sendall(_request(service))
    if service.has_data:
        return _begun(connection, service)
    kind, body = _receive(connection)
    if kind != DATA:
        return _ended(kind, service)
    if _status(body) != 0:
        return Answer(Verdict.NOT_PERMITTED, f"{service.words} answered with a failure")
    connection.sendall(struct.pack(">BxLL", RELEASE, 4, 0))
    _receive(connection)  # Orthanc logs an error for each caller that leaves before the release is answered
    return Answer(Verdict.DONE, f"{service.words} answered")


def _store(connection: socket.socket, dialogue: Dialogue, images: Sequence[tuple[str, bytes]]) -> Answer:
    connection.sendall(association_request(dialogue.calling, dialogue.called, STORE, EXPLICIT_LITTLE_ENDIAN))
    kind, body = _receive(connection)
    if kind != ACCEPTED:
        return _rejection(body) if kind == REJECTED else Answer(Verdict.CLOSED, "no DICOM answer")
    for uid, dataset in images:
        connection.sendall(_request(STORE, uid.encode("ascii")))
        for at in range(0, len(dataset), FRAGMENT):
            last = 2 if at + FRAGMENT >= len(dataset) else 0
            connection.sendall(_data(dataset[at : at + FRAGMENT], last))
        kind, body = _receive(connection)
        if kind != DATA:
            return _ended(kind, STORE)
        if _status(body) != 0:
            return Answer(Verdict.NOT_PERMITTED, f"C-STORE answered with status {_status(body):04x}")
    connection.sendall(struct.pack(">BxLL", RELEASE, 4, 0))
    _receive(connection)
    return Answer(Verdict.DONE, f"C-STORE of {len(images)} images answered")


def _begun(connection: socket.socket, service: Service) -> Answer:
    """Whether the node cuts off, or waits for the data that would follow."""
    connection.settimeout(PATIENCE_SECONDS)
    try:
        kind, _ = _receive(connection)
    except TimeoutError:
        connection.sendall(struct.pack(">BxLL", ABORTED, 4, 0))
        return Answer(Verdict.DONE, f"{service.words} admitted")
    return Answer(Verdict.DONE, f"{service.words} answered") if kind == DATA else _ended(kind, service)


def _ended(kind: int, service: Service) -> Answer:
    """Orthanc aborts the association of who asks for too much; one that is only closed tells nothing."""
    if kind == ABORTED:
        return Answer(Verdict.NOT_PERMITTED, f"{service.words} aborted")
    return Answer(Verdict.CLOSED, f"closed at {service.words}")


def _rejection(body: bytes) -> Answer:
    source, reason = body[2], body[3]
    words = REJECTIONS.get(reason, f"reason {reason}") if source == 1 else f"source {source}, reason {reason}"
    verdicts = {(1, 3): Verdict.UNKNOWN_CALLING, (1, 7): Verdict.UNKNOWN_CALLED}
    return Answer(verdicts.get((source, reason), Verdict.REJECTED), words)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    """One protocol data unit: its type and body; type 0 where the other side closed, or speaks no DICOM."""
    head = _exactly(connection, 6)
    if len(head) < 6:
        return 0, b""
    kind, length = struct.unpack(">BxL", head)
    body = _exactly(connection, length) if length <= 1 << 20 else b""
    return (kind, body) if len(body) == length else (0, b"")


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            break
        data += chunk
    return data


def association_request(calling: str, called: str, service: Service, syntax: bytes = IMPLICIT_LITTLE_ENDIAN) -> bytes:
    """A-ASSOCIATE-RQ with one SOP class and one transfer syntax."""
    context = struct.pack(">BxBx", 1, 0) + _item(0x30, service.sop_class.rstrip(b"\0")) + _item(0x40, syntax)
    user = _item(0x51, struct.pack(">L", 16384)) + _item(0x52, b"2.25.1")
    body = struct.pack(">HH", 1, 0) + _title(called) + _title(calling) + bytes(32)
    body += _item(0x10, APPLICATION_CONTEXT) + _item(0x20, context) + _item(0x50, user)
    return struct.pack(">BxL", ASSOCIATE_REQUEST, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _title(aet: str) -> bytes:
    return aet.encode("ascii").ljust(16)[:16]


def _request(service: Service, instance: bytes = b"2.25.1") -> bytes:
    """The command set (PS3.7 9.3) in one P-DATA-TF."""
    elements = _element(0x0002, service.sop_class)
    elements += _element(0x0100, struct.pack("<H", service.command))
    elements += _element(0x0110, struct.pack("<H", 1))
    if service.has_data:
        elements += _element(0x0700, struct.pack("<H", 0))
    elements += _element(0x0800, struct.pack("<H", 0x0001 if service.has_data else 0x0101))
    if service is STORE:
        elements += _element(0x1000, instance + b"\0" * (len(instance) % 2))
    return _data(_element(0x0000, struct.pack("<L", len(elements))) + elements, 3)


def _data(content: bytes, control: int) -> bytes:
    """P-DATA-TF of the one context; `control` has bit 0 for a command and bit 1 for the last fragment."""
    value = struct.pack(">LBB", len(content) + 2, 1, control) + content
    return struct.pack(">BxL", DATA, len(value)) + value


def _element(tag: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, tag, len(value)) + value


def _status(body: bytes) -> int:
    """Status (0000,0900) of a DIMSE answer; -1 where it has none."""
    at = body.find(struct.pack("<HHL", 0, 0x0900, 2))
    return int(struct.unpack_from("<H", body, at + 8)[0]) if at >= 0 else -1
