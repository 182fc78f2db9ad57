"""What a target is: one module that meets this Protocol, and one line in stacks.TARGETS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from provisioner.engine.plan import Drift, Event, NodeStatus, Outcome, Plan
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.verify import Report
from provisioner.proving.worklist import Asked
from provisioner.site.planned import NodeSettings, Planned

Listener = Callable[[Event], None]


class Rotation(StrEnum):
    """What `up` renews beside what is due by itself."""

    WHEN_DUE = "when_due"
    CERTIFICATES = "certificates"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Request:
    """One network to bring up, where its state lives, and how."""

    topology: Topology
    definition: str
    """The text of the definition, kept beside the state."""
    folder: NetworkFolder
    environ: Mapping[str, str]
    delete_studies: bool = False
    """Whether a node that leaves the network may be deleted with its studies."""
    refresh: bool = False
    """Whether to ask every node for its real settings first, and mend what drifted."""
    rotate: Rotation = Rotation.WHEN_DUE
    """What to renew in this run; passwords go with the authority."""
    parallel: int = 16


@dataclass(frozen=True, slots=True)
class Amount:
    """How many there would be of one thing that is paid for, and of which size."""

    what: str
    size: str
    count: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """All that there would be, told without asking anybody."""

    resources: tuple[Planned, ...]
    amounts: tuple[Amount, ...]
    diagram: str
    """In Mermaid."""


class Target(Protocol):
    """Plan, deploy, look at, and take down one network. Every method raises NetprovError only."""

    def plan(self, request: Request) -> Plan:
        """What `up` would do; changes nothing."""

    def forecast(self, request: Request) -> Forecast | None:
        """What there would be, without account, credentials or network; None where `plan` needs none of them."""

    def planned(self, request: Request) -> tuple[Planned, ...]:
        """The resources that `up` would make or keep, for the rules that look at what is planned; touches nothing."""

    def up(self, request: Request, listen: Listener) -> Outcome:
        """Converge; what failed is in the outcome, what stops everything is raised."""

    def down(self, request: Request, listen: Listener) -> Outcome:
        """Take everything away; `request.topology` comes from the registry, never from a definition."""

    def drift(self, request: Request) -> tuple[Drift, ...]:
        """Differences between what was deployed and what is there; writes nothing."""

    def status(self, folder: NetworkFolder, topology: Topology) -> tuple[NodeStatus, ...]:
        """Every node as it is now."""

    def verify(self, folder: NetworkFolder, topology: Topology) -> Report:
        """Prove both halves: what is linked works, what is not is refused."""

    def loaded(self, folder: NetworkFolder, topology: Topology) -> tuple[NodeSettings, ...]:
        """Every running node's settings as it has loaded them, for the rules that look at what is live."""

    def readers(self, folder: NetworkFolder, topology: Topology, node: str) -> tuple[str, ...]:
        """Who may come in by a node's readers' door, sorted."""

    def admit(self, folder: NetworkFolder, topology: Topology, node: str, person: str) -> str:
        """Let a reader in, with a new password that is kept nowhere: it is returned."""

    def dismiss(self, folder: NetworkFolder, topology: Topology, node: str, person: str) -> bool:
        """Let a reader in no more; False if there was none of that name."""

    def worklist(self, folder: NetworkFolder, topology: Topology, asked: Asked) -> Any:
        """What the home of the shared worklist answers."""

    def counts(self, folder: NetworkFolder, topology: Topology) -> dict[str, Any] | None:
        """How much stands on the worklist: `states`, `overdue`, `sites`; None where asking takes long."""

    def outputs(self, folder: NetworkFolder, topology: Topology) -> dict[str, object]:
        """Addresses, AE titles and certificate files, for people and scripts; no secret."""
