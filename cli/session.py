"""What a command needs of the world: environment, clock and targets, so that tests can give it another."""

import os
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


@record
class Session:
    """One run of netprov."""

    environ: Mapping[str, str]
    now: Callable[[], datetime]
    targets: Callable[[], Mapping[str, "Target"]]

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
    return Session(os.environ, lambda: datetime.now(UTC), _targets)


def _targets() -> Mapping[str, "Target"]:
    from stacks import TARGETS

    return TARGETS
