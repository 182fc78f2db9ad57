"""Subscriptions and the feed: PS3.18 11.10 to 11.12, PS3.4 CC.2.3 and CC.2.4."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

WORKLIST, FILTERED = "1.2.840.10008.5.1.4.34.5", "1.2.840.10008.5.1.4.34.5.1"


def seen(desk: Any, aet: str, after: int = 0, site: str = "RXB01") -> list[tuple[str, int]]:
    told = desk.own("GET", f"events?after={after}&aet={aet}", site)
    return [(each["workitem"], each["type"]) for each in told["events"] if each["workitem"]]


def test_a_subscriber_of_the_worklist_hears_of_everything(desk: Any) -> None:
    subscribed = desk.ups("POST", f"/{WORKLIST}/subscribers/BIRCH?deletionlock=true", "RXB01")
    assert subscribed.status == 201
    assert subscribed.headers["Content-Location"] == "/netprov/worklist/events?aet=BIRCH"
    assert "No WebSocket" in subscribed.headers["Warning"]
    uid = desk.create()
    desk.claim(uid)
    assert seen(desk, "BIRCH") == [(uid, 1), (uid, 5), (uid, 1)]
    assert seen(desk, "OTHER") == []
    assert seen(desk, "BIRCH", site="RXC01") == [], "an AE title is its own site's"


def test_a_subscriber_of_one_workitem_hears_of_that_one(desk: Any) -> None:
    uid, other = desk.create(1), desk.create(2)
    place = desk.store.last_event()
    assert desk.ups("POST", f"/{uid}/subscribers/BIRCH", "RXB01").status == 201
    assert seen(desk, "BIRCH", place) == [(uid, 1)], "the state as it is now"
    desk.claim(uid)
    desk.claim(other)
    assert seen(desk, "BIRCH", place) == [(uid, 1), (uid, 1)]
    assert desk.ups("DELETE", f"/{uid}/subscribers/BIRCH", "RXB01").status == 200
    assert desk.ups("DELETE", f"/{uid}/subscribers/BIRCH", "RXB01").status == 404
    assert desk.ups("POST", "/2.25.404/subscribers/BIRCH", "RXB01").status == 404


def test_a_filtered_subscription(desk: Any) -> None:
    path = f"/{FILTERED}/subscribers/BIRCH"
    assert desk.ups("POST", path, "RXB01").status == 400
    assert desk.ups("POST", f"{path}?filter=Nonsense=1", "RXB01").status == 400
    assert desk.ups("POST", f"{path}?filter=00741200=HIGH,PatientID=RXA:*", "RXB01").status == 201
    assert desk.ups("POST", f"{path}2?deletionlock=true&charset=utf-8&00741200=HIGH", "RXB01").status == 201
    desk.create(1)
    uid = desk.create(2, t00741200={"vr": "CS", "Value": ["HIGH"]})
    assert {found for found, _ in seen(desk, "BIRCH")} == {found for found, _ in seen(desk, "BIRCH2")} == {uid}


def test_suspending_keeps_what_is_there(desk: Any) -> None:
    path = f"/{WORKLIST}/subscribers/BIRCH"
    assert desk.ups("POST", f"{path}/suspend", "RXB01").status == 404
    desk.ups("POST", path, "RXB01")
    old = desk.create(1)
    assert desk.ups("POST", f"{path}/suspend", "RXB01").status == 200
    place = desk.store.last_event()
    new = desk.create(2)
    desk.claim(old)
    desk.claim(new)
    assert seen(desk, "BIRCH", place) == [(old, 1)]
    assert desk.ups("POST", f"/{old}/subscribers/BIRCH/suspend", "RXB01").status == 404
    desk.ups("POST", f"/{old}/subscribers/BIRCH", "RXB01")
    assert desk.ups("DELETE", path, "RXB01").status == 200
    assert seen(desk, "BIRCH") == [], "from the worklist means from everything"


@pytest.mark.parametrize("aet", ["A" * 17, "%C3%A9\\"])
def test_an_ae_title_is_one(desk: Any, aet: str) -> None:
    assert desk.ups("POST", f"/{WORKLIST}/subscribers/{aet}", "RXB01").status == 400


def test_the_feed_shows_what_its_caller_may_see(desk: Any) -> None:
    desk.settings["pools"] = [{"name": "ct", "sites": ["RXB01"], "modalities": ["CT"]}]
    uid = desk.create()
    for site, sees in (("RXB01", True), ("RXA01", True), ("HUB", True), ("RXC01", False)):
        assert any(e["workitem"] == uid for e in desk.own("GET", "events?after=0", site)["events"]) == sees


def test_a_call_waits_until_something_happens(desk: Any) -> None:
    uid = desk.create()
    place = desk.own("GET", "events", "RXB01")["next"]
    timer = threading.Timer(0.3, lambda: desk.claim(uid))
    timer.start()
    began = time.monotonic()
    told = desk.own("GET", f"events?after={place}&wait=20", "RXB01")
    timer.join()
    assert time.monotonic() - began < 15
    (event,) = told["events"]
    assert (event["workitem"], event["holder"], event["person"]) == (uid, "RXB01", "Dr Reader")
    assert desk.own("GET", f"events?after={told['next']}&wait=1", "RXB01")["events"] == []


def test_whoever_comes_when_all_places_to_wait_are_taken_is_told_to_ask_later(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr("worklist.subscriptions.WAITING", places)
    place = desk.store.last_event()
    waiting = threading.Thread(target=lambda: desk.own("GET", f"events?after={place}&wait=20", "RXB01"))
    waiting.start()
    while waiting.is_alive() and places._value:
        time.sleep(0.001)
    told = desk.own("GET", f"events?after={place}&wait=1", "RXB01")
    desk.create()
    waiting.join()
    assert told["again_in"] == 3


def test_a_restart_is_told_of(desk: Any, reopen: Callable[[], Any]) -> None:
    from worklist.subscriptions import started

    place = desk.store.last_event()
    started(desk.book)
    (event,) = desk.own("GET", f"events?after={place}", "RXB01")["events"]
    assert (event["type"], event["information"]["00741242"]["Value"]) == (4, ["RESTARTED"])
