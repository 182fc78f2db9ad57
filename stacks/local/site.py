"""One node of a topology -> what its templates need to know of it."""

from provisioner.definition.choices import Environment, IndexKind
from provisioner.site.render import Site
from stacks.local.ground import Ground
from stacks.local.postgres import database_of


def site_of(ground: Ground, name: str) -> Site:
    """What the templates need to know of a node."""
    node = ground.topology.node(name)
    database = database_of(ground, name) if node.index is IndexKind.POSTGRESQL else None
    return Site(
        node=node,
        network_id=ground.topology.id,
        network_name=ground.topology.name,
        endpoint=ground.endpoint(name),
        folder=ground.folder.node(name),
        internal=ground.keys.internal(name),
        database=database,
        generation=ground.keys.identity,
        keeps_worklist=ground.topology.home == name,
        production=ground.topology.environment == Environment.PRODUCTION,
    )
