"""The client of one live Orthanc node: the only home of orthanc-api-client and requests.

The library has no deadline, retries on its own and swallows some failures; all of that is set right once, here, and
what goes wrong leaves as a NodeError that says which node, where and what to do.
"""

import json
import socket
import time
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import requests
from orthanc_api_client import OrthancApiClient  # type: ignore[import-untyped]
from orthanc_api_client import exceptions as api
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from provisioner.errors import NetprovError

# Orthanc closes an idle connection after 0.5 s; one that is about to be closed must not carry a request. On a machine
# that is busy it may be closed all the same, between the look at the clock and the request.
IDLE_SECONDS = 0.4
POLL_SECONDS = 0.02
Verb = Literal["get", "put", "post", "delete"]

HINTS = {
    401: "The node does not know this password: `netprov up` sets it again",
    403: "The node does not permit this to this caller: `netprov up` sets its links again",
    404: "`netprov up` sets again what is missing",
}
CUT = "closed the connection without an answer"
LOGS = "`netprov logs` shows what the node says; `netprov up` starts it again"


class NodeError(NetprovError):
    """A node did not answer, or answered no. `status` is None where no HTTP answer came.

    `cut`: it closed the connection in place of an answer.
    """

    def __init__(self, message: str, hint: str = "", status: int | None = None, cut: bool = False) -> None:
        super().__init__(message, hint)
        self.status = status
        self.cut = cut


class Orthanc:
    """One node's REST; keeps its connection. For one thread at a time."""

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        *,
        node: str = "",
        timeout: float = 5.0,
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        place = urlsplit(self.base_url)
        self.host = place.hostname or ""
        self.port = place.port or (443 if place.scheme == "https" else 80)
        self.node = node or f"{self.host}:{self.port}"
        self._timeout = timeout
        self._used = time.monotonic()
        self._client = OrthancApiClient(self.base_url, user=user, pwd=password)
        self._send: dict[Verb, Callable[..., requests.Response | None]] = {
            "get": self._client.get,
            "put": self._client.put,
            "post": self._client.post,
            "delete": self._client.delete,
        }
        session = self._client._http_session  # noqa: SLF001 -- the library has no other way to set these
        session.trust_env = False  # no proxy and no .netrc between netprov and its nodes
        session.headers["Accept-Encoding"] = "identity"  # packing on one machine only costs time
        session.hooks["response"].append(_refused_whole)
        session.mount(f"{place.scheme}://", HTTPAdapter(max_retries=0))

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, *, timeout: float | None = None) -> Any:
        return decoded(self._call("get", path, timeout=timeout))

    def put(self, path: str, body: object, *, timeout: float | None = None) -> Any:
        return decoded(self._call("put", path, body, timeout=timeout))

    def post(self, path: str, body: object, *, timeout: float | None = None) -> Any:
        """`body` is sent as JSON, or as it is where it is bytes."""
        return decoded(self._call("post", path, body, timeout=timeout))

    def delete(self, path: str, *, timeout: float | None = None) -> Any:
        """Deletes; what is gone already is no error."""
        try:
            return decoded(self._call("delete", path, timeout=timeout))
        except NodeError as error:
            if error.status == 404:
                return None
            raise

    def get_bytes(self, path: str, *, timeout: float | None = None) -> bytes:
        return self._call("get", path, timeout=timeout)

    def post_bytes(self, path: str, body: object, *, timeout: float | None = None) -> bytes:
        return self._call("post", path, body, timeout=timeout)

    def system(self) -> dict[str, Any]:
        return _object(self.get("/system"))

    def plugins(self) -> list[str]:
        return [str(name) for name in self.get("/plugins")]

    def statistics(self) -> dict[str, Any]:
        return _object(self.get("/statistics"))

    def identity(self) -> dict[str, Any]:
        """Which network, node and generation the node says that it is."""
        return _object(self.get("/netprov/identity"))

    def queue(self) -> dict[str, Any]:
        """What the node has still to send."""
        return _object(self.get("/netprov/sharing/queue"))

    def settings(self) -> dict[str, Any]:
        """The configuration as the node loaded it, secrets masked."""
        return _object(self.get("/netprov/settings"))

    def is_alive(self) -> bool:
        """Whether the node answers; asks for the newest change, since that touches its database too."""
        try:
            self.get("/changes?last")
        except NodeError:
            return False
        return True

    def peers(self) -> dict[str, dict[str, Any]]:
        return _entries(self.get("/peers?expand"))

    def put_peer(self, alias: str, body: dict[str, Any]) -> None:
        self.put(f"/peers/{quote(alias, safe='')}", body)

    def delete_peer(self, alias: str) -> None:
        self.delete(f"/peers/{quote(alias, safe='')}")

    def modalities(self) -> dict[str, dict[str, Any]]:
        return _entries(self.get("/modalities?expand"))

    def put_modality(self, alias: str, body: dict[str, Any]) -> None:
        self.put(f"/modalities/{quote(alias, safe='')}", body)

    def delete_modality(self, alias: str) -> None:
        self.delete(f"/modalities/{quote(alias, safe='')}")

    def servers(self) -> dict[str, dict[str, Any]]:
        """The DICOMweb servers that the node knows."""
        return _entries(self.get("/dicom-web/servers?expand"))

    def put_server(self, alias: str, body: dict[str, Any]) -> None:
        self.put(f"/dicom-web/servers/{quote(alias, safe='')}", body)

    def delete_server(self, alias: str) -> None:
        try:
            self.delete(f"/dicom-web/servers/{quote(alias, safe='')}")
        except NodeError as error:
            if "Unknown DICOMweb server" not in error.message:  # the plugin's way to say 404
                raise

    def echo(self, alias: str) -> None:
        """C-ECHO from this node to a modality; NodeError if it does not come back."""
        self.post(f"/modalities/{quote(alias, safe='')}/echo", {})

    def _call(self, verb: Verb, path: str, body: object = None, *, timeout: float | None = None) -> bytes:
        """Nothing but a POST does harm if it is sent twice: that goes by a connection of its own, and once."""
        once = verb == "post"
        if once or time.monotonic() - self._used > IDLE_SECONDS:
            self._client.close()
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            return self._tried(verb, path, data, timeout or self._timeout)
        except NodeError as error:
            if once or not error.cut:
                raise
        self._client.close()
        return self._tried(verb, path, data, timeout or self._timeout)

    def _tried(self, verb: Verb, path: str, data: bytes | None, seconds: float) -> bytes:
        try:
            answer = self._send[verb](path, data=data, timeout=seconds, stream=True)
            if answer is None:  # the library returns nothing for failures that it has no name for
                raise NodeError(f"{self._where(verb, path)}: no usable answer", LOGS)
            return _read(answer, time.monotonic() + seconds)
        except (api.OrthancApiException, requests.RequestException, HTTPError) as error:
            raise self._translated(error, verb, path) from None
        finally:
            self._used = time.monotonic()

    def _where(self, verb: Verb, path: str) -> str:
        return f"node {self.node} at {self.host}:{self.port}, {verb.upper()} {path.partition('?')[0]}"

    def _translated(self, error: Exception, verb: Verb, path: str) -> NodeError:
        where = self._where(verb, path)
        cause = error.__context__ or error
        if isinstance(error, api.HttpError):
            status = int(error.http_status_code)
            words = f": {error.msg}" if error.msg and status not in (401, 403, 404) else ""
            return NodeError(f"{where}: answered {status}{words}", HINTS.get(status, LOGS), status)
        if isinstance(cause, requests.Timeout | ReadTimeoutError) or "Read timed out" in str(cause):
            return NodeError(f"{where}: no answer in time", LOGS)
        if isinstance(cause, requests.exceptions.SSLError):
            return NodeError(f"{where}: TLS failed: {_tls_reason(cause)}", "`netprov up` renews certificates and trust")
        if isinstance(cause, requests.ConnectionError):
            reason = _connection_reason(cause)
            return NodeError(f"{where}: {reason}", LOGS, cut=reason == CUT)
        return NodeError(f"{where}: {type(cause).__name__}", LOGS)


