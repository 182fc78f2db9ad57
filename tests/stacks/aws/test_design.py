"""The design of each example: whose account, which networks, and permits that are exactly the links."""

from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest

from provisioner.definition.choices import Join
from provisioner.definition.document import parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.errors import NetprovError
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from stacks.aws.design import Design, Placement, design, refuse_unpinned
from stacks.aws.place import DICOM, DOOR, HTTPS

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
AWS = "deployment:\n  aws: {}\n"


def designed(text: str) -> tuple[Design, Topology, Network]:
    network, findings = read(parse("network.yaml", text.encode()))
    assert network is not None, findings
    topology = derive(network)
    return design(network, topology), topology, network


def severn(aws: str) -> tuple[Design, Topology, Network]:
    """The hosted example, with these settings of the target."""
    text = next(path for path in EXAMPLES if path.stem == "severn").read_text()
    return designed(f"{text}  aws: {aws}\n")


def placement(found: Design, node: str) -> Placement:
    return next(each for each in found.placements if each.node == node)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_permits_are_exactly_the_links(path: Path) -> None:
    found, topology, _ = designed(path.read_text())
    where = {each.node: each for each in found.placements}
    entered = {(p.source, p.node) for p in found.permits if p.source_name != "site"}
    linked = {
        (where[f.source].cidr, f.target)
        for f in topology.flows
        if f.operations and {f.source, f.target} <= where.keys()
    }
    assert entered == linked
    assert {p.port for p in found.permits} == {HTTPS, DICOM}
    assert all(IPv4Network(p.source).prefixlen >= 20 for p in found.permits)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_node_is_somewhere_and_alone_in_its_addresses(path: Path) -> None:
    found, topology, _ = designed(path.read_text())
    assert sorted(each.node for each in found.placements) == sorted(node.id for node in topology.nodes)
    cidrs = [IPv4Network(each.cidr) for each in found.placements]
    assert not any(a.overlaps(b) for a, b in combinations(cidrs, 2))
    for each in found.placements:
        assert IPv4Network(found.space(each.space).cidr).supernet_of(IPv4Network(each.cidr))
        assert len({subnet.zone for subnet in each.subnets}) >= 2


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_linked_spaces_reach_each_other_and_no_others(path: Path) -> None:
    found, topology, _ = designed(path.read_text())
    where = {each.node: each.space for each in found.placements}
    linked = {
        tuple(sorted((where[f.source], where[f.target])))
        for f in topology.flows
        if {f.source, f.target} <= where.keys() and where[f.source] != where[f.target]
    }
    assert linked == set(found.pairs)


@pytest.mark.parametrize(
    ("stem", "owner"),
    [
        ("severn", "RXA"),  # hosted: the host
        ("tamar", "X9T01"),  # CIC: the company itself
        ("teme", "X9L01"),  # LLP: the partnership
    ],
)
def test_the_account_follows_the_operating_model(stem: str, owner: str) -> None:
    found, _, _ = designed(next(p for p in EXAMPLES if p.stem == stem).read_text())
    assert [each.owner for each in found.accounts] == [owner]


def test_a_member_with_an_account_of_its_own_keeps_its_node_there() -> None:
    found, _, _ = severn('{accounts: [{owner: RXB, account: "210987654321", cidr: 100.80.0.0/20}]}')
    assert {each.node: each.account for each in found.placements} == {
        **dict.fromkeys(("RXA01", "RXA02", "RXC01"), "RXA"),
        **dict.fromkeys(("RXB01", "RXB02"), "RXB"),
    }
    assert found.space("RXB").cidr == "100.80.0.0/20"
    assert found.account("RXB").number == "210987654321"


def test_a_member_may_have_addresses_of_its_own_in_the_one_account() -> None:
    found, _, _ = severn("{accounts: [{owner: RXB, cidr: 100.80.0.0/20}]}")
    assert [each.owner for each in found.accounts] == ["RXA"]
    assert (found.space("RXB").account, found.space("RXB").cidr) == ("RXA", "100.80.0.0/20")


def test_a_hospital_enters_its_own_node_from_its_own_network() -> None:
    found, _, network = severn("{sites: [{site: RXB01, vpn: 203.0.113.10}]}")
    cidr = next(site.cidr for _, site in network.sites() if site.ods == "RXB01")
    assert {(p.node, p.source) for p in found.permits if p.source_name == "site"} == {("RXB01", cidr)}
    assert [each.site for each in found.space("RXB").onsite] == ["RXB01"]


def test_readers_come_in_from_their_own_hospital_and_no_node_by_their_door() -> None:
    found, _, network = severn("{sites: [{site: RXB01, vpn: 203.0.113.10}]}")
    cidr = next(site.cidr for _, site in network.sites() if site.ods == "RXB01")
    assert [(p.node, p.source) for p in found.permits if p.port == DOOR] == [("RXB01", cidr)]


@pytest.mark.parametrize(("said", "join"), [("{}", Join.PEERING), ("{join: transit_gateway}", Join.TRANSIT_GATEWAY)])
def test_vpcs_are_joined_pair_by_pair_until_it_is_said_otherwise(said: str, join: Join) -> None:
    assert severn(said)[0].join is join


def test_production_keeps_more() -> None:
    test = severn("{}")[0].keeping
    text = next(path for path in EXAMPLES if path.stem == "severn").read_text()
    production = designed(text.replace("environment: test ", "environment: production "))[0].keeping
    for keeping, much in ((test, False), (production, True)):
        assert (keeping.protect, keeping.multi_zone) == (much, much)
        assert keeping.vault_lock  # the definition asks for an immutable copy
    assert test.log_days < production.log_days
    assert production.retention_days >= 8 * 365


def test_images_must_be_known_by_digest_before_anything_is_made() -> None:
    found, _, _ = severn("{}")
    with pytest.raises(NetprovError, match="orthanc_image is not given"):
        refuse_unpinned(found)
    digest = "@sha256:" + "1" * 64
    refuse_unpinned(severn(f"{{orthanc_image: orthancteam/orthanc{digest}, nginx_image: nginx{digest}}}")[0])


def test_addresses_that_overlap_a_hospital_are_refused() -> None:
    network = severn("{}")[2]
    taken = next(site.cidr for _, site in network.sites() if site.cidr)
    space = str(IPv4Network(taken).supernet(new_prefix=16)) if IPv4Network(taken).prefixlen > 16 else taken
    with pytest.raises(NetprovError, match="overlap"):
        severn(f"{{accounts: [{{owner: RXB, cidr: {space}}}]}}")
