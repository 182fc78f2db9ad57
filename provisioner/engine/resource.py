"""One kind of thing that a network is made of: how it differs, is made, read, changed and taken away.

The engine reaches these through provider; they themselves know nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from provisioner.engine.plan import Kind

Value = str | int | bool | list["Value"] | dict[str, "Value"]
Inputs = Mapping[str, Value]

PACKAGE = "orthanc"
"""The Pulumi package that all of them belong to."""


def token_of(kind: Kind) -> str:
    """The Pulumi type of a kind."""
    return f"{PACKAGE}:index:{kind.value.capitalize()}"


@dataclass(frozen=True, slots=True)
class Difference:
    """How what is wanted differs from what is recorded, and why, in words for people."""

    changed: tuple[str, ...] = ()
    """Names of the inputs that differ; none means that nothing is to be done."""
    reason: str = ""
    restarts: bool = False
    starts: bool = False
    """Nothing but that it does not run."""
    replace: bool = False
    details: tuple[str, ...] = ()
    """What changes inside the inputs, for the plan: "+RXB02" for an added link, say."""


class Resource(Protocol):
    """One kind of thing. Each method may raise NetprovError, and may be called again after a kill at any point."""

    kind: Kind

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        """Compare; may look at the world, as after a reboot the record is right and the process is gone.

        `old` is empty for what does not exist yet: then only the words matter.
        """

    def create(self, name: str, inputs: Inputs) -> None:
        """Make it, or adopt what an earlier, killed run has made of it."""

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        """The inputs as they really are now; None if it is gone."""

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        """Bring what exists to `new`."""

    def delete(self, name: str, inputs: Inputs) -> None:
        """Take it away; nothing to take away is no error."""
