"""What is sent on: to who claims it, to where somebody sends it, beyond the network; and the report that comes home."""

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pydicom
import pytest

if TYPE_CHECKING:
    from conftest import Home

from scanned import (
    SCANNERS,
    Network,
    arrived,
    at_front,
    deployed,
    entry,
    instances_of,
    night,
    read,
    read_at,
    report,
    study,
    study_of,
    until,
    workitems,
)

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


def test_a_study_is_sent_by_the_operator_and_comes_back_to_nobody(network: Network) -> None:
    files = study(2, patient="99")
    network.send("RXA01", files)
    at_hub, uid = arrived(network, files), study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    item = str(workitems(network, uid)[0].SOPInstanceUID)
    said = network.home.netprov(
        "worklist", "send", item, "rxb01", "--network", "route", "--person", "the tester"
    ).stdout
    assert said.splitlines()[-1].startswith("arrived at RXB01")
    copies = arrived(network, files, "RXB01")
    assert {patient for patient, _ in copies.values()} == {"RXA:99"}
    for sop, (_, name) in copies.items():
        assert network.file("RXB01", name) == network.file("HUB", at_hub[sop][1]), "byte for byte"
    probe = study(1)  # whatever RXB01 would do with the copies, it has done when this arrives
    network.send("RXB01", probe)
    arrived(network, probe)
    assert network.copies("HUB", uid) == at_hub
    told = [line["result"] for line in network.get("HUB", f"/netprov/worklist/workitems/{item}")["history"]]
    assert told[-2:] == ["asked for, to RXB01", "arrived at RXB01, sent by the tester (operator)"]
    late = study(1, patient="99", uid=uid)
    network.send("RXA01", late)
    assert len(arrived(network, late, "RXB01")) == 3, "what comes later follows"


def test_nobody_but_the_home_may_have_a_study_sent_along_a_link(network: Network) -> None:
    order = json.dumps({"study": "1.2.3", "to": "RXA01"}).encode()
    for path, method, body in (("send", "POST", order), ("sent?study=1.2.3&to=RXA01", "GET", b"")):
        status, said = at_front(network, "RXB01", "HUB", f"/netprov/sharing/{path}", method, body, claims="HUB")
        assert (status, b"by way of the worklist" in said) == (403, True)


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


def claimed(network: Network, files: list[bytes], site: str) -> str:
    """A study that RXA01 has acquired, once the site has claimed it; the workitem's UID."""
    network.send("RXA01", files)
    until(lambda: workitems(network, study_of(files)), "on the worklist")
    item = str(workitems(network, study_of(files))[0].SOPInstanceUID)
    status, said = at_front(network, site, "HUB", f"/netprov/worklist/workitems/{item}/claim", "POST", b"{}")
    assert status == 200, said
    return item


def stored_beside(network: Network, files: list[bytes], site: str, **facts: str) -> None:
    """A report at that site, as it holds the study; or something else in its place."""
    made = read(report(read(network.file(site, next(iter(arrived(network, files, site).values()))[1]))))
    for name, value in facts.items():
        setattr(made, name, value)
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    network.get(site, "/instances", "POST", file.getvalue())
    sop = str(made.SOPInstanceUID)
    until(lambda: sop in network.copies("HUB", study_of(files)), "at the hub")


def test_what_is_no_report_completes_no_entry(network: Network) -> None:
    files = study(1, patient="51")
    claimed(network, files, "RXB01")
    key_images = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.59", "Modality": "KO"}
    for facts in (key_images, {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67"}, {"CompletionFlag": "PARTIAL"}):
        stored_beside(network, files, "RXB01", **facts)
    until(lambda: not any(network.queue(node)["depth"] for node in ("HUB", *SCANNERS)), "quiet")
    assert workitems(network, study_of(files))[0].ProcedureStepState == "IN PROGRESS"


def test_a_site_reports_its_own_study(network: Network) -> None:
    files = study(1, patient="52")
    item = claimed(network, files, "RXA01")
    stored_beside(network, files, "RXA01")
    until(lambda: workitems(network, study_of(files))[0].ProcedureStepState == "COMPLETED", "reported")
    told = network.get("HUB", f"/netprov/worklist/workitems/{item}")["history"]
    assert [(line["action"], line["result"]) for line in told] == [
        ("create", "done"),
        ("claim", "done"),
        ("report", "completed"),
    ], "and nothing was refused"


def test_a_report_of_who_does_not_hold_the_study_is_kept_flagged_and_accepted(network: Network) -> None:
    files = study(1, patient="14")
    network.send("RXA01", files)
    arrived(network, files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    sop, _ = read_at(network, files, "RXB01")
    until(lambda: sop in network.copies("RXA01", uid), "where it was acquired")
    assert workitems(network, uid)[0].ProcedureStepState == "SCHEDULED"
    until(lambda: "RXB01" in entry(network, uid)["flag"], "flagged")
    item = str(workitems(network, uid)[0].SOPInstanceUID)
    who = ("--as", "RXA01", "--person", "a.reader", "--network", "route")
    network.home.netprov("worklist", "claim", item, *who)
    network.home.netprov("worklist", "accept", item, *who)
    done = pydicom.Dataset.from_json(network.get("HUB", f"/dicom-web/workitems/{item}")[0])
    assert done.ProcedureStepState == "COMPLETED"
    (output,) = done.UnifiedProcedureStepPerformedProcedureSequence[0].OutputInformationSequence
    assert [str(each.ReferencedSOPInstanceUID) for each in output.ReferencedSOPSequence] == [sop]
    assert entry(network, uid)["flag"] == ""


def test_declared_places_beyond_the_network_get_copies(network: Network) -> None:
    """What other sites have acquired, and what the hub has."""
    files, own = study(2, patient="12"), study(1, patient="12")
    network.send("RXA01", files)
    network.get("HUB", "/instances", "POST", own[0])
    at_hub = arrived(network, files)
    until(lambda: all(workitems(network, study_of(each)) for each in (files, own)), "on the worklist")
    items = [str(workitems(network, study_of(each))[0].SOPInstanceUID) for each in (files, own)]
    for item in items:
        network.home.netprov("worklist", "send", item, "night", "--network", "route", "--no-wait")
    until(lambda: any(letter["to"] == "night" for letter in network.queue("HUB")["failing"]), "nobody is there yet")
    with night(network) as box:
        network.home.netprov("worklist", "retry", "HUB", "--network", "route")
        for item in items:
            network.home.netprov("worklist", "send", item, "night", "--network", "route")
    got = {str(found.SOPInstanceUID): found for found in map(pydicom.dcmread, box.iterdir())}
    assert got.keys() == instances_of([*files, *own])
    for sop, (_, name) in at_hub.items():
        assert got[sop] == read(network.file("HUB", name))
    assert {str(found.PatientID) for found in got.values()} == {"RXA:12", "HUB:12"}


def test_what_no_link_leads_to_is_refused(network: Network) -> None:
    for node, to in (("RXA01", "RXB01"), ("HUB", "day")):
        status, said = network.ask(node, "POST", "/netprov/sharing/send", json.dumps({"study": "1.2.3", "to": to}))
        assert (status, json.loads(said)) == (403, {"message": f"no link leads from {node} to {to}"})
