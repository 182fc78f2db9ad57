"""Real nodes run from the rendered files alone: who may come in, by which door, and for what."""

import base64
import http.client
import io
import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from reloaded import reloaded
from vacant import vacant_port

from provisioner.credentials import OPERATOR, Keys, fingerprint, password
from provisioner.definition.choices import IndexKind, Operation, SiteKind
from provisioner.engine.plan import Endpoint
from provisioner.home import NodeFolder
from provisioner.links.topology import Caller, ModalityEntry, Node, WebEntry
from provisioner.pki import Authority, ensure_authority, issue
from provisioner.site.render import (
    Login,
    Site,
    dicomweb_body,
    link_files,
    modality_body,
    node_files,
    orthanc_config,
    peer_body,
    unknown_settings,
)
from site_templates import path as template_path

pytestmark = pytest.mark.live

MASTER = bytes(32)
KEYS = Keys(1, {1: MASTER}, "g1")
NOW = datetime.now(UTC)
AS_ROOT = ("-g", "user root;") if os.geteuid() == 0 else ()
"""pytest's folders are root's own, where root runs the tests; netprov itself runs nginx as another account."""
HOSTILE = """St "Mary's" {}; $host | #1 \\ </Name> 診療所 \U0001f3e5 é%0d%0a"""
ALL = (Operation.ECHO, Operation.STORE, Operation.FIND, Operation.GET)


@dataclass
class Running:
    """One node: Orthanc and its front, as plain processes."""

    site: Site
    orthanc: subprocess.Popen[bytes]
    front: subprocess.Popen[bytes]

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Past the front, as netprov itself does."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Basic {self.site.internal.used.basic}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.site.endpoint.http_port, timeout=120)) as connection:
            connection.request(method, path, raw, headers)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status == 200, f"{method} {path}: {answer.status} {text[:500]!r}"
        return json.loads(text) if text[:1] in (b"{", b"[") else text

    def admit(self, *callers: Caller) -> None:
        """Write who may call, and have the front read it."""
        write_links(self.site, callers)
        reloaded(self.front.pid)

    def stop(self) -> None:
        self.front.terminate()
        self.orthanc.kill()
        for process in (self.front, self.orthanc):
            process.wait()


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def login_at(caller: str, called: str) -> str:
    return f"{caller}:{password(MASTER, f'peer:{caller}>{called}')}"


def write_links(site: Site, callers: tuple[Caller, ...]) -> None:
    logins = {c.node: KEYS.peer(c.node, site.node.id) for c in callers} | {OPERATOR: KEYS.operator(site.node.id)}
    for name, text in link_files(site.network_id, site, callers, logins).items():
        (site.folder.root / name).write_text(text)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("preload") / "loopback.so"
    source = template_path("loopback.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", built, source], check=True)
    return built


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return ensure_authority(tmp_path_factory.mktemp("ca"), "severn", 1, NOW)


def certify(folder: NodeFolder, authority: Authority, network: str, subject: str) -> None:
    issued = issue(authority, network, subject, NOW)
    folder.certificate.parent.mkdir(parents=True, exist_ok=True)
    folder.certificate.write_text(issued.certificate_pem)
    folder.key.write_text(issued.key_pem)
    folder.trust.write_text(authority.certificate_pem)


