"""Topology -> each node's settings as netprov would write them, for the rules that look at what is rendered.

Nothing is allocated, made or written: where a node will listen, and its secrets, are stand-ins.
"""

import json
from pathlib import Path

from provisioner.credentials import INTERNAL_USER, Credential, Logins
from provisioner.definition.choices import Environment, IndexKind
from provisioner.engine.plan import Endpoint
from provisioner.home import NodeFolder
from provisioner.links.linking import links_of
from provisioner.links.topology import Node, Topology
from provisioner.site.planned import NodeSettings
from provisioner.site.render import Database, Login, Site, modality_body, node_files, peer_body

STAND_IN = "stand-in"
_WHO = Credential(INTERNAL_USER, STAND_IN)
_ENDPOINT = Endpoint("127.0.0.1", 1, 2, 3, 4)
_DATABASE = Database("/run/stand-in", 5432, STAND_IN, STAND_IN, STAND_IN)


def shown(topology: Topology) -> tuple[NodeSettings, ...]:
    """Every node, in the order of the topology."""
    return tuple(_shown(topology, node) for node in topology.nodes)


def _shown(topology: Topology, node: Node) -> NodeSettings:
    files = node_files(_site(topology, node))
    links = links_of(topology, node.id)
    login = Login("node.crt", "node.key", _WHO)
    return NodeSettings(
        node=node.id,
        orthanc=json.loads(files["orthanc.json"]),
        nginx=files["nginx.conf"],
        modalities={e.alias: modality_body(e, _ENDPOINT if e.node else None) for e in links.modalities},
        peers={e.alias: peer_body(e, _ENDPOINT if e.node else None, login) for e in links.peers},
    )


def _site(topology: Topology, node: Node) -> Site:
    return Site(
        node=node,
        network_id=topology.id,
        network_name=topology.name,
        endpoint=_ENDPOINT,
        folder=NodeFolder(Path("/node")),
        internal=Logins(_WHO, (_WHO,)),
        database=_DATABASE if node.index is IndexKind.POSTGRESQL else None,
        generation=STAND_IN,
        production=topology.environment == Environment.PRODUCTION,
        keeps_worklist=topology.home == node.id,
    )
