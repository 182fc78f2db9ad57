"""The list while things happen: it follows by itself, nothing slips away under a hand, and it says when it is old."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from tests.web.conftest import Front, Home

    Reader = Callable[..., Page]
    Open = Callable[..., Front]

pytestmark = pytest.mark.live
PATIENCE = 60_000


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-uid]", has_text=name)


def names(page: Page) -> list[str]:
    return page.locator("tbody .patient .main").all_inner_texts()


def test_what_happens_elsewhere_is_seen_without_reload(home: "Home", reader: "Reader") -> None:
    first = home.study(name="First")
    page = reader()
    page.evaluate("window.same = true")
    home.study(name="Urgent", number="2", priority="HIGH")
    expect(row(page, "URGENT")).to_be_visible(timeout=PATIENCE)
    assert names(page) == ["URGENT", "FIRST"]
    home.claim(first)
    expect(row(page, "FIRST")).to_contain_text("bob at Brackenfield", timeout=PATIENCE)
    home.release(first)
    expect(row(page, "FIRST")).to_contain_text("Not reported", timeout=PATIENCE)
    assert page.evaluate("window.same")


def test_the_list_stands_still_under_the_pointer(home: "Home", reader: "Reader") -> None:
    home.study(name="First")
    uid = home.study(name="Second", number="2")
    page = reader(view="?show=unclaimed")
    row(page, "SECOND").hover()
    place = row(page, "SECOND").bounding_box()
    home.claim(uid)
    home.study(name="Urgent", number="3", priority="HIGH")
    expect(page.locator("#held-back-text")).to_contain_text("1 new entry waiting", timeout=PATIENCE)
    assert names(page) == ["FIRST", "SECOND"]
    after = row(page, "SECOND").bounding_box()
    assert place and after and (place["x"], place["y"]) == (after["x"], after["y"])
    expect(row(page, "SECOND")).to_contain_text("No longer fits your filters")
    expect(row(page, "SECOND")).to_contain_text("bob at Brackenfield")
    expect(row(page, "SECOND").get_by_role("button", name="Claim")).to_have_count(0)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(row(page, "URGENT")).to_be_focused()
    assert names(page) == ["URGENT", "FIRST"]
    expect(page.locator("#held-back")).to_be_hidden()


def test_the_focus_stays_with_its_entry(home: "Home", reader: "Reader") -> None:
    uid = home.study(name="Mine")
    page = reader(view="?show=unclaimed")
    page.keyboard.press("j")
    expect(row(page, "MINE")).to_be_focused()
    home.study(name="Urgent", number="2", priority="HIGH")
    expect(row(page, "URGENT")).to_be_visible(timeout=PATIENCE)
    assert names(page) == ["URGENT", "MINE"]
    expect(row(page, "MINE")).to_be_focused()
    home.claim(uid)
    expect(row(page, "MINE")).to_contain_text("No longer fits your filters", timeout=PATIENCE)
    expect(row(page, "MINE")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#told-text")).to_contain_text("MINE cannot be claimed: bob at Brackenfield")
    assert names(page) == ["URGENT", "MINE"]


def test_a_cut_line_is_told_and_what_was_missed_is_caught_up(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study(name="First")
    at = front()
    page = reader(at=at)
    expect(page.locator("#live")).to_have_text("Live")
    at.cut = "/"
    home.study(name="Missed", number="2")
    home.study(name="Missed too", number="3")
    expect(page.locator("#live")).to_have_text("Not live", timeout=PATIENCE)
    expect(page.locator("#cut-off")).to_contain_text("What you see is of")
    expect(page.locator("#cut-off")).to_contain_text("may be old")
    page.get_by_role("button", name="Claim FIRST").click()
    expect(page.locator("#told-text")).to_contain_text("FIRST is not yours: The worklist's home does not answer (502).")
    page.mouse.move(5, 5)
    at.cut = ""
    page.get_by_role("button", name="Try now").click()
    expect(row(page, "MISSED TOO")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#cut-off")).to_be_hidden()


def test_a_home_that_says_nothing_is_given_up_and_the_page_says_what_that_means(
    home: "Home", reader: "Reader", front: "Open"
) -> None:
    """The browser's patience goes by twenty times as fast."""
    home.study(name="First")
    at = front()
    page = reader(at=at)
    page.evaluate("{const wait = AbortSignal.timeout; AbortSignal.timeout = (ms) => wait.call(AbortSignal, ms / 20)}")
    at.delays = {"/claim": 5, "/events": 5}
    page.get_by_role("button", name="Claim FIRST").click()
    expect(page.locator("#told-text")).to_contain_text("No answer came in time")
    expect(page.locator("#told-text")).to_contain_text("may have been done")
    expect(page.locator("#live")).to_have_text("Not live", timeout=PATIENCE)
    at.delays = {}
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#live")).to_have_text("Live", timeout=PATIENCE)


