"""UPS-RS as PS3.18 chapter 11 has it: each transaction, each status, each Warning."""

import json
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
from worklist.workitem import PERFORMED, performed

Item = Callable[..., dict[str, Any]]
UID = "2.25.1"
NEW = {"vr": "CS", "Value": ["HIGH"]}


def warning(response: Any) -> str:
    found = str(response.headers.get("Warning", ""))
    assert found == "" or found.startswith("299 netprov: ")
    return found.removeprefix("299 netprov: ")


VALUES: dict[str, Any] = {
    "00080100": {"vr": "SH", "Value": ["1"]},
    "00080104": {"vr": "LO", "Value": ["One"]},
    "0040E020": {"vr": "CS", "Value": ["DICOM"]},
    "0040E025": {"vr": "SQ", "Value": [{}]},
    "0040A040": {"vr": "CS", "Value": ["TEXT"]},
    "00400032": {"vr": "UT", "Value": ["1.2.3"]},
    "00081150": {"vr": "UI", "Value": ["1.2.3"]},
}


def within(sequence: str, *tags: str) -> dict[str, Any]:
    """A sequence with one item, in which these alone have a value."""
    return {f"t{sequence}": {"vr": "SQ", "Value": [{tag: VALUES[tag] for tag in tags}]}}


# -- create -------------------------------------------------------------------------------------------------------


def test_a_workitem_is_created_and_retrieved(desk: Any, item: Item) -> None:
    created = desk.ups("POST", f"?{UID}", "RXA01", [item()])
    assert (created.status, created.headers["Location"]) == (201, f"/dicom-web/workitems/{UID}")
    found = desk.ups("GET", f"/{UID}")
    assert (found.status, found.type) == (200, "application/dicom+json")
    dataset = pydicom.Dataset.from_json(json.loads(found.body)[0])
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.34.6.1"
    assert (dataset.SOPInstanceUID, dataset.ProcedureStepState) == (UID, "SCHEDULED")
    assert str(dataset.PatientName) == "Müller^Anna 1"
    assert "TransactionUID" not in dataset


@pytest.mark.parametrize("way", ["?2.25.1", "?workitem=2.25.1", "?AffectedSOPInstanceUID=2.25.1", ""])
def test_the_uid_comes_by_query_or_by_payload(desk: Any, item: Item, way: str) -> None:
    body = item() if way else item(t00080018={"vr": "UI", "Value": [UID]})
    assert desk.ups("POST", way, "RXA01", body).status == 201
    assert desk.state(UID) == "SCHEDULED"


def test_what_is_there_already_is_not_created_again(desk: Any, item: Item) -> None:
    desk.create(1)
    again = desk.ups("POST", f"?{UID}", "RXA01", [item()])
    assert (again.status, warning(again)) == (409, "The Workitem already exists.")


def test_a_label_that_is_missing_is_given_and_said(desk: Any, item: Item) -> None:
    created = desk.ups("POST", f"?{UID}", "RXA01", item(t00741202={"vr": "LO"}))
    assert (created.status, warning(created)) == (201, "The Workitem was created with modifications.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"t00741200": {"vr": "CS"}}, "ScheduledProcedureStepPriority is empty"),
        ({"t00741200": {"vr": "CS", "Value": ["URGENT"]}}, "'URGENT' is no HIGH or MEDIUM or LOW"),
        ({"t00741000": {"vr": "CS", "Value": ["COMPLETED"]}}, "must be SCHEDULED"),
        ({"t00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.34.6.2"]}}, "SOPClassUID must be"),
        ({"t00081195": {"vr": "UI", "Value": ["2.25.9"]}}, "TransactionUID must be empty"),
        ({"t00404005": {"vr": "DT", "Value": ["20261301"]}}, "is no DT"),
        ({"t00404005": {"vr": "DA", "Value": ["20261101"]}}, "is of vr DT, not DA"),
        ({"t00100020": {"vr": "LO", "Value": ["X" * 65]}}, "is no LO"),
        ({"t0040A370": {"vr": "SQ", "Value": [{}]}}, "ReferencedRequestSequence.StudyInstanceUID is missing"),
        ({"t0020000D": {"vr": "UI", "Value": ["1.02"]}}, "StudyInstanceUID: '1.02' is no UI"),
        (within("00404018", "00080100"), "ScheduledWorkitemCodeSequence.CodeMeaning is empty"),
        (within("00404018", "00080104"), "ScheduledWorkitemCodeSequence.CodeValue is empty"),
        (within("00404025", "00080100", "00080104"), "CodeSequence.CodingSchemeDesignator is empty"),
        (within("00404021", "0040E025"), "InputInformationSequence.WADORSRetrievalSequence.RetrieveURL is empty"),
        (within("00741210", "0040A040"), "ScheduledProcessingParametersSequence.ConceptNameCodeSequence is empty"),
        (within("00741210", "0040A040"), "ScheduledProcessingParametersSequence.TextValue is empty"),
        (within("00380014"), "IssuerOfAdmissionIDSequence.LocalNamespaceEntityID is empty"),
        (within("00380014", "00400032"), "IssuerOfAdmissionIDSequence.UniversalEntityIDType is empty"),
        (within("00741224", "00081150"), "ReplacedProcedureStepSequence.ReferencedSOPInstanceUID is empty"),
    ],
)
def test_a_workitem_that_breaks_the_standards_table_is_refused(
    desk: Any, item: Item, changes: dict[str, Any], words: str
) -> None:
    refused = desk.ups("POST", f"?{UID}", "RXA01", item(**changes))
    assert refused.status == 400
    assert words in json.loads(refused.body)["message"]
    assert desk.store.entry(UID) is None


