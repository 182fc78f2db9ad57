"""`netprov worklist`: what it asks the home, and what it says."""

import json
from typing import Any

import pytest

from provisioner.proving.worklist import Asked, Declined

UID = "2.25.1"
ENTRY = {
    "uid": UID,
    "state": "IN PROGRESS",
    "priority": "HIGH",
    "due": "20261101101500",
    "birth_date": "19610303",
    "overdue": True,
    "modalities": ["CT"],
    "description": "CT of the head",
    "patient_name": "Müller^\x1b[2JAnna",
    "patient_id": "RXA:1",
    "site": "RXA01",
    "holder": "RXB01",
    "person": "Dr Reader",
    "reporters": ["RXB01", "RXC01"],
}
HISTORY = {"time": "20261101101500+0000", "site": "RXA01", "person": "", "action": "create", "result": "done"}


REPORT = {"instance": "1.2.3.4.5", "site": "RXA01", "site_name": "Alder", "at": 1.0}


def transfer(state: str = "moving", **facts: object) -> dict[str, object]:
    return {"to": "RXB01", "state": state, "reason": "", "sent": 2, "total": 9} | facts


@pytest.fixture
def asked(netprov: Any, severn: object) -> Any:  # severn deploys the network
    netprov.target.answers = {
        "search": {"entries": [ENTRY], "total": 7, "more": True},
        f"workitems/{UID}": {**ENTRY, "history": [HISTORY], "transfers": [transfer()], "reports": [REPORT]},
        f"workitems/{UID}/claim": {"person": "Dr Reader", "site": "RXB01", "transaction": "2.25.7", "until": 1.0},
        f"workitems/{UID}/release": {"workitem": UID, "state": "SCHEDULED"},
        "audit": {
            "whole": True,
            "fault": "",
            "lines": 1,
            "away": 0,
            "entries": [{"number": 1, "workitem": UID, **HISTORY}],
        },
    }
    return netprov.target.calls


def test_the_list(netprov: Any, asked: list[Asked]) -> None:
    said = netprov("worklist", "list", "--site", "rxa01", "--text", "mül", "--overdue")
    wanted = {"site": "RXA01", "text": "mül", "overdue": True, "limit": 50, "states": ["SCHEDULED", "IN PROGRESS"]}
    assert asked == [Asked("POST", "search", wanted)]
    for words in ("high", "2026-11-01 OVERDUE", "CT CT of the head", "claimed", "Dr Reader at RXB01", UID, "7 in all"):
        assert words in said.out
    assert "\x1b" not in said.out
    assert json.loads(netprov("worklist", "list", "--format", "json").out)["total"] == 7


