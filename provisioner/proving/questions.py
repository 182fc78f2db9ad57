"""What a verification is made of: how each node is reached, who asks, and what is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from provisioner.credentials import Credential
from provisioner.engine.plan import Endpoint

WORKS, REFUSED = "works", "refused"


@dataclass(frozen=True, slots=True)
class Reach:
    """How netprov reaches one node: its ports, who it is there past the front, and the node's own certificate."""

    node: str
    endpoint: Endpoint
    internal: Credential
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Operator:
    """netprov's own certificate, what the network trusts, and the passwords that go with them."""

    certificate: Path
    key: Path
    trust: Path
    logins: Mapping[str, Credential]
    """The operator's, by node."""
    caller_login: Callable[[str, str], Credential]
    """Of one node at another, linked or not: even whoever has it must be refused where no link is."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `ask` gives what was seen, or raises NetprovError saying what is wanting."""

    name: str
    source: str
    target: str
    expected: str
    ask: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Round:
    """Questions to be asked one after the other.

    If the gate fails, the others cannot be answered: a node that is down refuses everybody, and proves nothing.
    """

    nodes: tuple[str, ...]
    """Who must be up for any of it to make sense."""
    questions: tuple[Question, ...]
    gate: Question | None = None
    end: Callable[[], None] = lambda: None
    """Closes what the questions have opened."""


class Rest(Protocol):
    """One node's own REST, however it is reached. What goes wrong is a NodeError."""

    def get(self, path: str) -> Any: ...

    def post(self, path: str, body: object) -> Any: ...

    def delete(self, path: str) -> Any: ...

    def get_bytes(self, path: str) -> bytes: ...

    def close(self) -> None: ...


class Hands(Protocol):
    """What is done at a site beside its node's own REST. What is refused there is a NodeError."""

    def scan(self, node: str, images: Sequence[tuple[str, bytes]]) -> None:
        """The site's first scanner stores images, each its UID and its dataset, over DICOM TLS."""

    def as_site(self, reader: str, method: str, path: str) -> None:
        """Something of the worklist's home, under this site's own certificate, or at home itself."""
