"""The readers' door: a person with a browser, at the own site, and nothing but the shared worklist behind it."""

import base64
import http.client
import json
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from conftest import definition

from provisioner.credentials import load_master, password
from provisioner.home import NetworkFolder
from provisioner.proving.orthanc import Orthanc
from stacks.local.ports import recorded

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
WORKLIST = "/dicom-web/workitems?limit=1"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


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
            return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")

    def status(self, path: str, method: str = "GET", **headers: str) -> int:
        return self.ask(path, method, "", **headers)[0]


def node(home: "Home", name: str) -> Orthanc:
    folder = NetworkFolder(home.network("severn"))
    endpoint = recorded(folder)[name]
    secret = password(load_master(folder.secrets), f"orthanc:{name}")
    return Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", secret)


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
        assert reader.status("/dicom-web/subscribers/READER", **UPGRADE) in (404, 426), "no channel by a password alone"
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


def test_pictures_of_what_the_own_node_holds_and_of_nothing_else(home: "Home") -> None:
    """At the reading site, and at the hub, which holds what others may not see."""
    pools = "{home: RXA01}, pools: [{name: ct, sites: [RXB01], modalities: [CT]}]"
    text = definition("severn", ("RXA01", "RXB01")).replace("{home: RXA01}", pools)
    text += "deployment: {local: {stable_seconds: 1}}\n"
    home.netprov("up", home.define(text), "--yes", "--no-verify")
    tags = {"PatientName": "SYNTHETIC^ONE", "PatientID": "7", "Modality": "CT", "StudyInstanceUID": "1.2.3"}
    made = node(home, "RXB01").post("/tools/create-dicom", {"Tags": tags, "Force": True, "Content": PICTURE})
    deadline = time.monotonic() + 300
    while not home.facts("worklist", "list")["entries"]:
        assert time.monotonic() < deadline, "on the worklist"
        time.sleep(0.2)
    for site in ("RXB01", "RXA01"):
        reader = admitted(home, site)
        status, _, listing = reader.ask("/netprov/images/1.2.3")
        if site == "RXA01":
            assert (status, json.loads(listing)["message"]) == (404, "this study is not here"), (
                "no pool gives it to RXA"
            )
            continue
        (series,) = json.loads(listing)["series"]
        (image,) = series["images"]
        assert (series["modality"], image["id"], image["frames"]) == ("CT", made["ID"], 1)
        door = f"/netprov/images/1.2.3/{image['id']}/0"
        status, headers, _ = reader.ask(f"{door}?center=128&width=256&size=64")
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/png", "no-store")
        for wrong, code in ((f"{door}?width=0&center=1", 400), (f"{door}?size=9999", 400), (f"{door[:-1]}9", 415)):
            assert reader.status(wrong) == code, wrong
        assert reader.status(door.replace("1.2.3", "1.2.4")) == 404, "of another study"
        assert reader.status(door, "DELETE") == 403
        assert reader.status(door + "?_method=DELETE") == 405
        assert Browser(reader.folder, site).status(door) == 401
    audit: Any = home.facts("worklist", "audit")["entries"]
    assert [(line["site"], line["person"]) for line in audit if line["action"] == "view"] == [("RXB01", "a.reader")]
