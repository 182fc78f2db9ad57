"""The hand-made association against pynetdicom, and against peers that speak no DICOM at all."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    SecondaryCaptureImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from site_templates.association import ECHO, FIND, STORE, Dialogue, Service, Verdict, ask

SECONDS = 60.0


@pytest.fixture(scope="module")
def called() -> Iterator[Dialogue]:
    """A strict node that RXA01 may call, and where C-ECHO of HUB is answered with a failure."""
    node = AE(ae_title="RXB01")
    node.require_called_aet = True
    node.require_calling_aet = ["RXA01", "HUB"]
    for service in (Verification, SecondaryCaptureImageStorage, StudyRootQueryRetrieveInformationModelFind):
        node.add_supported_context(service)

    def on_echo(event: Any) -> int:
        return 0x0122 if event.assoc.requestor.ae_title == "HUB" else 0x0000

    server = node.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, on_echo)])
    assert server
    assert server.socket
    yield Dialogue("127.0.0.1", server.socket.getsockname()[1], "RXA01", "RXB01", None)
    server.shutdown()


def test_permitted_caller_is_answered(called: Dialogue) -> None:
    assert ask(called, SECONDS).verdict is Verdict.DONE


def test_calling_title_that_is_unknown_is_told_apart(called: Dialogue) -> None:
    assert ask(replace(called, calling="STRANGER"), SECONDS).verdict is Verdict.UNKNOWN_CALLING


def test_called_title_that_is_wrong_is_told_apart(called: Dialogue) -> None:
    assert ask(replace(called, called="STRANGER"), SECONDS).verdict is Verdict.UNKNOWN_CALLED


def test_echo_that_fails_is_no_success(called: Dialogue) -> None:
    assert ask(replace(called, calling="HUB"), SECONDS).verdict is Verdict.NOT_PERMITTED


@pytest.mark.parametrize("service", [STORE, FIND], ids=lambda s: s.words)
def test_request_that_is_admitted_counts_as_done(called: Dialogue, service: Service) -> None:
    """The node waits for the data that never comes; it must not count as a refusal."""
    assert ask(called, SECONDS, service).verdict is Verdict.DONE


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[Dialogue]:
    """Something that listens and does with its one caller whatever it likes."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with closing(connection):
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Dialogue("127.0.0.1", server.getsockname()[1], "RXA01", "RXB01", None)
        finally:
            thread.join()


def wait_for_end(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def rejecting(source: int, reason: int) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(struct.pack(">BxLxBBB", 3, 4, 1, source, reason))
        wait_for_end(connection)

    return behave


def saying(data: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return behave


@pytest.mark.parametrize(
    ("behave", "verdict"),
    [
        (rejecting(1, 1), Verdict.REJECTED),
        (rejecting(2, 3), Verdict.REJECTED),  # reason 3 of another source is another reason
        (rejecting(1, 3), Verdict.UNKNOWN_CALLING),
        (saying(b""), Verdict.CLOSED),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Verdict.CLOSED),
        (saying(struct.pack(">BxL", 2, 0xFFFFFFFF)), Verdict.CLOSED),
        (saying(struct.pack(">BxL", 3, 4)), Verdict.CLOSED),
        (saying(struct.pack(">BxL", 7, 4) + bytes(4)), Verdict.CLOSED),
    ],
    ids=["rejected", "other source", "calling", "closed", "http", "too long", "cut short", "aborted"],
)
def test_other_answers_are_no_acceptance(behave: Callable[[socket.socket], None], verdict: Verdict) -> None:
    with peer(behave) as dialogue:
        assert ask(dialogue, SECONDS).verdict is verdict


def test_silence_ends_in_time() -> None:
    with peer(wait_for_end) as dialogue:
        assert ask(dialogue, 0.2).verdict is Verdict.SILENT


def test_nobody_there_is_told_apart() -> None:
    with closing(socket.socket()) as held:  # so that nobody else comes to listen there
        held.bind(("127.0.0.1", 0))
        there = Dialogue("127.0.0.1", held.getsockname()[1], "RXA01", "RXB01", None)
        assert ask(there, SECONDS, ECHO).verdict is Verdict.UNREACHABLE
