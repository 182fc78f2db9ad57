"""What moto does anew at each call and need not: a suite of some ten thousand calls spends its time there."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler


@contextmanager
def connections_kept() -> Iterator[None]:
    """Within, a connection carries many calls, which service a name means is looked up once, and nothing is logged."""
    log = logging.getLogger("werkzeug")
    before = log.level
    log.setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MotoRequestHandler, "protocol_version", "HTTP/1.1")
        looked_up = cache(DomainDispatcherApplication.get_backend_for_host)
        patch.setattr(DomainDispatcherApplication, "get_backend_for_host", looked_up)
        yield
    log.setLevel(before)
