"""The page for everybody: by keyboard alone, and held against WCAG 2.2 AA by axe-core, in every state and colour."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from tests.web.conftest import Front, Home

    Reader = Callable[..., Page]
    Open = Callable[..., Front]

pytestmark = pytest.mark.live
AXE = (Path(__file__).parent / "vendor/axe-core-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""The rules among these whose answer a colour can change."""


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-uid]", has_text=name)


def violations(page: Page, rules: Sequence[str] = RULES) -> list[Any]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


def filled(home: "Home") -> None:
    home.study("RXA01", name="Okonkwo^Ada^^Mrs", days=40, missing=2)
    home.study("RXB01", name="Whitcombe^Peter", number="2", modality="MR", priority="HIGH")
    home.claim(home.study("RXA01", name="Held^Elsewhere", number="3", priority="LOW"))
    home.claim(home.study("RXA01", name="Held^Here", number="4"), "RXB01", "alice")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(home: "Home", reader: "Reader", front: "Open", width: int, scheme: str) -> None:
    filled(home)
    at = front()
    page = reader(at=at, width=width, scheme=scheme)
    expect(page.locator("#live")).to_have_text("Live")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Details OKONKWO").click()
    expect(page.locator("#details .history")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys and help").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("Find a patient").fill("nobody at all")
    expect(page.locator("#nothing")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_where_a_report_is_kept(home: "Home", reader: "Reader", width: int, scheme: str) -> None:
    home.kept(home.study("RXA01", name="Featherstonehaugh-Cholmondeley^Bartholomew Maximilian^^Professor Sir"))
    page = reader(width=width, scheme=scheme)
    page.get_by_role("button", name="Details").click()
    box = page.get_by_role("dialog")
    expect(box.get_by_role("heading", name="A report is here")).to_be_visible()
    expect(box.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert violations(page) == []
    page.keyboard.press("Tab")
    expect(box.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    expect(box.get_by_role("button", name="Claim")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box.get_by_role("button", name="Release")).to_be_focused()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(box.get_by_role("button", name="Accept the report that is here")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_contain_text("Report accepted by alice")
    expect(box.get_by_role("link", name="Open images")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_where_something_is_wrong(
    home: "Home", reader: "Reader", front: "Open", width: int, scheme: str
) -> None:
    """A claim is refused, what has the focus no longer fits, and then the home is away, over the details too."""
    uid, at = home.study(name="Okonkwo^Ada"), front()
    page = reader(at=at, width=width, scheme=scheme, view="?show=unclaimed")
    at.gates["/claim"] = threading.Event()
    page.get_by_role("button", name="Claim OKONKWO").click()
    home.claim(uid, "RXC01", "carol")
    at.gates["/claim"].set()
    expect(page.locator("#told.bad")).to_contain_text("is not yours")
    expect(row(page, "OKONKWO")).to_contain_text("No longer fits your filters")
    expect(page.locator("#summary")).to_have_text("No entries")
    assert violations(page) == []
    at.cut = "/"
    page.get_by_label("Find a patient").fill("nobody")
    expect(page.locator("#cut-off")).to_be_visible(timeout=60_000)
    assert violations(page) == []
    page.get_by_role("button", name="Details OKONKWO").click()
    expect(page.locator("#details-body [role=alert]")).to_have_text("The worklist's home does not answer (502).")
    expect(page.get_by_role("dialog").get_by_role("button", name="Try now")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


COLOURS = ("#FFFFFF", "#000000", "#FFE14D", "#808080", "#00A499", "#ED8B00", "#330072")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_colour_of_a_network_can_be_read(home: "Home", reader: "Reader", front: "Open", scheme: str) -> None:
    filled(home)
    at = front()
    page = reader(at=at, scheme=scheme)
    for colour in COLOURS:
        at.brand["colour"] = colour
        page.reload()
        expect(page.locator("#live")).to_have_text("Live")
        page.get_by_role("link", name="Open images OKONKWO").hover()
        assert violations(page, OF_COLOUR) == [], colour


def test_all_of_it_by_keyboard_alone(home: "Home", reader: "Reader") -> None:
    filled(home)
    page = reader()
    keys = page.keyboard
    keys.press("/")
    expect(page.get_by_label("Find a patient")).to_be_focused()
    keys.type("okon")
    keys.press("Enter")
    expect(row(page, "OKONKWO")).to_be_focused()
    keys.press("c")
    expect(row(page, "OKONKWO")).to_contain_text("Held by you")
    expect(page.locator("#said")).to_contain_text("is yours to report")
    expect(row(page, "OKONKWO")).to_be_focused()
    keys.press("r")
    expect(row(page, "OKONKWO")).to_contain_text("Not reported")
    keys.press("Enter")
    box = page.get_by_role("dialog", name="OKONKWO, Ada (Mrs)")
    expect(box.locator("h2")).to_be_focused()
    expect(box.locator(".history li").nth(2)).to_be_visible()  # a fourth tells how sending its images went, in time
    keys.press("c")
    keys.press("Escape")
    expect(row(page, "OKONKWO")).to_be_focused()
    expect(row(page, "OKONKWO")).to_contain_text("Not reported")
    keys.press("s")
    expect(page.get_by_label("Send the study to")).to_be_focused()
    keys.press("Escape")
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys and help")).to_be_visible()
    keys.press("Escape")
    expect(row(page, "OKONKWO")).to_be_focused()


def test_arrows_move_and_tab_leaves(home: "Home", reader: "Reader") -> None:
    filled(home)
    page = reader()
    rows = page.locator("tr[data-uid]")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(rows.first).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    assert page.locator("tbody [tabindex='0']").count() <= 1 + rows.last.locator("button, a").count()
    for _ in range(rows.last.locator("button, a").count() + 1):
        page.keyboard.press("Tab")
    expect(page.locator("#size")).to_be_focused()
    outline = page.locator("#size").evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"


def test_focus_is_kept_on_the_button_that_was_pressed(home: "Home", reader: "Reader") -> None:
    uid = home.study(name="Okonkwo")
    page = reader()
    page.get_by_role("button", name="Details OKONKWO").focus()
    home.claim(uid)
    expect(row(page, "OKONKWO")).to_contain_text("bob at", timeout=60_000)
    expect(page.get_by_role("button", name="Details OKONKWO")).to_be_focused()


def test_letters_can_be_turned_off_and_stay_off(home: "Home", reader: "Reader") -> None:
    home.study(name="Okonkwo")
    page = reader()
    page.keyboard.press("?")
    page.get_by_label("Single letters are keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    row(page, "OKONKWO").focus()
    page.keyboard.press("c")
    page.keyboard.press("?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="OKONKWO")).to_be_visible()
    expect(page.locator("#help")).to_be_hidden()
    expect(row(page, "OKONKWO")).to_contain_text("Not reported")


def test_letters_in_a_field_are_letters(home: "Home", reader: "Reader") -> None:
    home.study(name="Crick")
    page = reader()
    page.get_by_label("Find a patient").focus()
    page.keyboard.type("cr?/")
    expect(page.get_by_label("Find a patient")).to_have_value("cr?/")
    expect(page.locator("#help")).to_be_hidden()


def test_a_small_page_folds_its_filters(home: "Home", reader: "Reader") -> None:
    filled(home)
    page = reader(width=390)
    fold = page.get_by_role("button", name="Filters", exact=True)
    expect(page.locator("#modality")).to_be_hidden()
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    page.locator("#modality").select_option("MR")
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry")
    expect(page.get_by_role("button", name="Filters (in use)")).to_be_visible()
