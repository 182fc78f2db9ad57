"""The readers' door of a node: where people with a browser come to the shared worklist, in the network's own brand."""

import base64
import json

from provisioner.choices import Operation
from provisioner.credentials import INTERNAL_USER, host_name
from provisioner.nginx import rendered
from provisioner.render import Site
from provisioner.topology import Topology

FOLDER = "door"
"""In a node's folder: nginx reads its *.conf and `people`, and gives out `brand.json` and what `web/` leads to."""


def door_files(topology: Topology, site: Site, home: str, password: str) -> dict[str, str]:
    """By name relative to the node's folder. `home` is the URL of the worklist's node, `password` this node's there."""
    node = site.node.id
    flows = (flow for flow in topology.flows if (flow.source, flow.target) == (node, topology.home))
    own = node == topology.home
    may = own or any(Operation.WORKLIST in flow.operations for flow in flows)
    login = f"{INTERNAL_USER}:{site.internal_password}" if own else f"{node}:{password}"
    settings = rendered(
        "door.conf.j2",
        folder=str(site.folder.root),
        network_id=topology.id,
        node=node,
        host=site.endpoint.host,
        port=site.endpoint.web_port,
        home=home.rstrip("/") if may else "",
        home_name=host_name(topology.id, topology.home),
        own=own,
        login=base64.b64encode(login.encode()).decode(),
        internal=base64.b64encode(f"{INTERNAL_USER}:{site.internal_password}".encode()).decode(),
    )
    return {f"{FOLDER}/front.conf": settings, f"{FOLDER}/brand.json": _brand(topology, site)}


def _brand(topology: Topology, site: Site) -> str:
    facts = {
        "network": topology.id,
        "network_name": topology.name,
        "strapline": topology.strapline,
        "colour": topology.colour,
        "logo": topology.logo,
        "site": site.node.id,
        "site_name": site.node.name,
    }
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
