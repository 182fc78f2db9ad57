"""Ports for the servers that tests start by themselves: nobody else takes one between being chosen and being used.

Whoever asks for port 0, and every outgoing connection, is given one of the kernel's own range, and netprov looks for
those of its nodes from 20000 on. These are below both, and each of pytest's workers has its own.
"""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import pytest

FIRST, EACH, WORKERS = 12000, 2500, 3


def _all() -> Iterator[int]:
    """From a place of this process on, as another run of the tests may be under way."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    first, start = FIRST + worker * EACH, random.randrange(EACH)
    while True:
        yield from chain(range(first + start, first + EACH), range(first, first + start))


_PORTS = _all()


def vacant_port() -> int:
    """One on which nobody listens, and which is not given again before all the others were."""
    for _, port in zip(range(EACH), _PORTS, strict=False):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is vacant")
