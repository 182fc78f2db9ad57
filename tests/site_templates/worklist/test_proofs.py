"""What verification puts on the list: nobody is shown it, the operator alone takes it away, and nothing else ever."""

import json
from typing import Any

import pytest

NAME = {"vr": "PN", "Value": [{"Alphabetic": "NETPROV^VERIFY"}]}
NUMBER = {"vr": "LO", "Value": ["RXA:NETPROV-PROOF-7-8-abcd-RXA01"]}


@pytest.fixture
def both(desk: Any) -> tuple[str, str]:
    """A patient's entry, and one of verification's."""
    return desk.create(1), desk.create(2, t00100010=NAME, t00100020=NUMBER)


def found(answer: Any) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return dict(json.loads(answer.body))


@pytest.mark.parametrize("site", ["", "RXA01", "RXB01"])
def test_no_list_and_no_count_has_it(desk: Any, both: tuple[str, str], site: str) -> None:
    real, _ = both
    listed = found(desk.call("GET", "/netprov/worklist/entries", site))["entries"]
    assert [entry["uid"] for entry in listed] == [real]
    page = found(desk.call("POST", "/netprov/worklist/search", site, {}))
    assert (page["total"], [entry["uid"] for entry in page["entries"]]) == (1, [real])
    assert found(desk.call("GET", "/netprov/worklist/counts", site))["states"]["SCHEDULED"] == 1
    standard = desk.ups("GET", "?00100010=*", site or "RXA01")
    assert [item["00080018"]["Value"][0] for item in json.loads(standard.body)] == [real]


def test_who_knows_its_name_may_look_at_it_and_claim_it(desk: Any, both: tuple[str, str]) -> None:
    _, proof = both
    assert desk.call("GET", f"/netprov/worklist/workitems/{proof}", "RXB01").status == 200
    assert desk.call("POST", f"/netprov/worklist/workitems/{proof}/claim", "RXB01").status == 200
    (told,) = found(desk.call("GET", "/netprov/worklist/proofs"))["proofs"]
    assert (told["uid"], told["holder"], told["state"]) == (proof, "RXB01", "IN PROGRESS")


def test_it_is_erased_with_all_that_was_kept_of_it_but_the_log(desk: Any, both: tuple[str, str]) -> None:
    real, proof = both
    desk.call("POST", f"/netprov/worklist/workitems/{proof}/claim", "RXB01")
    assert found(desk.call("POST", "/netprov/worklist/erase", body={"workitem": proof}))["state"] == "erased"
    assert found(desk.call("GET", "/netprov/worklist/proofs")) == {"proofs": []}
    assert desk.store.read("SELECT (SELECT COUNT(*) FROM workitem), (SELECT COUNT(*) FROM dataset)") == [(1, 1)]
    assert desk.store.read("SELECT COUNT(*) FROM transfer") == [(0,)]
    assert desk.store.entry(real) is not None
    log = found(desk.call("GET", "/netprov/worklist/audit"))
    assert log["whole"]
    assert [line["action"] for line in log["entries"] if line["workitem"] == proof] == ["create", "claim", "erase"]


def test_a_patients_entry_is_never_erased(desk: Any, both: tuple[str, str]) -> None:
    real, _ = both
    assert desk.call("POST", "/netprov/worklist/erase", body={"workitem": real}).status == 404
    assert desk.store.entry(real) is not None


@pytest.mark.parametrize(("method", "path"), [("GET", "proofs"), ("POST", "erase")])
def test_sites_have_no_part_in_it(desk: Any, both: tuple[str, str], method: str, path: str) -> None:
    assert desk.call(method, f"/netprov/worklist/{path}", "RXA01", {"workitem": both[1]}).status == 403
    assert desk.store.entry(both[1]) is not None
