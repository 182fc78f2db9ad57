"""What holds for every test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# pynetdicom puts an echoscu and a storescu of its own beside python; the tests mean DCMTK's.
_OURS = str(Path(sys.executable).parent)
os.environ["PATH"] = os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != _OURS)

# How long one example takes says more of the machine than of the code: three files of tests run at a time.
# Examples are the same in every run, so that what fails was changed; `make fuzz` and NETPROV_FUZZ look for new ones.
settings.register_profile("netprov", deadline=None, derandomize="NETPROV_FUZZ" not in os.environ)
settings.load_profile("netprov")

PATIENCE = 60_000
CHROMIUM = "/usr/bin/chromium"
SWITCHES = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# No graphics card is there to be used, no window's own pages are ever seen, and no page is opened ahead of time: each
# of these would take a renderer, or the processor in its place.
SWITCHES += ["--disable-gpu", "--disable-features=PreloadTopChromeWebUI,SpareRendererForSitePerProcess"]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One for all tests of a file, and no longer: as long as Playwright runs, no other loop may be run."""
    from playwright.sync_api import expect, sync_playwright  # few tests need it

    # Its own five seconds are too few for a machine that does other things too.
    expect.set_options(timeout=PATIENCE)

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield found
        found.close()