def test_a_page_that_opens_while_the_home_is_away_fills_by_itself(
    home: "Home", reader: "Reader", front: "Open"
) -> None:
    home.study(name="First")
    at = front()
    at.cut = "/"
    page = reader(at=at)
    expect(page.locator("#summary")).to_have_text("The list cannot be read")
    expect(page.locator("#cut-off")).to_contain_text("tries again by itself")
    at.cut = ""
    expect(row(page, "FIRST")).to_be_visible(timeout=PATIENCE)


def test_a_site_of_another_network_is_told_whom_to_ask(home: "Home", reader: "Reader", front: "Open") -> None:
    at = front()
    at.site = "RXZ99"
    page = reader(at=at)
    expect(page.locator("#cut-off-text")).to_contain_text("RXZ99 is no site of this network")


def test_a_study_is_offered_where_it_may_go_and_what_became_of_it_is_told(home: "Home", reader: "Reader") -> None:
    home.study(name="Okonkwo^Ada")
    page = reader()
    page.get_by_role("button", name="Details OKONKWO, Ada").click()
    box = page.get_by_role("dialog", name="OKONKWO, Ada")
    choice = box.get_by_label("Send the study to")
    expect(choice.locator("option")).to_have_text(["Brackenfield Royal Infirmary (RXB01)"])
    box.get_by_role("button", name="Claim").click()
    expect(choice.locator("option")).to_have_text(
        ["Brackenfield Royal Infirmary (RXB01)", "Culverhay Centre (RXC01)"], timeout=PATIENCE
    )
    choice.select_option("RXC01")
    box.get_by_role("button", name="Send", exact=True).click()
    expect(box.locator("#told-text")).to_contain_text("is on its way to RXC01")
    sent = box.locator(".transfers li", has_text="To RXC01")
    expect(sent).to_contain_text("could not be sent: no link leads from RXA01 to RXC01", timeout=PATIENCE)
    expect(box.locator(".history")).to_contain_text("did not arrive at RXC01", timeout=PATIENCE)


def test_a_refused_sending_says_why(home: "Home", reader: "Reader") -> None:
    uid = home.study(name="Okonkwo^Ada")
    page = reader()
    page.get_by_role("button", name="Details OKONKWO, Ada").click()
    box = page.get_by_role("dialog", name="OKONKWO, Ada")
    home.claim(uid, "RXC01", "carol")
    box.locator("#to").evaluate("(list) => list.add(new Option('Elsewhere', 'ELSEWHERE', true, true))")
    box.get_by_role("button", name="Send", exact=True).click()
    expect(box.locator("#warned")).to_contain_text("ELSEWHERE is no site of this network, and no place")
    box.locator("#told-close").click()
    page.keyboard.press("Escape")
    expect(page.locator("body > #tray")).to_have_count(1)


