"""The worklist inside Orthanc: the one module of this package that knows the module `orthanc`."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sharing.figures import Figure

from worklist import audit, counting, modality_worklist, store, subscriptions, ups, views
from worklist.book import Book
from worklist.channel import Channels
from worklist.courier import Courier, Mover
from worklist.pools import Settings
from worklist.queries import Tags, serve_queries
from worklist.request import OPERATOR, Caller, Refused, Request, Response, query_of
from worklist.service import ROOT, Announce, Service


class Worklist:
    """Open in the node's folder, and answering for it."""

    def __init__(
        self,
        orthanc: Any,
        folder: Path,
        settings: Callable[[], Settings],
        announce: Announce | None = None,
        mover: Mover | None = None,
    ) -> None:
        entries = store.Store(folder / store.FILE)
        self._orthanc = orthanc
        self._book = Book(entries, audit.Audit(folder / audit.FILE, entries), settings)
        self._courier = Courier(self._book, mover, orthanc.LogWarning) if mover else None
        self._channels = Channels(self._book, folder)
        service = Service(self._book, lambda: _studies(orthanc), announce)
        subscriptions.started(self._book)
        _serve(orthanc, ups.ROOT, lambda request: ups.handle(self._book, request))
        _serve(orthanc, ROOT, service.handle)
        serve_queries(orthanc, lambda aet, asked: _at_home(self._book, aet, asked))

    def changed(self, change: int) -> None:
        """What Orthanc says of itself."""
        kinds = self._orthanc.ChangeType
        if change == kinds.ORTHANC_STARTED:
            self._channels.start()
            if self._courier:
                self._courier.start()
        elif change == kinds.ORTHANC_STOPPED:
            self._book.store.end()
            self._channels.end(1.0)

    def may_view(self, caller: str, study: str) -> bool:
        """Whether somebody at the home's own door may look at a study that the home holds."""
        return caller == OPERATOR or bool(views.seen(self._book, Caller(caller), study))

    def viewed(self, caller: str, person: str, study: str) -> None:
        """It is noted who looks."""
        views.viewed(self._book, Caller(caller, person), study)

    def figures(self, caller: str) -> list[Figure]:
        """What stands on the list, as far as the caller may know."""
        return counting.figures(self._book, Caller(caller))


def _studies(orthanc: Any) -> Iterable[str]:
    found: list[str] = json.loads(orthanc.RestApiGet("/studies"))
    return found


def _serve(orthanc: Any, root: str, handle: Callable[[Request], Response]) -> None:
    def on_request(output: Any, uri: str, **told: Any) -> None:
        headers = told.get("headers", {})
        query = query_of(headers.get("x-netprov-query"), told.get("get", {}))
        body = told.get("body") or b""
        request = Request(told["method"], uri[len(root) :], query, bytes(body), headers)
        try:
            response = handle(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, its caller hears of it, and Orthanc goes on
            orthanc.LogError(f"netprov: {request.method} {uri}: {error!r}")
            response = Refused(500, "the worklist failed; the node's log says why").response()
        _send(output, response)

    orthanc.RegisterRestCallback(f"{root}(/.*)?", on_request)


def _send(output: Any, response: Response) -> None:
    for name, value in response.headers.items():
        output.SetHttpHeader(name, value)
    if response.status == 200:
        output.AnswerBuffer(response.body, response.type)
        return
    if response.body:
        output.SetHttpHeader("Content-Type", response.type)
    # Text, and its length in bytes: the same, as every answer is ASCII.
    output.SendHttpStatus(response.status, response.body.decode("ascii"), len(response.body))


def _at_home(book: Book, aet: str, asked: Tags) -> tuple[list[Tags], bool]:
    return modality_worklist.at_home(book.store, book.settings(), aet, asked)
