"""The AWS target: the same network on Fargate, RDS and S3, each node in its owner's account.

What changes a network needs the engine and AWS's SDK; each is loaded when it is asked for.
"""

from typing import Any

from provisioner.engine.plan import Drift, NodeStatus, Outcome, Plan
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.verify import Report
from provisioner.proving.worklist import Asked
from provisioner.site.planned import NodeSettings, Planned
from stacks.aws.drawn import designed
from stacks.target import Forecast, Listener, Request


def plan(request: Request) -> Plan:
    """What `up` would do; changes nothing but the network's own folder."""
    from stacks.aws import deploying

    return deploying.plan(request)


def forecast(request: Request) -> Forecast:
    """All that there would be, told without an account."""
    from stacks.aws.diagram import mermaid
    from stacks.aws.offline import offline
    from stacks.aws.summary import amounts

    design = designed(request.definition, request.topology)
    found = tuple(each.planned for each in offline(request, design))
    return Forecast(found, amounts(found), mermaid(design))


def planned(request: Request) -> tuple[Planned, ...]:
    """All resources, by the engine itself and without an account."""
    from stacks.aws.offline import offline

    return tuple(each.planned for each in offline(request, designed(request.definition, request.topology)))


def up(request: Request, listen: Listener) -> Outcome:
    """Converge."""
    from stacks.aws import deploying

    return deploying.up(request, listen)


def down(request: Request, listen: Listener) -> Outcome:
    """Take everything away but what holds studies, unless that was said."""
    from stacks.aws import deploying

    return deploying.down(request, listen)


def drift(request: Request) -> tuple[Drift, ...]:
    """Ask AWS what is there, and compare; writes nothing."""
    from stacks.aws import deploying

    return deploying.drift(request)


def status(folder: NetworkFolder, topology: Topology) -> tuple[NodeStatus, ...]:
    """Every node as ECS sees it."""
    from stacks.aws import look

    return look.status(folder, topology)


def outputs(folder: NetworkFolder, topology: Topology) -> dict[str, object]:
    """Addresses and AE titles; no secret."""
    from stacks.aws import look

    return look.outputs(folder, topology)


def verify(folder: NetworkFolder, topology: Topology) -> Report:
    """Prove both halves, from where each node stands."""
    from stacks.aws import proof

    return proof.verify(folder, topology)


def loaded(folder: NetworkFolder, topology: Topology) -> tuple[NodeSettings, ...]:
    """What each running node has told of itself in its log, since it is not reached from here."""
    from stacks.aws import told

    return told.loaded(folder, topology)


def readers(folder: NetworkFolder, topology: Topology, node: str) -> tuple[str, ...]:
    """Those whom the node's secret names."""
    from stacks.aws import readers as people

    return people.readers(folder, topology, node)


def admit(folder: NetworkFolder, topology: Topology, node: str, person: str) -> str:
    """The node sees it within half a minute."""
    from stacks.aws import readers as people

    return people.admit(folder, topology, node, person)


def dismiss(folder: NetworkFolder, topology: Topology, node: str, person: str) -> bool:
    """The node sees it within half a minute."""
    from stacks.aws import readers as people

    return people.dismiss(folder, topology, node, person)


def counts(folder: NetworkFolder, topology: Topology) -> dict[str, Any] | None:  # noqa: ARG001  # the protocol's
    """None: a look must not start a task; `netprov worklist list` does."""
    return None


def worklist(folder: NetworkFolder, topology: Topology, asked: Asked) -> Any:
    """By a task that is run once where the home stands."""
    from stacks.aws import asking

    return asking.worklist(folder, topology, asked)
