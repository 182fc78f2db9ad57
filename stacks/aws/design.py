"""Network and Topology -> Design: what must exist on AWS, as plain values. Nothing here knows Pulumi."""

from collections.abc import Iterable, Iterator

from provisioner.credentials import DOMAIN
from provisioner.definition.choices import Environment, IndexKind, Join
from provisioner.definition.deployment import AwsTarget
from provisioner.definition.hub import legal_person
from provisioner.definition.network import Network
from provisioner.errors import NetprovError
from provisioner.links.topology import Node, Topology
from provisioner.record import record
from stacks.aws import addresses
from stacks.aws.accounts import Account, accounts, holder, slug
from stacks.aws.place import DICOM, DOOR, HTTPS

LONDON = "eu-west-2"
PEERED = 5
"""Up to so many VPCs are joined pair by pair; beyond, pairs grow with the square."""
FEWEST_ZONES, MOST_ZONES = 2, 3
"""A database's subnet group wants two zones, London has three."""
ORTHANC_IMAGE = "orthancteam/orthanc@sha256:" + "0" * 64
NGINX_IMAGE = "nginx@sha256:" + "0" * 64


@record
class Subnet:
    """A private subnet in one availability zone."""

    zone: str
    cidr: str


@record
class Onsite:
    """A hospital's own network, and how it reaches the VPC of its node."""

    site: str
    cidr: str
    """Addresses of its scanners and workstations; empty if the definition states none."""
    vpn: str
    asn: int
    direct_connect: str


@record
class Space:
    """The VPC of one owner of nodes."""

    name: str
    owner: str
    account: str
    """Owner of the account that holds it."""
    cidr: str
    subnets: tuple[Subnet, ...]
    """Shared by its nodes: endpoints of AWS services, attachments."""
    onsite: tuple[Onsite, ...]


@record
class Permit:
    """One node may be entered on one port from one network, and why."""

    node: str
    port: int
    source: str
    """In CIDR form."""
    source_name: str
    """Node id, or `site` for a hospital's own network."""
    why: str


@record
class Placement:
    """Where one node goes."""

    node: str
    name: str
    aet: str
    owner: str
    space: str
    account: str
    home: bool
    index: IndexKind
    stable_seconds: int
    cidr: str
    """The node's own block of addresses: no other node has any of it, so a permit can name it alone."""
    subnets: tuple[Subnet, ...]
    tags: tuple[tuple[str, str], ...]


@record
class Keeping:
    """How long what is kept, and how it survives."""

    retention_days: int
    object_lock: bool
    colder_days: int
    backup_minutes: int
    vault_lock: bool
    log_days: int
    multi_zone: bool
    protect: bool


@record
class Sizes:
    """What one node is given."""

    cpu: int
    memory_mib: int
    database: str
    database_gb: int


@record
class Design:
    """Everything that must exist on AWS."""

    network: str
    name: str
    environment: str
    region: str
    zones: tuple[str, ...]
    domain: str
    accounts: tuple[Account, ...]
    hub: str
    """Space of the hub, or of the worklist's home; empty if a mesh has none."""
    spaces: tuple[Space, ...]
    join: Join | None
    pairs: tuple[tuple[str, str], ...]
    """Spaces that must reach each other, sorted."""
    permits: tuple[Permit, ...]
    placements: tuple[Placement, ...]
    keeping: Keeping
    sizes: Sizes
    orthanc_image: str
    nginx_image: str
    recovery_role: str

    def space(self, name: str) -> Space:
        return next(each for each in self.spaces if each.name == name)

    def account(self, owner: str) -> Account:
        return holder(self.accounts, owner)


def target_of(network: Network) -> AwsTarget:
    """What the definition says of AWS; all of it has defaults."""
    found = network.deployment.aws if network.deployment else None
    return found or AwsTarget(("deployment", "aws"))


def design(network: Network, topology: Topology) -> Design:
    """Raises NetprovError for addresses that overlap or have no room."""
    target = target_of(network)
    region = target.region or _own_region(network) or LONDON
    zones = _zones(network, region)
    found = accounts(network, target)
    spaces = _spaces(network, topology, target, zones, found)
    placements = _placements(topology, spaces, zones)
    pairs = _pairs(topology, placements)
    hub = next((each.space for each in placements if each.home), "")
    return Design(
        network=topology.id,
        name=topology.name,
        environment=topology.environment,
        region=region,
        zones=zones,
        domain=f"{topology.id}.{DOMAIN}",
        accounts=tuple(each for each in found if any(s.account == each.owner for s in spaces)),
        hub=hub,
        spaces=spaces,
        join=_join(target, spaces, pairs),
        pairs=pairs,
        permits=_permits(topology, spaces, placements),
        placements=placements,
        keeping=_keeping(network, target),
        sizes=Sizes(target.cpu, target.memory, target.database_class, target.database_gb),
        orthanc_image=target.orthanc_image or ORTHANC_IMAGE,
        nginx_image=target.nginx_image or NGINX_IMAGE,
        recovery_role=target.recovery_role,
    )


def _own_region(network: Network) -> str:
    stated = network.platform.region if network.platform else ""
    return "" if stated == "local" else stated


def _zones(network: Network, region: str) -> tuple[str, ...]:
    asked = network.platform.zones if network.platform else FEWEST_ZONES
    return tuple(f"{region}{'abc'[each]}" for each in range(min(max(asked, FEWEST_ZONES), MOST_ZONES)))


