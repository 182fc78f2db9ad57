"""The client of a node: every failure leaves as a NodeError with words, in time, and without a password."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO

import pytest

from provisioner.proving.orthanc import NodeError, Orthanc, wait_port, wait_ready

SECRET = "correct-horse-battery"
ANSWERS: dict[str, tuple[int, bytes]] = {
    "/system": (200, b'{"DicomAet": "RXA01"}'),
    "/plugins": (200, b'["dicom-web", "python"]'),
    "/peers?expand": (200, b"{}"),
    "/modalities?expand": (200, b'{"HUB": {"AET": "HUB"}}'),
    "/dicom-web/servers?expand": (200, b"[]"),
    "/empty": (200, b""),
    "/text": (200, b"not json"),
    "/unauthorized": (401, b""),
    "/forbidden": (403, b""),
    "/missing": (404, b"{}"),
    "/failed": (500, b'{"Message": "Error in the network protocol", "Details": "peer aborted"}'),
    "/busy": (503, b""),
    "/dicom-web/servers/gone": (400, b'{"Message": "Bad", "Details": "Unknown DICOMweb server: gone"}'),
}


class Node(BaseHTTPRequestHandler):
    """Answers as Orthanc does, or misbehaves as only a broken network does."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        requests: list[tuple[str, str, bytes, dict[str, str]]] = self.server.requests  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        requests.append((self.command, self.path, body, dict(self.headers)))
        with suppress(OSError):
            self.misbehave() if self.path in ("/slow", "/drip", "/cut") else self.behave()

    def behave(self) -> None:
        status, body = ANSWERS.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def misbehave(self) -> None:
        if self.path == "/slow":
            time.sleep(2)
        if self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b"x")
                time.sleep(0.1)
        self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 -- the names that the library gives them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    server.requests = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def node(server: ThreadingHTTPServer) -> Iterator[Orthanc]:
    client = Orthanc(f"http://127.0.0.1:{server.server_port}", "netprov", SECRET, node="RXA01", timeout=0.5)
    yield client
    client.close()


@dataclass
class Fickle:
    """A server that answers one request of each connection, and closes it when the second one has come."""

    listener: socket.socket
    answered: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            self.answered.append(self.heard(lines))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            if again := self.heard(lines):
                self.cut.append(again)

    def heard(self, lines: BinaryIO) -> str:
        """The verb of a request, once all of it is there; empty where the other side has gone."""
        head = list(iter(lines.readline, b"\r\n")) if (first := lines.readline()) else []
        length = next((int(line.split()[1]) for line in head if line.lower().startswith(b"content-length:")), 0)
        lines.read(length)
        return first.split()[0].decode() if first else ""


@pytest.fixture
def fickle() -> Iterator[Fickle]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Fickle(listener)
        threading.Thread(target=made.serve, daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)


def requests(server: ThreadingHTTPServer) -> list[tuple[str, str, bytes, dict[str, str]]]:
    found: list[tuple[str, str, bytes, dict[str, str]]] = server.requests  # type: ignore[attr-defined]
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_answers_are_decoded(node: Orthanc) -> None:
    assert node.system() == {"DicomAet": "RXA01"}
    assert node.plugins() == ["dicom-web", "python"]
    assert (node.peers(), node.servers()) == ({}, {})
    assert node.modalities() == {"HUB": {"AET": "HUB"}}
    assert (node.get("/empty"), node.get("/text")) == (None, "not json")
    assert node.get_bytes("/text") == b"not json"


def test_bodies_are_json_and_bytes_are_sent_as_they_are(node: Orthanc, server: ThreadingHTTPServer) -> None:
    for body in ({"A": [1]}, b"DICM"):
        with pytest.raises(NodeError):
            node.post("/instances", body)
    assert [json.loads(requests(server)[0][2]), requests(server)[1][2]] == [{"A": [1]}, b"DICM"]


def test_aliases_cannot_leave_their_path(node: Orthanc, server: ThreadingHTTPServer) -> None:
    with pytest.raises(NodeError):
        node.put_peer("../../tools/reset", {})
    assert requests(server)[0][1] == "/peers/..%2F..%2Ftools%2Freset"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/unauthorized", 401, "answered 401"),
        ("/forbidden", 403, "answered 403"),
        ("/missing", 404, "answered 404"),
        ("/failed", 500, "answered 500: Error in the network protocol - peer aborted"),
        ("/busy", 503, "answered 503"),
        ("/slow", None, "no answer in time"),
        ("/drip", None, "no answer in time"),
        ("/cut", None, "closed the connection without an answer"),
    ],
    ids=lambda v: str(v).strip("/").partition(" ")[0],
)
def test_each_failure_says_who_where_and_what_to_do(
    node: Orthanc, server: ThreadingHTTPServer, path: str, status: int | None, words: str
) -> None:
    with pytest.raises(NodeError) as caught:
        node.get(path)
    assert caught.value.status == status
    assert caught.value.message == f"node RXA01 at 127.0.0.1:{server.server_port}, GET {path}: {words}"
    assert "netprov" in caught.value.hint
    assert SECRET not in caught.value.message + caught.value.hint


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(NodeError, match="nothing listens there"):
        Orthanc(f"http://127.0.0.1:{free_port()}", "netprov", SECRET).system()


