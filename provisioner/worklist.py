"""Asking the shared worklist at its home, or a node's queue, past the front, as netprov does."""

import base64
import http.client
import json
from contextlib import closing
from typing import Any

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


def ask(port: int, login: str, asked: Asked) -> Any:
    """What the home answers; Declined if it says no, NetprovError if it says nothing."""
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    headers["X-Netprov-Query"] = asked.path.partition("?")[2]
    headers["X-Netprov-Person"] = asked.person.encode("ascii", "replace").decode()
    if asked.site:
        headers["X-Netprov-Caller"] = asked.site
    body = None if asked.body is None else json.dumps(asked.body).encode()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=asked.seconds)) as connection:
            connection.request(asked.method, f"{asked.root}/{asked.path}", body, headers)
            answer = connection.getresponse()
            status, told = answer.status, answer.read()
        facts = json.loads(told)
    except (OSError, http.client.HTTPException, ValueError):
        hint = "`netprov status` shows whether it runs"
        raise NetprovError(f"{asked.node or 'the home of the worklist'} does not answer", hint) from None
    if status != http.client.OK:
        raise Declined(f"{asked.node or 'the worklist'} refuses: {facts.get('message', status)}", _hint(status))
    return facts


def _hint(status: int) -> str:
    if status == http.client.NOT_FOUND:
        return "`netprov worklist list` shows what there is"
    return ""
