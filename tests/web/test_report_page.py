"""The auditor's report in a real Chromium: it asks for nothing, runs nothing but its own script, and can be read."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "examples/severn.yaml").read_text(encoding="utf-8")
HOSTILE = '<script>window.bad=1</script><img src=x onerror=window.bad=1>" {{7*7}} </style></script>'
BROKEN = (
    ("environment: test", "environment: production"),
    ("    network_director: Severn network manager\n", ""),
    ("        cidr: 10.22.2.0/24", "        cidr: 10.22.2.0/24\n        region: ap-south-1"),
)
WAIVER = """
policies:
  waivers:
    - {rule: GOV-08, reason: a director starts in May, approved_by: SRO, until: 2027-05-01, reference: SEV-W-1}
"""
AXE = (Path(__file__).parent / "vendor/axe-core-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NETPROV = (sys.executable, "-P", "-c", "import sys; from cli.main import program; sys.exit(program())")

Opened = Callable[..., Page]
pytestmark = pytest.mark.live


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """The report of the broken example; whatever the page asks for or complains of fails the test."""
    asked: list[str] = []
    complaints: list[str] = []
    contexts = []

    def made(*changes: tuple[str, str], **options: Any) -> Page:
        text = EXAMPLE
        for old, new in (*BROKEN, *changes):
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "severn.yaml").write_text(text + WAIVER, encoding="utf-8")
        command = [*NETPROV, "check", "severn.yaml", "--format", "html"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        (tmp_path / "report.html").write_bytes(done.stdout)
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "report.html").as_uri())
        return page

    yield made
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("data:", (tmp_path / "report.html").as_uri()))] == []
    assert complaints == []


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


def test_every_waiver_is_told_before_the_controls_and_words_of_the_file_look_like_it(opened: Opened) -> None:
    page = opened()
    expect(page.get_by_role("heading", name="Waivers in force")).to_be_visible()
    expect(page.locator(".panel.waived li")).to_have_count(1)
    expect(page.locator(".panel.waived li")).to_contain_text("GOV-08 for all that it finds: approved by SRO, reference")
    expect(page.locator(".mend code").first).to_be_visible()
    assert "`" not in page.locator("main").inner_text()


def test_hostile_text_does_nothing(opened: Opened) -> None:
    page = opened(("name: Severn Imaging Network", f"name: '{HOSTILE}'"))
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert page.evaluate("window.bad") is None


def test_controls_are_filtered_by_result_and_words(opened: Opened) -> None:
    page = opened()
    everything = page.locator("article").count()
    expect(page.locator("#shown")).to_have_text(f"{everything} controls shown")
    page.get_by_label("pass", exact=True).uncheck()
    page.get_by_label("not applicable").uncheck()
    failed = page.locator("article:visible")
    assert 0 < failed.count() < everything
    page.get_by_label("Words").fill("SEV-W-1")
    expect(page.locator("article:visible")).to_have_count(1)
    expect(page.locator("article:visible")).to_contain_text("approved by SRO, reference SEV-W-1")
    expect(page.locator("section.group:visible")).to_have_count(1)
    expect(page.locator("#shown")).to_have_text("1 control shown")


def test_the_list_of_what_failed_leads_to_each_control(opened: Opened) -> None:
    page = opened(viewport={"width": 1100, "height": 700})
    ways = page.get_by_role("table").first.get_by_role("link")
    expect(ways).to_have_count(page.locator("article.fail").count())
    last = ways.last
    last.click()
    expect(page.locator("article:target h4")).to_contain_text(last.inner_text())
    expect(page.locator("article:target")).to_be_in_viewport()


@pytest.mark.parametrize(("colour", "width"), [("#005EB8", 1280), ("#005EB8", 390), ("#808080", 390), ("#FFE14D", 390)])
def test_axe_finds_nothing(opened: Opened, colour: str, width: int) -> None:
    size = {"width": width, "height": 900}
    page = opened(('colour: "#005EB8"', f'colour: "{colour}"'), viewport=size, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_paper_has_what_failed_and_no_controls_of_the_screen(opened: Opened) -> None:
    page = opened()
    page.emulate_media(media="print")
    expect(page.locator("form")).to_be_hidden()
    expect(page.locator("article.fail .mend").first).to_be_visible()
    expect(page.locator("article.fail").get_by_text("Looks at platform.region").first).to_be_visible()
    for examples in ("article.fail details", "article.pass details"):
        expect(page.locator(examples).first).to_be_hidden()
    expect(page.get_by_role("table").get_by_text("Chapter V, transfers")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('header')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_several_networks_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    for name in ("severn", "wye"):
        text = (ROOT / f"examples/{name}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.yaml").write_text(text.replace("environment: test", "environment: production"))
    done = subprocess.run([*NETPROV, "check", ".", "--format", "html"], cwd=tmp_path, capture_output=True, check=False)
    (tmp_path / "report.html").write_bytes(done.stdout)
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.locator("table.networks tbody tr")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
