"""The network's PostgreSQL as a resource, where nodes keep their index in one."""

import json
import time
from contextlib import closing

from provisioner.definition.choices import IndexKind
from provisioner.engine.plan import Kind
from provisioner.engine.resource import Difference, Inputs, Value
from provisioner.errors import NetprovError
from provisioner.home import NodeFolder
from stacks.local.ground import Ground
from stacks.local.postgres import Cluster, cluster_of, database_of
from stacks.local.processes import running

CLUSTER = "postgresql"
INDEX_SECONDS = 30.0


def wanted(ground: Ground) -> dict[str, Value]:
    """Its inputs: where it is, which nodes have a database there, and of which generation their passwords are."""
    names = sorted(n.id for n in ground.topology.nodes if n.index is IndexKind.POSTGRESQL)
    return {
        "server": ground.topology.postgresql or "private",
        "nodes": " ".join(names),
        "passwords": ground.keys.used,
    }


class DatabaseResource:
    """Runs the private cluster and makes each node's database."""

    kind = Kind.DATABASE

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        changed = tuple(sorted(key for key in new if old.get(key) != new[key]))
        if old and not changed and not cluster_of(self._ground).running():
            return Difference(("running",), "PostgreSQL is not running")
        if not old:
            return Difference(changed, "keeps the nodes' indexes")
        return Difference(changed, "its databases changed" if changed else "")

    def create(self, name: str, inputs: Inputs) -> None:
        server = cluster_of(self._ground)
        was_running = server.running()
        server.ensure()
        for node in str(inputs["nodes"]).split():
            database = database_of(self._ground, node)
            server.ensure_database(database.name, database.user, database.password)
        if not was_running:
            for node in str(inputs["nodes"]).split():
                self._await_index(node)

    def _await_index(self, node: str) -> None:
        """A node that ran on while its database was away comes back to it by itself, in a moment."""
        deadline = time.monotonic() + INDEX_SECONDS
        with closing(self._ground.client(node)) as client:
            while running(self._ground.orthanc(node)):
                try:
                    client.statistics()
                except NetprovError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
                else:
                    return

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        return inputs if cluster_of(self._ground).running() else {**inputs, "running": "no"}

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self.create(name, new)

    def delete(self, name: str, inputs: Inputs) -> None:
        if not self._ground.dissolving:
            stop_cluster(self._ground)


def drop_database(ground: Ground, files: NodeFolder) -> None:
    """Drop the database that a removed node's own configuration names; a private cluster that goes takes it along."""
    try:
        used = json.loads(files.config.read_text(encoding="utf-8")).get("PostgreSQL")
    except (OSError, ValueError):
        return
    server = cluster_of(ground) if used else None
    if server and not (ground.dissolving and isinstance(server, Cluster)):
        server.drop_database(str(used["Database"]))


def stop_cluster(ground: Ground) -> None:
    """Stop the private cluster; a given PostgreSQL is left alone."""
    if ground.folder.postgres.is_dir():
        cluster_of(ground).stop(tidily=not ground.dissolving)
