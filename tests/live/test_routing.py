"""Routing on a real network: scanners send to their sites by DICOM TLS, and the hub holds what they sent.

The hub may be killed, and so may the site: nothing is lost, and nothing is there twice.
"""

import base64
import hashlib
import http.client
import io
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

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
PATIENCE = 120.0
with socket.create_server(("127.0.0.1", 0)) as _free:
    NIGHT_PORT = int(_free.getsockname()[1])
SCANNERS = {"RXA01": "CT_A", "RXB01": "CT_B"}


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
        with closing(http.client.HTTPConnection("127.0.0.1", config["HttpPort"], timeout=60)) as connection:
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
        command = ["storescu", "-to", "30", "+tls", *pair, "+cf", str(clients / "trust.crt"), "-R"]
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
    count: int, patient: str = "123", size: int = 1000, uid: str = "", syntax: UID = ExplicitVRLittleEndian
) -> list[bytes]:
    """Files of one study; its SOP Instance UIDs are new each time."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.SOPClassUID, made.Modality, made.StudyDescription = SecondaryCaptureImageStorage, "CT", "Synthetic"
    made.PatientName, made.PatientID, made.AccessionNumber = "Synthetic^Patient", patient, "A1"
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
        text = text.replace(f"[{scanner}]", f"[{facts}]")
    return text


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    made = Network(lasting_home, lasting_home.define(defined()))
    made.up()
    yield made
    lasting_home.netprov("down", "route", "--yes", "--delete-studies")


def arrived(network: Network, files: list[bytes], node: str = "HUB") -> dict[str, tuple[str, str]]:
    """What the node holds once it holds all of these."""
    uid, wanted = study_of(files), instances_of(files)
    until(lambda: wanted <= network.copies(node, uid).keys(), f"{len(wanted)} instances at {node}: {network}")
    return network.copies(node, uid)


def test_a_study_arrives_with_its_issuer_and_the_original_stays_as_it_was(network: Network) -> None:
    files = study(3, patient="9990000018")
    network.send("RXA01", files)
    here = network.copies("RXA01", study_of(files))
    before = {uid: network.file("RXA01", name) for uid, (_, name) in here.items()}
    there = arrived(network, files)
    assert there.keys() == here.keys()
    for uid, (patient, name) in there.items():
        assert patient == "RXA:9990000018"
        copy, original = network.file("HUB", name), network.file("RXA01", here[uid][1])
        assert original == before[uid]
        found = read(copy)
        assert (found.IssuerOfPatientID, found.AccessionNumber) == ("RXA", "A1")
        assert found.IssuerOfAccessionNumberSequence[0].LocalNamespaceEntityID == "RXA01"
        assert ("9990000018", "NHS") in {(i.PatientID, i.IssuerOfPatientID) for i in found.OtherPatientIDsSequence}
        assert found.OriginalAttributesSequence[0].ModifyingSystem == "netprov RXA01"
        assert copy[-1000:] == original[-1000:]


def workitems(network: Network, study: str, home: str = "HUB") -> list[Dataset]:
    """What the shared worklist holds of a study."""
    status, found = network.ask(home, "GET", f"/dicom-web/workitems?0020000D={study}")
    return [Dataset.from_json(item) for item in json.loads(found)] if status == 200 else []


def test_a_study_stands_on_the_worklist_once_and_grows_there(network: Network) -> None:
    files = study(2, patient="22")
    network.send("RXB01", files)
    arrived(network, files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    (item,) = workitems(network, uid)
    assert (item.PatientID, item.ProcedureStepState) == ("RXB:22", "SCHEDULED")
    assert [int(s.NumberOfSeriesRelatedInstances) for s in item.InputInformationSequence] == [2]
    late = study(1, uid=uid, patient="22")
    network.send("RXB01", late)
    arrived(network, late)
    until(
        lambda: (
            sum(int(s.NumberOfSeriesRelatedInstances) for s in workitems(network, uid)[0].InputInformationSequence) == 3
        )
    )
    assert len(workitems(network, uid)) == 1
    until(lambda: network.queue("RXB01")["depth"] == 0)


def test_two_trusts_with_the_same_local_number_are_two_patients(network: Network) -> None:
    one, other = study(1, patient="77"), study(1, patient="77")
    network.send("RXA01", one)
    network.send("RXB01", other)
    patients = {patient for files in (one, other) for patient, _ in arrived(network, files).values()}
    assert patients == {"RXA:77", "RXB:77"}


def test_the_same_study_from_two_sites_is_kept_apart(network: Network) -> None:
    files = study(2, patient="88")
    for site in SCANNERS:
        network.send(site, files)
    uid = study_of(files)
    until(lambda: len(network.get("HUB", "/tools/lookup", "POST", uid)) == 2)
    found = {
        network.get("HUB", f"/studies/{e['ID']}")["PatientMainDicomTags"]["PatientID"]
        for e in network.get("HUB", "/tools/lookup", "POST", uid)
    }
    assert found == {"RXA:88", "RXB:88"}


def test_late_instances_follow(network: Network) -> None:
    early = study(2)
    network.send("RXA01", early)
    first = arrived(network, early)
    late = study(2, uid=study_of(early))
    network.send("RXA01", late)
    assert arrived(network, late).keys() == instances_of(early) | instances_of(late)
    assert first.items() <= network.copies("HUB", study_of(early)).items()


def test_a_killed_hub_loses_nothing_and_has_nothing_twice(network: Network) -> None:
    files = study(120, size=400_000)
    network.send("RXA01", files)
    until(lambda: network.copies("HUB", study_of(files)))
    network.kill("HUB")
    network.up()
    assert len(arrived(network, files)) == len(files)
    until(lambda: exact(network, "RXA01", files))


def test_a_killed_site_goes_on_where_it_was(network: Network) -> None:
    files = study(120, size=400_000)
    network.send("RXB01", files)
    until(lambda: network.copies("HUB", study_of(files)))
    network.kill("RXB01")
    network.up()
    assert len(arrived(network, files)) == len(files)
    until(lambda: exact(network, "RXB01", files))


def test_a_site_that_is_killed_before_a_study_is_stable_sends_it_all_the_same(network: Network) -> None:
    files = study(3)
    network.send("RXA01", files)
    network.kill("RXA01")
    network.up()
    assert len(arrived(network, files)) == len(files)


def exact(network: Network, site: str, files: list[bytes]) -> bool:
    """What the hub holds is what the site would send, by digest of what is on the hub's disk now."""
    for _, name in network.copies("HUB", study_of(files)).values():
        said = network.get("HUB", f"/instances/{name}/attachments/dicom/md5").decode()
        assert hashlib.md5(network.file("HUB", name), usedforsecurity=False).hexdigest() == said
    return True


