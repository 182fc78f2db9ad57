"""A network that scanners send to, for the tests of routing: how it is asked, what is sent, and what has arrived."""

import base64
import hashlib
import http.client
import io
import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from vacant import vacant_port

from stacks.local.procfs import listener

if TYPE_CHECKING:
    from conftest import Home

DEFINITION = """
netprov: 1
network: {id: route, name: Route Imaging, environment: test, synthetic_data: true}
operating_model: collaboration
lead: RXA
reporting: {worklist: {turnaround_days: 28}}
members:
  - {ods: RXA, name: Trust RXA, kind: foundation_trust, sites: [{ods: RXA01, name: Hospital RXA01, modalities: [CT_A]}]}
  - {ods: RXB, name: Trust RXB, kind: foundation_trust, sites: [{ods: RXB01, name: Hospital RXB01, modalities: [CT_B]}]}
external:
  - name: night
    kind: teleradiology
    country: GB
    protocol: dicom_tls
    aet: NIGHT
    address: 127.0.0.1
    port: NIGHT_PORT
deployment: {local: {stable_seconds: 1}}
"""
PATIENCE = 300.0
NIGHT_PORT = vacant_port()
SCANNERS = {"RXA01": "CT_A", "RXB01": "CT_B"}
WORKSTATION = "WS_B"
"""At RXB01: it reads."""


@dataclass(frozen=True)
class Network:
    """The network that is up in a home."""

    home: "Home"
    definition: str
    id: str = "route"

    @property
    def folder(self) -> Path:
        return self.home.network(self.id)

    def up(self) -> None:
        self.home.netprov("up", self.definition, "--yes", "--no-verify")

    def config(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"nodes/{node}/orthanc.json").read_text())
        return found

    def ask(
        self, node: str, method: str, path: str, body: bytes | str = b"", caller: str = "operator"
    ) -> tuple[int, bytes]:
        """Past the front, as netprov itself does; `caller` is what the front would say."""
        config = self.config(node)
        word = base64.b64encode(f"netprov:{config['RegisteredUsers']['netprov']}".encode()).decode()
        with closing(http.client.HTTPConnection("127.0.0.1", config["HttpPort"], timeout=120)) as connection:
            connection.request(method, path, body, {"Authorization": f"Basic {word}", "X-Netprov-Caller": caller})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, node: str, path: str, method: str = "GET", body: bytes | str = b"") -> Any:
        status, text = self.ask(node, method, path, body)
        assert status == 200, f"{method} {path} at {node}: {status} {text[:300]!r}"
        return json.loads(text) if text[:1] in (b"{", b"[") else text

    def post(self, node: str, path: str, **order: str) -> Any:
        return self.get(node, path, "POST", json.dumps(order))

    def send(self, node: str, files: list[bytes]) -> None:
        """As the site's scanner does."""
        clients, scanner = self.folder / "clients", SCANNERS[node]
        box = self.home.path / f"scanner-{generate_uid()}"
        box.mkdir()
        for number, file in enumerate(files):
            (box / f"{number}.dcm").write_bytes(file)
        pair = [str(clients / f"{node}-{scanner}.{kind}") for kind in ("key", "crt")]
        port = str(self.config(node)["DicomPort"])
        command = ["storescu", "-to", "60", "+tls", *pair, "+cf", str(clients / "trust.crt"), "-R"]
        command += ["-aet", scanner, "-aec", node, "+sd", "127.0.0.1", port, str(box)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "TCP_NODELAY": "1"})

    def copies(self, node: str, study: str) -> dict[str, tuple[str, str]]:
        """SOP Instance UID -> Patient ID and Orthanc's id, of all that a node holds of a study."""
        found: dict[str, tuple[str, str]] = {}
        with suppress(OSError, http.client.HTTPException):  # it may just have been killed
            for each in self.get(node, "/tools/lookup", "POST", study):
                patient = self.get(node, f"/studies/{each['ID']}")["PatientMainDicomTags"]["PatientID"]
                for instance in self.get(node, f"/studies/{each['ID']}/instances"):
                    uid = instance["MainDicomTags"]["SOPInstanceUID"]
                    assert uid not in found, "twice"
                    found[uid] = (patient, instance["ID"])
        return found

    def file(self, node: str, instance: str) -> bytes:
        return bytes(self.get(node, f"/instances/{instance}/file"))

    def queue(self, node: str) -> dict[str, Any]:
        return dict(self.get(node, "/netprov/sharing/queue"))

    def kill(self, node: str) -> None:
        pid = next(p.pid for p in self.home.processes() if p.orthanc and f"/nodes/{node}/" in p.argv)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}").exists())


