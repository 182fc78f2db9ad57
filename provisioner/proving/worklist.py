"""Asking the shared worklist at its home, or a node's queue, past the front, as netprov does."""

import http.client
import json
from contextlib import closing
from typing import Any

from provisioner.credentials import Credential
from provisioner.errors import NetprovError
from provisioner.record import record

ROOT = "/netprov/worklist"
SHARING = "/netprov/sharing"
PATIENCE_SECONDS = 30.0


class Declined(NetprovError):
    """The worklist answered no, and said why."""


@record
class Asked:
    """One call: of what, and in whose name."""

    method: str
    path: str
    body: dict[str, object] | None = None
    site: str = ""
    """A site, or empty for the network's operator."""
    person: str = ""
    seconds: float = PATIENCE_SECONDS
    node: str = ""
    """Another node than the worklist's home."""
    root: str = ROOT


@record
class Request:
    """A call as HTTP has it."""

    path: str
    headers: dict[str, str]
    body: str | None


def ask(port: int, login: Credential, asked: Asked) -> Any:
    """What the home answers; Declined if it says no, NetprovError if it says nothing."""
    request = written(asked)
    headers = request.headers | {"Authorization": f"Basic {login.basic}"}
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=asked.seconds)) as connection:
            connection.request(asked.method, request.path, request.body, headers)
            answer = connection.getresponse()
            return read(asked, answer.status, answer.read())
    except (OSError, http.client.HTTPException):
        raise silent(asked) from None


def written(asked: Asked) -> Request:
    """The call as HTTP has it, but for the login."""
    headers = {
        "X-Netprov-Query": asked.path.partition("?")[2],
        "X-Netprov-Person": asked.person.encode("ascii", "replace").decode(),
    }
    if asked.site:
        headers["X-Netprov-Caller"] = asked.site
    body = None if asked.body is None else json.dumps(asked.body)
    return Request(f"{asked.root}/{asked.path}", headers, body)


def silent(asked: Asked) -> NetprovError:
    """Nobody answers."""
    hint = "`netprov status` shows whether it runs"
    return NetprovError(f"{asked.node or 'the home of the worklist'} does not answer", hint)


def read(asked: Asked, status: int, told: bytes) -> Any:
    """What an answer says; Declined if that is no."""
    try:
        facts = json.loads(told)
    except ValueError:
        raise silent(asked) from None
    if status != http.client.OK:
        raise Declined(f"{asked.node or 'the worklist'} refuses: {facts.get('message', status)}", _hint(status))
    return facts


def _hint(status: int) -> str:
    if status == http.client.NOT_FOUND:
        return "`netprov worklist list` shows what there is"
    return ""