def test_a_copy_that_is_sent_on_comes_back_to_nobody(network: Network) -> None:
    files = study(2, patient="99")
    network.send("RXA01", files)
    at_hub = arrived(network, files)
    uid = study_of(files)
    assert network.post("HUB", "/netprov/sharing/send", study=uid, to="RXB01")["state"] == "waiting"
    copies = arrived(network, files, "RXB01")
    assert {patient for patient, _ in copies.values()} == {"RXA:99"}
    for sop, (_, name) in copies.items():
        assert network.file("RXB01", name) == network.file("HUB", at_hub[sop][1]), "byte for byte"
    until(
        lambda: network.get("HUB", f"/netprov/sharing/sent?study={uid}&to=RXB01")["state"] == "done"
    )
    probe = study(1)  # whatever RXB01 would do with the copies, it has done when this arrives
    network.send("RXB01", probe)
    arrived(network, probe)
    assert network.copies("HUB", uid) == at_hub


def report(copy: Dataset) -> bytes:
    """A report on a study as the reading site holds it."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID, made.SeriesInstanceUID = BasicTextSRStorage, generate_uid(), generate_uid()
    for name in ("PatientID", "IssuerOfPatientID", "PatientName", "StudyInstanceUID", "AccessionNumber"):
        setattr(made, name, getattr(copy, name))
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


def test_who_claims_a_study_gets_its_images(network: Network) -> None:
    files = study(2, patient="15")
    network.send("RXA01", files)
    at_hub, uid = arrived(network, files), study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    assert network.copies("RXB01", uid) == {}
    claim = f"/netprov/worklist/workitems/{workitems(network, uid)[0].SOPInstanceUID}/claim"
    assert at_front(network, "RXB01", "HUB", claim, "POST", b"{}")[0] == 200
    copies = arrived(network, files, "RXB01")
    for sop, (_, name) in copies.items():
        assert network.file("RXB01", name) == network.file("HUB", at_hub[sop][1]), "byte for byte"


def test_the_report_comes_home_and_completes_the_entry(network: Network) -> None:
    files = study(2, patient="13")
    network.send("RXA01", files)
    arrived(network, files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    (item,) = workitems(network, uid)
    path = f"/netprov/worklist/workitems/{item.SOPInstanceUID}/claim"
    status, said = at_front(network, "RXB01", "HUB", path, "POST", b"{}")
    assert status == 200, said
    sop, _ = read_at(network, files, "RXB01")
    until(lambda: sop in network.copies("HUB", uid), "at the hub")
    until(lambda: sop in network.copies("RXA01", uid), "where it was acquired")
    assert {patient for patient, _ in network.copies("HUB", uid).values()} == {"RXA:13"}
    here = network.copies("RXA01", uid)
    assert {patient for patient, _ in here.values()} == {"13"}, "under the site's own number"
    found = read(network.file("RXA01", here[sop][1]))
    assert found.OriginalAttributesSequence[0].ModifyingSystem == "netprov RXB01"
    until(lambda: workitems(network, uid)[0].ProcedureStepState == "COMPLETED", "reported")
    (done,) = workitems(network, uid)
    (output,) = done.UnifiedProcedureStepPerformedProcedureSequence[0].OutputInformationSequence
    assert output.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == sop
    until(lambda: not any(network.queue(node)["depth"] for node in ("HUB", *SCANNERS)), "quiet")
    assert len(network.copies("HUB", uid)) == len(here) == 3


def entry(network: Network, uid: str) -> Any:
    entries = network.get("HUB", "/netprov/worklist/entries?limit=1000")["entries"]
    return next(each for each in entries if each["study_uid"] == uid)


def test_a_report_of_who_does_not_hold_the_study_is_kept_and_flagged(network: Network) -> None:
    files = study(1, patient="14")
    network.send("RXA01", files)
    arrived(network, files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    sop, _ = read_at(network, files, "RXB01")
    until(lambda: sop in network.copies("RXA01", uid), "where it was acquired")
    assert workitems(network, uid)[0].ProcedureStepState == "SCHEDULED"
    until(lambda: "RXB01" in entry(network, uid)["flag"], "flagged")


def test_a_declared_place_beyond_the_network_gets_the_copy(network: Network) -> None:
    files = study(2, patient="12")
    network.send("RXA01", files)
    at_hub, uid = arrived(network, files), study_of(files)
    box, clients = network.home.path / "night", network.folder / "clients"
    box.mkdir()
    assert network.post("HUB", "/netprov/sharing/send", study=uid, to="night")["state"] == "waiting"
    until(lambda: any(letter["to"] == "night" for letter in network.queue("HUB")["failing"]), "nobody is there yet")
    pair = [str(clients / f"RXB01-CT_B.{kind}") for kind in ("key", "crt")]
    command = ["storescp", "+tls", *pair, "+cf", str(clients / "trust.crt"), "-od", str(box), str(NIGHT_PORT)]
    with subprocess.Popen(command) as place:
        until(lambda: network.get("HUB", f"/netprov/sharing/sent?study={uid}&to=night")["state"] == "done", "sent")
        place.terminate()
    got = {str(found.SOPInstanceUID): found for found in map(pydicom.dcmread, box.iterdir())}
    assert got.keys() == at_hub.keys()
    for sop, (_, name) in at_hub.items():
        assert got[sop] == read(network.file("HUB", name))
        assert got[sop].PatientID == "RXA:12"


def test_what_no_link_leads_to_is_refused(network: Network) -> None:
    for node, to in (("RXA01", "RXB01"), ("HUB", "day")):
        status, said = network.ask(node, "POST", "/netprov/sharing/send", json.dumps({"study": "1.2.3", "to": to}))
        assert (status, json.loads(said)) == (403, {"message": f"no link leads from {node} to {to}"})


def test_what_the_hub_refuses_becomes_a_dead_letter_and_is_retried(network: Network) -> None:
    files = study(2, patient="66")
    uid, victim = study_of(files), read(files[0])
    victim.PatientID = "RXA:66"
    file = io.BytesIO()
    victim.save_as(file, enforce_file_format=True)
    wrong = network.get("HUB", "/instances", "POST", file.getvalue())["ID"]
    network.send("RXA01", files)
    name = network.get("RXA01", "/tools/lookup", "POST", uid)[0]["ID"]
    until(lambda: name in {letter["study"] for letter in network.queue("RXA01")["dead"]}, "a dead letter")
    (letter,) = (letter for letter in network.queue("RXA01")["dead"] if letter["study"] == name)
    assert "HUB does not hold 1 of 2 instances as they were sent" in letter["reason"]
    network.ask("HUB", "DELETE", f"/instances/{wrong}")
    assert network.post("RXA01", "/netprov/sharing/retry", study=uid) == {"retried": 1}
    until(lambda: name not in {letter["study"] for letter in network.queue("RXA01")["dead"]})
    for _, instance in arrived(network, files).values():
        assert read(network.file("HUB", instance)).OriginalAttributesSequence


def test_one_broken_instance_holds_up_no_other(network: Network) -> None:
    files = study(3, patient="55")
    network.send("RXA01", files)
    uid = study_of(files)
    name = network.copies("RXA01", uid)[str(read(files[0]).SOPInstanceUID)][1]
    stored = network.get("RXA01", f"/instances/{name}")["FileUuid"]
    (network.folder / f"nodes/RXA01/storage/{stored[:2]}/{stored[2:4]}/{stored}").unlink()
    network.kill("RXA01")  # which may have it in memory still
    network.up()
    whole = instances_of(files[1:])
    until(lambda: network.copies("HUB", uid).keys() == whole, "the others")
    until(lambda: any("1 of 3 instances cannot be sent" in x["reason"] for x in network.queue("RXA01")["dead"]), "dead")


def test_a_file_in_big_endian_goes_through_orthanc(network: Network) -> None:
    files = study(2, patient="44", size=1000, syntax=ExplicitVRBigEndian)
    network.get("RXA01", "/instances", "POST", files[0])
    network.get("RXA01", "/instances", "POST", files[1])
    there = arrived(network, files)
    assert {patient for patient, _ in there.values()} == {"RXA:44"}
    for _, name in there.values():
        found = read(network.file("HUB", name))
        assert found.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
        assert found.OriginalAttributesSequence[0].ModifyingSystem == "netprov RXA01"
        assert found.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID == "44"


# -- at the front -----------------------------------------------------------------------------------------------


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
    with closing(http.client.HTTPSConnection(place, timeout=30, context=context)) as connection:
        connection.request(
            method,
            path,
            body or None,
            {"Authorization": f"Basic {word}", **({"X-Netprov-Caller": claims} if claims else {})},
        )
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_site_hears_of_its_own_members_patients_only(network: Network) -> None:
    files = study(1, patient="33")
    network.send("RXA01", files)
    arrived(network, files)
    path = f"/netprov/sharing/held?study={study_of(files)}"
    status, own = at_front(network, "RXA01", "HUB", path)
    assert (status, len(json.loads(own)["md5"])) == (200, 1)
    for claims in ("", "operator", "HUB", "RXA01"):
        assert at_front(network, "RXB01", "HUB", path, claims=claims) == (200, b'{"md5": []}')


@pytest.mark.parametrize("path", ["/netprov/sharing/queue", "/netprov/sharing/held", "/netprov/settings", "/changes"])
def test_nothing_else_is_told_to_other_nodes(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/dicom-web/workitems", "/dicom-web/workitems?0020000D=1.2", "/netprov/worklist/", "/dicom-web/workitems/1.2.3"],
)
def test_who_has_the_worklist_may_come_to_it(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] != 403
    assert at_front(network, "HUB", "RXB01", path)[0] == 403, "no home"


@pytest.mark.parametrize(
    "path",
    [
        "/dicom-web/workitems/../studies",
        "/dicom-web/workitems//x",
        "/netprov/worklist/%2e%2e/x",
        "/dicom-web/workitems/1?_method=DELETE",
    ],
)
def test_no_way_leads_from_the_worklist_elsewhere(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] == 403


def test_the_queue_is_among_orthancs_metrics(network: Network) -> None:
    text = network.get("RXA01", "/tools/metrics-prometheus").decode()
    assert {"netprov_sharing_waiting", "netprov_sharing_dead", "netprov_sharing_oldest_seconds"} <= set(text.split())


# -- a mesh: images stay where they are ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mesh(network: Network) -> Iterator[Network]:
    """The same sites without a hub; the worklist is at RXA01."""
    text = defined().replace("id: route", "id: mesh").replace("operating_model", "topology: mesh\noperating_model")
    text = text.replace("worklist: {", "worklist: {home: RXA01, ")
    made = Network(network.home, network.home.define(text, "mesh.yaml"), "mesh")
    made.up()
    yield made
    network.home.netprov("down", "mesh", "--yes", "--delete-studies")


def test_in_a_mesh_a_study_is_announced_and_its_images_stay(mesh: Network) -> None:
    for site in SCANNERS:
        files = study(2, patient="11")
        mesh.send(site, files)
        uid = study_of(files)
        until(partial(workitems, mesh, uid, "RXA01"), "on the worklist")
        (item,) = workitems(mesh, uid, "RXA01")
        assert item.PatientID == f"{site[:3]}:11"
        assert item.InputInformationSequence[0].DICOMRetrievalSequence[0].RetrieveAETitle == site
        assert {patient for patient, _ in mesh.copies(site, uid).values()} == {"11"}
        other = next(each for each in SCANNERS if each != site)
        assert mesh.copies(other, uid) == {}
        assert mesh.post(site, "/netprov/sharing/send", study=uid, to=other)["state"] == "waiting"
        assert {patient for patient, _ in arrived(mesh, files, other).values()} == {f"{site[:3]}:11"}
        assert len(workitems(mesh, uid, "RXA01")) == 1


def test_in_a_mesh_who_claims_a_study_gets_it_from_who_acquired_it(mesh: Network) -> None:
    files = study(1, patient="16")
    mesh.send("RXB01", files)
    uid = study_of(files)
    until(partial(workitems, mesh, uid, "RXA01"), "on the worklist")
    item = workitems(mesh, uid, "RXA01")[0].SOPInstanceUID
    status, said = mesh.ask("RXA01", "POST", f"/netprov/worklist/workitems/{item}/claim", b"{}", "RXA01")
    assert status == 200, said
    assert {patient for patient, _ in arrived(mesh, files, "RXA01").values()} == {"RXB:16"}
