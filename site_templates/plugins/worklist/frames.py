"""WebSocket as far as an event channel needs it (RFC 6455): the handshake, and frames that are whole."""

import base64
import hashlib
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedIOBase

from worklist.request import Refused

STUCK_SECONDS = 10.0
"""A client that takes nothing for so long is let go."""
LARGEST_FRAME = 4096
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
GOING_AWAY, PROTOCOL_ERROR, TOO_BIG = 1001, 1002, 1009
_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Line:
    """What goes to the client, from the two threads that a channel has."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection.dup()  # its own time limit
        self._connection.settimeout(STUCK_SECONDS)
        self._turn = threading.Lock()
        self.closed = False

    def say(self, kind: int, payload: bytes = b"") -> None:
        """Raises OSError if the client takes nothing, or is gone."""
        size = len(payload)
        short = bytes([0x80 | kind, size]) if size < 126 else b""
        head = short or bytes([0x80 | kind, 126 if size < 1 << 16 else 127])
        length = b"" if short else struct.pack(">H" if size < 1 << 16 else ">Q", size)
        with self._turn:
            self._connection.sendall(head + length + payload)

    def close(self, reason: int = 0) -> None:
        with self._turn:
            first, self.closed = not self.closed, True
        if first:
            with suppress(OSError):
                self.say(CLOSE, struct.pack(">H", reason) if reason else b"")
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """When nobody speaks any longer."""
        self._connection.close()


def accepted(told: Mapping[str, str]) -> dict[str, str]:
    """The answer to a handshake (RFC 6455, 4.2.2)."""
    if told.get("upgrade", "").lower() != "websocket" or told.get("sec-websocket-version") != "13":
        raise Refused(426, "this is an event channel: it is opened as a WebSocket, version 13")
    key = told.get("sec-websocket-key", "").encode()
    return {"Sec-WebSocket-Accept": base64.b64encode(hashlib.sha1(key + _KEY, usedforsecurity=False).digest()).decode()}


def listen(source: BufferedIOBase, line: Line) -> None:
    """Until the client closes, or says what no client may. Raises OSError where it is silent, or gone."""
    while True:
        head, size_of = _read(source, 2), {126: ">H", 127: ">Q"}
        kind, size = head[0] & 0x0F, head[1] & 0x7F
        if size in size_of:
            (size,) = struct.unpack(size_of[size], _read(source, struct.calcsize(size_of[size])))
        if not head[1] & 0x80 or head[0] & 0x70:
            line.close(PROTOCOL_ERROR)
            return
        if size > LARGEST_FRAME:
            line.close(TOO_BIG)
            return
        mask, masked = _read(source, 4), _read(source, size)
        if kind == CLOSE:
            return
        if kind == PING:
            line.say(PONG, bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked)))


def _read(source: BufferedIOBase, size: int) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise ConnectionError("the client is gone")
    return found
