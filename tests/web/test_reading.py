"""What a reader sees and does on the page of the shared worklist."""

import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from tests.web.conftest import Front, Home

    Reader = Callable[..., Page]
    Open = Callable[..., Front]

pytestmark = pytest.mark.live


def names(page: Page) -> list[str]:
    return page.locator("tbody .patient .main").all_inner_texts()


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-uid]", has_text=name)


def test_the_list_says_who_what_where_when_and_how_urgent(home: "Home", reader: "Reader") -> None:
    home.study("RXA01", name="Okonkwo^Ada^^Mrs", number="RA-10021", days=1, accession="ACC7", missing=3)
    page = reader()
    shown = row(page, "OKONKWO, Ada (Mrs)")
    for said in (
        "born 03 Mar 1961, female",
        "No. RA-10021 of RXA",
        "CT head",
        "HEAD, 21 images",
        "Accession ACC7",
        "Not complete: 3 of its instances could not be sent",
        "Aldermoor General Hospital (RXA01)",
        "in 26 days",
        "Medium",
        "Not reported",
    ):
        expect(shown).to_contain_text(said)
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry")
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("header")).to_contain_text("Severn Imaging Network")
    expect(page.locator("header")).to_contain_text("Scanned near home, read by the right eyes")
    expect(page.locator("header")).to_contain_text("alice")
    expect(page.locator("header")).to_contain_text("Brackenfield Royal Infirmary (RXB01)")


def test_a_patient_without_a_number_and_a_time_in_the_readers_own_zone(home: "Home", reader: "Reader") -> None:
    home.study("RXC01", name="Nemo", number="", accession="")
    london, tokyo = reader(), reader(zone="Asia/Tokyo")
    expect(row(london, "NEMO")).to_contain_text("No hospital number")
    times = [row(page, "NEMO").locator(".acquired .main").inner_text() for page in (london, tokyo)]
    first, second = (datetime.strptime(text, "%d %b %Y, %H:%M") for text in times)  # noqa: DTZ007
    assert abs((second - first).total_seconds()) in (8 * 3600, 9 * 3600)
    expect(tokyo.locator("footer")).to_contain_text("Asia/Tokyo")


def test_filters_narrow_the_list_and_stand_in_the_address(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study("RXA01", name="One", modality="CT", priority="HIGH")
    home.study("RXB01", name="Two", number="2", modality="MR")
    home.study("RXA01", name="Three", number="3", modality="MR", days=40)
    at = front()
    page = reader(at=at)
    assert names(page) == ["ONE", "THREE", "TWO"]
    page.get_by_role("combobox", name="Modality").select_option("MR")
    expect(page.locator("#summary")).to_have_text("1 to 2 of 2 entries")
    page.get_by_role("combobox", name="Acquired at").select_option("RXA01")
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry")
    assert names(page) == ["THREE"]
    page.get_by_role("checkbox", name="Overdue").check()
    expect(page).to_have_url(re.compile(r"\?modality=MR&acquired=RXA01&overdue=yes$"))
    assert names(reader(at=at, view="?modality=MR&acquired=RXA01&overdue=yes")) == ["THREE"]
    page.get_by_role("combobox", name="Priority").select_option("LOW")
    expect(page.locator("#nothing-text")).to_have_text("No entry fits these filters.")
    page.locator("#nothing-clear").click()
    expect(page.locator("#summary")).to_have_text("1 to 3 of 3 entries")
    expect(page).to_have_url(at.url)
    page.go_back()
    expect(page.get_by_role("combobox", name="Priority")).to_have_value("LOW")


def test_what_is_not_ours_in_an_address_counts_for_nothing(home: "Home", reader: "Reader") -> None:
    home.study(name="Here")
    page = reader(view="?show=constructor&order=__proto__&modality=%3Cb%3E&page=-3&size=1e9&priority=X&text=secret")
    assert names(page) == ["HERE"]
    expect(page.get_by_label("Find a patient")).to_have_value("")


@pytest.mark.parametrize("typed", ["okon", "ada okon", "RA-100", "acc7", "OKONKWO,"])
def test_a_patient_is_found_and_nothing_of_it_is_written_down(
    home: "Home", reader: "Reader", front: "Open", typed: str
) -> None:
    home.study(name="Okonkwo^Ada", number="RA-10021", accession="ACC7")
    home.study(name="Whitcombe^Peter", number="448810", accession="Z9")
    at = front()
    page = reader(at=at)
    page.get_by_label("Find a patient").fill(typed)
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry")
    assert names(page) == ["OKONKWO, Ada"]
    assert page.url == at.url
    told = " ".join(at.asked).casefold()
    assert not any(word.casefold() in told for word in typed.split())
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, document.cookie])")
    assert kept == '[{},{},null,""]'


