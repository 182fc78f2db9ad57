"""Routing on a real network: scanners send to their sites by DICOM TLS, and the hub holds what they sent.

The hub may be killed, and so may the site: nothing is lost, and nothing is there twice.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pydicom.uid import (
    ExplicitVRBigEndian,
)

if TYPE_CHECKING:
    from conftest import Home

from scanned import SCANNERS, Network, arrived, deployed, exact, instances_of, read, study, study_of, until, workitems

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


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


def test_a_study_stands_on_the_worklist_once_and_grows_there(network: Network) -> None:
    files = study(2, patient="22")
    network.send("RXB01", files)
    arrived(network, files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    (item,) = workitems(network, uid)
    assert (item.PatientID, item.ProcedureStepState) == ("RXB:22", "SCHEDULED")
    # All of it at once, unless the scanner paused for so long that the first counted as complete.
    until(lambda: told(network, uid) == [2], "both")
    late = study(1, uid=uid, patient="22")
    network.send("RXB01", late)
    arrived(network, late)
    until(lambda: sum(told(network, uid)) == 3, "the late one too")
    assert len(workitems(network, uid)) == 1
    until(lambda: network.queue("RXB01")["depth"] == 0)


def told(network: Network, uid: str) -> list[int]:
    """Of how many images in each series the worklist tells."""
    (item,) = workitems(network, uid)
    return [int(series.NumberOfSeriesRelatedInstances) for series in item.InputInformationSequence]


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
