"""What a node's plugins know of the network: whose numbers are whose, where studies go, who reports what.

A node is told of itself, of the worklist's home and of the nodes that it is linked with: a site that joins a hub's
network changes nothing at the other sites. The file holds passwords.
"""

import json
from collections.abc import Callable

from provisioner.credentials import Credential
from provisioner.definition.choices import Operation, Protocol
from provisioner.links.topology import Node, Place, ReportingPool, Topology

FILE = "sharing.json"
WORKSTATION = "WS"
"""Kind of a `modalities` entry that reads studies and makes none: it alone is told of what is to be reported."""

Peer = dict[str, str]


def sharing(topology: Topology, node_id: str, url: Callable[[str], str], login: Callable[[str], Credential]) -> str:
    """The text of sharing.json; `login` is how this node comes in at another one."""
    there = {flow.target: flow.operations for flow in topology.flows if flow.source == node_id}
    linked = there.keys() | {flow.source for flow in topology.flows if flow.target == node_id}
    nodes = [node for node in topology.nodes if node.id in {*linked, node_id, topology.home}]

    def peer(node: str) -> Peer:
        its = login(node)
        return {"url": url(node), "user": its.user, "password": its.password}

    at_home = there.get(topology.home, ())
    own = topology.node(node_id)
    facts = {
        "network": topology.id,
        "network_name": topology.name,
        "strapline": topology.strapline,
        "colour": topology.colour,
        "logo": topology.logo,
        "node": node_id,
        "url": url(node_id),
        "member": own.member,
        "owner": own.owner,
        "shape": topology.shape.value,
        "home": topology.home,
        "turnaround_days": topology.turnaround_days,
        "claim_hours": topology.claim_minutes / 60,
        "silence_seconds": topology.silence_seconds,
        "route_to": topology.home if topology.shape == "hub" and Operation.STORE in at_home else "",
        "worklist": peer(topology.home) if Operation.WORKLIST in at_home else None,
        "sites": {node.id: _site(node) for node in nodes},
        "workstations": [scanner.aet for scanner in own.scanners if scanner.kind == WORKSTATION],
        "pools": [_pool(pool) for pool in topology.pools],
        "peers": {n.id: peer(n.id) for n in nodes if Operation.STORE in there.get(n.id, ())},
        "carriers": _carriers(topology) if node_id == topology.home else {},
        "places": {p.name: _place(p) for p in topology.places if Operation.STORE in there.get(p.name, ())},
    }
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _carriers(topology: Topology) -> dict[str, list[str]]:
    """Each declared place, and the nodes that may send there: the worklist decides what goes."""
    may = [(f.target, f.source) for f in topology.flows if Operation.STORE in f.operations]
    found = {p.name: [source for target, source in may if target == p.name] for p in topology.places}
    return {place: nodes for place, nodes in found.items() if nodes}


def _site(node: Node) -> dict[str, str]:
    return {
        "name": node.name,
        "member": node.member,
        "owner": node.owner,
        "aet": node.aet,
        "patient_issuer": node.patient_id_issuer,
        "accession_issuer": node.accession_issuer,
    }


def _pool(pool: ReportingPool) -> dict[str, object]:
    return {name: getattr(pool, name) for name in ReportingPool.__annotations__}


def _place(place: Place) -> dict[str, object]:
    address: dict[str, object] = {"protocol": place.protocol.value, "country": place.country}
    if place.protocol is Protocol.DICOM_TLS:
        return {**address, "aet": place.aet, "host": place.host, "port": place.port}
    return {**address, "url": place.url}
