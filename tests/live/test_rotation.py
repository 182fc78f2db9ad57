"""Certificates are renewed and the authority is replaced while images arrive: none that was taken is lost."""

import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from provisioner.credentials import load_master, password
from provisioner.home import NetworkFolder
from provisioner.pki import describe
from provisioner.proving.orthanc import Orthanc
from stacks.local.ports import recorded

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
      - {ods: RXB01, name: Hospital B}
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
    """CT1 of RXA01: sends image after image over DICOM TLS, and sends again what was not taken."""

    def __init__(self, folder: NetworkFolder, drawer: Path) -> None:
        self.taken: list[str] = []
        self.refusals = 0
        self._folder, self._drawer = folder, drawer
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
        deadline = time.monotonic() + 60
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
        clients, port = self._folder.clients, recorded(self._folder)["RXA01"].dicom_port
        pair = [str(clients / f"RXA01-CT1.{kind}") for kind in ("key", "crt")]
        trust = ["+cf", str(clients / "trust.crt")]
        command = ["storescu", "+tls", *pair, *trust, "-aet", "CT1", "-aec", "RXA01", "127.0.0.1", str(port), str(path)]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("what", ["certificates", "authority"])
def test_no_image_is_lost_while_certificates_change(home: "Home", tmp_path: Path, what: str) -> None:
    file = home.define(NETWORK)
    home.netprov("up", file, "--yes", "--no-verify")
    folder = NetworkFolder(home.network("severn"))
    before = {name: describe(folder.node(name).certificate.read_text()) for name in ("RXA01", "RXB01")}
    with Scanner(folder, tmp_path) as scanner:
        scanner.wait_for(1)
        home.netprov("up", file, "--yes", "--no-verify", "--rotate", what)
        scanner.wait_for(len(scanner.taken) + 3)
    after = {name: describe(folder.node(name).certificate.read_text()) for name in ("RXA01", "RXB01")}
    assert all(after[name].serial != before[name].serial for name in before)
    assert (after["RXA01"].issuer != before["RXA01"].issuer) == (what == "authority")
    assert folder.node("RXA01").trust.read_text().count("BEGIN CERTIFICATE") == 1, (
        "the old authority is trusted no more"
    )
    secret = password(load_master(folder.secrets), "orthanc:RXA01")
    client = Orthanc(f"http://127.0.0.1:{recorded(folder)['RXA01'].http_port}", "netprov", secret)
    held = {client.get(f"/instances/{i}")["MainDicomTags"]["SOPInstanceUID"] for i in client.get("/instances")}
    assert set(scanner.taken) <= held, "every image that was taken is there"
    home.netprov("up", file, "--yes")
