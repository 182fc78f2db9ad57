"""What would change and why (Plan), and what did change (Outcome): frozen, printable, the same for text and JSON."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


class Kind(StrEnum):
    """The resources of a network."""

    AUTHORITY = "authority"
    CERTIFICATE = "certificate"
    NODE = "node"
    LINKS = "links"
    DATABASE = "database"


SCANNER = "scanner "
"""Begins the name of a site's own scanner among a node's links: it is connected with that node, but no link."""


@dataclass(frozen=True, slots=True)
class Step:
    """One resource, what happens to it, and why, in a sentence that a manager understands."""

    action: Action
    kind: Kind
    name: str
    reason: str = ""
    changed: tuple[str, ...] = ()
    """What differs: names of settings, or of links as "+RXB02", "-RXC01", "~RXA01", "+scanner CT1"."""
    restarts: bool = False
    """Whether a running node is interrupted."""
    starts: bool = False
    """Whether a node that is down is brought back as it was, and nothing else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of a run, unchanged resources included, in the order of the definition."""

    network: str
    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.action is not Action.SAME)


class State(StrEnum):
    """How far one step got."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """One step has started, is done, or has failed (`detail` says why)."""

    state: State
    action: Action
    kind: Kind
    name: str
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    network: str
    done: tuple[Event, ...]
    failed: tuple[Event, ...]
    interrupted: bool = False
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    steps: tuple[Step, ...] = ()
    """The plan as it was carried out: every resource with its action and reason."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between what was deployed and what is there. Secrets show as fingerprints only."""

    kind: Kind
    name: str
    key: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node listens."""

    host: str
    https_port: int
    dicom_port: int
    http_port: int
    """Orthanc's own plain HTTP, on loopback, behind the front; netprov alone uses it."""
    web_port: int = 0
    """The readers' door; 0 where there is none."""

    @property
    def https(self) -> str:
        """The address of the front."""
        return f"https://{self.host}:{self.https_port}/"

    @property
    def door(self) -> str:
        """The address of the worklist's page."""
        return f"https://{self.host}:{self.web_port}/worklist/"


@dataclass(frozen=True, slots=True)
class Outbox:
    """What a node has still to send to the network."""

    waiting: int
    """Studies that are due, or on their way."""
    oldest_seconds: int | None
    """For how long the oldest of them waits; None where none does."""
    dead: int
    """Studies that the receiver refused, and that nothing more happens to."""
    troubles: tuple[str, ...]
    """Why some wait or are dead, each reason once."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node as it is now."""

    node: str
    name: str
    aet: str
    endpoint: Endpoint | None
    running: bool
    """Orthanc and its front both run and answer."""
    detail: str
    studies: int | None
    memory_mib: float | None
    certificate_days: int | None
    outbox: Outbox | None = None
    """None where the node cannot say."""