def _spaces(
    network: Network, topology: Topology, target: AwsTarget, zones: tuple[str, ...], found: tuple[Account, ...]
) -> tuple[Space, ...]:
    """One for each owner of a node, members in the order of the definition and a hub's owner last."""
    owners = dict.fromkeys(_owner(node) for member in network.members for node in _of(topology, member.ods))
    owners |= dict.fromkeys(_owner(node) for node in topology.nodes)
    given = {legal_person(network, each.owner): each.cidr for each in target.accounts}
    taken = [site.cidr for _, site in network.sites() if site.cidr]
    cidrs = addresses.spaces(target.cidr, [(owner, given.get(owner, "")) for owner in owners], taken)
    return tuple(
        Space(
            name=_space_name(owner, topology),
            owner=owner,
            account=holder(found, owner).owner,
            cidr=cidrs[owner],
            subnets=_subnets(addresses.shared_block(cidrs[owner]), zones),
            onsite=_onsite(network, target, owner),
        )
        for owner in owners
    )


def _of(topology: Topology, member: str) -> Iterator[Node]:
    return (node for node in topology.nodes if node.member == member)


def _owner(node: Node) -> str:
    """A site's node is its member's; a hub of its own belongs to whom the operating model says."""
    return node.member or node.owner


def _space_name(owner: str, topology: Topology) -> str:
    return owner if any(node.member == owner for node in topology.nodes) else slug(owner)


def _subnets(block: str, zones: tuple[str, ...]) -> tuple[Subnet, ...]:
    return tuple(Subnet(zone, cidr) for zone, cidr in addresses.subnets(block, zones))


def _onsite(network: Network, target: AwsTarget, owner: str) -> tuple[Onsite, ...]:
    stated = {each.site: each for each in target.sites}
    return tuple(
        Onsite(site.ods, site.cidr, each.vpn, each.asn, each.direct_connect)
        for member, site in network.sites()
        if member.ods == owner and (each := stated.get(site.ods)) is not None
    )


def _placements(topology: Topology, spaces: Iterable[Space], zones: tuple[str, ...]) -> tuple[Placement, ...]:
    found = []
    for space in spaces:
        nodes = [node for node in topology.nodes if _owner(node) == space.owner]
        blocks = addresses.blocks(space.cidr, [node.id for node in nodes])
        found += [_placement(topology, node, space, blocks[node.id], zones) for node in nodes]
    return tuple(sorted(found, key=lambda each: each.node))


def _placement(topology: Topology, node: Node, space: Space, block: str, zones: tuple[str, ...]) -> Placement:
    tags = {
        "network": topology.id,
        "member": node.member or slug(node.owner),
        "site": node.id,
        "environment": topology.environment,
        "data-class": "patient-identifiable" if topology.environment == Environment.PRODUCTION else "synthetic",
        "owner": slug(space.owner),
    }
    return Placement(
        node=node.id,
        name=node.name,
        aet=node.aet,
        owner=_owner(node),
        space=space.name,
        account=space.account,
        home=node.id == topology.home,
        index=node.index,
        stable_seconds=node.stable_seconds,
        cidr=block,
        subnets=_subnets(block, zones),
        tags=tuple(tags.items()),
    )


def _pairs(topology: Topology, placements: Iterable[Placement]) -> tuple[tuple[str, str], ...]:
    where = {each.node: each.space for each in placements}
    linked = {(where[f.source], where[f.target]) for f in topology.flows if f.source in where and f.target in where}
    return tuple(sorted({(min(pair), max(pair)) for pair in linked if pair[0] != pair[1]}))


def _join(target: AwsTarget, spaces: tuple[Space, ...], pairs: tuple[tuple[str, str], ...]) -> Join | None:
    if not pairs:
        return None
    return target.join or (Join.PEERING if len(spaces) <= PEERED else Join.TRANSIT_GATEWAY)


def _permits(topology: Topology, spaces: Iterable[Space], placements: Iterable[Placement]) -> tuple[Permit, ...]:
    where = {each.node: each for each in placements}
    found = [
        Permit(
            flow.target, port, where[flow.source].cidr, flow.source, f"{flow.source} may {', '.join(flow.operations)}"
        )
        for flow in topology.flows
        if flow.source in where and flow.target in where and flow.operations
        for port in (HTTPS, DICOM)
    ]
    for space in spaces:
        found += [
            Permit(site.site, port, site.cidr, "site", f"scanners and readers of {site.site}")
            for site in space.onsite
            if site.cidr
            for port in (HTTPS, DICOM, DOOR)
        ]
    return tuple(sorted(found, key=lambda each: (each.node, each.port, each.source, each.source_name)))


def _keeping(network: Network, target: AwsTarget) -> Keeping:
    production = network.network.environment is Environment.PRODUCTION
    storage = network.platform.storage if network.platform else None
    backup = network.platform.backup if network.platform else None
    objective = backup.rpo_minutes or backup.interval_minutes if backup else None
    return Keeping(
        retention_days=round((storage.retention_years if storage else 8.0) * 365.25),
        object_lock=target.object_lock,
        colder_days=target.colder_days,
        backup_minutes=objective or 24 * 60,
        vault_lock=production or bool(backup and backup.immutable),
        log_days=365 if production else 30,
        multi_zone=production,
        protect=production,
    )


def refuse_unpinned(found: Design) -> None:
    """Before anything is deployed: images must be known by digest. Raises NetprovError."""
    for key, image in (("orthanc_image", found.orthanc_image), ("nginx_image", found.nginx_image)):
        if image.endswith("0" * 64):
            raise NetprovError(f"deployment.aws.{key} is not given", "name the image by digest: repository@sha256:...")
