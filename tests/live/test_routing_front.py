"""What nodes may ask of each other about studies, at their fronts."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

from scanned import Network, arrived, at_front, deployed, study, study_of

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


def test_the_queue_is_among_orthancs_metrics(network: Network) -> None:
    text = network.get("RXA01", "/tools/metrics-prometheus").decode()
    assert {"netprov_sharing_waiting", "netprov_sharing_dead", "netprov_sharing_oldest_seconds"} <= set(text.split())