def wait_port(
    host: str, port: int, seconds: float, alive: Callable[[], bool] = lambda: True, *, node: str = ""
) -> None:
    """Waits until something listens; a dead process ends the wait at once. Costs no more than a connect a turn."""
    name = f"node {node} at {host}:{port}" if node else f"{host}:{port}"
    deadline = time.monotonic() + seconds
    while not _listens(host, port, max(0.05, deadline - time.monotonic())):
        if not alive():
            raise NodeError(f"{name}: stopped while starting", "`netprov logs` shows what the node says")
        if time.monotonic() > deadline:
            raise NodeError(f"{name}: does not listen after {seconds:g} s", LOGS)
        time.sleep(POLL_SECONDS)


def wait_ready(orthanc: Orthanc, seconds: float, alive: Callable[[], bool] = lambda: True) -> dict[str, Any]:
    """Waits until the node answers and gives its /system; NodeError if it dies, says no, or takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        wait_port(orthanc.host, orthanc.port, max(0.0, deadline - time.monotonic()), alive, node=orthanc.node)
        try:
            return orthanc.system()
        except NodeError as error:
            if error.status is not None or not alive() or time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def _listens(host: str, port: int, seconds: float) -> bool:
    try:
        with socket.create_connection((host, port), min(seconds, 1.0)) as connection:
            # A loopback port of the ephemeral range can be connected with itself while nobody listens.
            return bool(connection.getsockname() != connection.getpeername())
    except OSError:
        return False


def _refused_whole(answer: requests.Response, **_: object) -> None:
    """Reads the body of a refusal, which the library leaves in its connection and so loses both."""
    if not answer.ok:
        answer.content  # noqa: B018 -- reading is what it is for


def _read(answer: requests.Response, deadline: float) -> bytes:
    """The body, within an overall deadline: the library's own counts the silence between two bytes only."""
    chunks = []
    while chunk := answer.raw.read1(1 << 18):
        chunks.append(chunk)
        if time.monotonic() > deadline:
            answer.close()
            raise requests.ReadTimeout
    return b"".join(chunks)


def decoded(body: bytes) -> Any:
    """Most answers are JSON; some writes answer nothing, or plain text."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NodeError("a node answered with something that is not its own language", LOGS)
    return value


def _entries(value: object) -> dict[str, dict[str, Any]]:
    """`{alias: entry}`; without any entry Orthanc answers an empty list or object."""
    return {alias: _object(entry) for alias, entry in _object(value or {}).items()}


def _tls_reason(error: BaseException) -> str:
    """OpenSSL's own words, without the address and the object names around them."""
    text = str(error)
    start = text.find("[SSL")
    return text[start:].partition(" (_ssl")[0].lstrip("[").replace("]", "") if start >= 0 else "refused"


def _connection_reason(error: BaseException) -> str:
    text = str(error)
    if "Connection refused" in text:
        return "nothing listens there"
    if any(word in text for word in ("Remote", "reset", "aborted", "Broken pipe")):
        return CUT
    return "cannot be reached"
