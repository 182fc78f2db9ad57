"""The readers' door of a node: where people with a browser come to the shared worklist, in the network's own brand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.credentials import host_name
from provisioner.definition.choices import Operation
from provisioner.links.topology import Topology
from provisioner.site.nginx import rendered
from provisioner.site.render import Site

FOLDER = "door"
"""In a node's folder: nginx reads its *.conf and `people`, and gives out `brand.json` and what `web/` leads to."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where it listens, and how it logs in."""

    listen: str
    home: str
    """URL of the worklist's node."""
    login: str
    """This node's at the home, as HTTP Basic has it."""
    internal: str
    """At the Orthanc behind it, in the same form."""
    resolver: str = ""
    """Who is asked for the home's address, where it may change; empty where it stays."""


def door_files(topology: Topology, site: Site, door: Door) -> dict[str, str]:
    """By name relative to the node's folder."""
    node = site.node.id
    flows = (flow for flow in topology.flows if (flow.source, flow.target) == (node, topology.home))
    own = node == topology.home
    may = own or any(Operation.WORKLIST in flow.operations for flow in flows)
    settings = rendered(
        "door.conf.j2",
        folder=str(site.folder.root),
        network_id=topology.id,
        node=node,
        listen=door.listen,
        address=f"{site.endpoint.host}:{site.endpoint.web_port}",
        home=door.home.rstrip("/") if may else "",
        home_name=host_name(topology.id, topology.home),
        own=own,
        login=door.login,
        internal=door.internal,
        resolver=door.resolver,
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


def known(people: str) -> dict[str, str]:
    """Lines of the file of who may come in, by name."""
    return {line.partition(":")[0]: line for line in people.splitlines() if ":" in line}


def people(lines: Mapping[str, str]) -> str:
    """The file that has these lines."""
    return "".join(f"{lines[name]}\n" for name in sorted(lines))