def test_the_order_is_chosen_by_the_headings(home: "Home", reader: "Reader") -> None:
    for number, name in enumerate(["Baker", "Abel", "Cole"]):
        home.study(name=name, number=str(number), days=number + 1)
    page = reader()
    heading = page.get_by_role("columnheader", name="Patient")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody .patient .main").first).to_have_text("ABEL")
    assert names(page) == ["ABEL", "BAKER", "COLE"]
    heading.get_by_role("button").click()
    expect(page.locator("tbody .patient .main").first).to_have_text("COLE")
    page.get_by_role("combobox", name="Order").select_option("-start")
    expect(page.locator("tbody .patient .main").first).to_have_text("BAKER")


def test_overdue_is_said_in_words_and_counted(home: "Home", reader: "Reader") -> None:
    home.study(name="Late", days=40)
    home.study(name="Early", number="2", days=1)
    page = reader()
    expect(row(page, "LATE").locator(".due")).to_contain_text("Overdue by 12 days")
    assert "overdue by 12 days" in str(row(page, "LATE").get_attribute("aria-label"))
    expect(row(page, "EARLY")).not_to_contain_text("Overdue")
    expect(page.locator("#overdue-count")).to_have_text("(1)")
    page.get_by_role("checkbox", name="Overdue").check()
    expect(page.locator("#summary")).to_have_text("1 to 1 of 1 entry")


def test_a_study_is_claimed_by_one_and_released(home: "Home", reader: "Reader") -> None:
    home.study(name="Okonkwo^Ada")
    alice, carol = reader(), reader("RXC01", "carol")
    alice.get_by_role("button", name="Claim OKONKWO, Ada").click()
    expect(alice.locator("#told-text")).to_contain_text("OKONKWO, Ada is yours to report until")
    expect(row(alice, "OKONKWO")).to_contain_text("Held by you")
    expect(row(carol, "OKONKWO")).to_contain_text("alice at Brackenfield Royal Infirmary (RXB01)")
    expect(carol.get_by_role("button", name="Claim OKONKWO, Ada")).to_have_count(0)
    expect(carol.get_by_role("button", name="Release OKONKWO, Ada")).to_have_count(0)
    alice.get_by_role("checkbox", name="Held by me").check()
    expect(row(alice, "OKONKWO")).to_be_visible()
    alice.get_by_role("button", name="Release OKONKWO, Ada").click()
    expect(row(alice, "OKONKWO")).to_contain_text("No longer fits your filters")
    alice.get_by_role("checkbox", name="Held by me").focus()
    alice.mouse.move(5, 5)
    home.study(name="Another", number="2")
    expect(alice.locator("#nothing")).to_be_visible()
    expect(carol.get_by_role("button", name="Claim OKONKWO, Ada")).to_be_visible()


def test_who_loses_a_race_is_told_who_holds_it(home: "Home", reader: "Reader", front: "Open") -> None:
    uid = home.study(name="Okonkwo^Ada")
    at = front("RXC01", "carol")
    page = reader(at=at)
    at.gates["/claim"] = threading.Event()
    page.get_by_role("button", name="Claim OKONKWO, Ada").click()
    home.claim(uid, "RXB01", "bob")
    at.gates["/claim"].set()
    expect(page.locator("#told")).to_be_visible()
    expect(page.locator("#told-text")).to_contain_text("OKONKWO, Ada is not yours")
    expect(page.locator("#told-text")).to_contain_text("bob at Brackenfield Royal Infirmary (RXB01) holds it")
    expect(page.locator("#warned")).to_contain_text("is not yours")
    expect(row(page, "OKONKWO")).to_contain_text("bob at Brackenfield")
    expect(page.get_by_role("button", name="Claim OKONKWO, Ada")).to_have_count(0)


