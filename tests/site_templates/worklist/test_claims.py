"""Two people reporting one study is a hazard: of all who claim at once, one wins, and the others hear who."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

REPORT = {"study": "1.2.3", "series": "1.2.3.4", "class": "1.2.840.10008.5.1.4.1.1.88.33", "instance": "1.2.3.4.5"}
CT = {"name": "ct", "sites": ["RXB01"], "modalities": ["CT"], "body_parts": [], "priorities": [], "members": []}


def post(desk: Any, uid: str, action: str, site: str, person: str = "", body: Any = None) -> tuple[int, dict[str, Any]]:
    response = desk.call("POST", f"/netprov/worklist/workitems/{uid}/{action}", site, body, person=person)
    return response.status, json.loads(response.body)


def test_of_many_at_once_one_wins(desk: Any) -> None:
    """Two sites, eight people, thirty rounds, by netprov's own way and by the standard's."""
    with ThreadPoolExecutor(8) as crowd:
        for number in range(1, 31):
            uid = desk.create(number)

            def claim(person: int, uid: str = uid) -> int:
                site = ("RXB01", "RXC01")[person % 2]
                if person % 3:
                    return post(desk, uid, "claim", site, f"Dr {person}")[0]
                state = {"00741000": {"vr": "CS", "Value": ["IN PROGRESS"]}}
                state["00081195"] = {"vr": "UI", "Value": [f"2.25.{person + 1}"]}
                return int(desk.ups("PUT", f"/{uid}/state", site, state, person=f"Dr {person}").status)

            assert sorted(crowd.map(claim, range(8))) == [200] + [409] * 7
    chain = desk.own("GET", "audit")
    assert (chain["whole"], chain["lines"]) == (True, 30 * 9)


def test_the_loser_hears_who_holds_it(desk: Any) -> None:
    uid = desk.create()
    status, won = post(desk, uid, "claim", "RXB01", "Dr Birch")
    assert (status, won["site"], won["person"]) == (200, "RXB01", "Dr Birch")
    assert 7.9 * 3600 < won["until"] - time.time() <= 8 * 3600
    for site, person in (("RXC01", "Dr Cedar"), ("RXB01", "Dr Other"), ("RXB01", "Dr Birch")):
        status, lost = post(desk, uid, "claim", site, person)
        assert status == 409
        assert lost["message"].startswith("Dr Birch at Birch (RXB01) holds it since ")


def test_its_holder_releases_it(desk: Any) -> None:
    uid = desk.create()
    key = desk.claim(uid)
    assert post(desk, uid, "release", "RXC01", "Dr Reader")[0] == 403
    assert post(desk, uid, "release", "RXB01", "Dr Other")[0] == 403
    assert post(desk, uid, "release", "RXB01", "Dr Reader")[0] == 200
    assert desk.state(uid) == "SCHEDULED"
    assert post(desk, uid, "release", "RXB01", "Dr Reader")[0] == 409
    key = desk.claim(uid, "RXC01")
    assert post(desk, uid, "release", "RXB01", "", {"transaction": key})[0] == 200
    desk.claim(uid)
    assert post(desk, uid, "release", "", "operator of the network")[0] == 200


def test_a_claim_that_was_let_go_opens_nothing(desk: Any, change: Callable[..., Any]) -> None:
    uid = desk.create()
    key = desk.claim(uid)
    post(desk, uid, "release", "RXB01", "Dr Reader")
    desk.claim(uid, "RXC01", "Dr Cedar")
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key)).status == 400


def test_a_claim_expires(desk: Any) -> None:
    uid, other = desk.create(1), desk.create(2)
    desk.settings["claim_hours"] = 0.00001
    desk.claim(uid)
    desk.settings["claim_hours"] = 8
    desk.claim(other)
    time.sleep(0.05)
    assert desk.claim(uid, "RXC01", "Dr Cedar")
    assert desk.state(other) == "IN PROGRESS"
    actions = [(e["site"], e["action"], e["result"]) for e in desk.own("GET", "audit")["entries"]]
    assert ("netprov", "expire", "done") in actions


def test_progress_keeps_a_claim(desk: Any) -> None:
    uid = desk.create()
    key = desk.claim(uid)
    before = desk.store.entry(uid).row["until"]
    progress = {"00741004": {"vr": "DS", "Value": ["50"]}}
    body = {"00741002": {"vr": "SQ", "Value": [progress]}}
    assert desk.ups("POST", f"/{uid}?{key}", "RXB01", body).status == 200
    assert desk.store.entry(uid).row["until"] > before


# -- pools --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pool", "takes"),
    [
        ({}, True),
        ({"modalities": ["MR"]}, False),
        ({"modalities": ["MR", "SR"]}, True),
        ({"body_parts": ["HEAD"]}, True),
        ({"body_parts": ["KNEE"]}, False),
        ({"priorities": ["medium"]}, True),
        ({"priorities": ["stat"]}, False),
        ({"members": ["RXA"]}, True),
        ({"members": ["RXC"]}, False),
    ],
)
def test_a_pool_says_who_reports(desk: Any, pool: dict[str, Any], takes: bool) -> None:
    """What no pool takes, everybody may report."""
    desk.settings["pools"] = [{**CT, "modalities": [], **pool}]
    uid = desk.create()
    status, said = post(desk, uid, "claim", "RXC01")
    assert (status == 404) == takes, said
    assert (desk.ups("GET", f"/{uid}", "RXC01").status == 404) == takes
    assert (desk.ups("GET", "", "RXC01").status == 204) == takes
    if takes:
        assert post(desk, uid, "claim", "RXB01")[0] == 200


def test_the_site_that_acquired_it_sees_it_and_may_not_claim_it(desk: Any) -> None:
    desk.settings["pools"] = [CT]
    uid = desk.create()
    assert desk.ups("GET", f"/{uid}", "RXA01").status == 200
    assert desk.ups("GET", f"/{uid}", "HUB").status == 200
    status, said = post(desk, uid, "claim", "RXA01")
    assert (status, said["message"]) == (403, "no pool gives it to RXA01; it is for RXB01")


def test_no_pools_means_all_sites(desk: Any) -> None:
    for number, site in enumerate(desk.settings["sites"], 1):
        uid = desk.create(number)
        assert post(desk, uid, "claim", site)[0] == 200


def test_an_operator_claims_for_no_site(desk: Any) -> None:
    assert post(desk, desk.create(), "claim", "")[0] == 403


# -- reports ------------------------------------------------------------------------------------------------------


def test_a_report_completes_what_its_site_holds(desk: Any) -> None:
    uid = desk.create()
    desk.claim(uid)
    assert post(desk, uid, "report", "RXB01", "", REPORT) == (200, {"workitem": uid, "state": "COMPLETED"})
    (done,) = desk.store.entry(uid).item["00741216"]["Value"]
    (output,) = done["00404033"]["Value"]
    assert output["00081199"]["Value"][0]["00081155"]["Value"] == [REPORT["instance"]]
    assert done["00404035"]["Value"][0]["00404037"]["Value"] == [{"Alphabetic": "Dr Reader"}]
    addendum = REPORT | {"instance": "1.2.3.4.6"}
    assert post(desk, uid, "report", "RXB01", "", addendum)[1]["state"] == "COMPLETED"
    assert len(desk.store.entry(uid).item["00741216"]["Value"][0]["00404033"]["Value"]) == 2
    assert desk.store.entry(uid).row["flag"] == ""


def test_a_report_of_a_site_that_does_not_hold_it_is_flagged_and_not_lost(desk: Any) -> None:
    uid = desk.create()
    desk.claim(uid)
    assert post(desk, uid, "report", "RXC01", "", REPORT)[1]["state"] == "IN PROGRESS"
    assert desk.store.entry(uid).row["flag"] == "report from RXC01, which does not hold it"
    assert desk.own("GET", "counts")["flagged"] == 1
    assert post(desk, uid, "report", "RXB01", "", REPORT)[1]["state"] == "COMPLETED"
    assert desk.store.entry(uid).row["flag"] == "report from RXC01, which does not hold it"


def test_a_report_without_its_uids_is_refused(desk: Any) -> None:
    uid = desk.create()
    assert post(desk, uid, "report", "RXB01", "", {"study": "x"})[0] == 400
    assert desk.call("POST", f"/netprov/worklist/workitems/{uid}/report", "RXB01", b"[]").status == 400
