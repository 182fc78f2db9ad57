"""Killing a run at a moment that the cloud chooses: at the n-th thing that is asked of it."""

import os
import random
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from subprocess import Popen

from tests.aws.deployment import Deployment


class Victim(StrEnum):
    """Who is killed. The engine dies with netprov; netprov outlives the engine, and says so."""

    NETPROV = "netprov"
    ENGINE = "engine"
    BOTH = "both"


@dataclass(frozen=True)
class Moment:
    """When a run is killed, who is, and whether the cloud has still heard of what it was asked for then."""

    call: int
    victim: Victim
    heard: bool

    @classmethod
    def some(cls, chance: random.Random, latest: int) -> "Moment":
        return cls(chance.randint(1, latest), chance.choice(list(Victim)), chance.random() < 0.5)


class Dead(Exception):
    """The one who asked is dead, and its words were lost on the way."""


@dataclass
class Reaper:
    """Stands before every call of the provider."""

    _moment: Moment | None = None
    _process: "Popen[str] | None" = None
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, operation: str, urn: str) -> None:
        with self._lock:
            self._count += 1
            if not self._moment or self._count != self._moment.call:
                return
            moment, self._moment = self._moment, None
            self._kill(moment.victim)
        if not moment.heard:
            raise Dead(f"{operation} {urn}")

    def _kill(self, victim: Victim) -> None:
        assert self._process
        pids = [self._process.pid] if victim is not Victim.ENGINE else []
        if victim is not Victim.NETPROV:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
            pids += [int(pid) for pid in children.read_text(encoding="ascii").split()]
        for pid in pids:
            with suppress(ProcessLookupError):  # a child may have ended since it was listed
                os.kill(pid, signal.SIGKILL)

    def run(self, network: Deployment, moment: Moment, *arguments: str) -> bool:
        """Start netprov, and kill it at this moment; False if it had ended before."""
        with self._lock:
            self._count, self._moment = 0, moment
            self._process = network.start(*arguments)
        self._process.communicate(timeout=300)
        with self._lock:
            came, self._moment = self._moment is None, None
        return came
