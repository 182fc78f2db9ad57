"""What nodes may ask of each other about studies, at their fronts."""

import json
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.uid import generate_uid

if TYPE_CHECKING:
    from conftest import Home

from scanned import SCANNERS, WORKSTATION, Network, arrived, at_front, deployed, study, study_of, until, workitems

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


def test_a_site_hears_of_its_own_members_patients_only(network: Network) -> None:
    files = study(1, patient="33")
    network.send("RXA01", files)
    arrived(network, files)
    path = f"/netprov/sharing/held?study={study_of(files)}"
    status, own = at_front(network, "RXA01", "HUB", path)
    assert (status, len(json.loads(own)["md5"])) == (200, 1)
    for claims in ("", "operator", "HUB", "RXA01"):
        assert at_front(network, "RXB01", "HUB", path, claims=claims) == (200, b'{"md5": []}')


@pytest.mark.parametrize("path", ["/netprov/sharing/queue", "/netprov/sharing/held", "/netprov/settings", "/changes"])
def test_nothing_else_is_told_to_other_nodes(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/dicom-web/workitems", "/dicom-web/workitems?0020000D=1.2", "/netprov/worklist/", "/dicom-web/workitems/1.2.3"],
)
def test_who_has_the_worklist_may_come_to_it(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] != 403
    assert at_front(network, "HUB", "RXB01", path)[0] == 403, "no home"


@pytest.mark.parametrize(
    "path",
    [
        "/dicom-web/workitems/../studies",
        "/dicom-web/workitems//x",
        "/netprov/worklist/%2e%2e/x",
        "/dicom-web/workitems/1?_method=DELETE",
    ],
)
def test_no_way_leads_from_the_worklist_elsewhere(network: Network, path: str) -> None:
    assert at_front(network, "RXB01", "HUB", path)[0] == 403


def test_metrics_are_scraped_through_the_front_by_who_is_linked(network: Network) -> None:
    files = study(1, patient="34")
    network.send("RXA01", files)
    until(lambda: workitems(network, study_of(files)), "on the worklist")
    until(lambda: network.queue("RXA01")["depth"] == 0)
    status, text = at_front(network, "HUB", "RXA01", "/netprov/metrics")
    lines = text.decode().splitlines()
    assert status == 200
    assert {'netprov_queue_studies{state="waiting"} 0', "netprov_queue_dead_letters 0"} <= set(lines)
    assert any(line.startswith("orthanc_count_instances ") for line in lines)
    told = {caller: at_front(network, caller, "HUB", "/netprov/metrics")[1].decode() for caller in SCANNERS}
    assert 'netprov_worklist_entries{site="RXA01",state="SCHEDULED"}' in told["RXB01"]
    assert "netprov_worklist_oldest_open_seconds" in told["RXA01"]
    assert at_front(network, "RXA01", "HUB", "/netprov/metrics", "POST", b"{}")[0] == 403
    assert at_front(network, "RXA01", "HUB", "/tools/metrics-prometheus")[0] == 403


# -- workstations at a site's own node ------------------------------------------------------------------------------


def findscu(network: Network, aet: str, node: str, accession: str) -> tuple[list[str], bool]:
    """Accession numbers of what a station at RXB01 is told by modality worklist, and whether that was all."""
    box, clients = network.home.path / f"found-{generate_uid()}", network.folder / "clients"
    box.mkdir()
    pair = [str(clients / f"RXB01-{aet}.{kind}") for kind in ("key", "crt")]
    command = ["findscu", "-W", "-X", "-od", str(box), "+tls", *pair, "+cf", str(clients / "trust.crt")]
    command += ["-aet", aet, "-aec", node, "-k", f"AccessionNumber={accession}", "-k", "PatientID", "127.0.0.1"]
    command.append(str(network.config(node)["DicomPort"]))
    said = subprocess.run([*command, "-v"], check=True, capture_output=True, timeout=180, text=True)
    found = [str(pydicom.dcmread(path, force=True).AccessionNumber) for path in box.iterdir()]
    return found, "Received Final Find Response (Success)" in said.stdout + said.stderr


def test_a_workstation_asks_its_own_node_and_a_scanner_is_told_nothing(network: Network) -> None:
    files = study(1, patient="41", accession="STATION")
    network.send("RXA01", files)
    until(lambda: workitems(network, study_of(files)), "on the worklist")
    assert findscu(network, WORKSTATION, "RXB01", "STATION") == (["STATION"], True)
    assert findscu(network, SCANNERS["RXB01"], "RXB01", "STATION") == ([], True)
    network.kill("HUB")
    assert findscu(network, WORKSTATION, "RXB01", "STATION") == ([], False), "that the home is away is no empty list"
    network.up()
