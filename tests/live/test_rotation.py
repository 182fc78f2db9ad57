"""Certificates are renewed and the authority is replaced while images arrive: none that was taken is lost."""

import json
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from scanned import until

from provisioner.credentials import Credential
from provisioner.home import NetworkFolder
from provisioner.pki import Described, describe
from provisioner.proving.orthanc import Orthanc
from provisioner.proving.probes import Attempt, request
from stacks.local.ports import recorded
from stacks.local.trust import keys_of

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

NETWORK = """netprov: 1
network: {id: severn, name: Severn Imaging, environment: test, synthetic_data: true}
operating_model: hosted
host: RXA
reporting: {worklist: {home: RXA01}}
members:
  - ods: RXA
    name: Trust RXA
    kind: foundation_trust
    sites:
      - {ods: RXA01, name: Hospital A, modalities: [{aet: CT1, kind: CT}]}
  - ods: RXB
    name: Trust RXB
    kind: foundation_trust
    sites:
      - {ods: RXB01, name: Hospital B, modalities: [{aet: CT2, kind: CT}]}
deployment: {local: {stable_seconds: 1}}
"""


def write_image(path: Path, number: int) -> str:
    """A small synthetic CT image; gives its SOP Instance UID."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = Dataset()
    image.file_meta = meta
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    image.PatientName, image.PatientID = "SYNTHETIC^STREAM", f"STREAM-{number}"
    image.StudyInstanceUID, image.SeriesInstanceUID, image.Modality = generate_uid(), generate_uid(), "CT"
    image.Rows = image.Columns = 16
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation, image.SamplesPerPixel = 15, 0, 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.PixelData = bytes(512)
    image.save_as(path, enforce_file_format=True)
    return str(image.SOPInstanceUID)


class Scanner:
    """One of a site's: sends image after image over DICOM TLS, and sends again what was not taken."""

    def __init__(self, folder: NetworkFolder, drawer: Path, site: str = "RXA01", aet: str = "CT1") -> None:
        self.taken: list[str] = []
        self.refusals = 0
        self._folder, self._drawer = folder, drawer
        self._site, self._aet = site, aet
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def wait_for(self, images: int) -> None:
        """Until so many have been taken."""
        deadline = time.monotonic() + 300
        while len(self.taken) < images:
            assert time.monotonic() < deadline, f"{len(self.taken)} of {images} images taken, {self.refusals} refused"
            time.sleep(0.05)

    def _run(self) -> None:
        number = 0
        while not self._end.is_set():
            number += 1
            path = self._drawer / f"{number}.dcm"
            uid = write_image(path, number)
            while not self._send(path):
                self.refusals += 1
                if self._end.is_set():
                    return
                time.sleep(0.02)
            self.taken.append(uid)

    def _send(self, path: Path) -> bool:
        clients, port = self._folder.clients, recorded(self._folder)[self._site].dicom_port
        pair = [str(clients / f"{self._site}-{self._aet}.{kind}") for kind in ("key", "crt")]
        trust = ["+cf", str(clients / "trust.crt")]
        titles = ["-aet", self._aet, "-aec", self._site]
        command = ["storescu", "+tls", *pair, *trust, *titles, "127.0.0.1", str(port), str(path)]
        return subprocess.run(command, capture_output=True, timeout=180, check=False).returncode == 0


def test_no_image_is_lost_while_certificates_change(home: "Home", tmp_path: Path) -> None:
    file = home.define(NETWORK)
    home.netprov("up", file, "--yes", "--no-verify")
    folder = NetworkFolder(home.network("severn"))
    before = certificates(folder)
    with Scanner(folder, tmp_path) as scanner:
        scanner.wait_for(1)
        home.netprov("up", file, "--yes", "--no-verify", "--rotate", "certificates")
        scanner.wait_for(len(scanner.taken) + 3)
    after = certificates(folder)
    assert all(after[name].serial != before[name].serial for name in before)
    assert after["RXA01"].issuer == before["RXA01"].issuer
    assert set(scanner.taken) <= held(folder, "RXA01"), "every image that was taken is there"
    home.netprov("up", file, "--yes")


