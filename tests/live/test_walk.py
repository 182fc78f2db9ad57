"""The README's walk in the browser: a real network, its real fronts and doors, Chromium, and no mouse."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, HttpCredentials, Page, expect

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 60_000
ASKED = {"SCANNER": ("--scanner", "ALDER_CT1"), "READER": ("--curl", "RXB01"), "ACQUIRER": ("--curl", "RXA02")}
"""What `netprov outputs` tells tools of others."""


def at(home: "Home", browser: Browser, site: str, person: str, width: int) -> Page:
    """The page as a person at a site has it. (That its certificate is the network's own, test_door.py looks at.)"""
    told = home.netprov("readers", "add", site, person).stdout
    facts = dict(line.split(maxsplit=1) for line in told.splitlines())
    login = HttpCredentials(username=facts["name"], password=facts["password"])
    context = browser.new_context(
        ignore_https_errors=True, http_credentials=login, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(facts["page"])
    return page


def shell(home: "Home", command: str) -> str:
    """DCMTK's tools, and not pynetdicom's of the same name."""
    told = {name: home.netprov("outputs", "severn", *words).stdout.strip() for name, words in ASKED.items()}
    environ = home.environ | told | {"PATH": "/usr/bin:/bin", "EXAMPLES": str(EXAMPLES)}
    argv = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(argv, cwd=home.path, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_acquired_at_one_site_claimed_and_reported_at_another_and_home_again(home: "Home", browser: Browser) -> None:
    home.netprov("up", str(EXAMPLES / "severn.yaml"), "--yes", "--no-verify")
    reader, acquirer = at(home, browser, "RXB01", "a.reader", 1280), at(home, browser, "RXA02", "r.adiographer", 390)
    expect(reader.locator("#nothing-text")).to_contain_text("Nothing waits to be reported.")
    expect(reader.locator("#live")).to_have_text("Live")
    shell(home, 'dump2dcm "$EXAMPLES/synthetic-ct.dump" image.dcm && storescu $SCANNER image.dcm')
    entry = reader.locator("tr[data-uid]", has_text="SYNTHETIC, PATIENT")
    expect(entry).to_contain_text("Aldermoor Community Diagnostic Centre (RXA02)", timeout=PATIENCE)

    reader.keyboard.press("j")
    reader.keyboard.press("c")
    expect(entry).to_contain_text("Held by you")
    seen = acquirer.locator("tr[data-uid]", has_text="SYNTHETIC, PATIENT")
    expect(seen).to_contain_text("a.reader at Brackenfield Royal Infirmary (RXB01)", timeout=PATIENCE)
    reader.keyboard.press("Enter")
    box = reader.get_by_role("dialog", name="SYNTHETIC, PATIENT")
    expect(box).to_contain_text("To RXB01 (claimed there): it has arrived", timeout=PATIENCE)
    reader.keyboard.press("Escape")
    with reader.context.expect_page() as opened:
        reader.keyboard.press("o")
    expect(opened.value.locator("#where")).to_have_text("Image 1 of 1", timeout=PATIENCE)
    opened.value.close()

    shell(home, 'dump2dcm "$EXAMPLES/synthetic-report.dump" report.dcm')
    shell(home, "curl -sf --data-binary @report.dcm $READER/instances")
    expect(entry).to_contain_text("Reported", timeout=PATIENCE)
    reader.keyboard.press("Enter")
    expect(box).to_contain_text("Report came in from RXB01, completed")
    shell(home, """until curl -sf $ACQUIRER/statistics | grep '"CountInstances" : 2'; do sleep 1; done""")
    acquirer.goto(acquirer.url + "?show=reported")
    expect(seen).to_contain_text("a.reader at Brackenfield Royal Infirmary (RXB01)")

    assert home.facts("worklist", "audit")["whole"] is True
    log = home.network("severn") / "nodes/RXA01/worklist-audit.log"
    log.write_bytes(log.read_bytes().replace(b'"a.reader"', b'"b.reader"', 1))
    assert "NOT WHOLE" in home.netprov("worklist", "audit", code=4).stdout
    home.netprov("down", "severn", "--yes", "--delete-studies")
