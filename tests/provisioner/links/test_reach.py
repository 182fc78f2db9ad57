"""Where copies can end up: what is reached is the closure of single steps, told by an oracle that knows no path."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition.choices import (
    Environment,
    ExternalKind,
    MemberKind,
    OperatingModel,
    Operation,
    Protocol,
    Shape,
)
from provisioner.definition.countries import country_of
from provisioner.definition.document import parse
from provisioner.definition.network import (
    Backup,
    External,
    Identity,
    LinkRule,
    Member,
    Network,
    Platform,
    Pool,
    Reporting,
    Site,
    Worklist,
)
from provisioner.definition.organisation import Supplier
from provisioner.definition.reader import read
from provisioner.links.linking import derive
from provisioner.links.reach import Kind, Means, Reached, Way, reaching

EXAMPLES = Path(__file__).parents[3] / "examples"
CODES = ("RXA01", "RXA02", "RXB01", "RXC01")
PLACES = ("archive", "night")
unhurried = settings(deadline=None)


def member(code: str) -> Member:
    sites = tuple(Site((), site, site, region="eu-west-1") for site in CODES if site.startswith(code))
    return Member((), code, f"{code} Trust", MemberKind.NHS_TRUST, sites=sites)


@st.composite
def links(draw: st.DrawFn) -> LinkRule:
    ends = st.sampled_from([*CODES, *PLACES, "HUB"])
    may = draw(st.lists(st.sampled_from(Operation), unique=True))
    return LinkRule((), draw(ends), draw(ends), tuple(may), draw(st.booleans()), draw(st.booleans()))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks of any shape, with whatever links, copies and people."""
    flag = st.booleans()
    places = tuple(
        External((), name, ExternalKind.ARCHIVE, "IN", draw(st.sampled_from(Protocol)), via=draw(st.sampled_from(VIA)))
        for name in PLACES[: draw(st.integers(0, 2))]
    )
    backup = Backup((), offsite_region=draw(st.sampled_from(["", "eu-west-1"])), offsite_place=draw(st.just("Barn")))
    platform = Platform(
        (), account_owner=draw(st.sampled_from(["", "RXA", "supplier"])), backup=backup if draw(flag) else None
    )
    return Network(
        path=(),
        netprov=1,
        network=Identity((), "any", "Any", Environment.TEST),
        operating_model=draw(st.sampled_from(OperatingModel)),
        members=tuple(member(code) for code in ("RXA", "RXB", "RXC")),
        topology=draw(st.sampled_from([None, *Shape])),
        host="RXA",
        lead="RXB",
        supplier=draw(st.sampled_from([None, Supplier((), "Night Ltd", subprocessors=("Cloud Ltd",))])),
        platform=platform if draw(flag) else None,
        reporting=Reporting((), Worklist((), draw(st.sampled_from(["", "RXA01", "RXC01"])))),
        external=places,
        links=tuple(draw(st.lists(links(), max_size=6))),
    )


VIA = ("", "RXB01", "HUB")


def steps(network: Network) -> set[tuple[str, str]]:
    """The oracle's single steps, from the compiled topology: who can have what the other has."""
    topology, platform = derive(network), network.platform
    found = set()
    for flow in topology.flows:
        if Operation.STORE in flow.operations:
            found.add((flow.source, flow.target))
        if Operation.GET in flow.operations or Operation.MOVE in flow.operations:
            found.add((flow.target, flow.source))
    for place in network.external:
        if place.protocol is Protocol.XCA:
            found.add((place.via or topology.home, place.name))
    account = (platform.account_owner if platform else "").replace("supplier", "Night Ltd" if network.supplier else "")
    account = account or (platform.account_owner if platform else "")
    for node in topology.nodes:
        others = {
            "platform account": account and account != node.owner,
            "off-site copy": platform and platform.backup and platform.backup.offsite_region,
            "second place": platform and platform.backup and platform.backup.offsite_place,
            "support desk": platform,
            "sub-processor Cloud Ltd": network.supplier and "Night Ltd" in (node.owner, account),
        }
        found |= {(node.id, name) for name, there in others.items() if there}
    return {(one, other) for one, other in found if one in {*(n.id for n in topology.nodes), *PLACES}}


def closure(network: Network, code: str) -> set[str]:
    """Everyone in reach of a member's sites: steps are added until no more can be."""
    known, edges = {site for site in CODES if site.startswith(code)}, steps(network)
    while more := {other for one, other in edges if one in known and other not in known}:
        known |= more
    return known


@given(networks())
@unhurried
def test_reach_is_the_closure_of_the_steps_and_nothing_beyond(network: Network) -> None:
    known = reaching(network)
    for code in ("RXA", "RXB", "RXC"):
        assert {reached.holder.id for reached in known.of(code)} == closure(network, code)
    for holder in known.holders:
        expected = tuple(code for code in ("RXA", "RXB", "RXC") if holder in closure(network, code))
        assert known.members([holder]) == {holder: expected}


