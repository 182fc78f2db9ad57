"""The readers' door: a person with a browser, at the own site, and nothing but the shared worklist behind it."""

import base64
import http.client
import json
import ssl
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from provisioner.home import NetworkFolder
from stacks.local.ports import recorded

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

WORKLIST = "/dicom-web/workitems?limit=1"


@dataclass(frozen=True)
class Browser:
    """What a browser sends: it trusts the network's authority and shows no certificate."""

    folder: NetworkFolder
    site: str
    login: str = ""

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        context = ssl.create_default_context(cafile=self.folder.clients / "trust.crt")
        port = recorded(self.folder)[self.site].web_port
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.login:
            sent["Authorization"] = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        with closing(http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)) as door:
            door.request(method, path, body, headers=sent)
            answer = door.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def status(self, path: str, method: str = "GET", **headers: str) -> int:
        return self.ask(path, method, "", **headers)[0]


def admitted(home: "Home", site: str) -> Browser:
    said = home.netprov("readers", "add", site, "a.reader").stdout
    facts = dict(line.split(maxsplit=1) for line in said.splitlines())
    return Browser(NetworkFolder(home.network("severn")), site, f"a.reader:{facts['password']}")


def test_a_reader_comes_to_the_page_and_the_worklist_and_to_nothing_else(home: "Home") -> None:
    file = home.hosted("severn", ("RXA01", "RXB01"))
    home.netprov("up", file, "--yes", "--no-verify")
    nobody = Browser(NetworkFolder(home.network("severn")), "RXB01")
    assert nobody.status("/worklist/brand.json") == 401, "there is no reader yet"
    for site in ("RXA01", "RXB01"):  # the home itself, and a site that asks it
        reader = admitted(home, site)
        status, headers, text = reader.ask("/worklist/brand.json")
        assert status == 200
        assert json.loads(text)["site"] == site
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert json.loads(reader.ask("/worklist/me")[2]) == {"person": "a.reader"}
        assert reader.status(WORKLIST) in (200, 204)
        assert reader.status(WORKLIST, "POST", Sec_Fetch_Site="cross-site") == 403
        assert reader.status(WORKLIST, "GET", Sec_Fetch_Site="cross-site") in (200, 204)
        status, _, text = reader.ask("/netprov/worklist/workitems/2.25.1/send", "POST", '{"to": "RXB01"}')
        assert (status, json.loads(text)["message"]) == (404, "there is no workitem 2.25.1")
        assert reader.status("/netprov/sharing/send", "POST") == 404
        for elsewhere in ("/", "/system", "/patients", "/dicom-web/studies", "/netprov/sharing/queue", "/instances"):
            assert reader.status(elsewhere) == (302 if elsewhere == "/" else 404), elsewhere
        for path in ("/worklist/../people", "/worklist/%2e%2e/people", "/worklist../people"):
            assert reader.status(path) in (400, 404), path
        for stranger in (Browser(reader.folder, site), Browser(reader.folder, site, "a.reader:guessed")):
            assert stranger.status("/worklist/me") == 401
            assert stranger.status(WORKLIST) == 401


def test_readers_outlive_up_and_a_new_password_ends_the_old_one(home: "Home") -> None:
    file = home.hosted("severn", ("RXA01", "RXB01"))
    home.netprov("up", file, "--yes", "--no-verify")
    first = admitted(home, "RXB01")
    home.netprov("up", file, "--yes", "--no-verify", "--rotate", "certificates")
    assert first.status("/worklist/me") == 200
    second = admitted(home, "RXB01")
    assert (first.status("/worklist/me"), second.status("/worklist/me")) == (401, 200)
    home.netprov("readers", "remove", "RXB01", "a.reader")
    assert second.status("/worklist/me") == 401
    home.netprov("down", "severn", "--yes")
    assert home.processes() == ()
