"""The drawings: whole, honest about every link, readable, and the same each time."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition.choices import (
    Environment,
    ExternalKind,
    MemberKind,
    OperatingModel,
    Operation,
    Shape,
    SiteKind,
)
from provisioner.definition.network import (
    Brand,
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
from provisioner.definition.organisation import LegalEntity
from provisioner.links.graph import mermaid, svg
from provisioner.links.linking import derive
from provisioner.links.picture.areas import Area, Picture
from provisioner.links.picture.layout import arrange
from provisioner.links.picture.lettering import fitted, width, wrapped
from provisioner.links.picture.model import links
from provisioner.links.picture.strokes import on
from provisioner.links.picture.wiring import wires

SVG = "{http://www.w3.org/2000/svg}"
NIGHT = External(("external", 0), "night", ExternalKind.TELERADIOLOGY, "NZ", aet="NIGHT", address="night.example.org")


def network(*counts: int, shape: Shape = Shape.HUB, home: str = "RXA01", **fields: object) -> Network:
    """A network whose members have so many sites each."""
    members = tuple(_member(at, count) for at, count in enumerate(counts))
    base = Network(
        path=(),
        netprov=1,
        network=Identity(("network",), "severn", "Severn Imaging Network", Environment.TEST, Brand(("b",), "One list")),
        operating_model=OperatingModel.HOSTED,
        members=members,
        topology=shape,
        host="RXA",
        reporting=Reporting(("reporting",), Worklist(("reporting", "worklist"), home)),
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def _member(at: int, count: int) -> Member:
    ods = "RX" + "ABCDEFGHJKLMNPQRSTUVWXYZ"[at]
    names = ("Royal Infirmary", "Community Diagnostic Centre at Long Ferry", "St Bride's")
    sites = tuple(
        Site(("members", at, "sites", n), f"{ods}{n + 1:02}", names[n % 3], list(SiteKind)[n % 4]) for n in range(count)
    )
    return Member(
        ("members", at), ods, f"{ods} University Hospitals NHS Foundation Trust", MemberKind.NHS_TRUST, sites=sites
    )


def _drawn(definition: Network) -> str:
    return svg(derive(definition))


def _picture(definition: Network) -> Picture:
    return arrange(derive(definition))


def _parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 - netprov wrote it


def _titles(drawing: str) -> list[str]:
    return [title.text or "" for title in _parsed(drawing).iter(f"{SVG}title")]


def _apart(one: Area, other: Area) -> bool:
    return (
        one.x + one.w <= other.x or other.x + other.w <= one.x or one.y + one.h <= other.y or other.y + other.h <= one.y
    )


def _inside(one: Area, other: Area) -> bool:
    return (
        other.x <= one.x
        and other.y <= one.y
        and one.x + one.w <= other.x + other.w + 0.01
        and one.y + one.h <= other.y + other.h + 0.01
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks of up to 30 sites, with rules and places."""
    counts = draw(st.lists(st.integers(0, 6), min_size=1, max_size=5))
    codes = [site.ods for at, count in enumerate(counts) for site in _member(at, count).sites]
    end = st.sampled_from([*codes, "night", "day"])
    rules = [
        LinkRule(("links", at), draw(end), draw(end), one_way=draw(st.booleans()), absent=draw(st.booleans()))
        for at in range(draw(st.integers(0, 5)))
    ]
    via = draw(st.sampled_from(["", *codes]))
    return network(
        *counts,
        shape=draw(st.sampled_from(Shape)),
        home=draw(st.sampled_from(["", *codes])),
        links=tuple(rules),
        external=(replace(NIGHT, via=via), replace(NIGHT, name="day", aet="DAY", operator="A Reading Company Ltd")),
    )


@settings(deadline=None, max_examples=50)
@given(networks())
def test_nothing_overlaps_and_everything_is_where_it_belongs(definition: Network) -> None:
    picture = _picture(definition)
    page = Area(0, 0, picture.width, picture.bottom)
    kinds = ([b.area for b in picture.boxes], [c.area for c in picture.cards], [s.area for s in picture.spots])
    for areas in kinds:
        assert all(_apart(one, other) for one, other in combinations(areas, 2))
    for box in picture.boxes:
        assert _inside(box.area, picture.frame)
        ids = {node.id for node in box.group.nodes}
        assert {c.node.id for c in picture.cards if _inside(c.area, box.area)} == ids
    for spot in picture.spots:
        assert _apart(spot.area, picture.frame)
        assert _inside(spot.area, page)
    assert _inside(picture.frame, page)
    assert len(picture.cards) == len(derive(definition).nodes)


