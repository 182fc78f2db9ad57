"""The link compiler, case by case; test_linking_properties.py holds what is true of every network."""

from dataclasses import replace

import pytest

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
    Hub,
    Identity,
    LinkRule,
    Member,
    Modality,
    Network,
    Platform,
    Reporting,
    Site,
    Worklist,
)
from provisioner.definition.organisation import LegalEntity, Supplier
from provisioner.findings import Severity, pointer
from provisioner.links.linking import derive, findings, links_of
from provisioner.links.topology import Topology

ECHO, STORE, FIND, GET, MOVE, WORKLIST = Operation
EXCHANGE = (ECHO, STORE, FIND, GET)


def network(**fields: object) -> Network:
    """Three trusts, four sites, hosted by RXA with its first site as the hub; `fields` change that."""
    scanner = Modality(("members", 0, "sites", 0, "modalities", 0), "CT1", "CT", "10.0.0.9")
    members = (
        _member(0, "RXA", _site(0, 0, "RXA01", modalities=(scanner,)), _site(0, 1, "RXA02")),
        _member(1, "RXB", _site(1, 0, "RXB01")),
        _member(2, "RXC", _site(2, 0, "RXC01")),
    )
    base = Network(
        path=(),
        netprov=1,
        network=Identity(("network",), "severn", "Severn Imaging Network", Environment.TEST),
        operating_model=OperatingModel.HOSTED,
        members=members,
        host="RXA",
        reporting=Reporting(("reporting",), Worklist(("reporting", "worklist"), "RXA01")),
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def _member(at: int, ods: str, *sites: Site) -> Member:
    return Member(("members", at), ods, f"{ods} Trust", MemberKind.FOUNDATION_TRUST, sites=sites)


def _site(member: int, at: int, ods: str, **fields: object) -> Site:
    return replace(Site(("members", member, "sites", at), ods, f"{ods} Hospital"), **fields)  # type: ignore[arg-type]


def _rule(source: str, target: str, **fields: object) -> LinkRule:
    return replace(LinkRule(("links", 0), source, target), **fields)  # type: ignore[arg-type]


def _place(**fields: object) -> External:
    place = External(
        ("external", 0), "night", ExternalKind.TELERADIOLOGY, "GB", aet="NIGHT", address="night.example.org"
    )
    return replace(place, **fields)  # type: ignore[arg-type]


def _alliance(**fields: object) -> Network:
    return network(operating_model=OperatingModel.ALLIANCE, host="", **fields)


def _flows(topology: Topology) -> dict[tuple[str, str], tuple[Operation, ...]]:
    return {(f.source, f.target): f.operations for f in topology.flows}


def _told(definition: Network) -> list[tuple[str, str]]:
    return [(f.rule, pointer(f.path)) for f in findings(definition)]


def test_a_hub_network_links_each_site_with_the_hub_only() -> None:
    flows = _flows(derive(network()))
    sites = ("RXA02", "RXB01", "RXC01")
    assert set(flows) == {(s, "RXA01") for s in sites} | {("RXA01", s) for s in sites}
    assert flows["RXB01", "RXA01"] == (*EXCHANGE, WORKLIST)
    assert flows["RXA01", "RXB01"] == EXCHANGE


def test_an_alliance_links_each_site_with_every_other() -> None:
    topology = derive(_alliance())
    assert topology.shape is Shape.MESH
    assert len(topology.flows) == 4 * 3
    assert _flows(topology)["RXB01", "RXC01"] == EXCHANGE
    assert _flows(topology)["RXB01", "RXA01"] == (*EXCHANGE, WORKLIST)


@pytest.mark.parametrize("model", [m for m in OperatingModel if m is not OperatingModel.ALLIANCE])
def test_every_other_model_has_a_hub(model: OperatingModel) -> None:
    assert derive(network(operating_model=model)).shape is Shape.HUB
    assert derive(network(operating_model=model, topology=Shape.MESH)).shape is Shape.MESH


ENTITY = LegalEntity(("legal_entity",), "Tamar Imaging CIC")


@pytest.mark.parametrize(
    ("fields", "owner"),
    [
        ({"operating_model": OperatingModel.HOSTED, "host": "RXB"}, "RXB"),
        ({"operating_model": OperatingModel.COLLABORATION, "lead": "RXC"}, "RXC"),
        ({"operating_model": OperatingModel.CIC, "legal_entity": ENTITY}, "Tamar Imaging CIC"),
        ({"operating_model": OperatingModel.JV_LLP, "legal_entity": replace(ENTITY, ods="8JX01")}, "8JX01"),
        ({"operating_model": OperatingModel.JV_COMPANY, "legal_entity": ENTITY}, "Tamar Imaging CIC"),
        ({"operating_model": OperatingModel.OUTSOURCED, "supplier": Supplier((), "Beam Ltd", "8JY01")}, "8JY01"),
    ],
)
def test_a_hub_of_its_own_is_owned_as_the_model_says(fields: dict[str, object], owner: str) -> None:
    platform = Platform(("platform",), hub=Hub(("platform", "hub"), "MIDDLE", "The Middle"))
    topology = derive(network(reporting=None, platform=platform, **fields))
    hub = topology.node("HUB")
    assert topology.home == "HUB"
    assert (hub.owner, hub.member, hub.aet, hub.name, hub.kind) == (
        owner,
        "",
        "MIDDLE",
        "The Middle",
        SiteKind.REPORTING_HUB,
    )
    assert len(topology.nodes) == 5


def test_a_hub_that_is_a_site_belongs_to_the_owner_of_the_hub() -> None:
    topology = derive(network(operating_model=OperatingModel.JV_COMPANY, legal_entity=ENTITY))
    assert (topology.node("RXA01").member, topology.node("RXA01").owner) == ("RXA", "Tamar Imaging CIC")
    assert topology.node("RXB01").owner == "RXB"


def test_an_alliance_that_asks_for_a_hub_leaves_it_with_its_site() -> None:
    assert derive(_alliance(topology=Shape.HUB)).node("RXA01").owner == "RXA"


def test_a_node_takes_the_codes_of_its_site_and_member_by_default() -> None:
    node = derive(network()).node("RXB01")
    assert (node.aet, node.patient_id_issuer, node.accession_issuer, node.region) == ("RXB01", "RXB", "RXB01", "local")


def test_both_ends_of_a_link_are_configured() -> None:
    topology = derive(network())
    hub, site = links_of(topology, "RXA01"), links_of(topology, "RXB01")
    assert [(e.alias, e.allow) for e in site.modalities] == [("RXA01", EXCHANGE)]
    assert [e.node for e in site.peers] == [e.node for e in site.dicomweb] == ["RXA01"]
    assert [(c.node, c.operations) for c in site.callers] == [("RXA01", EXCHANGE)]
    by_alias = {e.alias: e for e in hub.modalities}
    assert by_alias["RXB01"].allow == (*EXCHANGE, WORKLIST)
    assert [c.node for c in hub.callers] == ["RXA02", "RXB01", "RXC01"]


def test_a_scanner_may_store_and_read_its_worklist_and_no_more() -> None:
    entry = links_of(derive(network()), "RXA01").modalities[0]
    assert (entry.alias, entry.host, entry.port, entry.node) == ("CT1", "10.0.0.9", 104, "")
    assert (entry.allow, entry.tls) == ((ECHO, STORE, WORKLIST), True)


def test_an_absent_link_leaves_no_trace_at_either_end() -> None:
    topology = derive(_alliance(links=(_rule("RXB01", "RXC01", absent=True),)))
    for here, there in (("RXB01", "RXC01"), ("RXC01", "RXB01")):
        held = links_of(topology, here)
        assert there not in {e.alias for e in held.modalities} | {e.alias for e in (*held.peers, *held.dicomweb)}
        assert there not in {c.node for c in held.callers}


def test_a_rule_adds_a_pair_to_a_hub_network_in_both_directions() -> None:
    flows = _flows(derive(network(links=(_rule("RXB01", "RXC01"),))))
    assert flows["RXB01", "RXC01"] == flows["RXC01", "RXB01"] == EXCHANGE


def test_a_rule_narrows_what_the_topology_gives() -> None:
    rule = _rule("RXB01", "RXA01", operations=(WORKLIST, STORE))
    flows = _flows(derive(network(links=(rule,))))
    assert flows["RXB01", "RXA01"] == (STORE, WORKLIST)
    assert flows["RXA01", "RXB01"] == (STORE,), "the worklist is kept at one end only"


def test_a_one_way_rule_leaves_the_other_direction_nothing() -> None:
    topology = derive(network(links=(_rule("RXB01", "RXA01", operations=(ECHO, STORE), one_way=True),)))
    assert ("RXA01", "RXB01") not in _flows(topology)
    held = links_of(topology, "RXB01")
    assert [(e.alias, e.allow) for e in held.modalities] == [("RXA01", ())], "RXB01 may call, and nobody calls it"
    assert held.callers == ()
    assert [e.alias for e in links_of(topology, "RXA01").peers] == ["RXA02", "RXC01"]


def test_two_one_way_rules_give_each_direction_its_own() -> None:
    rules = (
        _rule("RXB01", "RXC01", operations=(STORE,), one_way=True),
        replace(_rule("RXC01", "RXB01", operations=(FIND,), one_way=True), path=("links", 1)),
    )
    definition = network(links=rules)
    assert _flows(derive(definition))["RXB01", "RXC01"] == (STORE,)
    assert _flows(derive(definition))["RXC01", "RXB01"] == (FIND,)
    assert findings(definition) == ()


def test_a_place_is_sent_to_from_the_home_and_gets_nothing_here() -> None:
    topology = derive(network(external=(_place(purpose=Purpose.ARCHIVE),)))
    assert _flows(topology)["RXA01", "night"] == (ECHO, STORE)
    assert next(f for f in topology.flows if f.target == "night").purpose is Purpose.ARCHIVE
    entry = next(e for e in links_of(topology, "RXA01").modalities if e.alias == "night")
    assert (entry.aet, entry.host, entry.port, entry.allow) == ("NIGHT", "night.example.org", 2762, ())


def test_a_link_from_a_place_lets_it_in_for_that_alone() -> None:
    rule = _rule("night", "RXA01", operations=(STORE,))
    topology = derive(network(external=(_place(),), links=(rule,)))
    assert _flows(topology)["night", "RXA01"] == (STORE,)
    assert _flows(topology)["RXA01", "night"] == (ECHO, STORE), "what the site may do there stays"
    entry = next(e for e in links_of(topology, "RXA01").modalities if e.alias == "night")
    assert entry.allow == (STORE,)


def test_a_link_to_a_place_lets_it_in_for_nothing() -> None:
    flows = _flows(derive(network(external=(_place(),), links=(_rule("RXB01", "night", operations=(FIND, GET)),))))
    assert flows["RXB01", "night"] == (FIND, GET)
    assert ("night", "RXB01") not in flows


@pytest.mark.parametrize(
    ("protocol", "peers", "dicomweb"),
    [(Protocol.ORTHANC_PEER, ["night"], []), (Protocol.DICOMWEB, [], ["night"]), (Protocol.XCA, [], [])],
)
def test_a_place_is_entered_by_the_protocol_that_it_speaks(
    protocol: Protocol, peers: list[str], dicomweb: list[str]
) -> None:
    place = _place(protocol=protocol, via="RXB01", url="https://night.example.org/")
    held = links_of(derive(network(external=(place,))), "RXB01")
    assert [e.alias for e in held.peers if not e.node] == peers
    assert [e.alias for e in held.dicomweb if not e.node] == dicomweb
    assert "night" not in {e.alias for e in held.modalities}


def test_adding_a_site_changes_its_own_links_and_the_hubs_only() -> None:
    before = derive(network())
    members = (*network().members, _member(3, "RXD", _site(3, 0, "RXD01")))
    after = derive(network(members=members))
    changed = {n.id for n in after.nodes if n not in before.nodes or links_of(after, n.id) != links_of(before, n.id)}
    assert changed == {"RXD01", "RXA01"}


def test_rules_about_unknown_sites_are_left_to_the_reader() -> None:
    definition = network(links=(_rule("RXB01", "RXZ99"), _rule("RXZ98", "RXZ99", absent=True)))
    assert derive(definition) == derive(network())
    assert findings(definition) == ()


def test_sound_networks_have_no_findings() -> None:
    for definition in (network(), _alliance(), network(reporting=None), network(external=(_place(),))):
        assert findings(definition) == ()


HOME_AT_B = Reporting(("reporting",), Worklist(("reporting", "worklist"), "RXB01"))
WEB_PLACE = _place(protocol=Protocol.DICOMWEB, url="https://night.example.org/")
HUB_NAMED = Platform(("platform",), hub=Hub(("platform", "hub"), "RXB01"))


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        (network(members=()), ("LNK-01", "members")),
        (_alliance(reporting=None), ("LNK-02", "operating_model")),
        (network(reporting=None, topology=Shape.MESH), ("LNK-02", "topology")),
        (network(host=""), ("LNK-03", "operating_model")),
        (_alliance(reporting=None, topology=Shape.HUB), ("LNK-03", "operating_model")),
        (network(platform=HUB_NAMED), ("LNK-04", "platform.hub")),
        (network(reporting=HOME_AT_B), ("LNK-05", "reporting.worklist.home")),
        (network(reporting=None, platform=HUB_NAMED), ("LNK-06", "platform.hub.aet")),
        (
            network(members=(_member(0, "RXA", _site(0, 0, "RXA01"), _site(0, 1, "RXA02", aet="RXA01")),)),
            ("LNK-06", "members[0].sites[1].aet"),
        ),
        (
            network(members=(_member(0, "RXA", _site(0, 0, "RXA01", aet="HUB")),), reporting=None),
            ("LNK-06", "members[0].sites[0].aet"),
        ),
        (network(external=(_place(aet="RXB01"),)), ("LNK-06", "external[0].aet")),
        (network(external=(_place(aet=""),)), ("LNK-07", "external[0]")),
        (network(external=(_place(protocol=Protocol.DICOMWEB),)), ("LNK-07", "external[0]")),
        (network(links=(_rule("RXB01", "RXB01"),)), ("LNK-08", "links[0].to")),
        (_alliance(links=(_rule("RXB01", "RXA01", absent=True, one_way=True),)), ("LNK-09", "links[0].absent")),
        (network(links=(_rule("RXB01", "RXC01", operations=(WORKLIST,)),)), ("LNK-10", "links[0].operations")),
        (network(external=(_place(protocol=Protocol.XCA),), links=(_rule("RXB01", "night"),)), ("LNK-12", "links[0]")),
        (network(external=(WEB_PLACE,), links=(_rule("night", "RXA01"),)), ("LNK-13", "links[0].from")),
        (
            network(
                links=(
                    _rule("RXB01", "RXC01", operations=(STORE,)),
                    replace(_rule("RXC01", "RXB01", operations=(FIND,)), path=("links", 1)),
                )
            ),
            ("LNK-14", "links[1]"),
        ),
        (network(links=(_rule("RXB01", "RXC01", absent=True),)), ("LNK-15", "links[0]")),
        (network(links=(_rule("RXB01", "RXA01"),)), ("LNK-15", "links[0]")),
        (network(links=(_rule("RXB01", "RXA01", absent=True),)), ("LNK-16", "members[1].sites[0]")),
        (
            network(external=(_place(via="RXB01"),), links=(_rule("RXB01", "RXA01", one_way=True),)),
            ("LNK-17", "external[0].via"),
        ),
    ],
)
def test_what_only_the_compiler_sees_is_told_with_its_place(definition: Network, told: tuple[str, str]) -> None:
    assert _told(definition) == [told]


