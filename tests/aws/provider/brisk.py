"""What moto does anew at each call and need not: a suite of some ten thousand calls spends its time there.

And what it must not do: two calls at once. Tables of its own are then read while they are written, once in some hundred
thousand calls, and the answer is 500.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler


@contextmanager
def connections_kept() -> Iterator[None]:
    """Within, a connection carries many calls, which are answered one at a time; which service a name means is looked
    up once, and nothing is logged."""
    log = logging.getLogger("werkzeug")
    before = log.level
    log.setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MotoRequestHandler, "protocol_version", "HTTP/1.1")
        looked_up = cache(DomainDispatcherApplication.get_backend_for_host)
        patch.setattr(DomainDispatcherApplication, "get_backend_for_host", looked_up)
        answer, turn = DomainDispatcherApplication.__call__, RLock()

        def in_turn(self: DomainDispatcherApplication, environ: dict[str, Any], start_response: Any) -> Any:
            with turn:
                return answer(self, environ, start_response)

        patch.setattr(DomainDispatcherApplication, "__call__", in_turn)
        yield
    log.setLevel(before)
