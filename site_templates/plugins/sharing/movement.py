"""How the worklist has studies sent: by this node, or by another that holds them, which is asked to."""

import json
from collections.abc import Callable
from typing import Any

from worklist.courier import Leg, Progress

from sharing.errors import Forbidden, Refused, Unreachable
from sharing.exchange import trouble
from sharing.service import Service

SEND, SENT = "/netprov/sharing/send", "/netprov/sharing/sent"


class Movement:
    """At the worklist's home. `service` is this node's own."""

    def __init__(self, service: Callable[[], Service]) -> None:
        self._service = service

    def order(self, leg: Leg, study: str, source: str) -> Progress:
        """Have the study that `source` acquired sent."""
        sender, to = leg
        order = {"study": study, "to": to, "source": source}
        return self._told(sender, lambda service: service.send(order, service.node), "POST", SEND, order)

    def progress(self, leg: Leg, study: str, source: str) -> Progress:
        """How that goes."""
        sender, to = leg
        query = {"study": study, "to": to, "source": source}
        path = f"{SENT}?study={study}&to={to}&source={source}"
        return self._told(sender, lambda service: service.sent(query, service.node), "GET", path, None)

    def _told(
        self, sender: str, here: Callable[[Service], dict[str, Any]], method: str, path: str, order: object
    ) -> Progress:
        service = self._service()
        try:
            found = here(service) if sender == service.node else _asked(service, sender, method, path, order)
        except Unreachable as error:
            return Progress("unreachable", str(error))
        except (Refused, Forbidden) as error:
            return Progress("refused", str(error))
        return Progress(found["state"], found["reason"], found["sent"], found["total"])


def _asked(service: Service, sender: str, method: str, path: str, order: object) -> dict[str, Any]:
    door = service.door(sender)
    body = json.dumps(order).encode() if order else b""
    status, said = door.request(method, path, body, "application/json" if order else "")
    if status != 200:
        raise trouble(door, status, said, "does not send it on")
    return dict(json.loads(said))
