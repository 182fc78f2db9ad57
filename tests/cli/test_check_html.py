"""The page for auditors: whole in itself, readable in any colour, and no text of a definition is more than text."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cli.reporting.page import on
from policies import RULES

EXAMPLE = (Path(__file__).parents[2] / "examples/severn.yaml").read_text(encoding="utf-8")
DIRECTOR = "    network_director: Severn network manager\n"
HOSTILE = """<script>alert('1')</script> "quoted" & {{ 7 * 7 }} </style>"""
WAIVER = """
policies:
  waivers:
    - {rule: GOV-08, reason: a director starts in May, approved_by: SRO, until: 2027-05-01, reference: SEV-W-1}
"""


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.words: list[str] = []
        self.inline: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.inline[self.inside[-1]] = self.inline.get(self.inside[-1], "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page(tmp_path: Path, netprov: Any) -> Any:
    def made(text: str) -> Page:
        path = tmp_path / "severn.yaml"
        path.write_text(text, encoding="utf-8")
        return Page(netprov("check", "--format", "html", str(path)).out)

    return made


def test_every_control_is_there_with_basis_evidence_waiver_and_remedy(page: Any) -> None:
    shown = page(EXAMPLE.replace("environment: test", "environment: production").replace(DIRECTOR, "") + WAIVER)
    articles = [attributes for tag, attributes in shown.tags if tag == "article"]
    assert len(articles) == len(RULES)
    for rule in RULES:
        assert " ".join(rule.title.replace("`", " ").split()) in shown.text
        assert f"Basis: {rule.basis}" in shown.text
    assert (
        "approved by SRO, reference SEV-W-1, until 2027-05-01 (158 days left): a director starts in May" in shown.text
    )
    assert "The pack uk-only does not ask it." in shown.text
    assert re.search(r"severn\.yaml:\d+:\d+", shown.text)
    assert any(attributes.get("class") == "mend" for _, attributes in shown.tags)


def test_it_needs_nothing_else_and_runs_its_own_script_alone(page: Any) -> None:
    shown = page(EXAMPLE)
    (policy,) = [a["content"] for tag, a in shown.tags if tag == "meta" and a.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(shown.inline[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    for _, attributes in shown.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcset")]
        assert (attributes.get("href") or "#").startswith("#")
        assert (attributes.get("src") or "data:").startswith("data:")
    assert "url(" not in shown.inline["style"]
    assert "@media print" in shown.inline["style"]


def test_what_failed_is_listed_first_errors_before_warnings_with_a_way_to_each(page: Any) -> None:
    shown = page(EXAMPLE.replace("environment: test", "environment: production").replace(DIRECTOR, ""))
    ways = [attributes["href"].removeprefix("#") for tag, attributes in shown.tags if tag == "a"]
    failed = [a["id"] for tag, a in shown.tags if tag == "article" and a["data-result"] == "fail"]
    assert ways == failed
    listed = shown.text.partition("What failed")[2].partition("Waivers in force")[0]
    rows = re.findall(r"([A-Z]+-\d\d) .*? (error|warn|info) \d", listed)
    assert len(rows) == len(failed)
    assert rows[-1] == ("GOV-08", "warn")
    assert {weight for _, weight in rows[:-1]} == {"error"}


def test_hostile_text_is_inert(page: Any) -> None:
    text = EXAMPLE.replace("name: Severn Imaging Network", f"name: '{HOSTILE.replace(chr(39), chr(39) * 2)}'")
    text = text.replace("Scanned near home, read by the right eyes", "</header><img src=x onerror=alert(1)>")
    text = text.replace("environment: test", "environment: production").replace(DIRECTOR, "")
    shown = page(text + WAIVER.replace("a director starts in May", "\"<b onclick='x()'>soon</b>\""))
    assert [tag for tag, _ in shown.tags].count("script") == 1
    assert "onerror=alert(1)" in shown.text
    assert "<b onclick='x()'>soon</b>" in shown.text
    assert "<script>alert('1')</script>" in shown.text
    assert "49" not in shown.text.partition("Summary")[0]


def test_the_brand_is_the_networks(page: Any, tmp_path: Path) -> None:
    (tmp_path / "severn.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    shown = page(EXAMPLE.replace('colour: "#005EB8"}', 'colour: "#FFE900", logo: severn.svg}'))
    assert "Severn Imaging Network Scanned near home, read by the right eyes" in shown.text
    assert "--brand: #FFE900; --on-brand: #000000;" in shown.inline["style"]
    assert any((a.get("src") or "").startswith("data:image/svg+xml;base64,") for _, a in shown.tags)


def test_a_lost_logo_is_no_lost_report(page: Any, netprov: Any) -> None:
    assert "Severn Imaging Network" in page(EXAMPLE.replace('colour: "#005EB8"}', "logo: lost.svg}")).text


@pytest.mark.parametrize("grey", range(0, 256, 5))
def test_letters_on_the_brands_colour_can_be_read(grey: int) -> None:
    for colour in (f"#{grey:02x}{grey:02x}{grey:02x}", f"#{grey:02x}00ff", f"#ff{grey:02x}00", f"#00ff{grey:02x}"):
        lights = sorted((light(colour), light(on(colour))))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5


def light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_several_networks_share_a_page(netprov: Any) -> None:
    folder = Path(__file__).parents[2] / "examples"
    shown = Page(netprov("check", "--format", "html", str(folder / "severn.yaml"), str(folder / "wye.yaml")).out)
    assert "2 networks" in shown.text
    assert re.search(r"Severn Imaging Network \(severn\) \S+/severn\.yaml [0-9a-f]{64} 0 0 0", shown.text)
    assert len([tag for tag, _ in shown.tags if tag == "article"]) == 2 * len(RULES)


def test_of_several_networks_each_has_its_own_counts(netprov: Any, tmp_path: Path) -> None:
    (tmp_path / "severn.yaml").write_text(EXAMPLE.replace("account_owner: RXA", "account_owner: Severn") + WAIVER)
    (tmp_path / "torn.yaml").write_text("a: [")
    shown = Page(netprov("check", "--format", "html", str(tmp_path)).out)
    assert "netprov deploys no network that has an error until each error is mended or waived." in shown.text
    rows = re.findall(r"(severn\)|it cannot be read) \S+\.yaml [0-9a-f]{64} (\d+) (\d+) (\d+)", shown.text)
    assert [(row[0], row[1]) for row in rows] == [("severn)", "2"), ("it cannot be read", "2")]
