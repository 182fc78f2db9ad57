"""The link compiler: Network -> Topology, and what each node holds of its links.

One statement of the file configures both ends. `derive` says which nodes must exist and who may do what at whom;
`links_of` turns that into the entries of one node: what it may call, and whom it lets in for what.
"""

from provisioner.definition.choices import IndexKind, Operation, Protocol, Shape, SiteKind
from provisioner.definition.deployment import LocalTarget
from provisioner.definition.hub import HUB, home, hub_owner, shape
from provisioner.definition.network import External, Hub, Member, Network, Site
from provisioner.links.flows import flows
from provisioner.links.link_findings import findings
from provisioner.links.topology import (
    Caller,
    ModalityEntry,
    Node,
    NodeLinks,
    Party,
    Place,
    ReportingPool,
    Scanner,
    Topology,
    WebEntry,
)

__all__ = ["derive", "findings", "links_of"]

SCANNER_MAY = (Operation.ECHO, Operation.STORE, Operation.WORKLIST)
WEB = frozenset({Operation.STORE, Operation.FIND, Operation.GET})


def derive(network: Network) -> Topology:
    """Everything that must exist for this definition; the order of the file does not matter."""
    brand, worklist = network.network.brand, network.reporting.worklist if network.reporting else None
    storage = network.platform.storage if network.platform else None
    return Topology(
        id=network.network.id,
        name=network.network.name,
        environment=network.network.environment,
        strapline=brand.strapline if brand else "",
        colour=brand.colour if brand else "#005EB8",
        logo=brand.logo if brand else "",
        shape=shape(network),
        home=home(network),
        turnaround_days=worklist.turnaround_days if worklist else 28,
        claim_minutes=worklist.claim_minutes if worklist else 60,
        postgresql=storage.postgresql if storage else "",
        nodes=_nodes(network),
        places=tuple(sorted((_place(p) for p in network.external), key=lambda p: p.name)),
        flows=flows(network),
        parties=_parties(network),
        pools=_pools(network),
        first_port=_local(network).first_port,
        silence_seconds=_local(network).silence_seconds,
    )


def links_of(topology: Topology, node_id: str) -> NodeLinks:
    """All entries of one node; KeyError if there is no such node."""
    node = topology.node(node_id)
    here = {f.source: f.operations for f in topology.flows if f.target == node_id}
    there = {f.target: f.operations for f in topology.flows if f.source == node_id}
    others = {n.id: n for n in topology.nodes if n.id in here or n.id in there}
    places = {p.name: p for p in topology.places if p.name in here or p.name in there}
    modalities = [
        *(ModalityEntry(s.aet, s.aet, "", s.address, s.port, SCANNER_MAY, True) for s in node.scanners),
        *(ModalityEntry(n.id, n.aet, n.id, "", 0, here.get(n.id, ()), True) for n in others.values()),
        *(
            ModalityEntry(p.name, p.aet, "", p.host, p.port, here.get(p.name, ()), True)
            for p in places.values()
            if p.protocol is Protocol.DICOM_TLS
        ),
    ]
    web = [_web_entry(name, places) for name in sorted(there)]
    return NodeLinks(
        node=node_id,
        modalities=tuple(sorted(modalities, key=lambda e: e.alias)),
        peers=tuple(e for e in web if Operation.STORE in there[e.alias] and _speaks(e, places, Protocol.ORTHANC_PEER)),
        dicomweb=tuple(e for e in web if WEB.intersection(there[e.alias]) and _speaks(e, places, Protocol.DICOMWEB)),
        callers=tuple(Caller(name, here[name]) for name in sorted(here) if name in others),
    )


def _speaks(entry: WebEntry, places: dict[str, Place], protocol: Protocol) -> bool:
    """Another node takes both peers and DICOMweb; a place takes what it declares."""
    return bool(entry.node) or places[entry.alias].protocol is protocol


def _web_entry(name: str, places: dict[str, Place]) -> WebEntry:
    return WebEntry(name, "", places[name].url) if name in places else WebEntry(name, name, "")


def _nodes(network: Network) -> tuple[Node, ...]:
    hub = home(network) if shape(network) is Shape.HUB else ""
    owner = hub_owner(network)
    nodes = [
        _site_node(network, member, site, (owner if site.ods == hub else "") or member.ods)
        for member, site in network.sites()
    ]
    if hub == HUB:
        nodes.append(_own_hub(network))
    return tuple(sorted(nodes, key=lambda n: n.id))


def _site_node(network: Network, member: Member, site: Site, owner: str) -> Node:
    return Node(
        id=site.ods,
        name=site.name,
        aet=site.aet or site.ods,
        kind=site.kind,
        member=member.ods,
        owner=owner,
        region=site.region or _region(network),
        patient_id_issuer=member.patient_id_issuer or member.ods,
        accession_issuer=site.accession_issuer or site.ods,
        index=_index(network),
        scanners=tuple(
            Scanner(m.aet, m.kind, m.address, m.port) for m in sorted(site.modalities, key=lambda m: (m.aet, m.port))
        ),
        stable_seconds=_local(network).stable_seconds,
    )


def _own_hub(network: Network) -> Node:
    """A hub that is no site's acquires nothing, so it issues neither hospital nor accession numbers."""
    hub = (network.platform.hub if network.platform else None) or Hub(path=())
    return Node(
        id=HUB,
        name=hub.name,
        aet=hub.aet,
        kind=SiteKind.REPORTING_HUB,
        member="",
        owner=hub_owner(network),
        region=_region(network),
        patient_id_issuer="",
        accession_issuer="",
        index=_index(network),
        scanners=(),
        stable_seconds=_local(network).stable_seconds,
    )


def _parties(network: Network) -> tuple[Party, ...]:
    names = {party.ods: party.name for party in (network.legal_entity, network.supplier) if party and party.ods}
    names |= {member.ods: member.name for member in network.members}
    return tuple(Party(code, names[code]) for code in sorted(names))


def _pools(network: Network) -> tuple[ReportingPool, ...]:
    pools = network.reporting.pools if network.reporting else ()
    return tuple(
        ReportingPool(
            name=pool.name,
            sites=tuple(sorted(pool.sites)),
            modalities=tuple(sorted(pool.modalities)),
            body_parts=tuple(sorted(pool.body_parts)),
            priorities=(pool.priority,) if pool.priority else (),
            members=tuple(sorted(pool.members)),
            prefetch=pool.prefetch,
            turnaround_days=pool.turnaround_days,
            external=pool.external,
        )
        for pool in sorted(pools, key=lambda pool: pool.name)
    )


def _region(network: Network) -> str:
    return network.platform.region if network.platform else "local"


def _index(network: Network) -> IndexKind:
    storage = network.platform.storage if network.platform else None
    return storage.index if storage else IndexKind.SQLITE


def _local(network: Network) -> LocalTarget:
    return (network.deployment.local if network.deployment else None) or LocalTarget(path=())


def _place(place: External) -> Place:
    return Place(
        name=place.name,
        kind=place.kind,
        protocol=place.protocol,
        country=place.country,
        operator=place.operator,
        aet=place.aet,
        host=place.address,
        port=place.port,
        url=place.url,
    )