def test_a_value_that_is_none_keeps_no_study_from_the_list(desk: Any, item: Item) -> None:
    """Emptied, and told: in the answer, and in the comments, where whoever reports it sees what it was."""
    request = item()["0040A370"]["Value"][0] | {"00080050": {"vr": "SH", "Value": ["X" * 17]}}
    changes = {
        "t00100030": {"vr": "DA", "Value": ["19600000"]},
        "t00081030": {"vr": "LO", "Value": ["Y" * 65]},
        "t0040A370": {"vr": "SQ", "Value": [request]},
        "t00080061": {"vr": "CS", "Value": ["CT", "Z" * 17]},
        "t00400400": {"vr": "LT", "Value": ["as it came"]},
    }
    made = desk.ups("POST", f"?{UID}", "RXA01", item(**changes))
    assert (made.status, warning(made)) == (201, "The Workitem was created with modifications.")
    kept = desk.store.entry(UID).item
    assert "Value" not in kept["00100030"]
    assert "Value" not in kept["0040A370"]["Value"][0]["00080050"]
    assert kept["00080061"]["Value"] == ["CT"]
    (comments,) = kept["00400400"]["Value"]
    assert comments.startswith("as it came; ")
    assert "PatientBirthDate was '19600000', which is no DA" in comments
    assert f"ReferencedRequestSequence.AccessionNumber was '{'X' * 17}', which is no SH" in comments


@pytest.mark.parametrize(
    "body", [b"", b"<xml/>", b"[]", b"[{},{}]", b'{"x":{}}', b'{"00100010":{"Value":[]}}', b"[" * 5000, b"\xff"]
)
def test_a_payload_that_is_no_dicom_json_is_refused(desk: Any, body: bytes) -> None:
    assert desk.ups("POST", f"?{UID}", "RXA01", body).status == 400


def test_uids_that_disagree_are_refused(desk: Any, item: Item) -> None:
    assert desk.ups("POST", "?2.25.1", "RXA01", item(t00080018={"vr": "UI", "Value": ["2.25.2"]})).status == 400
    assert desk.ups("POST", "", "RXA01", item()).status == 400


# -- retrieve -----------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_not_found(desk: Any) -> None:
    assert desk.ups("GET", "/2.25.404").status == 404
    assert desk.ups("GET", "/not-a-uid").status == 400
    assert desk.ups("GET", "/2.25.1/nonsense").status == 404
    assert desk.ups("DELETE", "/2.25.1").status == 405


def test_no_answer_holds_the_transaction_uid(desk: Any, change: Item, lock: Callable[[], str]) -> None:
    uid, key = desk.create(), lock()
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("IN PROGRESS", key)).status == 200
    for path in (f"/{uid}", "", "?includefield=all", "?includefield=00081195", "?00081195=*"):
        assert key.encode() not in desk.ups("GET", path, "RXB01").body, path


