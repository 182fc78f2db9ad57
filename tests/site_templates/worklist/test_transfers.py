"""Whose images go where: who may have them sent, and that what was asked for is followed to its end."""

import json
import threading
import time
from typing import Any

import pytest
from worklist.courier import Courier, Leg, Progress, way
from worklist.transfers import ARRIVED, ASKED, FAILED, MOVING, under_way

PLACES = {"night": ["HUB"], "registry": ["RXB01"]}
GENERAL = {"name": "general", "sites": ["RXB01"], "modalities": [], "external": "night", "prefetch": False}


class Nodes:
    """Answers as nodes do; what was asked of them is kept."""

    def __init__(self, *answers: Progress) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Leg]] = []

    def order(self, leg: Leg, study: str, source: str) -> Progress:
        self.asked.append(("order", leg))
        return self.answers.pop(0)

    def progress(self, leg: Leg, study: str, source: str) -> Progress:
        self.asked.append(("progress", leg))
        return self.answers.pop(0)


@pytest.fixture
def hub(desk: Any) -> Any:
    desk.settings |= {"shape": "hub", "pools": [GENERAL], "carriers": PLACES}
    return desk


def send(desk: Any, uid: str, to: str, site: str = "", person: str = "") -> tuple[int, str]:
    answer = desk.call("POST", f"/netprov/worklist/workitems/{uid}/send", site, {"to": to}, person)
    return answer.status, json.loads(answer.body).get("message", "")


def transfers(desk: Any, uid: str) -> list[dict[str, Any]]:
    return list(desk.own("GET", f"workitems/{uid}")["transfers"])


@pytest.mark.parametrize(
    ("site", "to", "status"),
    [
        ("", "RXC01", 200),  # the operator
        ("", "registry", 200),
        ("RXA01", "RXC01", 200),  # who acquired it
        ("RXA01", "registry", 200),
        ("RXB01", "RXB01", 200),  # who may report it, to itself
        ("RXB01", "RXC01", 403),
        ("RXB01", "night", 403),
        ("RXC01", "RXC01", 404),  # who may not even see it
        ("", "elsewhere", 403),
        ("", "", 403),
        ("", "RXA01", 409),  # has it already
        ("", "HUB", 409),
    ],
)
def test_who_may_send_what_where(hub: Any, site: str, to: str, status: int) -> None:
    uid = hub.create()
    answer = send(hub, uid, to, site)
    assert answer[0] == status, answer
    line = hub.own("GET", "audit")["entries"][-1]
    assert (line["action"], line["workitem"], line["site"]) == ("send", uid, site or "operator")
    assert line["result"].startswith("asked for, to" if status == 200 else "refused: ")
    assert bool(transfers(hub, uid)) == (status == 200)


def test_who_holds_it_sends_it_to_any_site_and_to_its_pools_own_place(hub: Any) -> None:
    uid = hub.create()
    hub.claim(uid, "RXB01")
    assert send(hub, uid, "RXC01", "RXB01")[0] == 200
    assert send(hub, uid, "night", "RXB01")[0] == 200
    assert send(hub, uid, "registry", "RXB01") == (
        403,
        "only who acquired it sends it to registry, or who holds it if its pool names registry",
    )
    offered = {each["id"] for each in hub.own("GET", f"workitems/{uid}", "RXB01")["destinations"]}
    assert offered == {"RXB01", "RXC01", "night"}


def test_a_claim_brings_the_images_and_a_pool_may_have_them_before(hub: Any) -> None:
    uid = hub.create()
    hub.claim(uid, "RXB01", "Dr Reader")
    (one,) = transfers(hub, uid)
    assert (one["to"], one["why"], one["person"], one["state"]) == ("RXB01", "claimed", "Dr Reader", ASKED)
    hub.settings["pools"] = [GENERAL | {"prefetch": True, "sites": ["RXA01", "RXB01", "RXC01"]}]
    (first, second) = transfers(hub, hub.create(2))
    assert {first["to"], second["to"]} == {"RXB01", "RXC01"}, "and not where it was acquired"
    assert first["why"] == "prefetched"