@settings(deadline=None, max_examples=50)
@given(networks())
def test_every_link_ends_at_the_edges_of_what_it_links(definition: Network) -> None:
    picture = _picture(definition)
    areas = {c.node.id: c.area for c in picture.cards} | {s.place.name: s.area for s in picture.spots}
    drawn = wires(picture)
    assert [w.link for w in drawn] == list(links(derive(definition)))
    for wire in drawn:
        for port, end in ((wire.start, wire.link.one), (wire.end, wire.link.other)):
            area = areas[end]
            assert _inside(Area(port.x, port.y, 0, 0), area)
            assert port.x in (area.x, area.x + area.w) or port.y in (area.y, area.y + area.h)


@settings(deadline=None, max_examples=30)
@given(networks())
def test_the_drawings_are_whole_and_the_same_each_time(definition: Network) -> None:
    drawing = _drawn(definition)
    assert drawing == _drawn(replace(definition, members=definition.members[::-1], links=definition.links[::-1]))
    told = _titles(drawing)
    for link in links(derive(definition)):
        assert link.words in told
    text = mermaid(derive(definition))
    assert text == mermaid(derive(replace(definition, members=definition.members[::-1])))
    assert text.count("subgraph") == text.count("\n  end\n")


@pytest.mark.parametrize("shape", Shape)
def test_an_empty_network_can_be_drawn(shape: Shape) -> None:
    _parsed(_drawn(network(shape=shape)))


def test_the_picture_names_itself_for_those_who_cannot_see_it() -> None:
    root = _parsed(_drawn(network(1, 1)))
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert described is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"
    assert title.text == "Severn Imaging Network"
    assert described.text == (
        "Hub network, 2 members, 2 sites, 1 link, test. Royal Infirmary (RXA01) keeps the shared worklist. "
        "RXA01 may echo, store, find, get at RXB01; RXB01 may echo, store, find, get, worklist at RXA01."
    )


def test_heads_show_who_may_act_where() -> None:
    def heads(rule: LinkRule) -> int:
        root = _parsed(_drawn(network(1, 1, shape=Shape.MESH, links=(rule,))))
        legend = 1 if rule.one_way else 2
        return len(list(root.iter(f"{SVG}polygon"))) - legend

    both = LinkRule(("links", 0), "RXA01", "RXB01", (Operation.STORE,))
    assert heads(both) == 2
    assert heads(replace(both, one_way=True)) == 1


def test_a_link_that_a_rule_made_looks_different() -> None:
    rule = LinkRule(("links", 0), "RXB01", "RXC01")
    plain, ruled = _drawn(network(1, 1, 1)), _drawn(network(1, 1, 1, links=(rule,)))
    assert "stroke-dasharray" not in plain
    assert "stroke-dasharray" in ruled
    assert "link by a rule, both ways" in ruled


def test_a_crowded_mesh_drops_the_heads_that_are_all_alike() -> None:
    drawing = _drawn(network(6, 6, shape=Shape.MESH, external=(NIGHT,)))
    assert "too many for heads" in drawing
    # The place's, and its sign's in the legend.
    assert drawing.count("<polygon") == 2
    assert _titles(drawing).count("Royal Infirmary (RXA01), AE title RXA01, acute") == 1


def test_a_place_beyond_shows_its_country() -> None:
    texts = [t.text for t in _parsed(_drawn(network(1, 1, external=(NIGHT,)))).iter(f"{SVG}text")]
    assert "Teleradiology \u00b7 NZ" in texts
    assert "beyond the network" in texts


def test_the_owner_of_a_hub_is_shown() -> None:
    entity = LegalEntity(("legal_entity",), "Tamar Imaging CIC", ods="X9T01")
    at_a_site, of_its_own = (
        _drawn(network(1, 1, home=home, operating_model=OperatingModel.CIC, legal_entity=entity))
        for home in ("RXA01", "")
    )
    assert "owned by Tamar Imaging CIC" in at_a_site
    assert "Hub of Tamar Imaging CIC" in of_its_own