# -- update -------------------------------------------------------------------------------------------------------


def test_its_site_updates_a_scheduled_workitem(desk: Any) -> None:
    uid = desk.create()
    assert desk.ups("POST", f"/{uid}", "RXA01", [{"00741200": NEW}]).status == 200
    assert desk.store.entry(uid).row["priority"] == "HIGH"
    assert desk.ups("POST", f"/{uid}", "RXC01", [{"00741200": NEW}]).status == 403


def test_an_update_names_the_claim_or_is_refused(desk: Any) -> None:
    uid = desk.create()
    early = desk.ups("POST", f"/{uid}?2.25.77", "RXB01", [{"00741200": NEW}])
    assert (early.status, warning(early)) == (409, "The target URI did not reference a claimed Workitem.")
    key = desk.claim(uid)
    missing = desk.ups("POST", f"/{uid}", "RXB01", [{"00741200": NEW}])
    assert (missing.status, warning(missing)) == (400, "The Transaction UID is missing.")
    wrong = desk.ups("POST", f"/{uid}?2.25.77", "RXB01", [{"00741200": NEW}])
    assert (wrong.status, warning(wrong)) == (400, "The Transaction UID is incorrect.")
    for way in (f"?{key}", f"?transaction={key}", f"?transaction-uid={key}"):
        assert desk.ups("POST", f"/{uid}{way}", "RXB01", [{"00741200": NEW}]).status == 200
    body = {"00741200": NEW, "00081195": {"vr": "UI", "Value": [key]}}
    assert desk.ups("POST", f"/{uid}", "RXB01", body).status == 200
    assert desk.ups("POST", f"/{uid}?{key}", "RXC01", [{"00741200": NEW}]).status == 403


@pytest.mark.parametrize("tag", ["00741000", "00100010", "00100020", "0040A370"])
def test_what_the_table_does_not_allow_to_be_set_is_not_set(desk: Any, item: Item, tag: str) -> None:
    uid = desk.create()
    assert desk.ups("POST", f"/{uid}", "RXA01", {tag: item()[tag]}).status == 400


def test_what_has_ended_is_not_changed(desk: Any) -> None:
    uid = desk.create()
    assert desk.ups("POST", f"/{uid}/cancelrequest", "RXA01").status == 202
    late = desk.ups("POST", f"/{uid}", "RXA01", {"00741200": NEW})
    said = "The submitted request is inconsistent with the current state of the Workitem."
    assert (late.status, warning(late)) == (400, said)


# -- change of state ----------------------------------------------------------------------------------------------


def test_the_way_from_scheduled_to_completed(desk: Any, change: Item, lock: Callable[[], str]) -> None:
    uid, key = desk.create(), lock()
    early = desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key))
    said = "The submitted request is inconsistent with the state of the UPS Instance."
    assert (early.status, warning(early)) == (409, said)
    bare = desk.ups("PUT", f"/{uid}/state", "RXB01", change("IN PROGRESS"))
    assert (bare.status, warning(bare)) == (400, "The Transaction UID is missing.")
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("IN PROGRESS", key)).status == 200
    twice = desk.ups("PUT", f"/{uid}/state", "RXC01", change("IN PROGRESS", lock()))
    assert (twice.status, warning(twice)) == (409, said)
    assert "Birch (RXB01) holds it since" in json.loads(twice.body)["message"]
    bare = desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key))
    assert bare.status == 409
    assert "PerformedStationNameCodeSequence must have a value" in json.loads(bare.body)["message"]
    done = performed({}, ("RXB01", "Birch"), "Dr Reader", ("20261101120000", "20261101121500"), [])
    assert desk.ups("POST", f"/{uid}?{key}", "RXB01", {PERFORMED: done[PERFORMED]}).status == 200
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", lock())).status == 400
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key)).status == 200
    assert desk.state(uid) == "COMPLETED"
    again = desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key))
    assert (again.status, warning(again)) == (200, "The UPS is already in the requested state of COMPLETED.")
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("CANCELED", key)).status == 409
    assert desk.ups("PUT", f"/{uid}/state", "RXC01", change("IN PROGRESS", lock())).status == 409