def until(true: Callable[[], object], what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass: {what}")
        time.sleep(0.05)


def study(
    count: int,
    patient: str = "123",
    accession: str = "A1",
    size: int = 1000,
    uid: str = "",
    syntax: UID = ExplicitVRLittleEndian,
) -> list[bytes]:
    """Files of one study; its SOP Instance UIDs are new each time."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.SOPClassUID, made.Modality, made.StudyDescription = SecondaryCaptureImageStorage, "CT", "Synthetic"
    made.PatientName, made.PatientID, made.AccessionNumber = "Synthetic^Patient", patient, accession
    made.StudyDate, made.StudyTime = "20261124", "101500"
    made.StudyInstanceUID, made.SeriesInstanceUID = uid or generate_uid(), generate_uid()
    files = []
    for number in range(count):
        made.SOPInstanceUID, made.InstanceNumber = generate_uid(), number
        made.add_new("PixelData", "OB", os.urandom(size))
        file = io.BytesIO()
        made.save_as(file, enforce_file_format=True)
        files.append(file.getvalue())
    return files


def read(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def study_of(files: list[bytes]) -> str:
    return str(read(files[0]).StudyInstanceUID)


def instances_of(files: list[bytes]) -> set[str]:
    return {str(read(file).SOPInstanceUID) for file in files}


def defined() -> str:
    """The definition, with a port for each scanner."""
    text = DEFINITION.replace("NIGHT_PORT", str(NIGHT_PORT))
    for number, scanner in enumerate(SCANNERS.values()):
        facts = f"{{aet: {scanner}, kind: CT, address: 127.0.0.1, port: {11112 + number}}}"
        others = f", {{aet: {WORKSTATION}, kind: WS, address: 127.0.0.1, port: 11120}}" if scanner == "CT_B" else ""
        text = text.replace(f"[{scanner}]", f"[{facts}{others}]")
    return text


def arrived(network: Network, files: list[bytes], node: str = "HUB") -> dict[str, tuple[str, str]]:
    """What the node holds once it holds all of these."""
    uid, wanted = study_of(files), instances_of(files)
    until(lambda: wanted <= network.copies(node, uid).keys(), f"{len(wanted)} instances at {node}: {network}")
    return network.copies(node, uid)


def workitems(network: Network, study: str, home: str = "HUB") -> list[Dataset]:
    """What the shared worklist holds of a study."""
    status, found = network.ask(home, "GET", f"/dicom-web/workitems?0020000D={study}")
    return [Dataset.from_json(item) for item in json.loads(found)] if status == 200 else []


def exact(network: Network, site: str, files: list[bytes]) -> bool:
    """What the hub holds is what the site would send, by digest of what is on the hub's disk now."""
    for _, name in network.copies("HUB", study_of(files)).values():
        said = network.get("HUB", f"/instances/{name}/attachments/dicom/md5").decode()
        assert hashlib.md5(network.file("HUB", name), usedforsecurity=False).hexdigest() == said
    return True


def report(copy: Dataset) -> bytes:
    """A report on a study as the reading site holds it."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID, made.SeriesInstanceUID = BasicTextSRStorage, generate_uid(), generate_uid()
    for name in ("PatientID", "IssuerOfPatientID", "PatientName", "StudyInstanceUID", "AccessionNumber"):
        setattr(made, name, getattr(copy, name, ""))
    made.Modality, made.CompletionFlag, made.VerificationFlag = "SR", "COMPLETE", "VERIFIED"
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def read_at(network: Network, files: list[bytes], reader: str) -> tuple[str, bytes]:
    """Have a study that is on the worklist sent to a site, and a report made there: its UID, and the report."""
    uid = study_of(files)
    assert network.post("HUB", "/netprov/sharing/send", study=uid, to=reader)["state"] == "waiting"
    _, name = next(iter(arrived(network, files, reader).values()))
    made = report(read(network.file(reader, name)))
    network.get(reader, "/instances", "POST", made)
    return str(read(made).SOPInstanceUID), made


def at_front(
    network: Network, caller: str, called: str, path: str, method: str = "GET", body: bytes = b"", claims: str = ""
) -> tuple[int, bytes]:
    """As a node comes to another's front."""
    peer = json.loads((network.folder / f"nodes/{caller}/sharing.json").read_text())["peers"][called]
    tls = network.folder / f"nodes/{caller}/tls"
    context = ssl.create_default_context(cafile=str(tls / "trust.crt"))
    context.load_cert_chain(tls / "node.crt", tls / "node.key")
    word = base64.b64encode(f"{peer['user']}:{peer['password']}".encode()).decode()
    place = peer["url"].removeprefix("https://").rstrip("/")
    with closing(http.client.HTTPSConnection(place, timeout=120, context=context)) as connection:
        connection.request(
            method,
            path,
            body or None,
            {"Authorization": f"Basic {word}", **({"X-Netprov-Caller": claims} if claims else {})},
        )
        answer = connection.getresponse()
        return answer.status, answer.read()


def entry(network: Network, uid: str) -> Any:
    entries = network.get("HUB", "/netprov/worklist/entries?limit=1000")["entries"]
    return next(each for each in entries if each["study_uid"] == uid)


@contextmanager
def night(network: Network) -> Iterator[Path]:
    """The place beyond the network listens; what it is given lies in this folder."""
    box, clients = network.home.path / f"night-{network.id}", network.folder / "clients"
    box.mkdir()
    pair = [str(clients / f"RXB01-CT_B.{kind}") for kind in ("key", "crt")]
    command = ["storescp", "+tls", *pair, "+cf", str(clients / "trust.crt"), "-od", str(box), str(NIGHT_PORT)]
    with subprocess.Popen(command) as place:
        try:
            until(lambda: listener(NIGHT_PORT), "it listens")
            yield box
        finally:
            place.terminate()


def deployed(home: "Home") -> Iterator[Network]:
    """Up for the tests of one file."""
    made = Network(home, home.define(defined()))
    made.up()
    yield made
    home.netprov("down", "route", "--yes", "--delete-studies")
