"""Places beyond the network that speak DICOMweb or are an Orthanc: a real one takes what is offered, and may refuse."""

from collections.abc import Callable, Iterator

import pytest
from homed import Home, running
from scanned import study
from sharing.beyond import Offer, offer_to
from sharing.errors import Broken, Refused, Unreachable
from sharing.settings import Peer, Place
from sharing.transport import Door

pytestmark = pytest.mark.live
ROOTS = {"dicomweb": "dicom-web", "orthanc_peer": ""}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    yield from running(tmp_path_factory.mktemp("place"))


@pytest.fixture
def offer() -> Iterator[Callable[[str, str], Offer]]:
    """How a place at an address is given copies."""
    doors: list[Door] = []

    def door(there: Place) -> Door:
        doors.append(Door(Peer(there.name, there.url, "", ""), None))
        return doors[-1]

    def by_dicom(_copy: bytes, _name: str) -> None:
        raise AssertionError("it does not speak DICOM")

    yield lambda url, protocol: offer_to(Place("registry", protocol, url), door, by_dicom)
    for each in doors:
        each.close()


@pytest.mark.parametrize("protocol", ROOTS)
def test_it_takes_one_instance_after_the_other(place: Home, offer: Callable[[str, str], Offer], protocol: str) -> None:
    give = offer(f"http://127.0.0.1:{place.http_port}/{ROOTS[protocol]}", protocol)
    before = len(instances(place))
    files = study(3)
    for file in files:
        give(file)
    assert len(instances(place)) == before + 3
    give(files[0])  # what it has already is no trouble
    assert len(instances(place)) == before + 3


@pytest.mark.parametrize("protocol", ROOTS)
def test_what_it_does_not_take_is_known(place: Home, offer: Callable[[str, str], Offer], protocol: str) -> None:
    give = offer(f"http://127.0.0.1:{place.http_port}/{ROOTS[protocol]}", protocol)
    with pytest.raises((Broken, Refused)):
        give(b"no DICOM at all")


@pytest.mark.parametrize("protocol", ROOTS)
def test_a_place_that_is_away_is_tried_again(offer: Callable[[str, str], Offer], protocol: str) -> None:
    with pytest.raises(Unreachable, match="registry does not answer"):
        offer("http://127.0.0.1:9/", protocol)(b"")


def instances(place: Home) -> list[str]:
    status, _, text = place.call("GET", "/instances")
    assert status == 200
    return [line for line in text.decode().splitlines() if '"' in line]
