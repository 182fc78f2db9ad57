"""Routing as Orthanc's plugin: paths are known from the first moment, all that is heavy comes when Orthanc runs.

A node is ready when its Orthanc answers; a network of many sites starts on one machine without waiting for this.
"""

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sharing.errors import Forbidden

if TYPE_CHECKING:
    from sharing.figures import Figure
    from sharing.service import Service

PAUSE_SECONDS = 2.0
"""Until the nodes that start beside this one, on the same machine, have started."""
ROUTES = {
    "/netprov/sharing/queue": ("GET", "queue"),
    "/netprov/sharing/retry": ("POST", "retry"),
    "/netprov/sharing/now": ("POST", "now"),
    "/netprov/sharing/forget": ("POST", "forget"),
    "/netprov/sharing/send": ("POST", "send"),
    "/netprov/sharing/sent": ("GET", "sent"),
    "/netprov/sharing/held": ("GET", "held"),
}


class Plugin:
    """`orthanc` is the module that exists only inside Orthanc."""

    def __init__(self, orthanc: Any, folder: Path) -> None:
        self._orthanc, self._folder = orthanc, folder
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._service: Service | None = None
        for path, (method, name) in ROUTES.items():
            orthanc.RegisterRestCallback(path, self._answer(method, name))

    def changed(self, change: int) -> None:
        """What Orthanc says of itself and of its studies."""
        kinds = self._orthanc.ChangeType
        if change == kinds.ORTHANC_STARTED:
            threading.Thread(target=self._begin, name="netprov-sharing", daemon=True).start()
        elif change == kinds.ORTHANC_STOPPED:
            self._ended.set()
            if self._service:
                self._service.stop()
        elif change == kinds.STABLE_STUDY and self._service:
            self._service.wake()

    def figures(self, _caller: str) -> "list[Figure]":
        """What a node counts of its own."""
        return self._now().figures()

    def settings(self) -> dict[str, Any]:
        """What sharing.json says now."""
        return self._now().facts()

    def announced(self, study: str) -> dict[str, Any] | None:
        """The workitem of a study, by Orthanc's id; None if it has none."""
        return self._now().announced(study)

    def ask_home(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Something of the worklist, at another node. Raises Unreachable."""
        return self._now().home().request("POST", path, body, "application/json")

    def node(self) -> str:
        return self._now().node

    def own(self, study: str) -> bool:
        """Whether this node itself has acquired a study, by its UID."""
        return self._now().own(study)

    def viewed(self, _caller: str, person: str, study: str) -> None:
        """Somebody at this node's door looks at what it holds; the worklist's home is told, unless it is away."""
        body = json.dumps({"study": study, "person": person}).encode()
        threading.Thread(target=self._tell, args=(body,), name="netprov-viewed", daemon=True).start()

    def _tell(self, body: bytes) -> None:
        try:
            status, _ = self.ask_home("/netprov/worklist/viewed", body)
        except Exception as error:  # noqa: BLE001 - whatever it is, the view is noted here
            status = repr(error)
        if status != 200:
            self._orthanc.LogWarning(f"netprov: a view was not noted at the home, {status}: {body.decode()}")

    def mover(self) -> Any:
        """What the worklist has studies sent by."""
        from sharing.movement import Movement

        return Movement(self._now)

    def _begin(self) -> None:
        if self._ended.wait(PAUSE_SECONDS):
            return
        try:
            self._now().start()
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self._orthanc.LogError(f"netprov: routing cannot begin: {error!r}")

    def _now(self) -> "Service":
        from sharing.archive import OrthancArchive
        from sharing.service import Service

        with self._lock:
            if self._service is None:
                self._service = Service(OrthancArchive(self._orthanc), self._folder)
            return self._service

    def _answer(self, method: str, name: str) -> Any:
        def on_request(output: Any, _uri: str, **request: Any) -> None:
            if request["method"] != method:
                output.SendMethodNotAllowed(method)
                return
            headers = request.get("headers", {})
            # nginx says who calls, of every request that it lets in; netprov itself comes past it. People at a
            # readers' door speak to the worklist, which knows what each may do.
            caller = "" if headers.get("x-netprov-person") else headers.get("x-netprov-caller", "operator")
            try:
                asked = request["get"] if method == "GET" else dict(json.loads(request["body"] or b"{}"))
            except (TypeError, ValueError):
                output.SendHttpStatusCode(400)
                return
            try:
                told = getattr(self._now(), name)(asked, caller)
            except Forbidden as error:
                words = json.dumps({"message": str(error)})
                output.SetHttpHeader("Content-Type", "application/json")
                output.SendHttpStatus(403, words, len(words))
                return
            output.AnswerBuffer(json.dumps(told), "application/json")

        return on_request