def test_it_is_followed_until_it_has_arrived_and_the_log_says_so(hub: Any) -> None:
    uid = hub.create()
    send(hub, uid, "RXC01", "RXA01", "Dr Home")
    nodes = Nodes(
        Progress("unreachable", "RXC01 does not answer"),
        Progress("waiting"),
        Progress("sending", "", 1, 3),
        Progress(""),
        Progress("waiting"),
        Progress("done"),
    )
    courier = Courier(hub.book, nodes, print)
    seen = []
    while courier.turn():
        (one,) = transfers(hub, uid)
        seen.append((one["state"], one["sent"], one["reason"]))
    assert seen == [
        (ASKED, 0, "RXC01 does not answer"),
        (MOVING, 0, ""),
        (MOVING, 1, ""),
        (ASKED, 1, ""),  # its node has lost it: it is asked for again
        (MOVING, 1, ""),
        (ARRIVED, 1, ""),
    ]
    assert {leg for _, leg in nodes.asked} == {("HUB", "RXC01")}
    last = hub.own("GET", "audit")["entries"][-1]
    assert (last["site"], last["action"]) == ("netprov", "transfer")
    assert last["result"] == "arrived at RXC01, sent by Dr Home (RXA01)"


def test_what_cannot_be_sent_is_told_and_retried_by_the_operator_alone(hub: Any) -> None:
    uid = hub.create()
    send(hub, uid, "RXC01")
    courier = Courier(hub.book, Nodes(Progress("refused", "no link leads from HUB to RXC01")), print)
    assert courier.turn()
    assert not courier.turn(), "nothing is under way"
    (one,) = transfers(hub, uid)
    assert (one["state"], one["reason"]) == (FAILED, "no link leads from HUB to RXC01")
    assert hub.call("POST", "/netprov/worklist/retry", "RXB01", {}).status == 403
    assert hub.own("POST", "retry", body={}) == {"retried": 1}
    assert [each.state for each in under_way(hub.store)] == [ASKED]


def test_whoever_asks_again_while_it_moves_is_not_overwritten(hub: Any) -> None:
    uid = hub.create()
    send(hub, uid, "RXC01")
    nodes = Nodes(Progress("waiting"))
    real = nodes.order

    def order(leg: Leg, study: str, source: str) -> Progress:
        send(hub, uid, "RXC01")
        return real(leg, study, source)

    nodes.order = order  # type: ignore[method-assign]
    Courier(hub.book, nodes, print).turn()
    assert transfers(hub, uid)[0]["state"] == ASKED


def test_beyond_the_network_by_way_of_who_has_the_link(hub: Any) -> None:
    uid = hub.create()
    send(hub, uid, "registry")
    (one,) = under_way(hub.store)
    assert way(hub.book.settings(), one) == [("HUB", "RXB01"), ("RXB01", "registry")]
    courier = Courier(hub.book, Nodes(*[Progress(state) for state in ("waiting", "done") * 2]), print)
    turns = 0
    while courier.turn():
        turns += 1
    assert (turns, transfers(hub, uid)[0]["state"]) == (4, ARRIVED)
    hub.settings["shape"] = "mesh"
    assert way(hub.book.settings(), one) == [("RXA01", "RXB01"), ("RXB01", "registry")]


def test_a_node_that_is_silent_holds_up_only_what_it_is_to_send(hub: Any) -> None:
    """In a mesh each site sends its own; each call to one that says nothing lasts until it is given up."""
    hub.settings["shape"] = "mesh"
    for number in (1, 2):
        send(hub, hub.create(number), "RXC01")
    other = hub.create(3, site="RXB01")
    send(hub, other, "RXC01")
    given_up, asked = threading.Event(), list[str]()

    class Some(Nodes):
        def order(self, leg: Leg, study: str, source: str) -> Progress:
            asked.append(leg[0])
            if leg[0] == "RXA01":
                given_up.wait(300)
                return Progress("unreachable", "it is silent")
            return Progress("waiting")

        def progress(self, leg: Leg, study: str, source: str) -> Progress:
            return Progress("done")

    courier = Courier(hub.book, Some(), print)
    deadline = time.monotonic() + 120
    while transfers(hub, other)[0]["state"] != ARRIVED:
        assert courier.turn()
        assert time.monotonic() < deadline
    assert asked == ["RXA01", "RXB01"] or asked == ["RXB01", "RXA01"], "it is asked once, while it says nothing"
    given_up.set()
    courier.turn()
