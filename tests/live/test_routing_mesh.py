"""A mesh: images stay where they are, until somebody asks for them."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pydicom
import pytest

if TYPE_CHECKING:
    from conftest import Home

from scanned import SCANNERS, Network, arrived, defined, night, study, study_of, until, workitems

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def mesh(lasting_home: "Home") -> Iterator[Network]:
    """The same sites without a hub; the worklist is at RXA01."""
    text = defined().replace("id: route", "id: mesh").replace("operating_model", "topology: mesh\noperating_model")
    text = text.replace("worklist: {", "worklist: {home: RXA01, ")
    made = Network(lasting_home, lasting_home.define(text, "mesh.yaml"), "mesh")
    made.up()
    yield made
    lasting_home.netprov("down", "mesh", "--yes", "--delete-studies")


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


def test_in_a_mesh_a_place_gets_copies_by_way_of_who_has_the_link(mesh: Network) -> None:
    """RXA01 has it: what it acquired itself goes at once, what RXB01 acquired goes there first."""
    with night(mesh) as box:
        for site in SCANNERS:
            files = study(2, patient="17")
            mesh.send(site, files)
            until(partial(workitems, mesh, study_of(files), "RXA01"), "on the worklist")
            item = str(workitems(mesh, study_of(files), "RXA01")[0].SOPInstanceUID)
            said = mesh.home.netprov("worklist", "send", item, "night", "--network", "mesh").stdout
            assert said.splitlines()[-1].startswith("arrived at night")
    got = [pydicom.dcmread(path) for path in box.iterdir()]
    assert sorted(str(found.PatientID) for found in got) == ["RXA:17"] * 2 + ["RXB:17"] * 2
