"""`verify` sends a study the whole way, from each site that may share; nothing of it is shown, and nothing stays."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from proving import (
    HUB,
    NARROW,
    NETPROV,
    SITE,
    Network,
    deployed,  # noqa: F401 - fixtures
    failed,
    only,
    patients,
)

from provisioner.proving.proof import proofs
from provisioner.proving.synthetic import PROOF

pytestmark = pytest.mark.live

STEPS = ["acquired", "listed", "claimed", "received", "report-home", "completed"]


def settled(network: Network) -> None:
    """Nothing is left of any verification, anywhere."""
    with closing(network.client(HUB)) as hub:
        assert proofs(hub) == []
    for node in (HUB, SITE, NARROW):
        with closing(network.client(node)) as client:
            assert patients(client) == set()
            assert client.queue()["counts"].get("dead", 0) == 0


@contextmanager
def told(network: Network, node: str, **facts: object) -> Iterator[None]:
    """A node's settings of sharing as another hand would leave them, for a while."""
    file = network.folder.node(node).root / "sharing.json"
    kept = file.read_text()
    try:
        file.write_text(json.dumps(json.loads(kept) | facts))
        time.sleep(0.1)
        yield
    finally:
        file.write_text(kept)
        time.sleep(0.1)


def test_a_study_goes_the_whole_way_from_each_site_that_may_share(network: Network) -> None:
    report = network.verify()
    for source, reader in ((HUB, SITE), (SITE, HUB)):
        of = {"acquired": ("", source), "listed": (source, HUB), "received": (source, reader)}
        of |= {"claimed": (reader, HUB), "report-home": (reader, source), "completed": (reader, HUB)}
        assert [(c.name, c.passed) for c in report.checks if (c.source, c.target) == of.get(c.name)] == [
            (step, True) for step in STEPS
        ]
    assert "the scanner CT1 over DICOM TLS" in only(report, "acquired", HUB).detail
    assert not [c for c in report.checks if c.name in STEPS and NARROW in (c.source, c.target)]
    settled(network)


def test_a_reader_whom_no_pool_lets_in_is_told_and_nothing_is_awaited_after_that(network: Network) -> None:
    pool = {"name": "hub", "sites": [HUB], "modalities": [], "body_parts": [], "priorities": [], "members": []}
    with told(network, HUB, pools=[{**pool, "prefetch": False}]):
        report = network.verify()
    assert [c.name for c in report.failed] == ["modality-worklist", "claimed", "received", "report-home", "completed"]
    assert {(c.source, c.target) for c in report.failed} == {(SITE, HUB), (HUB, SITE)}
    assert "not asked, since 'modality-worklist' does not work" in report.failed[1].detail
    settled(network)


def test_images_that_cannot_come_are_told(network: Network) -> None:
    """The hub's own way to the site is lost: all links hold, and yet no image arrives."""
    with told(network, HUB, peers={}):
        report = network.verify()
    assert {("received", HUB, SITE)} <= failed(report)
    assert "has not arrived" in only(report, "received", SITE).detail
    assert not failed(report) & {("peer", HUB, SITE), ("listed", HUB, HUB)}
    settled(network)


def test_a_killed_proof_leaves_nothing_after_the_next(network: Network) -> None:
    for seconds in (0.6, 0.9, 1.2):
        process = subprocess.Popen(
            [NETPROV, "verify", "severn"], env=network.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
    assert failed(network.verify()) == set()
    settled(network)


def test_nobody_is_shown_a_proof(network: Network) -> None:
    """One that lies there, as a killed verification leaves it until the next."""
    with closing(network.client(SITE)) as site, closing(network.client(HUB)) as hub:
        tags = {"PatientName": "NETPROV^VERIFY", "PatientID": f"{PROOF}-1-1-abcd-RXA02", "Modality": "OT"}
        made = site.post("/tools/create-dicom", {"Tags": tags})
        uid = site.get(f"/studies/{made['ParentStudy']}")["MainDicomTags"]["StudyInstanceUID"]
        deadline = time.monotonic() + 300
        while not proofs(hub):
            assert time.monotonic() < deadline
            # Again and again, as a proof does: the first may come before the node has taken note of the study.
            site.post("/netprov/sharing/now", {"study": uid})
            time.sleep(0.2)
        done = subprocess.run(
            [NETPROV, "worklist", "list", "--format", "json"], env=network.environ, capture_output=True, check=True
        )
        assert json.loads(done.stdout)["entries"] == []
    assert failed(network.verify()) == set()
    settled(network)
