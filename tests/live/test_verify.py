"""`verify` against three real nodes: what is sound passes, and what it has made is gone."""

import subprocess
import time
from contextlib import closing

import pytest
from proving import (
    HUB,
    NARROW,
    NETPROV,
    SITE,
    Network,
    deployed,  # noqa: F401 - fixtures
    failed,
    leave,
    names,
    only,
    patients,
)

from provisioner.engine.holder import process_start
from provisioner.proving.synthetic import PREFIX, Run, this_run
from stacks.local.ports import recorded

pytestmark = pytest.mark.live

PROOF = {"listed", "modality-worklist", "claimed", "received", "report-home", "completed"}
"""Steps of a study's whole way: test_proof.py looks at them."""


# -- a sound network ------------------------------------------------------------------------------------------------


def test_sound_network_passes_both_halves(network: Network) -> None:
    report = network.verify()
    assert [(c.name, c.source, c.target, c.detail) for c in report.failed] == []
    assert {c.expected for c in report.checks} == {"works", "refused"}
    assert report.network == "severn"


def test_each_link_is_asked_for_what_it_permits_and_nothing_else(network: Network) -> None:
    report = network.verify()
    everything = {"c-echo", "c-find", "c-move", "dicomweb-find", "dicomweb-get", "peer"}
    everything |= {"study-by-dicom", "study-by-peer", "study-by-dicomweb"}
    assert names(report, SITE, HUB) - PROOF == everything
    assert names(report, HUB, SITE) - PROOF == everything
    assert names(report, NARROW, HUB) == {"c-echo", "c-find", "dicomweb-find", "store-not-permitted"}
    assert names(report, HUB, NARROW) == set()
    for target, of in ((SITE, "1 of 1"), (NARROW, "2 of 2")):
        assert only(report, "unlinked-https", target).source == f"{of} unlinked nodes"


def test_order_of_checks_is_the_same_each_time(network: Network) -> None:
    first, second = network.verify(), network.verify()
    assert [(c.name, c.source, c.target) for c in first.checks] == [(c.name, c.source, c.target) for c in second.checks]


def test_studies_of_others_are_left_alone(network: Network) -> None:
    """Neither a patient with a like name alone, nor one with a like ID alone, is netprov's."""
    tags = (
        {"PatientName": "SYNTHETIC^ONE", "PatientID": "RXA-1"},
        {"PatientName": "SYNTHETIC^TWO", "PatientID": f"{PREFIX}-1-1-abc-RXA01"},
        {"PatientName": "NETPROV^VERIFY", "PatientID": "RXA-3"},
    )
    with closing(network.client(HUB)) as hub:
        made = [hub.post("/tools/create-dicom", {"Tags": t})["ParentPatient"] for t in tags]
        assert failed(network.verify()) == set()
        assert patients(hub) == {t["PatientID"] for t in tags}
        for patient in made:
            hub.delete(f"/patients/{patient}")


def test_what_a_killed_verification_left_is_removed(network: Network) -> None:
    gone = subprocess.Popen(["true"])
    run = Run(gone.pid, process_start(gone.pid) or "1", "killed")
    gone.wait()
    with closing(network.client(HUB)) as hub:
        leave(hub, run)
        report = network.verify()
        assert failed(report) == set()
        assert "1 patients of a killed run removed" in only(report, "synthetic", HUB).detail
        assert patients(hub) == set()


def test_what_another_verification_still_needs_is_left(network: Network) -> None:
    """The study of a run whose process lives, as this one does."""
    with closing(network.client(HUB)) as hub:
        patient = leave(hub, this_run())
        assert failed(network.verify()) == set()
        assert patients(hub) == {patient}
        hub.delete(f"/patients/{hub.post('/tools/find', {'Level': 'Patient', 'Query': {'PatientID': patient}})[0]}")


def test_killed_at_any_moment_the_next_one_leaves_nothing(network: Network) -> None:
    for seconds in (0.5, 0.8, 1.1, 1.4):
        process = subprocess.Popen(
            [NETPROV, "verify", "severn"], env=network.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
    assert failed(network.verify()) == set()
    for node in (HUB, SITE, NARROW):
        with closing(network.client(node)) as client:
            assert patients(client) == set()


# -- an independent judge -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calling", "called", "holder", "enters"),
    [
        (SITE, HUB, SITE, True),
        ("STRANGER", HUB, SITE, False),
        (SITE, "STRANGER", SITE, False),
        (NARROW, SITE, NARROW, False),
        (SITE, HUB, None, False),
    ],
    ids=["linked", "unknown calling", "wrong called", "unlinked", "no certificate"],
)
def test_dcmtk_gets_the_same_answers(
    network: Network, calling: str, called: str, holder: str | None, enters: bool
) -> None:
    target = SITE if called == SITE else HUB
    endpoint = recorded(network.folder)[target]
    trust = str(network.folder.clients / "trust.crt")
    tls = ["+tla"]
    if holder:
        files = network.folder.node(holder)
        tls = ["+tls", str(files.key), str(files.certificate)]
    done = subprocess.run(
        [
            "echoscu",
            "-to",
            "60",
            *tls,
            "+cf",
            trust,
            "-aet",
            calling,
            "-aec",
            called,
            endpoint.host,
            str(endpoint.dicom_port),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert (done.returncode == 0) is enters, done.stderr