def test_https_to_a_plain_port_ends_at_once(server: ThreadingHTTPServer) -> None:
    with pytest.raises(NodeError, match="TLS failed"):
        Orthanc(f"https://127.0.0.1:{server.server_port}", "netprov", SECRET, timeout=2).system()


def test_a_post_is_never_sent_twice(node: Orthanc, server: ThreadingHTTPServer) -> None:
    """Nobody knows whether the first one was carried out."""
    for path in ("/cut", "/busy"):
        with pytest.raises(NodeError):
            node.post(path, {})
    assert [r[:2] for r in requests(server)] == [("POST", "/cut"), ("POST", "/busy")]


def test_a_connection_that_is_closed_when_it_is_used_again_loses_no_request(fickle: Fickle) -> None:
    """A busy machine may take so long between the look at the clock and the request; a POST goes by one of its own."""
    client = Orthanc(f"http://127.0.0.1:{fickle.port}", "netprov", SECRET, timeout=5)
    for _ in range(3):
        assert client.get("/system") == client.put("/peers/a", {}) == client.delete("/peers/a") == {}
        assert client.post("/tools/find", {}) == {}
    client.close()
    assert [verb for verb in fickle.answered if verb == "POST"] == ["POST"] * 3
    assert fickle.cut, "no request met the closing"


def test_what_is_closed_again_and_again_is_said(node: Orthanc, server: ThreadingHTTPServer) -> None:
    with pytest.raises(NodeError, match="closed the connection"):
        node.get("/cut")
    assert [r[:2] for r in requests(server)] == [("GET", "/cut")] * 2


def test_proxies_and_netrc_are_not_asked(
    node: Orthanc, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert node.system()
    assert requests(server)[0][3]["Authorization"].startswith("Basic ")


def test_deleting_what_is_gone_is_no_error(node: Orthanc) -> None:
    node.delete("/missing")
    node.delete_peer("gone")
    node.delete_modality("gone")
    node.delete_server("gone")
    with pytest.raises(NodeError, match="500"):
        node.delete("/failed")


def test_idle_connection_is_not_used_again(node: Orthanc, server: ThreadingHTTPServer) -> None:
    """Orthanc closes it after half a second; a request that meets the closing would be lost."""
    node.system()
    time.sleep(0.6)
    node.system()
    assert len(requests(server)) == 2


def test_address_keeps_its_path(server: ThreadingHTTPServer) -> None:
    ANSWERS["/behind/system"] = (200, b"{}")
    Orthanc(f"http://127.0.0.1:{server.server_port}/behind", "netprov", SECRET).system()
    assert requests(server)[0][1] == "/behind/system"


def test_is_alive_never_raises(node: Orthanc) -> None:
    assert not node.is_alive()
    ANSWERS["/changes?last"] = (200, b"{}")
    assert node.is_alive()


def test_waiting_ends_when_the_port_opens() -> None:
    port = free_port()
    late = socket.socket()

    def listen() -> None:
        late.bind(("127.0.0.1", port))
        late.listen()

    timer = threading.Timer(0.2, listen)
    timer.start()
    try:
        wait_port("127.0.0.1", port, 10)
    finally:
        timer.join()
        late.close()


def test_waiting_ends_when_the_process_does() -> None:
    began = time.monotonic()
    with pytest.raises(NodeError, match="stopped while starting"):
        wait_port("127.0.0.1", free_port(), 30, alive=lambda: False, node="RXA01")
    assert time.monotonic() - began < 15


def test_waiting_ends_at_its_deadline() -> None:
    with pytest.raises(NodeError, match="does not listen after"):
        wait_port("127.0.0.1", free_port(), 0.1)


def test_ready_is_who_answers_with_the_right_password(node: Orthanc, server: ThreadingHTTPServer) -> None:
    assert wait_ready(node, 5) == {"DicomAet": "RXA01"}


def test_somebody_else_on_the_port_ends_the_wait(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"/system": (401, b"")}
    monkeypatch.setitem(ANSWERS, "/system", answers["/system"])
    began = time.monotonic()
    with pytest.raises(NodeError, match="401"):
        wait_ready(Orthanc(f"http://127.0.0.1:{server.server_port}", "netprov", SECRET), 30)
    assert time.monotonic() - began < 15