def prepare(root: Path, authority: Authority, node_id: str, name: str, kind: SiteKind) -> Site:
    """Everything that a node needs on the disk."""
    https, dicom, http_port = (vacant_port() for _ in range(3))
    site = Site(
        node=Node(node_id, name, node_id, kind, "RXA", "RXA", "local", "RXA", node_id, IndexKind.SQLITE, (), 60),
        network_id="severn",
        network_name="Severn",
        endpoint=Endpoint("127.0.0.1", https, dicom, http_port),
        folder=NodeFolder(root / node_id),
        internal=KEYS.internal(node_id),
        database=None,
        generation="g1",
    )
    for name in ("index", "storage", "plugins", "tmp"):
        (site.folder.root / name).mkdir(parents=True)
    for name, text in node_files(site).items():
        (site.folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (site.folder.root / name).write_text(text)
    certify(site.folder, authority, "severn", node_id)
    write_links(site, ())
    return site


def launch(site: Site, library: Path) -> Running:
    environ = {"PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "LD_PRELOAD": str(library), "TCP_NODELAY": "1"}
    folder = site.folder
    with folder.orthanc_log.open("wb") as log:
        orthanc = subprocess.Popen(["/usr/sbin/Orthanc", folder.config], env=environ, stdout=log, stderr=log)
    front = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", folder.root, "-c", folder.front, "-e", folder.front_log, *AS_ROOT],
        env={},
    )
    running = Running(site, orthanc, front)
    for port in (site.endpoint.http_port, site.endpoint.dicom_port, site.endpoint.https_port):
        wait_for(port, running)
    return running


def wait_for(port: int, running: Running) -> None:
    for _ in range(2400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
        if running.orthanc.poll() is not None or running.front.poll() is not None:
            break
    logs = (running.site.folder.orthanc_log, running.site.folder.front_log)
    running.stop()
    pytest.fail("\n".join(log.read_text()[-2000:] for log in logs if log.exists()))


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, library: Path
) -> Iterator[tuple[Running, Running]]:
    """RXA01, with a hostile name, and HUB; each may do everything at the other."""
    root = tmp_path_factory.mktemp("nodes")
    started = [
        launch(prepare(root, authority, "RXA01", HOSTILE, SiteKind.ACUTE), library),
        launch(prepare(root, authority, "HUB", "Hub", SiteKind.REPORTING_HUB), library),
    ]
    site, hub = started
    for one, other in ((site, hub), (hub, site)):
        connect(one, other)
        one.admit(Caller(other.site.node.id, ALL))
    yield site, hub
    for running in started:
        running.stop()


def connect(one: Running, other: Running) -> None:
    """Tell one node how it reaches another."""
    here, there = one.site, other.site
    login = Login(str(here.folder.certificate), str(here.folder.key), KEYS.peer(here.node.id, there.node.id).used)
    entry, alias = WebEntry(there.node.id, there.node.id, ""), there.node.id
    one.api("PUT", f"/peers/{alias}", peer_body(entry, there.endpoint, login))
    one.api("PUT", f"/dicom-web/servers/{alias}", dicomweb_body(entry, there.endpoint, login))
    modality = ModalityEntry(alias, there.node.aet, alias, "", 0, ALL, tls=True)
    one.api("PUT", f"/modalities/{alias}", modality_body(modality, there.endpoint))


def synthetic_study(instances: int) -> Iterator[bytes]:
    """DICOM files of one study of no patient."""
    study = pydicom.Dataset()
    study.file_meta = FileMetaDataset()
    study.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    study.SOPClassUID = SecondaryCaptureImageStorage
    study.PatientName, study.PatientID = "Synthetic^Patient", "SYN1"
    study.StudyInstanceUID, study.SeriesInstanceUID = generate_uid(), generate_uid()
    for number in range(instances):
        study.SOPInstanceUID, study.InstanceNumber = generate_uid(), number
        file = io.BytesIO()
        study.save_as(file, enforce_file_format=True)
        yield file.getvalue()


# -- what a node says of itself ---------------------------------------------------------------------------------


def test_a_node_has_the_name_of_its_definition(pair: tuple[Running, Running]) -> None:
    assert pair[0].api("GET", "/system")["Name"] == HOSTILE


def test_a_thousand_hostile_names_pass_through_orthancs_reader(
    tmp_path: Path, authority: Authority, library: Path
) -> None:
    site = prepare(tmp_path, authority, "RXB01", "Names", SiteKind.SPECIALIST)
    choice = random.Random(1)
    pieces = (*"\"'\\{}$;,/* xé", "\\u0022", "\u2028", "//", "/*", "*/", "\U0001f3e5")
    made = ("".join(choice.choices(pieces, k=12)) for _ in range(2000))
    names = [name for name in made if "${" not in name][:1000]
    config = orthanc_config(site) | {"Netprov": {"names": names}}
    site.folder.config.write_text(json.dumps(config, ensure_ascii=False))
    running = launch(site, library)
    try:
        assert running.api("GET", "/netprov/identity")["names"] == names
    finally:
        running.stop()


def test_a_node_listens_on_this_machine_only(pair: tuple[Running, Running]) -> None:
    rows = [row.split() for kind in ("tcp", "tcp6") for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    listening = {tuple(row[1].split(":")) for row in rows if row[3] == "0A"}
    for running in pair:
        end = running.site.endpoint
        for port in (end.https_port, end.dicom_port, end.http_port):
            assert {address for address, hexed in listening if int(hexed, 16) == port} == {"0100007F"}


def test_a_node_has_loaded_its_plugins_and_says_who_it_is(pair: tuple[Running, Running]) -> None:
    assert {"dicom-web", "python"} <= set(pair[0].api("GET", "/plugins"))
    assert pair[0].api("GET", "/netprov/identity") == {"network": "severn", "node": "RXA01", "generation": "g1"}


def test_a_node_shows_its_settings_with_secrets_masked(pair: tuple[Running, Running]) -> None:
    site = pair[0].site
    expected = json.loads(json.dumps(orthanc_config(site)))
    expected["RegisteredUsers"]["netprov"] = f"sha256:{fingerprint(site.internal.used.password)}"
    assert pair[0].api("GET", "/netprov/settings") == expected


def test_orthanc_knows_every_setting_that_is_rendered(pair: tuple[Running, Running], tmp_path: Path) -> None:
    subprocess.run(["/usr/sbin/Orthanc", f"--config={tmp_path / 'all.json'}"], check=True, capture_output=True)
    text = (tmp_path / "all.json").read_text()
    config = orthanc_config(pair[0].site)
    assert unknown_settings(config, text) == ()
    assert unknown_settings({**config, "DicomAett": "X", "Hostt": 1}, text) == ("DicomAett", "Hostt")


def test_links_are_read_back_as_they_were_set(pair: tuple[Running, Running]) -> None:
    site, hub = pair
    modality = modality_body(ModalityEntry("HUB", "HUB", "HUB", "", 0, ALL, tls=True), hub.site.endpoint)
    assert modality.items() <= site.api("GET", "/modalities?expand")["HUB"].items()
    for place, suffix in (("/peers?expand", "/"), ("/dicom-web/servers?expand", "/dicom-web/")):
        entry = site.api("GET", place)["HUB"]
        assert entry["Url"] == f"https://127.0.0.1:{hub.site.endpoint.https_port}{suffix}"
        assert (entry["Username"], entry["Password"]) == ("RXA01", None)


# -- DICOM ------------------------------------------------------------------------------------------------------


def echo(called: Running, tls: list[str], calling_aet: str = "RXA01", called_aet: str = "") -> int:
    command = ["echoscu", "-to", "60", *tls, "-aet", calling_aet, "-aec", called_aet or called.site.node.aet]
    done = subprocess.run(
        [*command, "127.0.0.1", str(called.site.endpoint.dicom_port)], check=False, capture_output=True, timeout=180
    )
    return done.returncode


def tls_of(folder: NodeFolder) -> list[str]:
    return ["+tls", str(folder.key), str(folder.certificate), "+cf", str(folder.trust)]


def test_dicom_tls_takes_a_linked_node(pair: tuple[Running, Running]) -> None:
    site, hub = pair
    assert echo(hub, tls_of(site.site.folder)) == 0


def test_dicom_tls_refuses_everybody_else(pair: tuple[Running, Running], tmp_path: Path) -> None:
    site, hub = pair
    own, foreign = site.site.folder, NodeFolder(tmp_path)
    certify(foreign, ensure_authority(tmp_path / "ca", "avon", 1, NOW), "avon", "RXA01")
    foreign.trust.write_text(own.trust.read_text())
    assert echo(hub, []) != 0, "plain DICOM"
    assert echo(hub, ["+tla", "+cf", str(own.trust)]) != 0, "no certificate"
    assert echo(hub, tls_of(foreign)) != 0, "another network's certificate"
    assert echo(hub, tls_of(own), calling_aet="STRANGER") != 0, "unknown AE title"
    assert echo(hub, tls_of(own), called_aet="OTHER") != 0, "wrong called AE title"


def test_a_study_goes_both_ways_by_every_protocol(pair: tuple[Running, Running]) -> None:
    site, hub = pair
    for image in synthetic_study(3):
        site.api("POST", "/instances", image)
    (study,) = site.api("GET", "/studies")
    uid = site.api("GET", f"/studies/{study}")["MainDicomTags"]["StudyInstanceUID"]
    sends = {
        "/peers/HUB/store": [study],
        "/modalities/HUB/store": [study],
        "/dicom-web/servers/HUB/stow": {"Resources": [study]},
    }
    for path, body in sends.items():
        site.api("POST", path, body)
        assert hub.api("GET", f"/studies/{study}")["Series"], path
        found = site.api("POST", "/dicom-web/servers/HUB/qido", {"Uri": "/studies", "Arguments": {"0020000D": uid}})
        assert len(found) == 1
        if path != list(sends)[-1]:
            hub.api("DELETE", f"/studies/{study}")
    site.api("DELETE", f"/studies/{study}")
    site.api("POST", "/dicom-web/servers/HUB/retrieve", {"Resources": [{"Study": uid}]})
    assert len(site.api("GET", f"/studies/{study}/instances")) == 3
