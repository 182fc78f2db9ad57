"""The network's PostgreSQL, where nodes keep their index in one: a private cluster, or one that is given."""

from provisioner.network import IndexKind
from provisioner.plan import Kind
from provisioner.provider import Difference, Inputs, Value
from stacks.local.ground import Ground
from stacks.local.postgres import cluster_of

CLUSTER = "postgresql"


def wanted(ground: Ground) -> dict[str, Value]:
    """Its inputs: where it is, and which nodes have a database there."""
    names = sorted(n.id for n in ground.topology.nodes if n.index is IndexKind.POSTGRESQL)
    return {"url": ground.topology.postgresql or "private", "databases": " ".join(names)}


class DatabaseResource:
    """Runs the private cluster and makes each node's database."""

    kind = Kind.DATABASE

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        changed = tuple(sorted(key for key in new if old.get(key) != new[key]))
        if old and not changed and not cluster_of(self._ground).running():
            return Difference(("running",), "the database is not running")
        return Difference(changed, "its databases changed" if old and changed else "")

    def create(self, name: str, inputs: Inputs) -> None:
        cluster = cluster_of(self._ground)
        cluster.ensure()
        for node in str(inputs["databases"]).split():
            cluster.ensure_database(node, node, self._ground.password(f"postgres:{node}"))

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        return inputs if cluster_of(self._ground).running() else {**inputs, "running": "no"}

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self.create(name, new)

    def delete(self, name: str, inputs: Inputs) -> None:
        stop_cluster(self._ground)


def stop_cluster(ground: Ground) -> None:
    """Stop the private cluster; a given PostgreSQL is left alone."""
