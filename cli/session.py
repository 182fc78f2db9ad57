"""What a command needs of the world: environment, clock and targets, so that tests can give it another."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provisioner.errors import Exit, NetprovError
from provisioner.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.target import Target


class Usage(NetprovError):
    """The command line asks for what cannot be."""

    code = Exit.USAGE


def _nothing(_: int) -> None:
    """What tests do when a run has ended: their process goes on."""


@record
class Session:
    """One run of netprov."""

    environ: Mapping[str, str]
    now: Callable[[], datetime]
    targets: Callable[[], Mapping[str, "Target"]]
    settled: Callable[[int], None] = _nothing
    """Called with the exit code, when nothing can change it any more."""

    @property
    def home(self) -> "Path":
        from provisioner.home import home

        return home(self.environ)

    def target(self, name: str) -> "Target":
        """The target of that name; a user's mistake if there is none."""
        known = self.targets()
        if name not in known:
            raise Usage(f"there is no target '{name}'", f"one of: {', '.join(sorted(known))}")
        return known[name]


def of_this_process() -> Session:
    """The session of the running process."""
    return Session(os.environ, lambda: datetime.now(UTC), _targets, _keep)


def _keep(code: int) -> None:
    """From here on Ctrl-C, which is late, ends the process at once, and by this code: what was to be done is done.

    The interpreter itself would end by the signal or complain of it, as far as to its last moments, in which it gives
    each signal its usual meaning back unless that is to be ignored.
    """
    if "signal" not in sys.modules:  # nothing was run that takes time
        return
    import atexit
    import signal

    late = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in late:
        signal.signal(number, lambda *_: os._exit(code))
    atexit.register(lambda: [signal.signal(number, signal.SIG_IGN) for number in late])


def _targets() -> Mapping[str, "Target"]:
    from stacks import TARGETS

    return TARGETS
