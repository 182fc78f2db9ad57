"""A bare Orthanc that keeps the worklist, and workitems as pydicom writes them, for the tests of the worklist."""

import http.client
import json
import os
import random
import signal
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
from pydicom.uid import generate_uid
from vacant import vacant_port

from provisioner.pki import Authority, ensure_authority, issue
from site_templates import path as template_path

NOW = datetime.now(UTC)
PLUGINS = template_path("plugins")
LIBRARIES = Path("/usr/share/orthanc/plugins")
SITES = {
    name: {"name": word, "member": name[:3], "aet": aet, "patient_issuer": "", "accession_issuer": ""}
    for name, word, aet in (("HUB", "Hub", "HUB"), ("RXA01", "Alder", "ALDER"), ("RXB01", "Birch", "BIRCH"))
}
WORKSTATION = "HUB_WS"
"""At the home's own site."""
SETTINGS = {
    "network": "severn",
    "node": "HUB",
    "home": "HUB",
    "sites": SITES,
    "pools": [],
    "workstations": [WORKSTATION],
}
SCRIPT = """
import json, sys
from pathlib import Path
import orthanc
sys.path[:0] = [{plugins!r}]
import worklist
settings = Path({folder!r}, "sharing.json")
items = Path({folder!r}, "announced.json")

def announce(study):
    uid = json.loads(orthanc.RestApiGet("/studies/" + study))["MainDicomTags"]["StudyInstanceUID"]
    return json.loads(items.read_text())[uid]

running = worklist.start(orthanc, {folder!r}, lambda: json.loads(settings.read_text()), announce=announce)
orthanc.RegisterOnChangeCallback(lambda change, *_: running.changed(change))
"""