def test_a_report_that_is_here_is_accepted_by_who_has_claimed_the_entry(home: "Home", reader: "Reader") -> None:
    uid = home.study("RXA01", name="Kept")
    home.kept(uid)
    page = reader()
    expect(row(page, "KEPT")).to_contain_text("report from RXA01, which does not hold it")
    row(page, "KEPT").get_by_role("button", name="Details").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A report is here")
    expect(dialog).to_contain_text("Whoever holds this entry can accept it.")
    accept = dialog.get_by_role("button", name="Accept the report that is here")
    expect(accept).to_have_count(0)
    dialog.get_by_role("button", name="Claim").click()
    accept.click()
    expect(dialog).to_contain_text("Report accepted by alice at RXB01, completed: report 1.2.5 from RXA01")
    expect(dialog).to_contain_text("1 report")
    expect(dialog).not_to_contain_text("A report is here")
    told = home.call("GET", f"/netprov/worklist/workitems/{uid}", caller="RXA01")
    assert (told["state"], told["holder"], told["person"], told["flag"]) == ("COMPLETED", "RXB01", "alice", "")


def test_two_presses_are_one_claim(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study(name="Okonkwo^Ada")
    at = front()
    page = reader(at=at)
    box = page.get_by_role("button", name="Claim OKONKWO, Ada").bounding_box()
    assert box
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    expect(row(page, "OKONKWO")).to_contain_text("Held by you")
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    home.study(name="Later", number="2")
    expect(page.locator("#held-back")).to_be_visible(timeout=60_000)
    expect(row(page, "OKONKWO")).to_contain_text("Held by you")
    assert [line.rpartition("/")[2] for line in at.asked if "POST" in line and "search" not in line] == ["claim"]


def test_one_entry_in_full_with_its_history(home: "Home", reader: "Reader") -> None:
    uid = home.study(name="Okonkwo^Ada", number="9434765919", accession="ACC7")
    home.claim(uid)
    home.release(uid)
    page = reader()
    page.get_by_role("button", name="Details OKONKWO, Ada").click()
    page.mouse.move(5, 5)
    box = page.get_by_role("dialog", name="OKONKWO, Ada")
    for said in ("943 476 5919", "9434765919 of RXA", "ACC7", "Put on the list by RXA01", "Claimed by bob at RXB01"):
        expect(box).to_contain_text(said)
    expect(box.locator(".history li")).to_have_count(4)
    link = box.get_by_role("link", name="https")
    assert re.fullmatch(r"https://127\.0\.0\.1:1/dicom-web/studies/[0-9.]+", str(link.get_attribute("href")))
    home.claim(uid, "RXC01", "carol")
    expect(box).to_contain_text("carol at Culverhay Centre (RXC01)")
    box.get_by_role("button", name="Close").click()
    expect(box).to_be_hidden()


def test_images_open_in_the_networks_viewer(home: "Home", reader: "Reader", front: "Open") -> None:
    home.study(name="Okonkwo^Ada")
    at = front()
    at.brand["viewer"] = "/viewer/?study={study}"
    page = reader(at=at)
    link = page.get_by_role("link", name="Open images OKONKWO, Ada")
    assert re.search(r"/viewer/\?study=[0-9.]+$", str(link.get_attribute("href")))
    assert link.get_attribute("rel") == "noopener noreferrer"
    at.brand["viewer"] = "javascript:alert(1)//{study}"
    expect(reader(at=at).get_by_role("link", name="Open images OKONKWO, Ada")).to_have_count(0)


def test_an_empty_list_says_what_will_come(home: "Home", reader: "Reader") -> None:
    page = reader()
    expect(page.locator("#nothing-text")).to_contain_text("Nothing waits to be reported.")
    expect(page.locator("#nothing-clear")).to_be_hidden()
    home.study(name="First")
    expect(row(page, "FIRST")).to_be_visible()


def test_the_networks_brand_is_shown(home: "Home", reader: "Reader", front: "Open") -> None:
    at = front()
    at.brand |= {"colour": "#FFE14D", "logo": "icon.svg", "network_name": "Teme Imaging", "strapline": "Partners"}
    page = reader(at=at)
    expect(page.locator("header")).to_contain_text("Teme Imaging")
    expect(page.locator("#logo")).to_have_js_property("complete", True)
    assert page.locator("#logo").evaluate("image => image.naturalWidth > 0")
    head = page.locator("header")
    expect(head).to_have_css("background-color", "rgb(255, 225, 77)")
    expect(head).to_have_css("color", "rgb(0, 0, 0)")
    expect(page).to_have_title("Shared worklist, Teme Imaging")