def test_an_empty_list(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers["search"] = {"entries": [], "total": 0, "more": False}
    assert netprov("worklist", "list", "--state", "reported").out == "nothing is on the worklist that fits\n"
    assert asked[0].body == {"limit": 50, "states": ["COMPLETED"]}


def test_one_entry(netprov: Any, asked: list[Asked]) -> None:
    said = netprov("worklist", "show", UID)
    assert "reporters       RXB01, RXC01\n" in said.out
    assert "due             2026-11-01 10:15:00\n" in said.out
    assert "birth date      1961-03-03\n" in said.out
    assert "2026-11-01 10:15:00 UTC  RXA01" in said.out
    assert "create" in said.out
    assert "on its way to RXB01, 2 of 9 images" in said.out
    assert "report 1.2.3.4.5 from RXA01\n" in said.out
    assert "\x1b" not in said.out
    assert json.loads(netprov("worklist", "show", UID, "--format", "json").out)["history"] == [HISTORY]


def test_a_claim_and_its_release(netprov: Any, asked: list[Asked]) -> None:
    said = netprov("worklist", "claim", UID, "--as", "rxb01", "--person", "Dr Reader")
    assert said.out == "Dr Reader at RXB01 holds it until 1970-01-01 00:00 UTC\ntransaction  2.25.7\n"
    assert asked == [Asked("POST", f"workitems/{UID}/claim", {}, "RXB01", "Dr Reader")]
    assert netprov("worklist", "release", UID).out == "it is open again\n"
    assert asked[1].site == ""


def test_a_report_that_is_kept_is_accepted(netprov: Any, asked: list[Asked]) -> None:
    accepted = {"workitem": UID, "state": "COMPLETED", "accepted": ["1.2.3.4.5"]}
    netprov.target.answers[f"workitems/{UID}/accept"] = accepted
    said = netprov("worklist", "accept", UID, "--as", "rxb01", "--person", "Dr Reader", "--report", "1.2.3.4.5")
    assert said.out == "it is reported, by 1 report that was here\n"
    wanted: dict[str, object] = {"instances": ["1.2.3.4.5"]}
    assert asked == [Asked("POST", f"workitems/{UID}/accept", wanted, "RXB01", "Dr Reader")]


def test_whoever_is_too_late_is_told(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers[f"workitems/{UID}/claim"] = Declined("the worklist refuses: Dr Other at RXC01 holds it")
    ended = netprov("worklist", "claim", UID, "--as", "RXB01")
    assert ended.code != 0
    assert "Dr Other at RXC01 holds it" in ended.err


@pytest.mark.parametrize("uid", ["../audit", "abc", "1.2/../../sites", "2.25.01", "1", "2.25.1?x=1"])
@pytest.mark.parametrize("command", [("show",), ("release",), ("claim", "--as", "RXB01"), ("send", "RXB01")])
def test_what_is_no_uid_is_not_asked_for(netprov: Any, asked: list[Asked], command: tuple[str, ...], uid: str) -> None:
    ended = netprov("worklist", command[0], uid, *command[1:])
    assert (ended.code, asked) == (2, [])
    assert "is no entry's UID" in ended.err


def test_a_site_or_place_that_is_none_is_told_with_those_that_are(netprov: Any, asked: list[Asked]) -> None:
    for words in (("claim", UID, "--as", "ALDER"), ("accept", UID, "--as", "ALDER"), ("send", UID, "ALDER")):
        ended = netprov("worklist", *words)
        assert (ended.code, asked) == (3, [])
        assert "ALDER is no" in ended.err
        assert "RXB01" in ended.err


def test_a_rebuild(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers["rebuild"] = {"created": 3, "there": 2, "failed": []}
    assert netprov("worklist", "rebuild").out == "3 made anew, 2 were there\n"
    netprov.target.answers["rebuild"] = {"created": 0, "there": 2, "failed": ["abc: no series"]}
    ended = netprov("worklist", "rebuild")
    assert (ended.code, "abc: no series" in ended.out) == (3, True)


def test_the_audit_log(netprov: Any, asked: list[Asked]) -> None:
    assert "whole: 1 lines" in netprov("worklist", "audit", "--after", "3").out
    assert asked[0].path == "audit?after=3&limit=100"
    netprov.target.answers["audit"] = {
        "whole": False,
        "fault": "line 2 was changed",
        "lines": 1,
        "away": 0,
        "entries": [],
    }
    ended = netprov("worklist", "audit")
    assert (ended.code, "NOT WHOLE: line 2 was changed" in ended.out) == (4, True)


def test_a_study_is_sent_and_followed_until_it_has_arrived(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers[f"workitems/{UID}/send"] = {}
    netprov.target.answers[f"workitems/{UID}"] = {**ENTRY, "history": [], "transfers": [transfer("arrived", sent=9)]}
    said = netprov("worklist", "send", UID, "rxb01", "--as", "rxb01", "--person", "Dr Reader")
    assert (said.code, said.out) == (0, "arrived at RXB01, 9 of 9 images\n")
    assert asked[0] == Asked("POST", f"workitems/{UID}/send", {"to": "RXB01"}, "RXB01", "Dr Reader")


def test_a_study_that_cannot_be_sent_says_why(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers[f"workitems/{UID}/send"] = {}
    failed = transfer("failed", to="night", reason="no link leads there")
    netprov.target.answers[f"workitems/{UID}"] = {**ENTRY, "history": [], "transfers": [failed]}
    said = netprov("worklist", "send", UID, "night")
    assert (said.code, said.out) == (3, "it cannot be sent to night: no link leads there\n")
    assert netprov("worklist", "send", UID, "night", "--no-wait").out == "it will be sent to night\n"


def test_everything_that_could_not_be_sent_is_tried_again(netprov: Any, asked: list[Asked]) -> None:
    netprov.target.answers["retry"] = {"retried": 2}
    said = netprov("worklist", "retry")
    assert "RXB01  2 studies tried again" in said.out
    assert "worklist  2 sendings tried again" in said.out
    assert {call.root for call in asked} == {"/netprov/sharing", "/netprov/worklist"}
    asked.clear()
    assert netprov("worklist", "retry", "rxb01").out == "RXB01  2 studies tried again\n"
    assert [call.node for call in asked] == ["RXB01"]
    assert netprov("worklist", "retry", "RXZ99").code == 3