def test_letters_that_a_name_must_not_hold_do_nothing(home: "Home", reader: "Reader") -> None:
    """Markup, script, a change of the direction of writing, a line's end, and one word without end."""
    hostile = [
        "<img src=x onerror=alert(1)>^<b>bold</b>",
        "\u202eesreveR^\u2066Hidden",
        "Break\u2028Line\u0085End",
        "A" * 60,
        "${alert(1)}{{7*7}}",
        "שלום^דוד",
    ]
    for number, name in enumerate(hostile):
        home.study(name=name, number=f"<i>{number}", what="<script>alert(1)</script>", accession="<u>1")
    for width in (1280, 390):
        page = reader(width=width)
        page.on("dialog", lambda box: pytest.fail(box.message))
        expect(page.locator("tr[data-uid]")).to_have_count(len(hostile))
        for made in ("img:not(#logo)", "b", "i", "u", "script:not([src])"):
            expect(page.locator(f"main {made}")).to_have_count(0)
        assert "<IMG SRC / x onerror / alert(1)> <b>bold</b>" in names(page)
        text = page.locator("#entries tbody").inner_text()
        assert not set(text) & set("\u202e\u2066\u2028\u0085")
        page.locator("[data-act=details]").first.click()
        expect(page.locator("#details .history")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_hundred_thousand_entries_are_one_page_at_a_time(home: "Home", reader: "Reader") -> None:
    home.fill(100_000)
    page = reader()
    expect(page.locator("#summary")).to_have_text("1 to 50 of 100,000 entries", timeout=PATIENCE)
    assert page.locator("tr[data-uid]").count() == 50
    page.locator("#next").click()
    expect(page.locator("#summary")).to_have_text("51 to 100 of 100,000 entries", timeout=PATIENCE)
    expect(page.locator("tr[data-uid]").first).to_be_focused()
    page.get_by_label("Find a patient").fill("synthetic^77777")
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry", timeout=PATIENCE)
    page.locator("#clear").click()
    expect(page.locator("#summary")).to_contain_text("100,000", timeout=PATIENCE)
    page.get_by_label("Entries on a page").select_option("100")
    expect(page.locator("#summary")).to_have_text("1 to 100 of 100,000 entries", timeout=PATIENCE)
    last = reader(view="?page=2000")
    expect(last.locator("#summary")).to_have_text("99,951 to 100,000 of 100,000 entries", timeout=PATIENCE)
    expect(last.locator("#next")).to_be_disabled()
    # So many at once are not looked at one by one.
    for number in range(20):
        home.study(name=f"New{number}", number=f"n{number}", priority="HIGH")
    expect(page.locator("#summary")).to_have_text("1 to 100 of 100,020 entries", timeout=PATIENCE)


def test_an_open_entry_stays_what_it_is_about(home: "Home", reader: "Reader") -> None:
    home.study(name="Okonkwo^Ada")
    page = reader(view="?show=unclaimed")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog", name="OKONKWO, Ada")
    box.get_by_role("button", name="Claim").click()
    expect(box).to_contain_text("Held by you")
    expect(box).to_contain_text("Claimed by alice at RXB01")
    box.get_by_role("button", name="Release").click()
    expect(box).to_contain_text("Not reported")
    box.get_by_role("button", name="Claim").click()
    expect(box).to_contain_text("Held by you")
    page.keyboard.press("Escape")
    expect(row(page, "OKONKWO")).to_be_focused()
    expect(row(page, "OKONKWO")).to_contain_text("Held by you")


def test_a_claim_ends_by_itself_under_the_eyes_of_who_holds_it(home: "Home", reader: "Reader") -> None:
    home.study(name="Okonkwo^Ada")
    home.set(claim_hours=8 / 3600)
    page = reader()
    page.get_by_role("button", name="Claim OKONKWO").click()
    expect(row(page, "OKONKWO")).to_contain_text("Held by you")
    page.mouse.move(5, 5)
    expect(row(page, "OKONKWO")).to_contain_text("Not reported", timeout=PATIENCE)
    page.get_by_role("button", name="Details OKONKWO").click()
    expect(page.get_by_role("dialog")).to_contain_text("Claim ended, its time was over")
    home.set(claim_hours=8)
    page.get_by_role("dialog").get_by_role("button", name="Claim").click()
    expect(page.get_by_role("dialog")).to_contain_text("Held by you")


def test_a_list_that_cannot_be_read_is_not_live(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study(name="First")
    at = front()
    page = reader(at=at)
    at.cut = "/search"
    home.study(name="Missed", number="2")
    expect(page.locator("#live")).to_have_text("Not live", timeout=PATIENCE)
    home.study(name="Missed too", number="3")  # the feed tells of it, and yet the list is old
    page.wait_for_timeout(1500)
    expect(page.locator("#live")).to_have_text("Not live")
    at.cut = ""
    expect(row(page, "MISSED TOO")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#live")).to_have_text("Live", timeout=PATIENCE)
    expect(page.locator("#cut-off")).to_be_hidden()


def test_whoever_is_let_in_no_more_is_told_and_may_log_in_again(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study(name="Okonkwo^Ada")
    at = front()
    page = reader(at=at)
    expect(page.locator("#live")).to_have_text("Live")
    at.cut, at.refusal = "/", 401
    page.get_by_role("button", name="Claim OKONKWO").click()
    told = "is not yours: You are not logged in. Load the page again to log in."
    expect(page.locator("#told-text")).to_contain_text(told)
    expect(page.locator("#cut-off-text")).to_contain_text("You are not logged in.", timeout=PATIENCE)
    expect(page.locator("#cut-off-text")).not_to_contain_text("tries again")
    at.cut = ""
    page.get_by_role("button", name="Load again").click()
    expect(page.locator("#live")).to_have_text("Live")
    expect(row(page, "OKONKWO")).to_contain_text("Not reported")
    expect(page.locator("#cut-off")).to_be_hidden()


def test_a_page_beyond_the_end_is_the_last_one(home: "Home", reader: "Reader") -> None:
    home.study(name="Only")
    page = reader(view="?page=7&size=25")
    assert names(page) == ["ONLY"]
    expect(page.locator("#page")).to_have_text("Page 1 of 1")
