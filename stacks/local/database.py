"""The network's PostgreSQL, where nodes keep their index in one: a private cluster, or one that is given."""

from provisioner.network import IndexKind
from provisioner.plan import Kind
from provisioner.provider import Difference, Inputs, Value
from provisioner.render import Database
from stacks.local.ground import Ground

CLUSTER = "postgresql"


def wanted(ground: Ground) -> dict[str, Value]:
    """Its inputs: where it is, and which nodes have a database there."""
    names = sorted(n.id for n in ground.topology.nodes if n.index is IndexKind.POSTGRESQL)
    return {"url": ground.topology.postgresql or "private", "databases": " ".join(names)}


def database_of(ground: Ground, node: str) -> Database:
    """Where a node's index is."""
    raise NotImplementedError


class DatabaseResource:
    """Runs the private cluster and makes each node's database."""

    kind = Kind.DATABASE

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        return Difference()

    def create(self, name: str, inputs: Inputs) -> None:
        raise NotImplementedError

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        raise NotImplementedError

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        raise NotImplementedError

    def delete(self, name: str, inputs: Inputs) -> None:
        raise NotImplementedError


def stop_cluster(ground: Ground) -> None:
    """Stop the private cluster; a given PostgreSQL is left alone."""