@given(networks())
@unhurried
def test_every_path_is_made_of_real_steps_and_is_a_shortest_one(network: Network) -> None:
    known, edges = reaching(network), steps(network)
    for reached in known.of("RXA"):
        assert_real(reached, edges, {"RXA01", "RXA02"})
        back = known.to(reached.holder.id, "RXA")
        assert len(back.ways) == len(reached.ways)
        assert_real(back, edges, {"RXA01", "RXA02"})
    for holder in known.holders:
        assert_real(known.to(holder), edges, {*CODES, holder})


def assert_real(reached: Reached, edges: set[tuple[str, str]], begins: set[str]) -> None:
    assert reached.path[0] in begins
    assert reached.path[-1] == reached.holder.id
    assert set(zip(reached.path, reached.path[1:], strict=False)) <= edges
    assert len(set(reached.path)) == len(reached.path)


def example(name: str, *changes: tuple[str, str]) -> Network:
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    network, mistakes = read(parse(name, text.encode()))
    assert network is not None, mistakes
    return network


ABROAD = (("country: GB\n    operator", "country: IN\n    operator"), ("worklist: {home: RXA01, ", "worklist: {"))


def test_a_path_is_told_whole_with_the_country_at_its_end() -> None:
    known = reaching(example("severn", *ABROAD))
    assert known.to("night-reporting").words == "RXA01 -> HUB -> night-reporting (IN)"
    assert known.to("night-reporting", "RXB").words == "RXB01 -> HUB -> night-reporting (IN)"


def test_the_way_to_a_site_begins_at_another_members() -> None:
    assert reaching(example("severn")).to("RXB01").path == ("RXA01", "RXB01")


def test_a_step_says_how_the_copy_goes_and_for_which_pools() -> None:
    ways = {r.holder.id: r.ways for r in reaching(example("severn")).of("RXB")}
    assert ways["RXC01"] == (Way("RXB01", "RXC01", Means.SENT, ("general", "neuro")),)
    assert ways["night-reporting"][-1] == Way("RXA01", "night-reporting", Means.SENT, ("general",))
    assert ways["platform account"] == (Way("RXB01", "platform account", Means.KEPT),)
    assert ways["second place"] == (Way("RXB01", "second place", Means.COPIED),)
    assert ways["support desk"] == (Way("RXB01", "support desk", Means.SEEN),)


def test_holders_are_in_somebodys_hands_and_in_a_country() -> None:
    holders = reaching(example("kennet", ("region: local", "region: eu-west-1"))).holders
    told = {h.id: (h.kind, h.owner, h.country) for h in holders.values()}
    assert told["HUB"] == (Kind.NODE, "X9B01", "IE")
    assert told["platform account"] == (Kind.COPY, "X9B01", "IE")
    assert told["sub-processor Harbour Cloud Limited"] == (Kind.PEOPLE, "Harbour Cloud Limited", "")
    assert told["second place"][2] == told["off-site copy"][2] == told["support desk"][2] == "GB"


def test_a_link_that_is_taken_away_leads_nowhere() -> None:
    network = example("severn")
    cut = LinkRule((), "RXA01", "night-reporting", absent=True)
    known = reaching(replace(network, links=(*network.links, cut)))
    assert "night-reporting" not in {reached.holder.id for reached in known.of("RXA")}
    assert known.members(["night-reporting"]) == {"night-reporting": ()}
    assert known.to("night-reporting").path == ("night-reporting",)


def test_a_registry_that_is_asked_by_xca_is_reached() -> None:
    network = example("severn")
    nir = External((), "nir", ExternalKind.REGISTRY, "GB", Protocol.XCA, via="RXC01")
    ways = {r.holder.id: r.path for r in reaching(replace(network, external=(nir,))).of("RXC")}
    assert ways["nir"] == ("RXC01", "nir")


def test_a_pool_beyond_the_network_is_no_way_without_a_link() -> None:
    network = example("severn")
    pool = Pool((), "far", external="night-reporting")
    cut = LinkRule((), "RXA01", "night-reporting", absent=True)
    alone = replace(network, reporting=Reporting((), None, (pool,)), links=(cut,), external=network.external)
    assert reaching(alone).members(["night-reporting"]) == {"night-reporting": ("RXA", "RXB", "RXC")}
    kept = replace(alone, reporting=Reporting((), Worklist((), "RXA01"), (pool,)))
    assert reaching(kept).members(["night-reporting"]) == {"night-reporting": ()}


@pytest.mark.parametrize(
    ("region", "country"), [("eu-west-2", "GB"), ("ap-south-1", "IN"), ("local", ""), ("xx-north-9", "")]
)
def test_a_region_lies_in_a_country(region: str, country: str) -> None:
    assert country_of(region) == country
