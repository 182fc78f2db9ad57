"""C-FIND over TLS at a real Orthanc that keeps the worklist; and the list made anew from its archive."""

import json
import random
import subprocess
from collections.abc import Iterator

import pydicom
import pytest
from homed import SETTINGS, WORKSTATION, Home, running, sample
from pydicom.uid import generate_uid

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    yield from running(tmp_path_factory.mktemp("home"))


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
    subprocess.run([*command, "127.0.0.1", str(home.dicom_port)], check=True, capture_output=True, timeout=180)
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
    home.own("POST", f"workitems/{mine}/claim", "HUB", person="Dr Hub")
    home.own("POST", f"workitems/{other}/claim", "RXA01")
    found = findscu(home, WORKSTATION, "AccessionNumber=MWL*", *RETURNED)
    assert sorted(str(each.AccessionNumber) for each in found) == ["MWL1", "MWL2"]
    first = min(found, key=lambda each: str(each.AccessionNumber))
    assert (str(first.PatientName), first.PatientID, first.IssuerOfPatientID) == ("Worklist^Ärger", "RXA:1", "RXA")
    (step,) = first.ScheduledProcedureStepSequence
    assert (step.Modality, step.ScheduledStationAETitle) == ("CT", WORKSTATION)
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
        (("PatientName=KEY*", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=HUB_WS"), 2),
        (("PatientName=KEY*", "AccessionNumber=KEY2"), 1),
        (("PatientName=KEY*", "PatientID=RXB:1"), 0),
    ],
)
def test_the_usual_keys(home: Home, keys: tuple[str, ...], count: int) -> None:
    if not findscu(home, WORKSTATION, "AccessionNumber=KEY2"):
        home.create(sample("Key^One", accession="KEY1"))
        home.create(sample("Key^Two", "MR", accession="KEY2"))
    assert len(findscu(home, WORKSTATION, *keys, "AccessionNumber" if len(keys) == 1 else "StudyInstanceUID")) == count


def test_a_workstation_finds_what_pools_give_its_site(home: Home) -> None:
    home.create(sample("Pool^One", accession="POOL1"))
    settings = home.folder / "sharing.json"
    assert len(findscu(home, WORKSTATION, "AccessionNumber=POOL1")) == 1
    settings.write_text(json.dumps(SETTINGS | {"pools": [{"name": "ct", "sites": ["RXB01"], "modalities": ["CT"]}]}))
    try:
        assert findscu(home, WORKSTATION, "AccessionNumber=POOL1") == []
    finally:
        settings.write_text(json.dumps(SETTINGS))


def test_a_nodes_ae_title_that_anybody_could_take_finds_what_verification_put_there_alone(home: Home) -> None:
    """The certificate shown is RXB01's, whatever the AE title; Orthanc does not tell it to a plugin."""
    home.create(sample("Private^Person", accession="PRIVATE"))
    item = sample("NETPROV^VERIFY", accession="PROVED")
    home.create(item | {"00100020": {"vr": "LO", "Value": ["RXA:NETPROV-PROOF-1-2-ab-RXA01"]}})
    for aet in ("BIRCH", "ALDER", "HUB"):
        assert findscu(home, aet, "AccessionNumber=PRIVATE", "PatientName") == []
        for number in ("*NETPROV-PROOF-*", "", "*"):
            found = findscu(home, aet, f"PatientID={number}", "AccessionNumber")
            assert [str(each.AccessionNumber) for each in found] == ["PROVED"]
    assert findscu(home, WORKSTATION, "PatientID=*NETPROV-PROOF-*", "AccessionNumber") == []
    assert len(findscu(home, WORKSTATION, "AccessionNumber=PRIVATE", "PatientName")) == 1


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