def test_what_a_definition_says_cannot_become_markup() -> None:
    evil = '"><script>alert(1)</script>&amp;\x0b]]>'
    site = Site(("members", 0, "sites", 0), "RXA01", evil, modalities=(Modality((), evil, evil),))
    member = Member(("members", 0), "RXA", evil, MemberKind.NHS_TRUST, sites=(site,))
    identity = Identity(("network",), "x", evil, Environment.TEST, Brand((), evil))
    place = replace(NIGHT, name=evil, operator=evil, country=evil)
    definition = replace(network(1), members=(member,), network=identity, external=(place,))
    drawing = _drawn(definition)
    tags = {element.tag.removeprefix(SVG) for element in _parsed(drawing).iter()}
    assert tags <= {"svg", "title", "desc", "rect", "path", "text", "g", "polygon"}
    text = mermaid(derive(definition))
    assert "<script" not in text
    title = text.splitlines()[1].removeprefix("title: ")
    assert json.loads(title) == evil
    assert all(line.count('"') % 2 == 0 for line in text.splitlines()[3:])


@pytest.mark.parametrize(
    ("colour", "ink"), [("#FFFFFF", "#16242F"), ("#FFD700", "#16242F"), ("#005EB8", "#FFFFFF"), ("#000000", "#FFFFFF")]
)
def test_letters_stand_out_from_the_networks_colour(colour: str, ink: str) -> None:
    assert on(colour) == ink


def test_mermaid_draws_members_links_and_places() -> None:
    rule = LinkRule(("links", 0), "RXB01", "RXC01", (Operation.ECHO, Operation.STORE), one_way=True)
    definition = network(1, 1, 1, external=(NIGHT,), links=(rule,))
    named = (replace(definition.members[0], name='The "A" & B'), *definition.members[1:])
    assert (
        mermaid(derive(replace(definition, members=named)))
        == """\
---
title: "Severn Imaging Network"
---
flowchart LR
  subgraph m_RXA["The #34;A#34; #38; B (RXA)"]
    n_RXA01["Royal Infirmary<br/>RXA01<br/>shared worklist"]
  end
  subgraph m_RXB["RXB University Hospitals NHS Foundation Trust (RXB)"]
    n_RXB01["Royal Infirmary<br/>RXB01"]
  end
  subgraph m_RXC["RXC University Hospitals NHS Foundation Trust (RXC)"]
    n_RXC01["Royal Infirmary<br/>RXC01"]
  end
  x_night(["night<br/>teleradiology, NZ"])
  n_RXA01 <--> n_RXB01
  n_RXA01 <--> n_RXC01
  n_RXA01 -.-> x_night
  n_RXB01 -.->|"echo, store"| n_RXC01
  style n_RXA01 fill:#005EB8,color:#FFFFFF,stroke:#005EB8
"""
    )


def test_mermaid_keeps_below_what_it_can_draw() -> None:
    absent = LinkRule(("links", 0), "RXA01", "RXA02", absent=True)
    special = LinkRule(("links", 1), "RXA01", "RXA03", one_way=True)
    definition = network(*(6,) * 7, shape=Shape.MESH, links=(absent, special), external=(NIGHT,))
    text = mermaid(derive(definition))
    edges = [line for line in text.splitlines() if "-->" in line or "-.->" in line]
    assert len(edges) == 42 + 1 + 1
    assert "859 links, both ways" in text


def test_text_is_cut_where_there_is_no_room() -> None:
    assert fitted("Royal Infirmary", 13, 1000) == "Royal Infirmary"
    cut = fitted("Royal Infirmary of the Upper Severn", 13, 120)
    assert cut.endswith("\u2026")
    assert width(cut, 13) <= 120
    assert wrapped("Community Diagnostic Centre", 13, 120, bold=True) == ("Community", "Diagnostic Centre")
    assert all(width(line, 13) <= 60 for line in wrapped("Antidisestablishmentarianism of a very long kind", 13, 60))
    assert wrapped("", 13, 60) == ("",)
