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
    own = REPORT | {"instance": "1.2.3.4.6"}
    assert post(desk, uid, "report", "RXB01", "", own)[1]["state"] == "COMPLETED"
    assert desk.store.entry(uid).row["flag"] == "report from RXC01, which does not hold it"


def test_a_report_without_its_uids_is_refused(desk: Any) -> None:
    uid = desk.create()
    assert post(desk, uid, "report", "RXB01", "", {"study": "x"})[0] == 400
    assert desk.call("POST", f"/netprov/worklist/workitems/{uid}/report", "RXB01", b"[]").status == 400


def outputs(desk: Any, uid: str) -> list[str]:
    (done,) = desk.store.entry(uid).item["00741216"]["Value"]
    return [each["00081199"]["Value"][0]["00081155"]["Value"][0] for each in done["00404033"].get("Value", ())]


def kept(desk: Any, uid: str, site: str = "RXA01", instance: str = REPORT["instance"]) -> None:
    assert post(desk, uid, "report", site, "", REPORT | {"instance": instance})[0] == 200


def test_whoever_holds_the_entry_accepts_a_report_that_is_kept(desk: Any) -> None:
    uid = desk.create()
    kept(desk, uid)
    kept(desk, uid)
    (report,) = desk.own("GET", f"workitems/{uid}", "RXB01")["reports"]
    assert (report["instance"], report["site"], report["site_name"]) == ("1.2.3.4.5", "RXA01", "Alder")
    status, said = post(desk, uid, "accept", "RXB01", "Dr Reader")
    assert (status, said["message"]) == (409, "nobody holds it: claim it before")
    desk.claim(uid)
    for site, person in (("RXC01", "Dr Reader"), ("RXB01", "Dr Other"), ("", "operator")):
        assert post(desk, uid, "accept", site, person)[0] == 403
    assert desk.state(uid) == "IN PROGRESS"
    told = {"workitem": uid, "state": "COMPLETED", "accepted": ["1.2.3.4.5"]}
    assert post(desk, uid, "accept", "RXB01", "Dr Reader") == (200, told)
    assert outputs(desk, uid) == ["1.2.3.4.5"]
    (done,) = desk.store.entry(uid).item["00741216"]["Value"]
    assert done["00404035"]["Value"][0]["00404037"]["Value"] == [{"Alphabetic": "Dr Reader"}]
    assert desk.store.entry(uid).row["flag"] == ""
    line = desk.own("GET", "audit")["entries"][-1]
    assert (line["site"], line["person"], line["action"]) == ("RXB01", "Dr Reader", "accept")
    assert line["result"] == "completed: report 1.2.3.4.5 from RXA01"
    assert post(desk, uid, "accept", "RXB01", "Dr Reader")[0] == 409
    kept(desk, uid)
    assert desk.store.entry(uid).row["flag"] == "", "it is told of again, and known"


def test_those_reports_are_accepted_that_are_named(desk: Any) -> None:
    uid = desk.create()
    for site, instance in (("RXA01", "1.2.1"), ("RXC01", "1.2.2"), ("RXA01", "1.2.3")):
        kept(desk, uid, site, instance)
    desk.claim(uid)
    for body, status in (({"instances": ["1.2.9"]}, 409), ({"instances": "1.2.1"}, 400), ({"instances": [1]}, 400)):
        assert post(desk, uid, "accept", "RXB01", "Dr Reader", body)[0] == status
    assert post(desk, uid, "accept", "RXB01", "Dr Reader", {"instances": ["1.2.1", "1.2.3"]})[0] == 200
    assert outputs(desk, uid) == ["1.2.1", "1.2.3"]
    assert desk.store.entry(uid).row["flag"] == "report from RXA01, which does not hold it", "RXC01's is still to judge"


def test_there_is_nothing_to_accept(desk: Any) -> None:
    uid = desk.create()
    desk.claim(uid)
    status, said = post(desk, uid, "accept", "RXB01", "Dr Reader")
    assert (status, said["message"]) == (409, "no report is kept for it")


def test_a_kept_report_is_there_after_a_restart(desk: Any, reopen: Callable[[], Any]) -> None:
    uid = desk.create()
    kept(desk, uid)
    desk.close()
    again = reopen()
    again.claim(uid)
    assert post(again, uid, "accept", "RXB01", "Dr Reader")[0] == 200
    again.close()


def test_a_kept_report_is_accepted_by_the_standards_own_update_and_change_of_state(
    desk: Any, change: Callable[..., Any], lock: Callable[[], str]
) -> None:
    uid, key = desk.create(), lock()
    kept(desk, uid)
    assert desk.ups("PUT", f"/{uid}/state", "RXB01", change("IN PROGRESS", key)).status == 200
    station = {"vr": "SQ", "Value": [{"00080100": sh("RXB01"), "00080102": sh("L"), "00080104": lo("Birch")}]}
    referenced = {"00081150": ui(REPORT["class"]), "00081155": ui(REPORT["instance"])}
    output = {"0040E020": {"vr": "CS", "Value": ["DICOM"]}, "0020000D": ui(REPORT["study"])}
    output |= {"0020000E": ui(REPORT["series"]), "00081199": {"vr": "SQ", "Value": [referenced]}}
    done = {
        "00404028": station,
        "00404050": {"vr": "DT", "Value": ["20261101101500"]},
        "00404051": {"vr": "DT", "Value": ["20261101102000"]},
        "00404019": {"vr": "SQ", "Value": [{"00080100": sh("110005"), "00080102": sh("DCM"), "00080104": lo("Read")}]},
        "00404033": {"vr": "SQ", "Value": [output]},
    }
    body = {"00741216": {"vr": "SQ", "Value": [done]}}
    assert desk.ups("POST", f"/{uid}?{key}", "RXB01", body).status == 200
    response = desk.ups("PUT", f"/{uid}/state", "RXB01", change("COMPLETED", key))
    assert response.status == 200, response.body
    assert (desk.state(uid), outputs(desk, uid)) == ("COMPLETED", ["1.2.3.4.5"])
    assert desk.store.entry(uid).row["flag"] == ""


def ui(uid: str) -> dict[str, Any]:
    return {"vr": "UI", "Value": [uid]}


def sh(text: str) -> dict[str, Any]:
    return {"vr": "SH", "Value": [text]}


def lo(text: str) -> dict[str, Any]:
    return {"vr": "LO", "Value": [text]}
