"""A study as it stands on the worklist, held against the standard's own table as the worklist knows it."""

from dataclasses import replace
from typing import Any

import pydicom
import pytest
from sharing.announcement import uid_of, workitem
from sharing.settings import Peer, Settings, Site
from worklist.workitem import refuse_creation, refuse_update

SITES = {
    "RXA01": Site("RXA01", "Hospital RXA01", "RXA", "RXA01", "RXA", "RIS1"),
    "HUB": Site("HUB", "Hub", "", "HUB", "", ""),
}
HUB = Peer("HUB", "https://127.0.0.1:1/", "RXA01", "secret")
SETTINGS = Settings("severn", "RXA01", "https://127.0.0.1:2/", True, "HUB", "HUB", 28, SITES, {"HUB": HUB}, HUB, {})
STUDY: dict[str, Any] = {
    "LastUpdate": "20261124T101600",
    "MainDicomTags": {
        "StudyInstanceUID": "1.2.3",
        "StudyDate": "20261120",
        "StudyTime": "101500.5",
        "AccessionNumber": "A1",
        "StudyDescription": "CT head",
    },
    "PatientMainDicomTags": {"PatientID": "9990000018", "PatientName": "Synthetic^Patient", "PatientSex": "F"},
    "Series": ["s"],
}
SERIES: list[dict[str, Any]] = [
    {
        "MainDicomTags": {"SeriesInstanceUID": "1.2.3.4", "Modality": "CT", "BodyPartExamined": "HEAD"},
        "Instances": ["a", "b"],
    }
]


def made(study: dict[str, Any] = STUDY, first: dict[str, Any] | None = None, missing: int = 0) -> dict[str, Any]:
    return workitem(SETTINGS, SETTINGS.own, study, SERIES, first or {}, missing)


def read(**given: Any) -> pydicom.Dataset:
    return pydicom.Dataset.from_json(made(**given))


def test_the_worklist_takes_it() -> None:
    assert refuse_creation(made()) == []
    bare = {"MainDicomTags": {"StudyInstanceUID": "1.2.3"}, "PatientMainDicomTags": {}, "Series": ["s"]}
    assert refuse_creation(made(study=bare)) == []


def test_the_worklist_takes_a_study_that_has_grown() -> None:
    from sharing.routing import UPDATED

    assert refuse_update({tag: value for tag, value in made().items() if tag in UPDATED and "Value" in value}) == []


def test_it_says_who_what_where_and_when() -> None:
    item = read()
    assert (item.PatientID, item.IssuerOfPatientID) == ("RXA:9990000018", "RXA")
    assert {(i.PatientID, i.IssuerOfPatientID) for i in item.OtherPatientIDsSequence} == {
        ("9990000018", "RXA"),
        ("9990000018", "NHS"),
    }
    assert item.ScheduledWorkitemCodeSequence[0].CodeMeaning == "Interpretation"
    assert item.ScheduledStationNameCodeSequence[0].CodeValue == "RXA01"
    assert item.ProcedureStepState == "SCHEDULED"
    assert item.AccessionNumber == "A1"
    assert item.ReferencedRequestSequence[0].IssuerOfAccessionNumberSequence[0].LocalNamespaceEntityID == "RIS1"
    assert str(item.ScheduledProcedureStepStartDateTime) == "20261120101500"
    assert str(item.ExpectedCompletionDateTime) == "20261218101500"


def test_it_says_where_the_images_are() -> None:
    (source,) = read().InputInformationSequence
    assert (source.StudyInstanceUID, source.SeriesInstanceUID) == ("1.2.3", "1.2.3.4")
    assert source.DICOMRetrievalSequence[0].RetrieveAETitle == "HUB"
    address = source.WADORSRetrievalSequence[0].RetrieveURL
    assert address == "https://127.0.0.1:1/dicom-web/studies/1.2.3/series/1.2.3.4"


def test_the_priority_is_the_requests() -> None:
    assert read(first={"RequestedProcedurePriority": "STAT"}).ScheduledProcedureStepPriority == "HIGH"
    assert read(first={"RequestedProcedurePriority": "whatever"}).ScheduledProcedureStepPriority == "MEDIUM"


def test_the_clock_of_a_study_without_a_date_begins_when_it_arrived() -> None:
    tags = STUDY["MainDicomTags"] | {"StudyDate": "", "StudyTime": ""}
    assert str(read(study=STUDY | {"MainDicomTags": tags}).ExpectedCompletionDateTime) == "20261222101600"


HEADS = {"name": "heads", "modalities": ["CT", "MR"], "body_parts": ["HEAD"], "turnaround_days": 7}
URGENT = {"name": "urgent", "priorities": ["stat"], "turnaround_days": 1}
OTHERS = {"name": "others", "members": ["RXB"], "turnaround_days": 2}
GENERAL = {"name": "general", "turnaround_days": None}
SLOW = {"name": "slow", "turnaround_days": 20}


@pytest.mark.parametrize(
    ("pools", "priority", "due"),
    [
        ([GENERAL, HEADS, OTHERS], "", "20261127"),
        ([GENERAL, HEADS, URGENT], "STAT", "20261121"),
        ([HEADS, URGENT], "ROUTINE", "20261127"),
        ([OTHERS], "", "20261218"),
        ([SLOW], "", "20261210"),
        ([SLOW, GENERAL], "", "20261210"),
        ([GENERAL], "", "20261218"),
    ],
)
def test_a_pool_that_takes_it_has_its_own_turnaround(pools: list[dict[str, Any]], priority: str, due: str) -> None:
    settings = replace(SETTINGS, pools=pools)
    item = workitem(settings, settings.own, STUDY, SERIES, {"RequestedProcedurePriority": priority})
    assert str(pydicom.Dataset.from_json(item).ExpectedCompletionDateTime) == f"{due}101500"


def test_what_could_not_be_sent_is_said() -> None:
    item = read(missing=1)
    assert "Not complete: 1 of" in item.CommentsOnTheScheduledProcedureStep
    assert item.NumberOfStudyRelatedInstances == 1


def test_its_uid_is_the_same_each_time_and_the_sites_own() -> None:
    assert uid_of("severn", "RXA01", "1.2.3") == uid_of("severn", "RXA01", "1.2.3")
    others = {uid_of("severn", "RXA01", "1.2.4"), uid_of("severn", "RXB01", "1.2.3"), uid_of("avon", "RXA01", "1.2.3")}
    assert len({*others, uid_of("severn", "RXA01", "1.2.3")}) == 4
    assert all(len(uid) <= 64 for uid in others)


def test_the_copy_at_the_hub_gives_the_same_patient() -> None:
    copy = STUDY | {"PatientMainDicomTags": STUDY["PatientMainDicomTags"] | {"PatientID": "RXA:9990000018"}}
    assert made(study=copy) == made()
