"""The event channel of PS3.18 8.10.4: a WebSocket (RFC 6455) over which a subscriber is told what happens.

Orthanc opens no WebSocket to its plugins. The node's front passes such requests to SOCKET, in the node's own folder,
which nobody but the node's account can enter; it says there who calls, as it does for every other request.

No event is kept in memory: each channel has a place in the list of events, and reads on as fast as its client does.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

from worklist.attributes import WORKLIST
from worklist.book import Book
from worklist.claims import expire
from worklist.dicomjson import Dataset, attribute
from worklist.frames import GOING_AWAY, PING, STUCK_SECONDS, TEXT, Line, accepted, listen
from worklist.request import Refused, Request, Response
from worklist.subscriptions import CHANNEL, ae_title, happened, keep_place, kept_place

SOCKET = "events.sock"
EVENT_CLASS = "1.2.840.10008.5.1.4.34.6.4"
MOST, MOST_OF_ONE = 32, 4
"""Channels at once: of all, and of one site."""
PING_SECONDS, SILENT_SECONDS = 30.0, 90.0
"""Whoever says nothing for 90 s, not even a pong, is let go."""
LONGEST_SECONDS = 3600.0
"""Then a client comes again through the front, which looks anew at its certificate and at what it may do."""


class Channels(ThreadingUnixStreamServer):
    """Where the front passes requests for a channel to."""

    daemon_threads = True
    request_queue_size = MOST

    def __init__(self, book: Book, folder: Path) -> None:
        self.book = book
        self._open = Counter[str]()
        self._changed = threading.Condition()
        # By the open folder, since the path of a socket may have 107 bytes only.
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        (folder / SOCKET).unlink(missing_ok=True)
        super().__init__(f"/proc/self/fd/{self._folder}/{SOCKET}", _Caller)
        (folder / SOCKET).chmod(0o600)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="netprov-channels", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self, seconds: float) -> None:
        """The store has ended: each channel says good-bye by itself."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._changed:
            self._changed.wait_for(lambda: not self.open, seconds)
        os.close(self._folder)

    @property
    def open(self) -> int:
        return self._open.total()

    def enter(self, site: str) -> None:
        """Raises Refused where too many are open."""
        with self._changed:
            if self.open >= MOST or self._open[site] >= MOST_OF_ONE:
                raise Refused(503, f"too many event channels are open: {MOST_OF_ONE} of a site, {MOST} in all")
            self._open[site] += 1

    def leave(self, site: str) -> None:
        with self._changed:
            self._open[site] -= 1
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is gone is no news."""


class _Caller(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = STUCK_SECONDS
    server: Channels

    def do_GET(self) -> None:
        self.close_connection = True
        told = {name.lower(): value for name, value in self.headers.items()}
        request = Request("GET", self.path.partition("?")[0].removeprefix(CHANNEL), headers=told)
        try:
            aet = ae_title(request.path)
            self.server.book.admit(request.caller)
            handshake = accepted(told)
            self.server.enter(request.caller.site)
        except Refused as refusal:
            self._refuse(refusal.response())
            return
        try:
            self.send_response(101)
            for name, value in {"Upgrade": "websocket", "Connection": "Upgrade", **handshake}.items():
                self.send_header(name, value)
            self.end_headers()
            self._talk(request, aet)
        finally:
            self.server.leave(request.caller.site)

    def _talk(self, request: Request, aet: str) -> None:
        line = Line(self.connection)
        speaker = threading.Thread(target=_tell, args=(self.server.book, request, aet, line), daemon=True)
        speaker.start()
        self.connection.settimeout(SILENT_SECONDS)
        with suppress(OSError):
            listen(self.rfile, line)
        line.close()
        speaker.join()
        line.end()

    def _refuse(self, response: Response) -> None:
        self.send_response(response.status)
        headers = {"Content-Type": response.type, "Content-Length": str(len(response.body)), **response.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
        """The front has noted it."""


def _tell(book: Book, request: Request, aet: str, line: Line) -> None:
    """Each event, in order, from where the last channel of this AE title ended."""
    place = kept_place(book, request.caller, aet)
    began = pinged = time.monotonic()
    try:
        while not (line.closed or book.store.ended or time.monotonic() - began > LONGEST_SECONDS):
            book.admit(request.caller)
            found, reached, _ = happened(book, request.caller, place, aet)
            for event in found:
                line.say(TEXT, json.dumps(_report(event), separators=(",", ":")).encode())
                place = event["seq"]
            place = reached
            if time.monotonic() - pinged > PING_SECONDS:
                line.say(PING)
                pinged = time.monotonic()
                keep_place(book, request.caller, aet, place)
            if not found:
                book.store.wait(place, 1.0)  # in short turns: claims expire meanwhile
                expire(book)
        line.close(GOING_AWAY)
    except (OSError, Refused):
        pass  # the client is gone, or the network has it no longer
    finally:
        line.close()
        keep_place(book, request.caller, aet, place)


def _report(event: Mapping[str, Any]) -> Dataset:
    """As PS3.7 10.1.1.1 and PS3.4 table CC.2.4-1 have it."""
    told = {
        "00000002": attribute("UI", EVENT_CLASS),
        "00000100": attribute("US", 0x0100),
        "00000110": attribute("US", event["seq"] % 0xFFFF + 1),
        "00000800": attribute("US", 0x0001),
        "00001000": attribute("UI", event["workitem"] or WORKLIST),
        "00001002": attribute("US", event["type"]),
    }
    return told | event["information"]
