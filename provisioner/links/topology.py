"""Network -> Topology: the nodes that must exist and which node may do what at which other."""

from provisioner.definition.choices import ExternalKind, IndexKind, Operation, Protocol, Purpose, Shape, SiteKind
from provisioner.record import record


@record
class Scanner:
    """A modality of a node's own site: it may echo, store and read its worklist there, and nothing else."""

    aet: str
    kind: str
    address: str
    port: int


@record
class Node:
    """One Orthanc node. `id` is the site's ODS code, or HUB for a hub that is no site's."""

    id: str
    name: str
    aet: str
    kind: SiteKind
    member: str
    """ODS code of the owning member; for a hub of its own, `owner` alone says whose it is."""
    owner: str
    """Legal person: ODS code, or the name of the entity or supplier."""
    region: str
    patient_id_issuer: str
    accession_issuer: str
    index: IndexKind
    scanners: tuple[Scanner, ...]
    stable_seconds: int


@record
class Place:
    """An external place, typed and never deployed."""

    name: str
    kind: ExternalKind
    protocol: Protocol
    country: str
    operator: str
    aet: str
    host: str
    port: int
    url: str


@record
class Flow:
    """What `source` may do at `target`; a link is one flow, or one each way."""

    source: str
    target: str
    operations: tuple[Operation, ...]
    purpose: Purpose


@record
class ReportingPool:
    """Sites that report certain studies; an empty list of what it takes means any."""

    name: str
    sites: tuple[str, ...]
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    priorities: tuple[str, ...]
    members: tuple[str, ...]
    prefetch: bool
    turnaround_days: int | None
    """Its own, or None where the network's holds."""
    external: str
    """External place that may report for it, or empty."""


@record
class Party:
    """Name of a member, or of the entity or supplier that owns the hub, by its code."""

    code: str
    name: str


@record
class Topology:
    """Everything that must exist, sorted, so that equal definitions give equal bytes."""

    id: str
    name: str
    environment: str
    strapline: str
    colour: str
    logo: str
    """Its file's name, or in what is deployed a data: address of it."""
    shape: Shape
    home: str
    """Node that keeps the shared worklist; in a hub network, the hub."""
    turnaround_days: int
    postgresql: str
    """URL of an existing PostgreSQL, or empty."""
    nodes: tuple[Node, ...]
    places: tuple[Place, ...]
    flows: tuple[Flow, ...]
    parties: tuple[Party, ...] = ()
    pools: tuple[ReportingPool, ...] = ()
    claim_minutes: int = 60
    """After how long an untouched claim on a study expires."""
    first_port: int = 0
    """First port that nodes on this machine try; 0 leaves it to netprov."""
    silence_seconds: int = 60
    """After so many without a byte, a line between nodes is given up."""

    def name_of(self, code: str) -> str:
        """The name of the party with that code, or the code where none is known."""
        return next((party.name for party in self.parties if party.code == code), code)

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError if there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)


@record
class ModalityEntry:
    """One entry of a node's DicomModalities. `allow` is what the other side may do here (incoming)."""

    alias: str
    aet: str
    node: str
    """Node id, or empty where host and port are given."""
    host: str
    port: int
    allow: tuple[Operation, ...]
    tls: bool


@record
class WebEntry:
    """One peer or DICOMweb server of a node: another node, or a URL."""

    alias: str
    node: str
    url: str


@record
class Caller:
    """Another node that may call this one over HTTPS, and for what: its certificate is trusted here."""

    node: str
    operations: tuple[Operation, ...]


@record
class NodeLinks:
    """All that one node holds of its links, both ways."""

    node: str
    modalities: tuple[ModalityEntry, ...]
    peers: tuple[WebEntry, ...]
    dicomweb: tuple[WebEntry, ...]
    callers: tuple[Caller, ...]
