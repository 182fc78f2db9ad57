"""Who is called lets the caller in and then says nothing, or falls silent in the middle: nobody waits for ever."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cut import Cut
from homed import NOW, certify
from scanned import (
    Network,
    arrived,
    deployed,
    exact,
    instances_of,
    study,
    study_of,
    until,
    workitems,
)
from sharing.beyond import offer_to
from sharing.errors import Unreachable
from sharing.settings import Peer, Place
from sharing.transport import Door

from provisioner.pki import ensure_authority

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live
SILENCE = 2.0
"""Seconds. Whoever answers at all must have done so by then, on a busy machine too."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Says = Callable[[socket.socket], None]


class Listener:
    """Somebody who listens, and does with each connection what the test wants; all stay open."""

    def __init__(self, says: Says, tls: ssl.SSLContext | None = None) -> None:
        self._says, self._tls = says, tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.callers: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                self.callers.append(caller)
                self._threads.append(threading.Thread(target=self._speak, args=(caller,), daemon=True))
                self._threads[-1].start()

    def _speak(self, caller: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                caller = self._tls.wrap_socket(caller, server_side=True)
                self.callers.append(caller)
            self._says(caller)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # to be closed alone does not wake who waits for a call
        for thread in self._threads:
            for caller in tuple(self.callers):
                with suppress(OSError):
                    caller.shutdown(socket.SHUT_RDWR)
            thread.join(60)
        for each in (self._server, *self.callers):
            each.close()


Open = Callable[..., Listener]


@pytest.fixture
def place() -> Iterator[Open]:
    made: list[Listener] = []

    def listen(says: Says, tls: ssl.SSLContext | None = None) -> Listener:
        made.append(Listener(says, tls))
        return made[-1]

    yield listen
    for each in made:
        each.close()


def nothing(_caller: socket.socket) -> None:
    """Not a word."""


def request(caller: socket.socket, pause: float = 0.0) -> None:
    """Take a whole request, a piece at a time."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += received(caller, 100)
    head, _, body = text.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    left = length - len(body)
    while left > 0:
        time.sleep(pause)
        left -= len(received(caller, 1 << 16))


def received(caller: socket.socket, most: int) -> bytes:
    """Raises OSError where the caller has gone."""
    if piece := caller.recv(most):
        return piece
    raise ConnectionResetError


def once(caller: socket.socket) -> None:
    """One answer, and then not a word."""
    request(caller)
    caller.sendall(ANSWER)


def half(caller: socket.socket) -> None:
    """An answer that stops in the middle."""
    request(caller)
    caller.sendall(ANSWER[:-1])


def asked(place: Listener, body: bytes = b"", tls: ssl.SSLContext | None = None) -> str:
    """Why a door gives up, which it must do in time."""
    door = Door(Peer("RXB01", f"{'https' if tls else 'http'}://127.0.0.1:{place.port}/", "", ""), tls, SILENCE)
    began = time.monotonic()
    try:
        with pytest.raises(Unreachable) as error:
            door.request("POST", "/instances", body)
    finally:
        door.close()
    assert SILENCE * 0.9 < time.monotonic() - began < 60, "a door's own patience, unless it is told otherwise"
    return str(error.value)


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The caller's, and the called one's."""
    certify(folder, ensure_authority(folder / "ca", "severn", 1, NOW), "RXB01")
    here, there = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.check_hostname = False
    here.load_verify_locations(folder / "trust.crt")
    there.load_cert_chain(folder / "RXB01.crt", folder / "RXB01.key")
    return here, there


def test_who_lets_in_and_says_nothing_is_away(place: Open, tmp_path: Path) -> None:
    here, there = contexts(tmp_path)
    assert asked(place(nothing)) == "RXB01 does not answer: it is silent for 2 s"
    assert asked(place(nothing), tls=here) == "RXB01 does not answer: no connection within 2 s"
    assert asked(place(nothing, there), tls=here) == "RXB01 does not answer: it is silent for 2 s"


@pytest.mark.parametrize("secure", [False, True])
def test_who_falls_silent_in_the_middle_is_away(place: Open, tmp_path: Path, secure: bool) -> None:
    here, there = contexts(tmp_path) if secure else (None, None)
    body = bytes(40_000_000)
    assert asked(place(lambda caller: [caller.recv(100_000), None][1], there), body, here).endswith("silent for 2 s")
    assert asked(place(half, there), b"", here).endswith("silent for 2 s"), "in the middle of its answer"


def test_a_line_that_was_well_before_is_waited_for_once(place: Open) -> None:
    """A connection that has grown old is opened anew; one that is silent is not, to be waited for again."""
    there = place(once)
    door = Door(Peer("RXB01", f"http://127.0.0.1:{there.port}/", "", ""), None, SILENCE)
    assert door.request("GET", "/") == (200, b"ok")
    with pytest.raises(Unreachable, match="silent"):
        door.request("GET", "/")
    assert len(there.callers) == 1
    assert door.request("GET", "/") == (200, b"ok"), "the silent connection is not used again"
    door.close()


def test_a_slow_line_is_not_given_up(place: Open, tmp_path: Path) -> None:
    """What counts is since when nothing has come or gone, not how long all of it takes."""
    here, there = contexts(tmp_path)

    def slowly(caller: socket.socket) -> None:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        request(caller, pause=0.002)
        caller.sendall(ANSWER)

    door = Door(Peer("RXB01", f"https://127.0.0.1:{place(slowly, there).port}/", "", ""), here, 2 * SILENCE)
    began = time.monotonic()
    assert door.request("POST", "/instances", bytes(40_000_000)) == (200, b"ok")
    assert time.monotonic() - began > 2 * SILENCE
    door.close()


@pytest.mark.parametrize("protocol", ["dicomweb", "orthanc_peer"])
def test_a_place_beyond_the_network_that_is_silent_is_tried_again_later(place: Open, protocol: str) -> None:
    there = place(nothing)
    door = Door(Peer("registry", f"http://127.0.0.1:{there.port}/", "", ""), None, SILENCE)
    with pytest.raises(Unreachable, match="registry does not answer: it is silent"):
        offer_to(Place("registry", protocol, door.peer.url), lambda _: door, lambda *_: None)(b"copy")
    door.close()


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


@contextmanager
def silent(network: Network, node: str, called: str, after: int) -> Iterator[Cut]:
    """The line from a node to another falls silent after so many bytes; it is given up after a second."""
    settings = network.folder / f"nodes/{node}/sharing.json"
    whole = settings.read_text()
    address = json.loads(whole)["peers"][called]["url"].removeprefix("https://").rstrip("/")
    with Cut(int(address.rpartition(":")[2]), after, silent=True) as line:
        changed = whole.replace(address, f"127.0.0.1:{line.port}")
        settings.write_text(json.dumps(json.loads(changed) | {"silence_seconds": 1}))
        try:
            yield line
        finally:
            settings.write_text(whole)


def test_routing_gives_up_a_line_that_falls_silent_and_goes_on_when_it_is_well(network: Network) -> None:
    files = study(20, size=400_000)
    with silent(network, "RXA01", "HUB", 3_000_000) as line:
        network.send("RXA01", files)
        until(lambda: network.queue("RXA01")["failing"], "the site has seen it")
        (letter,) = network.queue("RXA01")["failing"]
        assert letter["reason"].startswith("HUB does not answer: "), "and says what it is"
        assert line.is_cut
        assert workitems(network, study_of(files)) == [], "nobody is told of half a study"
        line.mend()
        assert arrived(network, files).keys() == instances_of(files)
        until(lambda: workitems(network, study_of(files)), "on the worklist")
    assert exact(network, "RXA01", files)


def test_a_silent_site_holds_up_nothing_that_is_sent_to_others(network: Network) -> None:
    made = {"RXA01": study(1, patient="31"), "RXB01": study(1, patient="32")}
    for site, files in made.items():
        network.send(site, files)
        until(lambda files=files: workitems(network, study_of(files)), "on the worklist")  # type: ignore[misc]
    item = {site: str(workitems(network, study_of(files))[0].SOPInstanceUID) for site, files in made.items()}
    with silent(network, "HUB", "RXB01", 0) as line:
        network.home.netprov("worklist", "send", item["RXA01"], "RXB01", "--network", "route", "--no-wait")
        until(lambda: network.queue("HUB")["failing"], "the hub has seen it")
        network.home.netprov("worklist", "send", item["RXB01"], "RXA01", "--network", "route")
        assert arrived(network, made["RXB01"], "RXA01")
        assert network.copies("RXB01", study_of(made["RXA01"])) == {}
        line.mend()
        assert arrived(network, made["RXA01"], "RXB01")
