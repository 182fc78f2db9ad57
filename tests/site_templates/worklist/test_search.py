"""Searching: PS3.18 11.9 and 8.3.4, matching of PS3.4 C.2.2.2."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from worklist.matching import LIMIT, Unreadable, matches, search_of


@pytest.fixture
def full(desk: Any) -> Any:
    """Twelve workitems; the first is HIGH, the second an MR of a knee."""
    for number in range(1, 13):
        desk.create(number)
    desk.create(20, t00741200={"vr": "CS", "Value": ["HIGH"]}, t00404005={"vr": "DT", "Value": ["20261231235959"]})
    desk.create(
        21,
        t00080061={"vr": "CS", "Value": ["MR"]},
        t00080060={"vr": "CS", "Value": ["MR"]},
        t00180015={"vr": "CS", "Value": ["KNEE"]},
        t00404011={"vr": "DT", "Value": ["20200101120000"]},
    )
    return desk


def found(desk: Any, query: str, site: str = "RXB01") -> list[str]:
    response = desk.ups("GET", f"?{query}", site)
    assert response.status in (200, 204, 206), response.body
    return [each["00080018"]["Value"][0] for each in json.loads(response.body or b"[]")]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 14),
        ("ProcedureStepState=SCHEDULED", 14),
        ("00741000=COMPLETED", 0),
        ("00741200=HIGH", 1),
        ("PatientName=m%C3%BCller*", 14),
        ("PatientName=M%C3%BCLLER^anna+3", 1),
        ("PatientName=M?ller*1", 3),
        ("PatientID=RXA:1?", 3),
        ("PatientID=rxa:1", 0),
        ("PatientID=RXA:1&IssuerOfPatientID=RXA", 1),
        ("PatientID=RXA:1&IssuerOfPatientID=RXB", 0),
        ("AccessionNumber=ACC7", 1),
        ("ReferencedRequestSequence.AccessionNumber=ACC7", 1),
        ("ReferencedRequestSequence.RequestedProcedureID=RP7", 1),
        ("0040A370.00321060=CT*", 14),
        ("ScheduledWorkitemCodeSequence.CodeValue=110005", 14),
        ("ScheduledStationNameCodeSequence.CodeValue=ALDER*", 14),
        ("ScheduledStationGeographicLocationCodeSequence.CodeValue=RXB01", 0),
        ("StudyInstanceUID=1.2.826.0.1.3680043.10.3,1.2.826.0.1.3680043.10.4", 2),
        ("00080018=2.25.1\\2.25.2", 2),
        ("ModalitiesInStudy=MR", 1),
        ("Modality=CT", 13),
        ("00180015=KNEE", 1),
        ("ExpectedCompletionDateTime=-20260101", 1),
        ("ExpectedCompletionDateTime=20200101", 1),
        ("ExpectedCompletionDateTime=202001011300-", 13),
        ("ScheduledProcedureStepStartDateTime=20261101-20261130", 13),
        ("ScheduledProcedureStepStartDateTime=20261231", 1),
        ("PatientBirthDate=19600229", 14),
        ("PatientBirthDate=19610101-", 0),
        ("PatientSex=M", 0),
        ("PatientSex=F&PatientBirthDate=-19601231", 14),
        ("WorklistLabel=reporting&InputReadinessState=READY", 14),
        ("PatientName=", 14),
        ("PatientName=*", 14),
        ("PatientID=%25", 0),
        ("PatientID=RXA:[1]", 0),
    ],
)
def test_keys(full: Any, query: str, count: int) -> None:
    assert len(found(full, query)) == count


def test_columns_and_datasets_agree(full: Any) -> None:
    """What the columns answer is what the dataset itself would have."""
    queries = ("PatientName=m%C3%BCller*1", "PatientID=RXA:1?", "ModalitiesInStudy=MR", "00741200=HIGH")
    from worklist.request import query_of

    everything = [full.store.entry(uid) for uid in found(full, "")]
    for query in (*queries, "ExpectedCompletionDateTime=-20260101", "StudyInstanceUID=1.2.826.0.1.3680043.10.3"):
        keys = search_of(query_of(query, {})).keys
        assert sorted(found(full, query)) == sorted(e.uid for e in everything if matches(e.item, keys)), query


def test_the_most_urgent_come_first(full: Any) -> None:
    assert found(full, "")[:2] == ["2.25.20", "2.25.21"]


def test_pages(full: Any) -> None:
    everything = found(full, "")
    assert found(full, "limit=5") == everything[:5]
    assert found(full, "limit=5&offset=5") == everything[5:10]
    assert found(full, "limit=5&offset=5&PatientSex=F") == everything[5:10]
    assert found(full, "offset=14") == []
    assert full.ups("GET", "?limit=5").status == 200
    assert full.ups("GET", "?00741000=CANCELED").status == 204


def test_more_than_the_most_is_partial_content(desk: Any, item: Callable[..., dict[str, Any]]) -> None:
    from worklist.workitem import created

    with desk.store.change() as change:
        for number in range(LIMIT + 1):
            change.insert(created(item(number), f"2.25.{number}", "20261101")[0], "RXA01", "RXA")
    first = desk.ups("GET", "")
    assert (first.status, len(json.loads(first.body))) == (206, LIMIT)
    assert f"offset={LIMIT}" in first.headers["Warning"]
    rest = desk.ups("GET", f"?offset={LIMIT}")
    assert (rest.status, len(json.loads(rest.body))) == (200, 1)


def test_fuzzy_matching_is_said_to_be_literal(full: Any) -> None:
    response = full.ups("GET", "?PatientName=M*&fuzzymatching=true")
    assert "fuzzymatching parameter is not supported" in response.headers["Warning"]


def test_answers_hold_the_return_keys_and_what_was_asked_for(full: Any) -> None:
    (bare,) = json.loads(full.ups("GET", "?00741200=HIGH").body)
    assert {"00741000", "00741200", "00404005", "00100010", "00404021", "00380014"} <= set(bare)
    assert not {"00400400", "00180015", "00404011"} & set(bare)
    asked = "?00741200=HIGH&00180015=HEAD&includefield=ExpectedCompletionDateTime&includefield=00400400,00080060"
    (more,) = json.loads(full.ups("GET", asked).body)
    assert {"00400400", "00180015", "00404011", "00080060"} <= set(more)
    (everything,) = json.loads(full.ups("GET", "?00741200=HIGH&includefield=all").body)
    assert set(everything) > set(more)


@pytest.mark.parametrize(
    "query", ["Nonsense=1", "limit=many", "ExpectedCompletionDateTime=soon", "00404011=2026-x", "includefield=What"]
)
def test_a_query_that_says_nothing_is_refused(full: Any, query: str) -> None:
    refused = full.ups("GET", f"?{query}")
    assert refused.status == 400
    assert json.loads(refused.body)["message"]


def test_unreadable_names_are_named() -> None:
    with pytest.raises(Unreadable, match="'Nonsense' is no attribute"):
        search_of([("Nonsense", "1")])