def test_nothing_becomes_scheduled_by_a_change_of_state(desk: Any, change: Item, lock: Callable[[], str]) -> None:
    uid = desk.create()
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("SCHEDULED", lock())).status == 409
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("PAUSED", lock())).status == 400
    assert desk.ups("PUT", "/2.25.404/state", "RXB01", change("IN PROGRESS", lock())).status == 404


def test_its_owner_cancels_with_a_reason(desk: Any, change: Item) -> None:
    uid = desk.create()
    key = desk.claim(uid)
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("CANCELED", key)).status == 409
    reason = {"00080100": {"vr": "SH", "Value": ["110501"]}, "00080102": {"vr": "SH", "Value": ["DCM"]}}
    reason["00080104"] = {"vr": "LO", "Value": ["Equipment failure"]}
    progress = {
        "00404052": {"vr": "DT", "Value": ["20261101120000"]},
        "0074100E": {"vr": "SQ", "Value": [reason]},
    }
    body = {"00741002": {"vr": "SQ", "Value": [progress]}}
    assert desk.ups("POST", f"/{uid}?{key}", "RXB01", body).status == 200
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("CANCELED", key)).status == 200
    assert desk.state(uid) == "CANCELED"


# -- request of cancellation --------------------------------------------------------------------------------------


def test_what_nobody_began_is_canceled_on_request_of_its_site(desk: Any) -> None:
    uid = desk.create()
    assert desk.ups("POST", f"/{uid}/cancelrequest", "RXC01").status == 403
    asked = {"00741238": {"vr": "LT", "Value": ["taken twice"]}}
    assert desk.ups("POST", f"/{uid}/cancelrequest", "RXA01", asked).status == 202
    progress = desk.store.entry(uid).item["00741002"]["Value"][0]
    assert progress["00741238"]["Value"] == ["taken twice"]
    assert progress["0074100E"]["Value"]
    again = desk.ups("POST", f"/{uid}/cancelrequest", "RXA01")
    assert (again.status, warning(again)) == (202, "The UPS is already in the requested state of CANCELED.")


def test_who_holds_a_workitem_is_told_of_a_request_to_cancel_it(desk: Any) -> None:
    uid = desk.create()
    desk.claim(uid)
    place = desk.own("GET", "events", "RXB01")["next"]
    asked = {"0074100C": {"vr": "LO", "Value": ["Alder, CT"]}}
    assert desk.ups("POST", f"/{uid}/cancelrequest", "RXA01", asked).status == 202
    assert desk.state(uid) == "IN PROGRESS"
    (event,) = desk.own("GET", f"events?after={place}", "RXB01")["events"]
    assert event["type"] == 2
    assert event["information"]["0074100C"]["Value"] == ["Alder, CT"]
    assert event["information"]["00741236"]["Value"] == ["RXA01"]
    desk.own("POST", f"workitems/{uid}/report", "RXB01", REPORT)
    late = desk.ups("POST", f"/{uid}/cancelrequest", "RXA01")
    assert (late.status, warning(late)) == (409, "The UPS is already COMPLETED.")


REPORT = {"study": "1.2.3", "series": "1.2.3.4", "class": "1.2.840.10008.5.1.4.1.1.88.33", "instance": "1.2.3.4.5"}


# -- who may come -------------------------------------------------------------------------------------------------


def test_a_stranger_sees_nothing(desk: Any, item: Item) -> None:
    uid = desk.create()
    for method, path in (("GET", ""), ("GET", f"/{uid}"), ("POST", "?2.25.5"), ("POST", f"/{uid}/cancelrequest")):
        assert desk.ups(method, path, "RXZ99", item()).status == 403


def test_media_types(desk: Any, item: Item) -> None:
    from worklist import ups
    from worklist.request import Request

    uid = desk.create()
    asked = {"accept": "application/dicom+xml", "x-netprov-caller": "RXA01"}
    assert ups.handle(desk.book, Request("GET", f"/{uid}", headers=asked)).status == 406
    sent = {"content-type": "application/dicom+xml", "x-netprov-caller": "RXA01"}
    assert ups.handle(desk.book, Request("POST", f"/{uid}", body=b"<x/>", headers=sent)).status == 415
    multi = {"accept": 'multipart/related; type="application/dicom+xml", application/dicom+json'}
    assert ups.handle(desk.book, Request("GET", f"/{uid}", headers=multi)).status == 200
