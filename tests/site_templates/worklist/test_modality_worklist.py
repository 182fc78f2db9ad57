"""The list as a Modality Worklist: what a query finds, and for whom."""

from typing import Any

import pytest
from worklist.modality_worklist import at_home, found

STEPS = "0040,0100"


def ask(desk: Any, query: dict[str, Any], site: str = "RXB01", aet: str = "BIRCH") -> list[dict[str, Any]]:
    answers, more = found(desk.store, desk.settings, site, aet, query)
    assert not more
    return answers


def ask_at_home(desk: Any, query: dict[str, Any], aet: str) -> list[dict[str, Any]]:
    answers, more = at_home(desk.store, desk.settings, aet, query)
    assert not more
    return answers


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"0010,0010": "M*"}, 3),
        ({"0010,0010": "Smith*"}, 0),
        ({"0010,0020": "RXA:2"}, 1),
        ({"0010,0020": "RXA:2", "0010,0021": "RXB"}, 0),
        ({"0008,0050": "ACC3"}, 1),
        ({"0040,1001": "RP3"}, 1),
        ({"0020,000d": "1.2.826.0.1.3680043.10.1"}, 1),
        ({STEPS: [{"0008,0060": "CT"}]}, 2),
        ({STEPS: [{"0008,0060": "MR"}]}, 1),
        ({STEPS: [{"0040,0001": "BIRCH"}]}, 3),
        ({STEPS: [{"0040,0001": "OTHER"}]}, 0),
        ({STEPS: [{"0040,0002": "20261101"}]}, 3),
        ({STEPS: [{"0040,0002": "20261101-20261130"}]}, 3),
        ({STEPS: [{"0040,0002": "20261102-"}]}, 0),
        ({STEPS: [{"0040,0002": "20261101", "0040,0003": "101500"}]}, 3),
        ({STEPS: [{"0040,0003": "1000-1100"}]}, 3),
        ({STEPS: [{"0040,0003": "1100-"}]}, 0),
        ({STEPS: [{"0040,0010": "Alder"}]}, 3),
        ({STEPS: [{"0040,0020": "STARTED"}]}, 0),
        ({STEPS: [{"0040,0020": "SCHEDULED"}]}, 3),
    ],
)
def test_keys(desk: Any, query: dict[str, Any], count: int) -> None:
    desk.create(1)
    desk.create(2)
    desk.create(3, t00080060={"vr": "CS", "Value": ["MR"]}, t00080061={"vr": "CS", "Value": ["MR"]})
    assert len(ask(desk, query)) == count


def test_open_studies_and_those_that_the_asking_site_holds(desk: Any) -> None:
    mine, other, _ = desk.create(1), desk.create(2), desk.create(3)
    desk.claim(mine, "RXB01", "Dr Birch")
    desk.claim(other, "RXC01")
    answers = {a["0008,0050"]: a[STEPS][0] for a in ask(desk, {})}
    assert set(answers) == {"ACC1", "ACC3"}
    assert (answers["ACC1"]["0040,0020"], answers["ACC1"]["0040,0006"]) == ("STARTED", "Dr Birch")
    assert answers["ACC3"]["0040,0020"] == "SCHEDULED"


def test_only_what_the_asking_site_may_report(desk: Any) -> None:
    desk.settings["pools"] = [{"name": "ct", "sites": ["RXB01"], "modalities": ["CT"]}]
    desk.create(1)
    assert len(ask(desk, {}, "RXB01")) == 1
    assert ask(desk, {}, "RXC01") == []
    assert ask(desk, {}, "RXA01") == [], "it is theirs, but not theirs to report"
    assert ask(desk, {}, "RXD01") == [], "no such site"


def test_a_workstation_of_the_homes_own_site_is_told_what_that_site_may_report(desk: Any) -> None:
    desk.settings |= {"node": "RXA01", "workstations": ["ALDER_WS"]}
    desk.create(1)
    (answer,) = ask_at_home(desk, {}, "ALDER_WS")
    assert answer[STEPS][0]["0040,0001"] == "ALDER_WS"


PROOF = "NETPROV-PROOF-7-8-abcd-RXA01"
QUERIES: tuple[dict[str, Any], ...] = ({}, {"0010,0020": f"*{PROOF}"}, {"0010,0020": "*"}, {"0010,0020": f"{PROOF}\\*"})


@pytest.mark.parametrize("query", QUERIES)
def test_a_nodes_own_ae_title_finds_at_the_home_what_verification_has_put_there_and_nothing_else(
    desk: Any, query: dict[str, Any]
) -> None:
    """Whoever has some certificate of the network may call itself so."""
    desk.settings |= {"workstations": ["HUB_WS"]}
    desk.create(1)
    name, number = {"Alphabetic": "NETPROV^VERIFY"}, f"RXA:{PROOF}"
    desk.create(2, t00100010={"vr": "PN", "Value": [name]}, t00100020={"vr": "LO", "Value": [number]})
    for aet in ("HUB", "ALDER", "BIRCH"):
        assert {each["0010,0020"] for each in ask_at_home(desk, query, aet)} <= {number}
    assert {each["0010,0020"] for each in ask_at_home(desk, query, "HUB_WS")} <= {"RXA:1"}
    assert ask_at_home(desk, query, "STRANGER") == []
    assert len(ask_at_home(desk, QUERIES[1], "BIRCH")) == 1
    assert len(ask_at_home(desk, {}, "HUB_WS")) == 1
    desk.settings["pools"] = [{"name": "ct", "sites": ["RXC01"], "modalities": ["CT"]}]
    assert ask_at_home(desk, {}, "BIRCH") == [], "as far as its site may report"


def test_what_a_sites_node_passes_on_is_answered_for_that_site(desk: Any) -> None:
    desk.settings["pools"] = [{"name": "ct", "sites": ["RXB01"], "modalities": ["CT"]}]
    desk.create(1)
    wanted = {"aet": "BIRCH_WS", "query": {STEPS: [{"0008,0060": "CT"}]}}
    told = desk.own("POST", "mwl", "RXB01", wanted)
    assert [answer["0008,0050"] for answer in told["answers"]] == ["ACC1"]
    assert told["answers"][0][STEPS][0]["0040,0001"] == "BIRCH_WS"
    assert desk.own("POST", "mwl", "RXC01", wanted) == {"answers": [], "more": False}
    assert desk.call("POST", "/netprov/worklist/mwl", "RXB01", {"query": 1}).status == 400