@dataclass
class Home:
    """A bare Orthanc that keeps the worklist, and nothing else of a node."""

    folder: Path
    http_port: int
    dicom_port: int
    library: Path
    orthanc: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {"PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "LD_PRELOAD": str(self.library)}
        with (self.folder / "orthanc.log").open("ab") as log:
            command = ["/usr/sbin/Orthanc", str(self.folder / "orthanc.json")]
            self.orthanc = subprocess.Popen(command, env=environ | {"TCP_NODELAY": "1"}, stdout=log, stderr=log)
        for _ in range(2400):
            try:
                socket.create_connection(("127.0.0.1", self.http_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
            if self.orthanc.poll() is not None:
                break
        pytest.fail((self.folder / "orthanc.log").read_text()[-3000:])

    def kill(self) -> None:
        assert self.orthanc
        os.kill(self.orthanc.pid, signal.SIGKILL)
        self.orthanc.wait()

    def call(
        self, method: str, path: str, site: str = "", body: Any = None, person: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """As the front passes it on: who calls, and the query, are headers."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"X-Netprov-Caller": site, "X-Netprov-Person": person, "X-Netprov-Query": path.partition("?")[2]}
        if raw is not None:
            headers["Content-Type"] = "application/dicom+json"
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=120)) as connection:
            connection.request(method, path, raw, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def own(self, method: str, path: str, site: str = "", body: Any = None, person: str = "") -> Any:
        status, _, text = self.call(method, f"/netprov/worklist/{path}", site, body, person)
        assert status == 200, (status, text)
        return json.loads(text)

    def create(self, item: dict[str, Any], site: str = "RXA01") -> str:
        uid = f"2.25.{random.getrandbits(100)}"
        status, headers, text = self.call("POST", f"/dicom-web/workitems?{uid}", site, [item])
        assert (status, headers.get("Location")) == (201, f"/dicom-web/workitems/{uid}"), text
        return uid


def certify(folder: Path, authority: Authority, name: str) -> None:
    issued = issue(authority, "severn", name, NOW)
    (folder / f"{name}.crt").write_text(issued.certificate_pem)
    (folder / f"{name}.key").write_text(issued.key_pem)
    (folder / "trust.crt").write_text(authority.certificate_pem)


def running(root: Path) -> Iterator[Home]:
    """Until the tests of one file have ended."""
    library = root / "loopback.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, template_path("loopback.c")], check=True)
    authority = ensure_authority(root / "ca", "severn", 1, NOW)
    for name in ("HUB", "RXB01"):
        certify(root, authority, name)
    http_port, dicom_port = vacant_port(), vacant_port()
    (root / "sharing.json").write_text(json.dumps(SETTINGS))
    (root / "announced.json").write_text("{}")
    (root / "script.py").write_text(SCRIPT.format(plugins=str(PLUGINS), folder=str(root)))
    (root / "orthanc.json").write_text(json.dumps(configuration(root, http_port, dicom_port)))
    made = Home(root, http_port, dicom_port, library)
    made.start()
    yield made
    made.kill()


def configuration(root: Path, http_port: int, dicom_port: int) -> dict[str, object]:
    titles = [*(site["aet"] for site in SITES.values()), WORKSTATION]
    may = {"AllowEcho": True, "AllowFindWorklist": True, "UseDicomTls": True, "Host": "127.0.0.1", "Port": 104}
    return {
        "Plugins": [str(LIBRARIES / f"libOrthanc{name}.so") for name in ("DicomWeb", "Python")],
        "PythonScript": str(root / "script.py"),
        "StorageDirectory": str(root / "storage"),
        "IndexDirectory": str(root / "storage"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "DicomAet": "HUB",
        "AuthenticationEnabled": False,
        "HttpCompressionEnabled": False,
        "DefaultEncoding": "Utf8",
        "DicomModalities": {aet: {"AET": aet, **may} for aet in titles},
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(root / "HUB.crt"),
        "DicomTlsPrivateKey": str(root / "HUB.key"),
        "DicomTlsTrustedCertificates": str(root / "trust.crt"),
        "DicomTlsRemoteCertificateRequired": True,
    }


EMPTY = dict.fromkeys(("00741210", "00404026", "00404034", "00100024", "00101002", "00380014", "00081084"), "SQ") | {
    **dict.fromkeys(("00741002", "00741216"), "SQ"),
    **dict.fromkeys(("00380010", "00081080"), "LO"),
    "00081195": "UI",
    "00400400": "LT",
}


def sample(name: str = "Müller^Anna", modality: str = "CT", accession: str = "ACC1", study: str = "") -> dict[str, Any]:
    """A workitem as pydicom, which is not ours, writes its JSON."""
    made = pydicom.Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.ScheduledProcedureStepPriority = "MEDIUM"
    made.ProcedureStepLabel = "CT of the head"
    made.WorklistLabel = "reporting"
    made.ScheduledProcedureStepStartDateTime = "20261101101500"
    made.ExpectedCompletionDateTime = "20991129101500"
    made.InputReadinessState = "READY"
    made.ProcedureStepState = "SCHEDULED"
    made.StudyInstanceUID = study or str(generate_uid())
    made.PatientName, made.PatientID, made.IssuerOfPatientID = name, "RXA:1", "RXA"
    made.PatientBirthDate, made.PatientSex = "19600229", "F"
    made.AccessionNumber, made.Modality, made.ModalitiesInStudy = accession, modality, [modality]
    made.ScheduledStationNameCodeSequence = [coded("CT1", "CT 1")]
    made.ScheduledStationGeographicLocationCodeSequence = [coded("RXA01", "Alder")]
    made.ScheduledWorkitemCodeSequence = [coded("110005", "Interpretation")]
    request = pydicom.Dataset()
    request.StudyInstanceUID, request.AccessionNumber = made.StudyInstanceUID, accession
    request.RequestedProcedureID, request.RequestedProcedureDescription = "RP1", "CT of the head"
    request.IssuerOfAccessionNumberSequence = request.RequestedProcedureCodeSequence = []
    request.OrderPlacerIdentifierSequence = request.OrderFillerIdentifierSequence = []
    made.ReferencedRequestSequence = [request]
    given = pydicom.Dataset()
    given.TypeOfInstances, given.StudyInstanceUID = "DICOM", made.StudyInstanceUID
    made.InputInformationSequence = [given]
    return {tag: {"vr": vr} for tag, vr in EMPTY.items()} | made.to_json_dict()


def coded(value: str, meaning: str) -> pydicom.Dataset:
    made = pydicom.Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, "L", meaning
    return made
