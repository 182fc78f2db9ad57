"""What the worklist's page asks for."""

import json
from typing import Any

import pytest


@pytest.fixture
def full(desk: Any) -> Any:
    """Three open ones, the first overdue, the second held by Dr Reader at RXB01; one has ended."""
    desk.create(1, t00404011={"vr": "DT", "Value": ["20200101120000"]})
    desk.claim(desk.create(2))
    desk.create(3, site="RXC01", t00100010={"vr": "PN", "Value": [{"Alphabetic": "Ó Súilleabháin^Máire"}]})
    desk.create(4)
    desk.ups("POST", "/2.25.4/cancelrequest", "RXA01")
    return desk


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "1234"),
        ({"states": ["SCHEDULED", "IN PROGRESS"]}, "123"),
        ({"states": ["CANCELED"]}, "4"),
        ({"site": "RXC01"}, "3"),
        ({"modality": "CT", "priority": "MEDIUM"}, "1234"),
        ({"modality": "MR"}, ""),
        ({"mine": True}, "2"),
        ({"overdue": True}, "1"),
        ({"text": "SÚILL"}, "3"),
        ({"text": "acc2"}, "2"),
        ({"text": "rxa:3 máire"}, "3"),
        ({"text": "%"}, ""),
        ({"uids": ["2.25.1", "2.25.3"]}, "13"),
        ({"sort": "name", "descending": True}, "3421"),
        ({"sort": "start", "limit": 2, "offset": 1}, "23"),
    ],
)
def test_a_search(full: Any, wanted: dict[str, Any], found: str) -> None:
    told = full.own("POST", "search", "RXB01", wanted, person="Dr Reader")
    assert "".join(entry["uid"][-1] for entry in told["entries"]) == found
    if "limit" not in wanted:
        assert (told["total"], told["more"]) == (len(found), False)
    else:
        assert (told["total"], told["more"]) == (4, True)


@pytest.mark.parametrize(
    "wanted", [{"sort": "luck"}, {"states": ["PAUSED"]}, {"states": "SCHEDULED"}, {"uids": ["x"]}, {"limit": -1}]
)
def test_a_search_that_says_nothing(full: Any, wanted: dict[str, Any]) -> None:
    assert full.call("POST", "/netprov/worklist/search", "RXB01", wanted).status == 400


def test_one_entry_with_its_history(full: Any) -> None:
    entry = full.own("GET", "workitems/2.25.2", "RXB01", person="Dr Reader")
    assert (entry["holder_name"], entry["mine"], entry["due_at"] > entry["start_at"]) == ("Birch", True, True)
    assert [line["action"] for line in entry["history"]] == ["create", "claim"]
    assert set(entry["reporters"]) == {"HUB", "RXA01", "RXB01", "RXC01"}
    assert not full.own("GET", "workitems/2.25.2", "RXB01", person="Dr Other")["mine"]
    full.settings["pools"] = [{"name": "ct", "sites": ["RXB01"]}]
    assert full.call("GET", "/netprov/worklist/workitems/2.25.2", "RXC01").status == 404


def test_the_loser_of_a_claim_is_told_in_facts_too(full: Any) -> None:
    lost = json.loads(full.call("POST", "/netprov/worklist/workitems/2.25.2/claim", "RXC01").body)
    assert (lost["holder"], lost["holder_name"], lost["person"]) == ("RXB01", "Birch", "Dr Reader")


def test_the_sites_by_name(full: Any) -> None:
    assert full.own("GET", "sites", "RXC01")[0] == {"id": "HUB", "name": "Severn Hub"}