def test_a_link_between_two_places_is_none_of_ours() -> None:
    other = replace(_place(), path=("external", 1), name="day", aet="DAY")
    assert _told(network(external=(_place(), other), links=(_rule("night", "day"),))) == [("LNK-11", "links[0]")]


def test_rules_that_contradict_give_what_both_allow_until_they_are_mended() -> None:
    rules = (
        _rule("RXB01", "RXC01", operations=(STORE, FIND)),
        replace(_rule("RXC01", "RXB01", operations=(FIND, GET)), path=("links", 1)),
    )
    topology = derive(network(links=rules))
    assert topology == derive(network(links=rules[::-1]))
    assert _flows(topology)["RXB01", "RXC01"] == (FIND,)
    absent = replace(_rule("RXB01", "RXC01", absent=True), path=("links", 2))
    assert ("RXB01", "RXC01") not in _flows(derive(network(links=(absent, *rules))))


def test_every_finding_says_what_to_do() -> None:
    definition = network(
        host="",
        external=(_place(aet=""),),
        links=(_rule("RXB01", "RXB01"), _rule("RXB01", "RXC01", absent=True)),
    )
    told = findings(definition)
    assert {f.severity for f in told} == {Severity.ERROR, Severity.WARN}
    assert all(f.hint and f.message for f in told)
