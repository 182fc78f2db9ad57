"""What is true of the links of every network, however odd its file."""

import json
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition.choices import (
    Environment,
    ExternalKind,
    MemberKind,
    OperatingModel,
    Operation,
    Protocol,
    Purpose,
    Shape,
    SiteKind,
)
from provisioner.definition.network import (
    External,
    Identity,
    LinkRule,
    Member,
    Modality,
    Network,
    Reporting,
    Site,
    Worklist,
)
from provisioner.links.linking import derive, findings, links_of
from provisioner.links.topology import NodeLinks, Topology
from provisioner.plain import revive, text

PLACES = ("archive", "night", "registry")
T = TypeVar("T")
unhurried = settings(deadline=None)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any network that the reader could hand over, and some that it would refuse."""
    members = tuple(draw(_members(at)) for at in range(draw(st.integers(1, 4))))
    codes = [site.ods for member in members for site in member.sites]
    places = tuple(draw(_places(at, name, codes)) for at, name in enumerate(PLACES[: draw(st.integers(0, 3))]))
    home = draw(st.sampled_from([*codes, "", "RXZ99"]))
    return Network(
        path=(),
        netprov=1,
        network=Identity(("network",), "any", "Any Network", Environment.TEST),
        operating_model=draw(st.sampled_from(OperatingModel)),
        members=members,
        topology=draw(st.sampled_from([None, *Shape])),
        host="RXA",
        reporting=Reporting(("reporting",), Worklist(("reporting", "worklist"), home)),
        external=places,
        links=tuple(draw(_rules(at, codes)) for at in range(draw(st.integers(0, 5)))),
    )


@st.composite
def _members(draw: st.DrawFn, at: int) -> Member:
    ods = "RX" + "ABCD"[at]
    sites = tuple(draw(_sites(at, ods, number)) for number in range(draw(st.integers(0, 3))))
    return Member(("members", at), ods, f"{ods} Trust", MemberKind.NHS_TRUST, sites=sites)


@st.composite
def _sites(draw: st.DrawFn, member: int, ods: str, at: int) -> Site:
    path = ("members", member, "sites", at)
    code = f"{ods}0{at + 1}"
    scanners = tuple(
        Modality((*path, "modalities", number), f"{kind}_{code}", kind)
        for number, kind in enumerate(draw(st.lists(st.sampled_from(["CT", "DX", "MR"]), unique=True)))
    )
    aet = draw(st.sampled_from(["", f"PACS{member}{at}"]))
    return Site(path, code, f"Hospital {code}", draw(st.sampled_from(SiteKind)), aet, modalities=scanners)


@st.composite
def _places(draw: st.DrawFn, at: int, name: str, codes: list[str]) -> External:
    return External(
        ("external", at),
        name,
        draw(st.sampled_from(ExternalKind)),
        "GB",
        draw(st.sampled_from(Protocol)),
        aet=name.upper(),
        address=f"{name}.example.org",
        url=f"https://{name}.example.org/",
        via=draw(st.sampled_from(["", *codes])),
    )


@st.composite
def _rules(draw: st.DrawFn, at: int, codes: list[str]) -> LinkRule:
    ends = st.sampled_from([*codes, *PLACES, "HUB", "RXZ99"])
    return LinkRule(
        ("links", at),
        draw(ends),
        draw(ends),
        tuple(draw(st.lists(st.sampled_from(Operation), unique=True))),
        one_way=draw(st.booleans()),
        absent=draw(st.booleans()),
        purpose=draw(st.sampled_from(Purpose)),
    )


def linked(network: Network, topology: Topology, source: str, target: str) -> bool:
    """Whether the file, read as a person would read it, lets `source` do anything at `target`."""
    places = {place.name: place for place in network.external}
    direct = [r for r in network.links if (r.source, r.target) == (source, target)]
    back = [r for r in network.links if (r.source, r.target) == (target, source)]
    if source in places or target in places:
        place = places.get(target)
        if (
            any(r.absent for r in direct)
            or (places.get(source) or place or network.external[0]).protocol is Protocol.XCA
        ):
            return False
        return bool(direct) or (place is not None and (place.via or topology.home) == source)
    if any(r.absent for r in (*direct, *back)):
        return False
    if direct or back:
        return bool(direct) or any(not r.one_way for r in back)
    return topology.shape is Shape.MESH or topology.home in (source, target)


def held(topology: Topology) -> dict[str, NodeLinks]:
    return {node.id: links_of(topology, node.id) for node in topology.nodes}


@unhurried
@given(networks())
def test_nothing_is_held_for_a_pair_that_the_file_does_not_link(network: Network) -> None:
    topology = derive(network)
    scanners = {s.aet for node in topology.nodes for s in node.scanners}
    for here, links in held(topology).items():
        for entry in links.modalities:
            if entry.alias not in scanners:
                assert linked(network, topology, here, entry.alias) or linked(network, topology, entry.alias, here)
                assert not entry.allow or linked(network, topology, entry.alias, here)
        for web in (*links.peers, *links.dicomweb):
            assert linked(network, topology, here, web.alias)
        for caller in links.callers:
            assert linked(network, topology, caller.node, here)


@unhurried
@given(networks())
def test_every_linked_pair_is_held_unless_a_rule_narrows_it(network: Network) -> None:
    topology = derive(replace(network, links=()))
    flows = {(f.source, f.target) for f in topology.flows}
    nodes = [node.id for node in topology.nodes]
    ends = [*nodes, *(place.name for place in topology.places)]
    assert flows == {
        (a, b) for a in nodes for b in ends if a != b and linked(replace(network, links=()), topology, a, b)
    }


@unhurried
@given(networks())
def test_both_ends_of_every_flow_agree(network: Network) -> None:
    topology = derive(network)
    every = held(topology)
    flows = {(f.source, f.target): f.operations for f in topology.flows}
    for (source, target), operations in flows.items():
        if target in every:
            allowed = {e.alias: e.allow for e in every[target].modalities}
            by_https = {c.node: c.operations for c in every[target].callers}
            if source in every:
                assert allowed[source] == by_https[source] == operations
        if source in every and target in every:
            assert (target in {e.node for e in every[source].peers}) is (Operation.STORE in operations)
            assert target in {e.alias for e in every[source].modalities}


@unhurried
@given(networks())
def test_a_peer_entry_is_let_in_at_the_other_end(network: Network) -> None:
    every = held(derive(network))
    for here, links in every.items():
        for peer in links.peers:
            if peer.node:
                assert Operation.STORE in {c.node: c.operations for c in every[peer.node].callers}[here]


@unhurried
@given(networks())
def test_aliases_are_unique_at_each_node_and_entries_sorted(network: Network) -> None:
    for links in held(derive(network)).values():
        for entries in (links.modalities, links.peers, links.dicomweb):
            aliases = [entry.alias for entry in entries]
            assert aliases == sorted(set(aliases))


@unhurried
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(network: Network, random: Random) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(random.sample(values, len(values)))

    members = tuple(
        replace(m, sites=tuple(replace(s, modalities=shuffled(s.modalities)) for s in shuffled(m.sites)))
        for m in shuffled(network.members)
    )
    other = replace(network, members=members, external=shuffled(network.external), links=shuffled(network.links))
    assert text(derive(other)) == text(derive(network))


@unhurried
@given(networks())
def test_a_topology_survives_its_json(network: Network) -> None:
    topology = derive(network)
    assert revive(Topology, json.loads(text(topology))) == topology
    for links in held(topology).values():
        assert revive(NodeLinks, json.loads(text(links))) == links


@unhurried
@given(networks())
def test_findings_never_break_and_never_change(network: Network) -> None:
    assert findings(network) == findings(network)
    assert all(finding.hint for finding in findings(network))


@unhurried
@given(networks())
def test_a_new_site_of_a_hub_network_touches_its_hub_only(network: Network) -> None:
    network = replace(network, topology=Shape.HUB)
    before = derive(network)
    newcomer = Site(("members", 9, "sites", 0), "RXY01", "New Hospital")
    joined = Member(("members", 9), "RXY", "New Trust", MemberKind.NHS_TRUST, sites=(newcomer,))
    after = derive(replace(network, members=(*network.members, joined)))
    assert set(before.nodes) < set(after.nodes)
    assert all(links_of(after, n.id) == links_of(before, n.id) for n in before.nodes if n.id != before.home)
    others = {f for f in after.flows if "RXY01" not in (f.source, f.target)}
    assert others == set(before.flows)
