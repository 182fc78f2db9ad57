"""The worklist inside a real Orthanc: HTTP as it really comes, findscu over TLS, kill -9, and a crowd that claims."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from provisioner.pki import Authority, ensure_authority, issue
from site_templates import path as template_path

pytestmark = pytest.mark.live

NOW = datetime.now(UTC)
PLUGINS = template_path("plugins")
LIBRARIES = Path("/usr/share/orthanc/plugins")
SITES = {
    name: {"name": word, "member": name[:3], "aet": aet, "patient_issuer": "", "accession_issuer": ""}
    for name, word, aet in (("HUB", "Hub", "HUB"), ("RXA01", "Alder", "ALDER"), ("RXB01", "Birch", "BIRCH"))
}
SETTINGS = {"network": "severn", "node": "HUB", "home": "HUB", "sites": SITES, "pools": []}
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

worklist.start(orthanc, {folder!r}, lambda: json.loads(settings.read_text()), announce=announce)
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
        for _ in range(600):
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
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)) as connection:
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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    root = tmp_path_factory.mktemp("home")
    library = root / "loopback.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, template_path("loopback.c")], check=True)
    authority = ensure_authority(root / "ca", "severn", 1, NOW)
    for name in ("HUB", "RXB01"):
        certify(root, authority, name)
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    http_port, dicom_port = (each.getsockname()[1] for each in sockets)
    for each in sockets:
        each.close()
    (root / "sharing.json").write_text(json.dumps(SETTINGS))
    (root / "announced.json").write_text("{}")
    (root / "script.py").write_text(SCRIPT.format(plugins=str(PLUGINS), folder=str(root)))
    (root / "orthanc.json").write_text(json.dumps(configuration(root, http_port, dicom_port)))
    running = Home(root, http_port, dicom_port, library)
    running.start()
    yield running
    running.kill()


def configuration(root: Path, http_port: int, dicom_port: int) -> dict[str, object]:
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
        "DicomModalities": {site["aet"]: {"AET": site["aet"], **may} for site in SITES.values()},
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


# -- UPS-RS over real HTTP ----------------------------------------------------------------------------------------


def test_the_standards_own_walk(home: Home) -> None:
    uid = home.create(sample())
    status, headers, body = home.call("GET", f"/dicom-web/workitems/{uid}", "RXB01")
    assert (status, headers["Content-Type"]) == (200, "application/dicom+json")
    found = pydicom.Dataset.from_json(json.loads(body)[0])
    assert (str(found.PatientName), found.ProcedureStepState) == ("Müller^Anna", "SCHEDULED")
    again = home.call("POST", f"/dicom-web/workitems?{uid}", "RXA01", [sample()])
    assert (again[0], again[1]["Warning"]) == (409, "299 netprov: The Workitem already exists.")
    lock = "2.25.77"
    state = {"00741000": {"vr": "CS", "Value": ["IN PROGRESS"]}, "00081195": {"vr": "UI", "Value": [lock]}}
    assert home.call("PUT", f"/dicom-web/workitems/{uid}/state", "RXB01", state)[0] == 200
    lost = home.call("PUT", f"/dicom-web/workitems/{uid}/state", "RXA01", state)
    assert (lost[0], lost[1]["Content-Type"]) == (409, "application/json")
    assert "Birch (RXB01) holds it" in json.loads(lost[2])["message"]
    change = {"00741200": {"vr": "CS", "Value": ["HIGH"]}}
    assert home.call("POST", f"/dicom-web/workitems/{uid}", "RXB01", change)[0] == 400
    assert home.call("POST", f"/dicom-web/workitems/{uid}?{lock}", "RXB01", change)[0] == 200
    assert home.call("POST", f"/dicom-web/workitems/{uid}/cancelrequest", "RXA01")[0] == 202
    assert home.call("POST", f"/dicom-web/workitems/{uid}/subscribers/BIRCH", "RXB01")[0] == 201
    assert home.call("DELETE", f"/dicom-web/workitems/{uid}/subscribers/BIRCH", "RXB01")[0] == 200
    status, _, body = home.call("GET", "/dicom-web/workitems?PatientName=M%C3%BCller*&includefield=00080060", "RXB01")
    assert status == 200
    assert {each["00080060"]["Value"][0] for each in json.loads(body)} == {"CT"}
    assert home.call("GET", "/dicom-web/workitems?PatientID=nobody", "RXB01")[0] == 204
    assert home.call("GET", "/dicom-web/workitems/2.25.404", "RXB01")[0] == 404
    assert home.call("GET", "/dicom-web/workitemsx", "RXB01")[0] == 404
    assert home.call("GET", "/dicom-web/studies", "RXB01")[0] == 200, "the DICOMweb plugin is beside it"


def test_without_a_front_the_query_of_a_get_is_read_from_orthanc(home: Home) -> None:
    home.create(sample("Plain^Query", accession="PLAIN"))
    with closing(http.client.HTTPConnection("127.0.0.1", home.http_port, timeout=30)) as connection:
        connection.request("GET", "/dicom-web/workitems?PatientName=Plain%5EQ*&AccessionNumber=PLAIN")
        answer = connection.getresponse()
        assert (answer.status, len(json.loads(answer.read()))) == (200, 1)


def test_a_call_for_events_stays_open_until_something_happens(home: Home) -> None:
    uid = home.create(sample())
    place = home.own("GET", "events", "RXB01")["next"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(home.own, "GET", f"events?after={place}&wait=20", "RXB01")
        time.sleep(0.3)
        assert not waiting.done()
        home.own("POST", f"workitems/{uid}/claim", "RXB01", person="Dr Birch")
        (event,) = waiting.result()["events"]
    assert (event["workitem"], event["person"]) == (uid, "Dr Birch")


# -- claims -------------------------------------------------------------------------------------------------------


def test_a_hundred_rounds_of_a_crowd_that_claims_one_entry(home: Home) -> None:
    """Twenty people of two sites at once: of them one wins, each time, and the log tells of each."""
    before = home.own("GET", "audit")["lines"]
    with ThreadPoolExecutor(20) as crowd:
        for _ in range(100):
            uid = home.create(sample())

            def claim(person: int, uid: str = uid) -> int:
                path = f"/netprov/worklist/workitems/{uid}/claim"
                return home.call("POST", path, ("RXB01", "RXA01")[person % 2], person=f"Dr {person}")[0]

            assert sorted(crowd.map(claim, range(20))) == [200] + [409] * 19
    told = home.own("GET", "audit")
    assert (told["whole"], told["lines"] - before) == (True, 100 * 21)


def test_what_was_answered_is_there_after_kill_9(home: Home) -> None:
    uids = [home.create(sample()) for _ in range(30)]
    claimed: list[str] = []

    def claim_all() -> None:
        for uid in uids:
            home.own("POST", f"workitems/{uid}/claim", "RXB01")
            claimed.append(uid)

    with ThreadPoolExecutor(1) as other:
        running = other.submit(claim_all)
        while len(claimed) < 8 and not running.done():
            time.sleep(0.001)
        home.kill()
        assert isinstance(running.exception(), (OSError, http.client.HTTPException)) or len(claimed) == len(uids)
    home.start()
    for uid in claimed:
        assert home.own("GET", f"workitems/{uid}", "RXB01")["holder"] == "RXB01"
    assert all(home.call("GET", f"/dicom-web/workitems/{uid}", "RXB01")[0] == 200 for uid in uids)
    assert home.own("GET", "audit")["whole"]


# -- C-FIND -------------------------------------------------------------------------------------------------------


def findscu(home: Home, aet: str, *keys: str) -> list[pydicom.Dataset]:
    """DCMTK's own client, over TLS with a node's certificate."""
    out = home.folder / f"found-{random.getrandbits(40)}"
    out.mkdir()
    tls = [
        "+tls",
        str(home.folder / "RXB01.key"),
        str(home.folder / "RXB01.crt"),
        "+cf",
        str(home.folder / "trust.crt"),
    ]
    wanted = [part for key in keys for part in ("-k", key)]
    command = ["findscu", "-W", "-X", "-od", str(out), *tls, "-aet", aet, "-aec", "HUB", *wanted]
    subprocess.run([*command, "127.0.0.1", str(home.dicom_port)], check=True, capture_output=True, timeout=60)
    return [pydicom.dcmread(path, force=True) for path in sorted(out.iterdir())]


RETURNED = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "StudyInstanceUID", "RequestedProcedureID"),
    *("RequestedProcedurePriority", "RequestedProcedureDescription", "IssuerOfAccessionNumberSequence"),
    *(f"ScheduledProcedureStepSequence[0].{name}" for name in ("Modality", "ScheduledStationAETitle")),
    *(f"ScheduledProcedureStepSequence[0].ScheduledProcedureStep{name}" for name in ("StartDate", "StartTime", "ID")),
)


def test_a_workstation_finds_open_studies_by_modality_worklist(home: Home) -> None:
    home.create(sample("Worklist^Ärger", accession="MWL1"))
    mine = home.create(sample("Worklist^Two", "MR", accession="MWL2"))
    other = home.create(sample("Worklist^Three", accession="MWL3"))
    home.own("POST", f"workitems/{mine}/claim", "RXB01", person="Dr Birch")
    home.own("POST", f"workitems/{other}/claim", "RXA01")
    found = findscu(home, "BIRCH", "AccessionNumber=MWL*", *RETURNED)
    assert sorted(str(each.AccessionNumber) for each in found) == ["MWL1", "MWL2"]
    first = min(found, key=lambda each: str(each.AccessionNumber))
    assert (str(first.PatientName), first.PatientID, first.IssuerOfPatientID) == ("Worklist^Ärger", "RXA:1", "RXA")
    (step,) = first.ScheduledProcedureStepSequence
    assert (step.Modality, step.ScheduledStationAETitle) == ("CT", "BIRCH")
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == ("20261101", "101500")
    assert first.RequestedProcedurePriority == "MEDIUM"


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        (("PatientName=KEY*",), 2),
        (("PatientName=key^one",), 1),
        (("PatientName=KEY*", "ScheduledProcedureStepSequence[0].Modality=MR"), 1),
        (
            ("PatientName=KEY*", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=20261101-20261130"),
            2,
        ),
        (("PatientName=KEY*", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=-20261031"), 0),
        (("PatientName=KEY*", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=BIRCH"), 2),
        (("PatientName=KEY*", "AccessionNumber=KEY2"), 1),
        (("PatientName=KEY*", "PatientID=RXB:1"), 0),
    ],
)
def test_the_usual_keys(home: Home, keys: tuple[str, ...], count: int) -> None:
    if not findscu(home, "BIRCH", "AccessionNumber=KEY2"):
        home.create(sample("Key^One", accession="KEY1"))
        home.create(sample("Key^Two", "MR", accession="KEY2"))
    assert len(findscu(home, "BIRCH", *keys, "AccessionNumber" if len(keys) == 1 else "StudyInstanceUID")) == count


def test_a_site_finds_what_its_pools_give_it(home: Home) -> None:
    home.create(sample("Pool^One", accession="POOL1"))
    settings = home.folder / "sharing.json"
    settings.write_text(json.dumps(SETTINGS | {"pools": [{"name": "ct", "sites": ["RXB01"], "modalities": ["CT"]}]}))
    try:
        assert len(findscu(home, "BIRCH", "AccessionNumber=POOL1")) == 1
        assert findscu(home, "HUB", "AccessionNumber=POOL1") == []
    finally:
        settings.write_text(json.dumps(SETTINGS))


# -- rebuilding ---------------------------------------------------------------------------------------------------


def test_the_list_comes_back_from_the_archive(home: Home) -> None:
    """Database lost: what the archive holds is announced anew."""
    announced = {}
    for number in range(3):
        study = str(generate_uid())
        tags = {"PatientID": f"RB{number}", "PatientName": "Re^Build", "Modality": "OT", "StudyInstanceUID": study}
        order = {"Force": True, "Tags": tags, "Content": "data:image/png;base64," + PIXEL}
        status, _, text = home.call("POST", "/tools/create-dicom", body=order)
        assert status == 200, text
        uid = f"2.25.{number + 1}"
        announced[study] = sample("Re^Build", study=study) | {"00080018": {"vr": "UI", "Value": [uid]}}
    (home.folder / "announced.json").write_text(json.dumps(announced))
    home.kill()
    for file in home.folder.glob("worklist.db*"):
        file.unlink()
    home.start()
    assert home.own("POST", "rebuild") == {"created": 3, "there": 0, "failed": []}
    assert home.own("POST", "rebuild")["created"] == 0
    assert home.own("GET", "counts")["sites"]["RXA01"]["SCHEDULED"] == 3


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