def certificates(folder: NetworkFolder) -> dict[str, Described]:
    return {name: describe(folder.node(name).certificate.read_text()) for name in ("RXA01", "RXB01")}


def held(folder: NetworkFolder, node: str) -> set[str]:
    """The SOP Instance UIDs of all that a node has."""
    login = keys_of(folder).internal(node).used
    client = Orthanc(f"http://127.0.0.1:{recorded(folder)[node].http_port}", login.user, login.password)
    return {client.get(f"/instances/{i}")["MainDicomTags"]["SOPInstanceUID"] for i in client.get("/instances")}


def asked(folder: NetworkFolder, login: Credential) -> int:
    """What RXB01, under its own certificate, is answered by the hub."""
    files = folder.node("RXB01")
    tls = ssl.create_default_context(cafile=str(files.trust))
    tls.load_cert_chain(files.certificate, files.key)
    hub = recorded(folder)["RXA01"]
    return request(Attempt(hub.host, hub.https_port, tls, login.user, login.password), 10).status


def test_passwords_are_replaced_with_the_authority_and_nobody_is_turned_away_meanwhile(
    home: "Home", tmp_path: Path
) -> None:
    file = home.define(NETWORK)
    home.netprov("up", file, "--yes", "--no-verify")
    folder = NetworkFolder(home.network("severn"))
    old, before, curl = keys_of(folder), certificates(folder), (folder.clients / "RXA01.curl").read_text()
    assert asked(folder, old.peer("RXB01", "RXA01").used) == 200
    with Scanner(folder, tmp_path, "RXB01", "CT2") as scanner:
        scanner.wait_for(1)
        home.netprov("up", file, "--yes", "--no-verify", "--rotate", "authority")
        scanner.wait_for(len(scanner.taken) + 3)
    assert all(certificates(folder)[name].issuer != before[name].issuer for name in before)
    trusted = folder.node("RXA01").trust.read_text()
    assert trusted.count("BEGIN CERTIFICATE") == 1, "the old authority is trusted no more"
    new = keys_of(folder)
    assert new.identity == old.identity, "it is the same network"
    assert asked(folder, old.peer("RXB01", "RXA01").used) == 401
    assert asked(folder, new.peer("RXB01", "RXA01").used) == 200
    assert (folder.clients / "RXA01.curl").read_text() != curl
    refused = [
        line
        for node in ("RXA01", "RXB01")
        for line in folder.node(node).front_log.read_text().splitlines()
        if "password mismatch" in line or "was not found in" in line
    ]
    assert len(refused) == 1, f"none but our own question: {refused}"
    assert '"RXB01" was not found in' in refused[0]
    until(lambda: set(scanner.taken) <= held(folder, "RXA01"), "every image that was taken is at the hub")
    assert {step["action"] for step in home.facts("plan", file)["steps"]} == {"same"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("number", "index"), [(0, "sqlite"), (1, "postgresql")])
def test_a_rotation_that_is_killed_is_taken_up_where_it_stopped(home: "Home", number: int, index: str) -> None:
    file = home.define(f"{NETWORK}platform: {{storage: {{index: {index}}}}}\n")
    home.netprov("up", file, "--yes", "--no-verify")
    folder = NetworkFolder(home.network("severn"))
    stage = folder.secrets / "ca/stage.json"
    wanted = [{"issuing": 1, "trusted": [1, 2]}, {"issuing": 2, "trusted": [1, 2]}, {"issuing": 2, "trusted": [2]}]
    with home.start("up", file, "--yes", "--no-verify", "--rotate", "authority") as netprov:
        until(lambda: json.loads(stage.read_text()) == wanted[number], f"stage {number}")
        restarted = folder.node("RXB01").root / "started.json"
        before = restarted.read_text()
        until(lambda: restarted.read_text() != before, "one node is under way")
        netprov.kill()
    home.netprov("up", file, "--yes")  # with its proof of every link
    assert json.loads(stage.read_text()) == wanted[2]
    assert sorted(path.name for path in folder.secrets.glob("master*")) == ["master-2.key", "master.key"]
