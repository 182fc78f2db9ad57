"""HTTP to other nodes under the node's own certificate, over connections that stay open."""

import base64
import http.client
import io
import socket
import ssl
import threading
import urllib.parse
from contextlib import suppress
from pathlib import Path

from sharing.errors import Unreachable
from sharing.settings import SILENCE_SECONDS, Peer

CONNECT_SECONDS = 10.0
PIECE = 256 * 1024
"""Bytes that a line which is not silent carries in that time."""
IDLE = 8
"""Connections that are kept for one place."""


class Door:
    """One place that this node may call. Used by several threads, each on a connection of its own."""

    def __init__(self, peer: Peer, tls: ssl.SSLContext | None, silence: float = SILENCE_SECONDS) -> None:
        """After so many seconds in which nothing comes or goes, whoever is called is away."""
        self.peer = peer
        self._silence = silence
        self._tls = tls
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()
        word = base64.b64encode(f"{peer.user}:{peer.password}".encode()).decode()
        self._login = {"Authorization": f"Basic {word}"} if peer.user else {}

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "", accept: str = "") -> tuple[int, bytes]:
        """Status and body. Everything asked here may be asked twice, so a connection that has grown old is no error.

        One that is silent is: a fresh one would be as silent, and waited for as long again.
        """
        headers = self._login | ({"Content-Type": kind} if kind else {}) | ({"Accept": accept} if accept else {})
        if self._tls is None and self.peer.user:  # past its own front, which would tell the plugins of these
            headers |= {"X-Netprov-Query": path.partition("?")[2], "X-Netprov-Caller": self.peer.node}
        try:
            kept = self._pop()
            if kept:
                with suppress(ConnectionError, http.client.HTTPException, ssl.SSLError):
                    return self._asked(kept, method, path, body, headers)
            return self._asked(self._connected(), method, path, body, headers)
        except TimeoutError:
            raise Unreachable(f"{self.peer.node} does not answer: it is silent for {self._silence:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.peer.node} does not answer: {str(error) or type(error).__name__}") from None

    def close(self) -> None:
        """Whatever is on its way ends with an error."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            for connection in self._busy:
                if connection.sock:
                    with suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    def _asked(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        with self._lock:
            self._busy.add(connection)
        try:
            # In pieces, each with time of its own: else a large image would have to pass a slow line in that time.
            pieces = io.BytesIO(body) if body else None
            connection.request(method, path, pieces, headers | ({"Content-Length": str(len(body))} if body else {}))
            answer = connection.getresponse()
            text = answer.read()
        except BaseException:
            connection.close()
            raise
        finally:
            with self._lock:
                self._busy.discard(connection)
        if answer.will_close:
            connection.close()
        else:
            self._push(connection)
        return answer.status, text

    def _pop(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _push(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        place = urllib.parse.urlsplit(self.peer.url)
        host, port = place.hostname or "", place.port
        if place.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._silence, blocksize=PIECE)
        patience = min(CONNECT_SECONDS, self._silence)
        connection = http.client.HTTPSConnection(host, port, timeout=patience, context=self._tls, blocksize=PIECE)
        try:
            connection.connect()
        except TimeoutError:
            connection.close()
            raise OSError(f"no connection within {patience:g} s") from None
        connection.sock.settimeout(self._silence)
        shown = connection.sock.getpeercert()  # type: ignore[attr-defined]
        names = [value for part in shown.get("subject", ()) for key, value in part if key == "serialNumber"]
        if self.peer.user and names != [self.peer.node]:  # a place beyond the network is known by its host name alone
            connection.close()
            raise ssl.SSLError(f"it shows the certificate of {', '.join(names) or 'nobody'}")
        return connection


class Doors:
    """Every place that is called, opened anew when its address, its password or this node's certificate changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tls"
        self._lock = threading.Lock()
        self._open: dict[str, tuple[object, Door]] = {}

    def to(self, peer: Peer, silence: float = SILENCE_SECONDS) -> Door:
        key = (peer, silence, self._edition())
        with self._lock:
            known, door = self._open.get(peer.url, (None, None))
            if door is None or known != key:
                if door:
                    door.close()
                door = Door(peer, self._context() if peer.url.startswith("https:") else None, silence)
                self._open[peer.url] = key, door
            return door

    def close(self) -> None:
        with self._lock:
            for _, door in self._open.values():
                door.close()

    def _edition(self) -> tuple[int, ...]:
        return tuple(self._changed(name) for name in ("node.crt", "node.key", "trust.crt"))

    def _changed(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_mtime_ns
        except OSError:
            return 0

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(self._folder / "trust.crt")
            context.load_cert_chain(self._folder / "node.crt", self._folder / "node.key")
        except OSError as error:
            raise Unreachable(f"this node's certificate cannot be used: {error}") from None
        return context
