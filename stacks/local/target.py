"""The local target: a network of Orthanc nodes on this machine.

What changes a network needs the engine, and what proves it the verifier; each is loaded when it is asked for, since
`status` should not wait for them.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.engine.plan import Drift, NodeStatus, Outcome, Plan
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.verify import Report
from provisioner.proving.worklist import Asked
from provisioner.site.planned import NodeSettings, Planned
from stacks.local import look, ports
from stacks.local.account import service_account
from stacks.local.ground import Ground
from stacks.local.readers import admit, dismiss, readers
from stacks.local.trust import keys_of
from stacks.target import Listener, Request


def plan(request: Request) -> Plan:
    """What `up` would do; changes nothing but the network's own folder."""
    from stacks.local import deploying

    return deploying.plan(request)


def up(request: Request, listen: Listener) -> Outcome:
    """Converge. What an earlier, killed run has made is adopted; what nobody wants any more is taken away."""
    from stacks.local import deploying

    return deploying.up(request, listen)


def forecast(request: Request) -> None:
    """None: `plan` asks nobody but this machine."""


def planned(request: Request) -> tuple[Planned, ...]:  # noqa: ARG001 - the Protocol's
    """None that a rule knows: what is made here is judged by the settings that are rendered."""
    return ()


def down(request: Request, listen: Listener) -> Outcome:
    """Take everything away: what the state knows through the engine, then whatever a killed run has left."""
    from stacks.local import deploying

    return deploying.down(request, listen)


def drift(request: Request) -> tuple[Drift, ...]:
    """Ask every node what it is, and compare; writes nothing."""
    from stacks.local import deploying

    return deploying.drift(request)


def status(folder: NetworkFolder, topology: Topology) -> tuple[NodeStatus, ...]:
    """Every node as it is now."""
    return look.status(_view(folder, topology))


def outputs(folder: NetworkFolder, topology: Topology) -> dict[str, object]:
    """Addresses, AE titles and certificate files; no secret."""
    return look.outputs(_view(folder, topology))


def verify(folder: NetworkFolder, topology: Topology) -> Report:
    """Prove both halves."""
    return look.verify(_view(folder, topology))


def loaded(folder: NetworkFolder, topology: Topology) -> tuple[NodeSettings, ...]:
    """Every running node's settings as it has loaded them."""
    from stacks.local import loaded as asking

    return asking.loaded(_view(folder, topology))


def worklist(folder: NetworkFolder, topology: Topology, asked: Asked) -> Any:
    """What the home of the shared worklist answers."""
    return look.worklist(_view(folder, topology), asked)


def counts(folder: NetworkFolder, topology: Topology) -> dict[str, Any] | None:
    """How much stands on the worklist; None where its home does not answer."""
    return look.counts(_view(folder, topology))


def _view(folder: NetworkFolder, topology: Topology) -> Ground:
    """The ground for looking only: nothing is made, nothing is allocated."""
    return Ground(
        folder=folder,
        topology=topology,
        endpoints=ports.recorded(folder),
        keys=keys_of(folder),
        account=service_account(),
        preload=Path("/nonexistent"),
        now=datetime.now(UTC),
    )


__all__ = [
    "admit",
    "counts",
    "dismiss",
    "down",
    "drift",
    "forecast",
    "loaded",
    "outputs",
    "plan",
    "planned",
    "readers",
    "status",
    "up",
    "verify",
    "worklist",
]
