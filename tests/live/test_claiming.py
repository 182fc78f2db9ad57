"""A study is claimed at another site than the one that acquired it, and its images follow: in a hub, and in a mesh."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.credentials import load_master, password
from provisioner.home import NetworkFolder
from provisioner.proving.orthanc import Orthanc
from stacks.local.ports import recorded

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

DEFINITION = """
netprov: 1
network: {id: claim, name: Claim Imaging, environment: test, synthetic_data: true}
operating_model: SHAPE
reporting: {worklist: {home: RXA01}}
members:
  - {ods: RXA, name: Trust RXA, kind: foundation_trust, sites: [{ods: RXA01, name: Hospital RXA01}]}
  - {ods: RXB, name: Trust RXB, kind: foundation_trust, sites: [{ods: RXB01, name: Hospital RXB01}]}
  - {ods: RXC, name: Trust RXC, kind: foundation_trust, sites: [{ods: RXC01, name: Hospital RXC01}]}
deployment: {local: {stable_seconds: 1}}
"""
SHAPES = {"hub": "collaboration\nlead: RXA", "mesh": "alliance"}
PATIENCE = 300.0


def node(home: "Home", name: str) -> Orthanc:
    folder = NetworkFolder(home.network("claim"))
    endpoint = recorded(folder)[name]
    secret = password(load_master(folder.secrets), f"orthanc:{name}")
    return Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", secret)


def until(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (answer := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return answer


@pytest.mark.parametrize("shape", SHAPES)
def test_the_images_of_a_claimed_study_come_to_whoever_claimed_it(home: "Home", shape: str) -> None:
    home.netprov("up", home.define(DEFINITION.replace("SHAPE", SHAPES[shape])), "--yes", "--no-verify")
    tags = {"PatientName": "SYNTHETIC^ONE", "PatientID": "7", "Modality": "CT", "StudyDescription": "synthetic"}
    node(home, "RXB01").post("/tools/create-dicom", {"Tags": tags})
    entries: Callable[[], Any] = lambda: home.facts("worklist", "list")["entries"]  # noqa: E731
    (entry,) = until("on the worklist", entries)
    assert node(home, "RXC01").statistics()["CountStudies"] == 0
    home.netprov("worklist", "claim", str(entry["uid"]), "--as", "RXC01", "--person", "c.reader")
    until("at the reader's site", lambda: node(home, "RXC01").statistics()["CountInstances"] == 1)
    (there,) = node(home, "RXC01").get("/patients?expand")
    assert there["MainDicomTags"]["PatientID"] == "RXB:7", "nobody takes it for patient 7 of RXC"
    too_late = home.netprov("worklist", "claim", str(entry["uid"]), "--as", "RXA01", code=None)
    assert too_late.returncode != 0
    assert "c.reader at Hospital RXC01 (RXC01) holds it" in too_late.stdout + too_late.stderr


def test_a_pool_has_its_studies_before_anybody_claims_them(home: "Home") -> None:
    pools = "pools: [{name: heads, sites: [RXC01], modalities: [CT], prefetch: true}, {name: rest, sites: [RXA01]}]"
    text = DEFINITION.replace("SHAPE", SHAPES["hub"]).replace("{home: RXA01}}", f"{{home: RXA01}}, {pools}}}")
    home.netprov("up", home.define(text), "--yes", "--no-verify")
    for number, modality in enumerate(("CT", "MR")):
        tags = {"PatientName": "SYNTHETIC^TWO", "PatientID": str(number), "Modality": modality}
        node(home, "RXB01").post("/tools/create-dicom", {"Tags": tags})
    until("on the worklist", lambda: len(home.facts("worklist", "list")["entries"]) == 2)  # type: ignore[arg-type]
    until("at the pool's site", lambda: node(home, "RXC01").statistics()["CountInstances"] == 1)
    (there,) = node(home, "RXC01").get("/patients?expand")
    assert there["MainDicomTags"]["PatientID"] == "RXB:0"
    entries: Any = home.facts("worklist", "list", "--modality", "CT")["entries"]
    shown: Any = home.facts("worklist", "show", entries[0]["uid"])
    until("told", lambda: home.facts("worklist", "show", entries[0]["uid"])["transfers"][0]["state"] == "arrived")  # type: ignore[index]
    assert [(each["to"], each["why"]) for each in shown["transfers"]] == [("RXC01", "prefetched")]
