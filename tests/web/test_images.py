"""A study's images in the browser, from the node of the reader's own site."""

import io
import math
import re
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest
from entered import entry
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

if TYPE_CHECKING:
    from tests.web.conftest import Home

    Reader = Callable[..., Page]

pytestmark = pytest.mark.live
PATIENCE = 60_000
AXE = (Path(__file__).parent / "vendor/axe-core-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIDE, SLICES = 128, 9
AIR, BRAIN, BONE = 0, 1064, 1924


@pytest.fixture(scope="module")
def head() -> list[bytes]:
    """An invented head of nine slices, and one of three, under the UID of the first entry."""
    _, item = entry()
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.Modality, made.PatientName, made.PatientID = CTImageStorage, "CT", "Synthetic^Sam", "1"
    made.StudyInstanceUID = item["0020000D"]["Value"][0]
    made.Rows = made.Columns = SIDE
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.RescaleIntercept, made.RescaleSlope, made.WindowCenter, made.WindowWidth = -1024, 1, 40, 400
    files = []
    for number, (words, slices) in enumerate((("Head, axial", SLICES), ("<b>Bone</b> kernel", 3)), 1):
        made.SeriesInstanceUID, made.SeriesNumber, made.SeriesDescription = generate_uid(), number, words
        for at in range(slices):
            made.SOPInstanceUID, made.InstanceNumber = generate_uid(), at + 1
            made.PixelData = _slice(at / max(1, slices - 1)).tobytes()
            file = io.BytesIO()
            made.save_as(file, enforce_file_format=True)
            files.append(file.getvalue())
    return files


def _slice(height: float) -> "array[int]":
    """A skull, what is in it, and two ventricles that open towards the middle."""
    size = 0.55 + 0.4 * math.sin(math.pi * (0.15 + 0.7 * height))
    open_ = 0.16 * math.sin(math.pi * height)
    pixels = array("H", bytes(2 * SIDE * SIDE))
    for row in range(SIDE):
        for column in range(SIDE):
            x, y = (2 * column / SIDE - 1) / size, (2 * row / SIDE - 1) / size
            far = math.hypot(x / 0.78, y / 0.95)
            inner = min(math.hypot((x - side) / 0.7, y / 1.6) for side in (-0.13, 0.13))
            value = AIR if far > 1 else BONE if far > 0.9 else 1032 if inner < open_ else BRAIN + (row * column) % 9
            pixels[row * SIDE + column] = value
    return pixels


def opened(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open images SYNTHETIC, Sam").click()
    shown = popup.value
    shown.set_default_timeout(PATIENCE)
    return shown


def test_a_series_is_looked_through(home: "Home", reader: "Reader", head: list[bytes]) -> None:
    home.study()
    home.store(head)
    page = opened(reader(site="RXA01", person="ann"))
    expect(page.locator("#name")).to_have_text("SYNTHETIC, Sam", timeout=PATIENCE)
    expect(page.locator("#facts")).to_contain_text("No. 1 of RXA")
    expect(page.locator("#stage img")).to_have_attribute("alt", f"Image 5 of {SLICES}, CT Head, axial")
    slider = page.get_by_label("Image", exact=True)
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("#where")).to_have_text(f"Image {SLICES} of {SLICES}")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#stage img")).to_have_attribute("alt", f"Image {SLICES - 1} of {SLICES}, CT Head, axial")
    expect(slider).to_have_attribute("aria-valuetext", f"Image {SLICES - 1} of {SLICES}")
    page.locator("#stage").hover()
    page.mouse.wheel(0, -120)
    expect(page.locator("#where")).to_have_text(f"Image {SLICES - 2} of {SLICES}")
    page.get_by_role("button", name="<b>Bone</b> kernel").click()
    expect(page.locator("#where")).to_have_text("Image 2 of 3")
    expect(page.locator("main b")).to_have_count(0)


def test_the_window_is_applied_where_all_the_bits_are(home: "Home", reader: "Reader", head: list[bytes]) -> None:
    home.study()
    home.store(head)
    page = opened(reader(site="RXA01", person="ann"))
    expect(page.locator("#stage img")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Window").select_option(label="Bone")
    expect(page.locator("#stage img")).to_have_attribute("src", re.compile(r"center=400&width=1800"))
    assert shade(page) < 100, "brain is dark in a window for bone"
    page.get_by_label("Width").fill("80")
    page.get_by_label("Centre").fill("20")
    page.keyboard.press("Tab")
    expect(page.locator("#stage img")).to_have_attribute("src", re.compile(r"center=20&width=80"))
    expect(page.get_by_label("Window")).to_have_value("own")
    assert shade(page) > 180, "and bright in one for soft tissue"


def shade(page: Page) -> int:
    """Of the brain beside the ventricles, as it is on the screen."""
    page.wait_for_function("() => !document.getElementById('stage').classList.contains('late')")
    drawn = """(img) => {
        const paper = document.createElement('canvas');
        [paper.width, paper.height] = [img.naturalWidth, img.naturalHeight];
        const pen = paper.getContext('2d');
        pen.drawImage(img, 0, 0);
        return pen.getImageData(Math.round(img.naturalWidth * 0.72), Math.round(img.naturalHeight / 2), 1, 1).data[0];
    }"""
    return int(page.locator("#stage img").evaluate(drawn))


def test_a_site_without_the_images_says_so_and_asks_for_them(home: "Home", reader: "Reader", head: list[bytes]) -> None:
    home.study()
    home.store(head)
    page = opened(reader(site="RXB01", person="bob"))
    expect(page.locator("#trouble")).to_contain_text("Your site does not hold these images", timeout=PATIENCE)
    page.get_by_role("button", name="Send it to this site").click()
    # The test's home has no way to RXB01.
    expect(page.locator("#trouble")).to_contain_text("could not be sent here: no link leads", timeout=PATIENCE)


@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_used_by_everybody(home: "Home", reader: "Reader", head: list[bytes], width: int) -> None:
    home.study()
    home.store(head)
    page = opened(reader(site="RXA01", person="ann", width=width))
    expect(page.locator("#stage img")).to_be_visible(timeout=PATIENCE)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    page.get_by_role("button", name="<b>Bone</b> kernel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#where")).to_have_text("Image 2 of 3")


def test_what_is_no_picture_says_so(home: "Home", reader: "Reader", head: list[bytes]) -> None:
    home.study()
    report = pydicom.dcmread(io.BytesIO(head[0]))
    del report.PixelData
    report.Modality, report.SOPClassUID = "SR", "1.2.840.10008.5.1.4.1.1.88.11"
    report.SOPInstanceUID, report.SeriesInstanceUID = generate_uid(), generate_uid()
    file = io.BytesIO()
    report.save_as(file, enforce_file_format=True)
    home.store([file.getvalue()])
    page = opened(reader(site="RXA01", person="ann"))
    expect(page.locator("#stage")).to_contain_text("SR is no picture", timeout=PATIENCE)
