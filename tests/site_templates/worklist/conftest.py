"""A worklist on the disk, without Orthanc: the handlers are called as the plugin calls them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from worklist import audit, claims, store, ups
from worklist.book import Book
from worklist.request import Request, Response, query_of
from worklist.service import ROOT, Service

SITES = {
    "HUB": {"name": "Severn Hub", "member": "RXA", "aet": "HUB", "patient_issuer": "", "accession_issuer": ""},
    "RXA01": {"name": "Alder", "member": "RXA", "aet": "ALDER", "patient_issuer": "RXA", "accession_issuer": "RXA"},
    "RXB01": {"name": "Birch", "member": "RXB", "aet": "BIRCH", "patient_issuer": "RXB", "accession_issuer": "RXB"},
    "RXC01": {"name": "Cedar", "member": "RXC", "aet": "CEDAR", "patient_issuer": "RXC", "accession_issuer": "RXC"},
}
EMPTY = {
    "00741210": "SQ",
    "00404026": "SQ",
    "00404034": "SQ",
    "00100024": "SQ",
    "00101002": "SQ",
    "00380010": "LO",
    "00380014": "SQ",
    "00081080": "LO",
    "00081084": "SQ",
    "00741002": "SQ",
    "00741216": "SQ",
    "00081195": "UI",
}


def value(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)} if values else {"vr": vr}


def code(text: str, meaning: str) -> dict[str, Any]:
    return {"00080100": value("SH", text), "00080102": value("SH", "L"), "00080104": value("LO", meaning)}


def sample(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A workitem as a site announces it; changes are by keyword of no importance, `t00741200=...` by tag."""
    study = f"1.2.826.0.1.3680043.10.{number}"
    request = {
        "0020000D": value("UI", study),
        "00080050": value("SH", f"ACC{number}"),
        **{tag: value("SQ") for tag in ("00080051", "00400026", "00400027", "00321064")},
        "00401001": value("SH", f"RP{number}"),
        "00321060": value("LO", "CT of the head"),
    }
    series = {"0040E020": value("CS", "DICOM"), "0020000D": value("UI", study), "0020000E": value("UI", f"{study}.1")}
    item = {
        **{tag: value(vr) for tag, vr in EMPTY.items()},
        "00741200": value("CS", "MEDIUM"),
        "00741204": value("LO", "CT of the head"),
        "00741202": value("LO", "reporting"),
        "00404025": value("SQ", code("ALDER_CT1", "CT 1")),
        "00404027": value("SQ", code("RXA01", "Alder")),
        "00404005": value("DT", "20261101101500"),
        "00404011": value("DT", "20991129101500"),
        "00404018": value("SQ", code("110005", "Interpretation")),
        "00400400": value("LT"),
        "00404041": value("CS", "READY"),
        "00404021": value("SQ", series),
        "0020000D": value("UI", study),
        "00100010": value("PN", {"Alphabetic": f"Müller^Anna {number}"}),
        "00100020": value("LO", f"RXA:{number}"),
        "00100021": value("LO", "RXA"),
        "00100030": value("DA", "19600229"),
        "00100040": value("CS", "F"),
        "0040A370": value("SQ", request),
        "00080050": value("SH", f"ACC{number}"),
        "00080060": value("CS", "CT"),
        "00080061": value("CS", "CT", "SR"),
        "00180015": value("CS", "HEAD"),
        "00741000": value("CS", "SCHEDULED"),
    }
    return item | {tag.lstrip("t"): changed for tag, changed in changes.items()}


@dataclass
class Desk:
    """The worklist, and how tests speak to it."""

    folder: Path
    settings: dict[str, Any] = field(
        default_factory=lambda: {"network": "severn", "node": "HUB", "home": "HUB", "sites": SITES, "pools": []}
    )

    def __post_init__(self) -> None:
        self.store = store.Store(self.folder / store.FILE)
        self.audit = audit.Audit(self.folder / audit.FILE, self.store)
        self.book = Book(self.store, self.audit, lambda: self.settings)
        self.service = Service(self.book, list, None)
        self.open = True

    def close(self) -> None:
        """A test may do so before its end."""
        if self.open:
            self.store.close()
            self.audit.close()
        self.open = False

    def call(self, method: str, path: str, site: str = "", body: Any = None, person: str = "") -> Response:
        """`path` from the root of the node, with its query."""
        bare, _, query = path.partition("?")
        headers = {"x-netprov-caller": site, "x-netprov-person": person, "accept": "application/dicom+json"}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        for root, handle in ((ups.ROOT, lambda asked: ups.handle(self.book, asked)), (ROOT, self.service.handle)):
            if bare.startswith(root):
                asked = Request(method, bare[len(root) :], query_of(query, {}), raw, headers)
                return handle(asked)
        raise AssertionError(path)

    def ups(self, method: str, path: str, site: str = "RXA01", body: Any = None, **more: str) -> Response:
        return self.call(method, f"{ups.ROOT}{path}", site, body, **more)

    def own(self, method: str, path: str, site: str = "", body: Any = None, **more: str) -> Any:
        response = self.call(method, f"{ROOT}/{path}", site, body, **more)
        assert response.status == 200, (response.status, response.body)
        return json.loads(response.body)

    def create(self, number: int = 1, site: str = "RXA01", **changes: Any) -> str:
        uid = f"2.25.{number}"
        response = self.ups("POST", f"?{uid}", site, [sample(number, **changes)])
        assert response.status == 201, response.body
        return uid

    def claim(self, uid: str, site: str = "RXB01", person: str = "Dr Reader") -> str:
        """The Transaction UID."""
        found = self.own("POST", f"workitems/{uid}/claim", site, person=person)
        return str(found["transaction"])

    def state(self, uid: str) -> str:
        entry = self.store.entry(uid)
        assert entry is not None
        return entry.state


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def reopen(desk: Desk) -> Callable[[], Desk]:
    """The same folder, as after a restart."""
    return lambda: Desk(desk.folder, desk.settings)


@pytest.fixture
def item() -> Callable[..., dict[str, Any]]:
    return sample


@pytest.fixture
def change() -> Callable[..., dict[str, Any]]:
    """The payload of a change of state."""
    return lambda state, lock="": {"00741000": value("CS", state), "00081195": value("UI", *([lock] if lock else []))}


@pytest.fixture
def lock() -> Callable[[], str]:
    return claims.new_transaction
