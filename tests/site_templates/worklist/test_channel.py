"""The event channel at its own socket: frames (RFC 6455), and who is let go; as it is used: tests/live."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from worklist.channel import SOCKET, Channels

HELLO = (
    b"GET /dicom-web/subscribers/READER HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Netprov-Caller: RXB01\r\n\r\n"
)


@pytest.fixture
def channels(desk: Any) -> Iterator[Channels]:
    made = Channels(desk.book, desk.folder)
    made.start()
    yield made
    desk.store.end()
    made.end(5)


@pytest.fixture
def line(channels: Channels) -> Iterator[socket.socket]:
    """A channel that is open."""
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(120)
        made.connect(str(channels.server_address))
        made.sendall(HELLO)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += made.recv(1)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer, "RFC 6455, 1.3"
        yield made


def ended(line: socket.socket) -> bytes:
    """What still came."""
    found = b""
    while more := line.recv(4096):
        found += more
    return found


def test_a_ping_is_answered_with_what_it_said(line: socket.socket) -> None:
    line.sendall(b"\x89\x85" + b"\x37\xfa\x21\x3d" + b"\x7f\x9f\x4d\x51\x58")
    assert line.recv(64) == b"\x8a\x05Hello", "RFC 6455, 5.7"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\x81\x02ab", 1002),
        (b"\xc1\x80mask", 1002),
        (b"\x82\xff\0\0\0\1\0\0\0\0mask", 1009),
        (b"\x82\xfe\x20\0mask", 1009),
    ],
)
def test_frames_that_no_client_may_send_end_the_channel(line: socket.socket, frame: bytes, reason: int) -> None:
    line.sendall(frame)
    assert ended(line) == b"\x88\x02" + reason.to_bytes(2, "big")


@pytest.mark.parametrize("broken", [b"\x88\x80mask", b"\x81\xfe\x00", b"\x81"])
def test_who_closes_or_breaks_off_is_let_go(line: socket.socket, broken: bytes) -> None:
    line.sendall(broken)
    line.shutdown(socket.SHUT_WR)
    assert ended(line) == b"\x88\x00"


def test_who_takes_nothing_is_let_go_and_told_again(
    monkeypatch: pytest.MonkeyPatch, desk: Any, channels: Channels, line: socket.socket
) -> None:
    monkeypatch.setattr("worklist.frames.STUCK_SECONDS", 0.3)
    desk.ups("POST", "/1.2.840.10008.5.1.4.34.5/subscribers/READER", "RXB01")
    desk.create()
    line.close()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(channels.server_address))
        deaf.sendall(HELLO)
        pk = desk.store.entry("2.25.1").row["pk"]
        with desk.store.change() as change:
            for _ in range(100):
                change.event(pk, 1, {"00741238": {"vr": "LT", "Value": ["x" * 10_000]}})
        for _ in range(2400):
            time.sleep(0.05)
            if not channels.open:
                break
        assert not channels.open
    places = desk.store.read("SELECT seq FROM channel")
    assert places[0][0] < desk.store.last_event()


def test_who_is_silent_is_let_go(monkeypatch: pytest.MonkeyPatch, desk: Any) -> None:
    monkeypatch.setattr("worklist.channel.SILENT_SECONDS", 0.5)
    monkeypatch.setattr("worklist.channel.PING_SECONDS", 0.1)
    made = Channels(desk.book, desk.folder)
    made.start()
    with socket.socket(socket.AF_UNIX) as mute:
        mute.settimeout(120)
        mute.connect(str(made.server_address))
        mute.sendall(HELLO)
        assert ended(mute).endswith(b"\x88\x00")
    desk.store.end()
    made.end(5)


def test_a_channel_ends_with_its_hour_and_with_its_site(
    monkeypatch: pytest.MonkeyPatch, desk: Any, channels: Channels, line: socket.socket
) -> None:
    desk.settings = desk.settings | {"sites": {"HUB": desk.settings["sites"]["HUB"]}}
    assert ended(line) == b"\x88\x00", "the site is no longer of the network"
    monkeypatch.setattr("worklist.channel.LONGEST_SECONDS", 0.0)
    with socket.socket(socket.AF_UNIX) as again:
        again.settimeout(120)
        again.connect(str(channels.server_address))
        again.sendall(HELLO.replace(b"RXB01", b"HUB"))
        assert ended(again).endswith(b"\x88\x02" + (1001).to_bytes(2, "big"))


def test_a_caller_that_is_no_site_of_the_network_is_refused(channels: Channels, desk: Any) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(120)
        stranger.connect(str(channels.server_address))
        stranger.sendall(HELLO.replace(b"RXB01", b"RXZ99"))
        assert ended(stranger).startswith(b"HTTP/1.1 403 ")
    assert (desk.folder / SOCKET).stat().st_mode & 0o777 == 0o600


def test_subscribing_through_the_front_answers_with_the_channels_address(desk: Any) -> None:
    from worklist import ups
    from worklist.request import Request

    path = "/1.2.840.10008.5.1.4.34.5/subscribers/READER"
    headers = {"x-netprov-caller": "RXB01", "forwarded": "host=127.0.0.1:20003;proto=https"}
    answer = ups.handle(desk.book, Request("POST", path, headers=headers))
    assert answer.status == 201
    assert answer.headers == {"Content-Location": "wss://127.0.0.1:20003/dicom-web/subscribers/READER"}


def test_a_folder_whose_path_is_longer_than_a_sockets_may_be(desk: Any) -> None:
    deep = desk.folder / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    made = Channels(desk.book, deep)
    assert (deep / SOCKET).is_socket()
    made.end(1)
    Channels(desk.book, deep).end(1)
