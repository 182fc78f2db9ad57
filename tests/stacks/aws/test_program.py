"""What the program registers for each example: private throughout, joined where linked, in one region."""

import inspect
from importlib import import_module
from ipaddress import IPv4Network

import pytest

from tests.stacks.aws.conftest import EXAMPLES, Told, Told_, example

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
GATEWAYS_OUT = ("InternetGateway", "NatGateway", "Eip", "EgressOnlyInternetGateway")


HEAD = """netprov: 1
network: {id: grown, name: Grown, environment: test, synthetic_data: true}
operating_model: hosted
host: RAA
reporting: {worklist: {home: RAA01}}
members:
  - {ods: RAZ, name: Another trust, kind: foundation_trust}
  - ods: RAA
    name: Trust
    kind: foundation_trust
    sites:
"""


def of_sites(count: int) -> str:
    """One trust of so many hospitals, the first of which is the hub."""
    return HEAD + "".join(f"      - {{ods: RAA{n + 1:02d}, name: Hospital {n + 1}}}\n" for n in range(count))


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest, told: Told_) -> Told:
    return told(example(request.param))


def test_nothing_leads_out(model: Told) -> None:
    assert [each.typ for each in model.resources if each.typ.endswith(GATEWAYS_OUT)] == []
    assert [n for n, subnet in model.of(":Subnet").items() if subnet["mapPublicIpOnLaunch"] is not False] == []
    assert [n for n, its in model.of(":LoadBalancer").items() if its["internal"] is not True] == []
    assert [
        n for n, its in model.of("ecs/service:Service").items() if its["networkConfiguration"]["assignPublicIp"]
    ] == []


def test_every_rule_names_a_network_of_ours_or_a_group(model: Told) -> None:
    rules = model.of(":SecurityGroupIngressRule") | model.of(":SecurityGroupEgressRule")
    assert rules
    for name, rule in rules.items():
        assert rule["description"], name
        assert sum(key in rule for key in ("cidrIpv4", "referencedSecurityGroupId", "prefixListId")) == 1, name
        if "cidrIpv4" in rule:
            assert IPv4Network(rule["cidrIpv4"]).prefixlen >= 16, name


def test_who_may_enter_is_exactly_what_the_design_permits(model: Told) -> None:
    entered = {
        (rule["securityGroupId"], rule["cidrIpv4"], rule["fromPort"], rule["toPort"])
        for rule in model.of(":SecurityGroupIngressRule").values()
        if "cidrIpv4" in rule
    }
    guard = {
        each.node: f"securitygroup:{model.design.network}-{each.space.lower()}-net-{each.node.lower()}-guard"
        for each in model.design.placements
    }
    assert entered == {(guard[p.node], p.source, p.port, p.port) for p in model.design.permits}


def test_a_node_may_go_exactly_where_it_may_enter(model: Told) -> None:
    cidr = {each.node: each.cidr for each in model.design.placements}
    left = {
        (
            rule["securityGroupId"].rpartition("-net-")[2].removesuffix("-guard").upper(),
            rule["cidrIpv4"],
            rule["fromPort"],
        )
        for rule in model.of(":SecurityGroupEgressRule").values()
        if "cidrIpv4" in rule
    }
    assert left == {(p.source_name, cidr[p.node], p.port) for p in model.design.permits if p.source_name in cidr}


def test_ways_lead_there_and_back_and_nowhere_else(model: Told) -> None:
    name = {each.cidr: each.name for each in model.design.spaces}
    ways = {
        (route["routeTableId"].removesuffix("-net").rpartition("-")[2], name[route["destinationCidrBlock"]].lower())
        for route in model.of("ec2/route:Route").values()
        if route["destinationCidrBlock"] in name
    }
    pairs = {(one.lower(), other.lower()) for one, other in model.design.pairs}
    assert {(a.rpartition("-")[2], b.rpartition("-")[2]) for a, b in ways} == {
        (a.rpartition("-")[2], b.rpartition("-")[2]) for a, b in pairs | {(b, a) for a, b in pairs}
    }


def test_every_vpc_logs_its_flows_and_empties_its_default_group(model: Told) -> None:
    spaces = len(model.design.spaces)
    assert len(model.of(":FlowLog")) == len(model.of(":Vpc")) == spaces
    groups = model.of(":DefaultSecurityGroup").values()
    assert [("ingress" in each, "egress" in each) for each in groups] == [(False, False)] * spaces


def test_every_resource_is_made_by_a_provider_of_one_region_and_one_account(model: Told) -> None:
    providers = model.of("pulumi:providers:aws")
    assert {each["region"] for each in providers.values()} == {model.design.region}
    assert set(providers) == {f"account-{each.slug}" for each in model.design.accounts}
    assert [each.name for each in model.resources if not each.provider and each.typ.startswith("aws:")] == []


def takes_tags(kind: str) -> bool:
    """By the SDK's own word, so that a resource that nobody has thought of tagging is seen."""
    module, _, rest = kind.removeprefix("aws:").partition("/")
    made = getattr(import_module(f"pulumi_aws.{module}"), rest.partition(":")[2])
    return "tags" in inspect.signature(made._internal_init).parameters


def test_all_that_takes_tags_says_whose_it_is(model: Told) -> None:
    wanted = {"network", "member", "site", "environment", "data-class", "owner"}
    tagged = [each for each in model.resources if each.typ.startswith("aws:") and takes_tags(each.typ)]
    assert [each.name for each in tagged if not wanted <= set(each.inputs.get("tags", {}))] == []
    assert {each.inputs["tags"]["site"] for each in tagged} == {
        "shared",
        *(each.node for each in model.design.placements),
    }


def test_a_site_comes_in_as_it_is_declared_and_from_its_stated_addresses_alone(told: Told_) -> None:
    connection = "11111111-2222-3333-4444-555555555555"
    model = told(
        example(
            "severn",
            "{sites: [{site: RXA01, vpn: 198.51.100.7, asn: 65010},"
            f" {{site: RXB01, direct_connect: {connection}}}, {{site: RXC01}}]}}",
        )
    )
    assert list(model.of(":VpnGateway")) == ["severn-rxa-net-sites", "severn-rxb-net-sites"]
    (theirs,) = model.of(":CustomerGateway").values()
    assert (theirs["ipAddress"], theirs["bgpAsn"]) == ("198.51.100.7", "65010")
    (vpn,) = model.of(":VpnConnection").values()
    assert vpn["vpnGatewayId"] == "vpngateway:severn-rxa-net-sites"
    (direct,) = model.of(":GatewayAssociation").values()
    assert (direct["dxGatewayId"], direct["associatedGatewayId"]) == (connection, "vpngateway:severn-rxb-net-sites")
    assert direct["allowedPrefixes"] == [model.design.space("RXB").cidr]
    cidr = {each.site: each.cidr for space in model.design.spaces for each in space.onsite}
    ways = {each["destinationCidrBlock"] for each in model.of("ec2/route:Route").values() if "gatewayId" in each}
    assert ways == {cidr["RXA01"], cidr["RXB01"]}


def test_each_site_adds_the_same_resources(told: Told_) -> None:
    three, four, five = (told(of_sites(count)).counts for count in (3, 4, 5))
    assert four - three == five - four
    assert not three - four
