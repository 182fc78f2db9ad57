"""What a network is made of on this machine: a topology in, every resource that it needs out."""

from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.credentials import OPERATOR
from provisioner.definition.choices import IndexKind
from provisioner.engine.plan import Kind
from provisioner.engine.resource import Resource, Value
from stacks.local import links, node, trust
from stacks.local.database import CLUSTER, DatabaseResource
from stacks.local.database import wanted as wanted_database
from stacks.local.ground import Ground
from stacks.local.trust import Stage


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource that must exist: what it is, and which ones must be there before."""

    kind: Kind
    name: str
    inputs: Mapping[str, Value]
    after: tuple[tuple[Kind, str], ...] = ()


def resources(ground: Ground) -> tuple[Resource, ...]:
    """What the provider serves."""
    return (
        trust.AuthorityResource(ground),
        trust.CertificateResource(ground),
        DatabaseResource(ground),
        node.NodeResource(ground),
        links.LinksResource(ground),
    )


def wanted(ground: Ground, stage: Stage, renew: bool) -> tuple[Wanted, ...]:
    """Every resource of the network, in an order in which each comes after what it needs."""
    topology = ground.topology
    authority = (Kind.AUTHORITY, topology.id)
    trusted = "+".join(map(str, stage.trusted))
    found = [Wanted(*authority, {"issuing": stage.issuing, "trusted": trusted})]
    operator = trust.wanted(ground.folder.clients, stage, (), ground.now, renew)
    found.append(Wanted(Kind.CERTIFICATE, OPERATOR, operator, (authority,)))
    database: tuple[tuple[Kind, str], ...] = ()
    if any(n.index is IndexKind.POSTGRESQL for n in topology.nodes):
        database = ((Kind.DATABASE, CLUSTER),)
        found.append(Wanted(*database[0], wanted_database(ground)))
    for each in topology.nodes:
        scanners = tuple(s.aet for s in each.scanners)
        certificate = trust.wanted(ground.folder.node(each.id).root / "tls", stage, scanners, ground.now, renew)
        needs = database if each.index is IndexKind.POSTGRESQL else ()
        mine = (Kind.CERTIFICATE, each.id)
        found.append(Wanted(*mine, certificate, (authority,)))
        inputs = node.wanted(ground, each.id, trust.edition_words(certificate))
        found.append(Wanted(Kind.NODE, each.id, inputs, (mine, *needs)))
        found.append(Wanted(Kind.LINKS, each.id, links.wanted(ground, each.id), ((Kind.NODE, each.id),)))
    return tuple(found)
