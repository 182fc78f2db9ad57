"""netprov's own part: the list in plain words, counts, and the list anew from the archive."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from worklist.service import Service


def test_entries_in_plain_words(desk: Any) -> None:
    uid = desk.create(1, t00404011={"vr": "DT", "Value": ["20200101120000"]})
    desk.claim(uid)
    (entry,) = desk.own("GET", "entries?ProcedureStepState=IN+PROGRESS", "RXC01")["entries"]
    expected = {
        "uid": uid,
        "state": "IN PROGRESS",
        "overdue": True,
        "patient_name": "Müller^Anna 1",
        "modalities": ["CT", "SR"],
        "site": "RXA01",
        "site_name": "Alder",
        "holder": "RXB01",
        "holder_name": "Birch",
        "person": "Dr Reader",
        "may_report": True,
    }
    assert expected.items() <= entry.items()
    assert "lock" not in entry


def test_counts(desk: Any) -> None:
    assert desk.own("GET", "counts")["oldest"] == ""
    desk.create(1, t00404011={"vr": "DT", "Value": ["20200101120000"]})
    desk.create(2, t00404005={"vr": "DT", "Value": ["20261030080000"]})
    third = desk.create(3, site="RXC01")
    desk.claim(third)
    told = desk.own("GET", "counts")
    assert told["states"] == {"SCHEDULED": 2, "IN PROGRESS": 1, "COMPLETED": 0, "CANCELED": 0}
    assert (told["overdue"], told["oldest"]) == (1, "20261030080000")
    assert told["sites"]["RXA01"] == {"SCHEDULED": 2, "IN PROGRESS": 0, "COMPLETED": 0, "CANCELED": 0, "overdue": 1}
    assert told["sites"]["RXC01"]["IN PROGRESS"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("POST", "counts", 405),
        ("GET", "rebuild", 405),
        ("GET", "workitems/2.25.1/claim", 405),
        ("POST", "workitems/2.25.1/steal", 404),
        ("POST", "workitems/nobody/claim", 400),
        ("POST", "workitems/2.25.1/claim", 404),
        ("GET", "entries?Nonsense=1", 400),
    ],
)
def test_what_cannot_be(desk: Any, method: str, path: str, status: int) -> None:
    refused = desk.call(method, f"/netprov/worklist/{path}", "RXB01")
    assert refused.status == status
    assert json.loads(refused.body)["message"]


def test_a_node_that_knows_no_network_says_so(desk: Any) -> None:
    desk.settings.clear()
    assert desk.call("GET", "/netprov/worklist/counts").status == 503


# -- rebuilding ---------------------------------------------------------------------------------------------------


def test_the_same_list_results(desk: Any, item: Callable[..., dict[str, Any]], reopen: Callable[[], Any]) -> None:
    """The database is lost; studies and audit log are not."""
    for number in range(1, 6):
        desk.create(number)
    desk.claim("2.25.1")
    report = {"study": "1.2.3", "series": "1.2.3.4", "class": "1.2.840.10008.5.1.4.1.1.88.33", "instance": "1.2.3.5"}
    desk.own("POST", "workitems/2.25.1/report", "RXB01", report)
    desk.ups("POST", "/2.25.2/cancelrequest", "RXA01")
    desk.own("POST", "workitems/2.25.3/report", "RXA01", report)
    desk.claim("2.25.3", "RXC01")
    desk.own("POST", "workitems/2.25.3/accept", "RXC01", person="Dr Reader")
    before = desk.own("GET", "entries")["entries"]
    desk.close()
    for name in ("worklist.db", "worklist.db-wal", "worklist.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    again = reopen()

    def announce(study: str) -> dict[str, Any]:
        if study == "broken":
            raise ValueError("no series")
        uid = {"vr": "UI", "Value": [f"2.25.{study}"]}
        return {} if study == "probe" else item(int(study), t00080018=uid)

    again.service = Service(again.book, lambda: ["1", "2", "3", "4", "5", "probe", "broken"], announce)
    assert again.own("POST", "rebuild") == {"created": 5, "there": 0, "failed": ["broken: no series"]}
    assert again.own("POST", "rebuild")["created"] == 0
    rebuilt = again.own("GET", "entries")["entries"]
    kept = ("uid", "state", "site", "member", "patient_id", "accession", "due", "holder", "person")
    assert [[e[k] for k in kept] for e in rebuilt] == [[e[k] for k in kept] for e in before]
    assert again.call("POST", "/netprov/worklist/rebuild", "RXA01").status == 403
    again.close()


def test_a_node_without_announcements_does_not_rebuild(desk: Any) -> None:
    assert desk.call("POST", "/netprov/worklist/rebuild").status == 409
