"""Reach as text and drawings: everyone who is reached is there, and nobody else."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.links import spread
from provisioner.links.picture.spread import svg
from provisioner.links.spread import Spread

EXAMPLES = Path(__file__).parents[3] / "examples"
SVG = "{http://www.w3.org/2000/svg}"
ABROAD = {
    "country: GB": "country: IN",
    "worklist: {home: RXA01, ": "worklist: {",
    "offsite_region: eu-west-2": "offsite_region: eu-west-1",
    "  region: local": "  region: eu-west-2",
}


def shown(changes: dict[str, str] = ABROAD, member: str = "RXA", name: str = "severn") -> Spread:
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    network, mistakes = read(parse(name, text.encode()))
    assert network is not None, mistakes
    return spread.spread(network, member)


def drawing(value: Spread) -> ET.Element:
    return ET.fromstring(svg(value))  # noqa: S314 - our own


TEXT = """\
Where copies of images of Aldermoor NHS Foundation Trust (RXA) can end up
11 holders, 4 legal entities; in GB, IE, IN

IE
  Aldermoor NHS Foundation Trust (RXA)
    RXA01 -> off-site copy  (copied)

IN
  Lantern Teleradiology Ltd
    RXA01 -> HUB -> night-reporting  (sent, for the pool general)

GB
  Aldermoor NHS Foundation Trust (RXA)
    RXA01  (its own)
    RXA02  (its own)
    RXA01 -> HUB  (sent)
    RXA01 -> support desk  (seen)
    RXA01 -> HUB -> RXB01 -> platform account  (kept in the account)
  not stated
    RXA01 -> second place  (copied)
  Brackenfield Hospitals NHS Trust (RXB)
    RXA01 -> HUB -> RXB01  (sent, for the pool general)
    RXA01 -> HUB -> RXB02  (sent, for the pool general)
  Culverhay Neurosciences NHS Foundation Trust (RXC)
    RXA01 -> HUB -> RXC01  (sent, for the pools general, neuro)
"""


def test_text_tells_by_country_and_by_hands_what_is_abroad_first() -> None:
    assert spread.text(shown()) == TEXT


def test_what_nobody_states_is_told_as_such() -> None:
    told = spread.text(shown({}, "RXQ", "kennet"))
    assert "8 holders, 4 legal entities; in GB, country not stated" in told
    assert "\ncountry not stated\n  Quarrendon NHS Foundation Trust (RXQ)\n    RXQ01  (its own)\n" in told


def test_a_stranger_has_no_reach() -> None:
    with pytest.raises(KeyError):
        shown(member="RXZ")


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
def test_every_drawing_shows_every_holder_and_every_step(name: str) -> None:
    network, _ = read(parse(name, (EXAMPLES / f"{name}.yaml").read_bytes()))
    assert network is not None
    for member in network.members:
        value = spread.spread(network, member.ods)
        holders, steps = len(value.reached), len(list(spread.edges(value)))
        assert spread.dot(value).count("[label=") == holders + steps
        mermaid = spread.mermaid(value)
        assert len(re.findall(r"^  h\d+[\[(]", mermaid, re.MULTILINE)) == holders
        assert mermaid.count(" -->|") == steps
        root = drawing(value)
        titles = [g.findtext(f"{SVG}title") or "" for g in root.iter(f"{SVG}g")]
        assert sum(": " in t and " to " in t.partition(":")[0] for t in titles) == steps
        assert {t.partition(":")[0] for t in titles if "in the hands of" in t} == {r.words for r in value.reached}
        assert len(spread.facts(value)) == holders


def test_no_card_lies_on_another_and_all_are_on_the_paper() -> None:
    root = drawing(shown())
    cards = [
        g.find(f"{SVG}rect") for g in root.iter(f"{SVG}g") if "in the hands of" in (g.findtext(f"{SVG}title") or "")
    ]
    areas = [tuple(float(r.attrib[key]) for key in ("x", "y", "width", "height")) for r in cards if r is not None]
    assert len(areas) == 11
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    for x, y, w, h in areas:
        assert x + w <= wide
        assert y + h <= high
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(areas, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_hands_and_countries_each_have_a_colour_and_a_word() -> None:
    drawn = svg(shown())
    for word in ("GB", "IE", "IN", "Lantern Teleradiology Ltd", "not stated", "In the hands of"):
        assert f">{word}</text>" in drawn


def test_text_of_a_definition_is_no_markup() -> None:
    value = shown({"name: Aldermoor General Hospital": "name: '<b>\"A & B\"</b>'"})
    drawing(value)
    assert "<b>" not in svg(value)
    assert "<b>" not in spread.mermaid(value)
    assert '\\"A & B\\"' in spread.dot(value)


def test_many_sites_alike_are_one_card_and_text_tells_each() -> None:
    more = "".join(f"      - {{ods: RXB{number}, name: Clinic {number}}}\n" for number in range(10, 40))
    at = "      - ods: RXB02\n"
    value = shown({"worklist: {home: RXA01, ": "worklist: {", at: more + at})
    drawn = svg(value)
    assert value.summary in drawn, "the heading counts all of them"
    assert ">31 sites</text>" in drawn, "all of RXB's but the one that leads to the account"
    assert ">Clinic 17</text>" not in drawn
    assert "RXC01" in drawn, "another owner's, and so its own card"
    assert "    RXA01 -> HUB -> RXB17  (sent)" in spread.text(value)


def test_sites_of_many_owners_are_one_card_where_each_has_its_own() -> None:
    member = (
        "  - ods: RX{0}\n    name: Trust {0}\n    kind: nhs_trust\n    sites: [{{ods: RX{0}01, name: Clinic {0}}}]\n"
    )
    more = "".join(member.format(letter) for letter in "DEFGHJKLMNPQRS")
    value = shown({"worklist: {home: RXA01, ": "worklist: {", "  - ods: RXB\n": more + "  - ods: RXB\n"})
    drawn = svg(value)
    assert ">16 sites</text>" in drawn
    assert ">16 legal entities</text>" in drawn
