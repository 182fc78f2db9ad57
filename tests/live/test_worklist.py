"""The worklist inside a real Orthanc: HTTP as it really comes, kill -9, a stop, and a crowd that claims."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pydicom
import pytest
from homed import Home, running, sample

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    yield from running(tmp_path_factory.mktemp("home"))


def test_the_standards_own_walk(home: Home) -> None:
    uid = home.create(sample())
    status, headers, body = home.call("GET", f"/dicom-web/workitems/{uid}", "RXB01")
    assert (status, headers["Content-Type"]) == (200, "application/dicom+json")
    found = pydicom.Dataset.from_json(json.loads(body)[0])
    assert (str(found.PatientName), found.ProcedureStepState) == ("Müller^Anna", "SCHEDULED")
    again = home.call("POST", f"/dicom-web/workitems?{uid}", "RXA01", [sample()])
    assert (again[0], again[1]["Warning"]) == (409, "299 netprov: The Workitem already exists.")
    lock = "2.25.77"
    state = {"00741000": {"vr": "CS", "Value": ["IN PROGRESS"]}, "00081195": {"vr": "UI", "Value": [lock]}}
    assert home.call("PUT", f"/dicom-web/workitems/{uid}/state", "RXB01", state)[0] == 200
    lost = home.call("PUT", f"/dicom-web/workitems/{uid}/state", "RXA01", state)
    assert (lost[0], lost[1]["Content-Type"]) == (409, "application/json")
    assert "Birch (RXB01) holds it" in json.loads(lost[2])["message"]
    change = {"00741200": {"vr": "CS", "Value": ["HIGH"]}}
    assert home.call("POST", f"/dicom-web/workitems/{uid}", "RXB01", change)[0] == 400
    assert home.call("POST", f"/dicom-web/workitems/{uid}?{lock}", "RXB01", change)[0] == 200
    assert home.call("POST", f"/dicom-web/workitems/{uid}/cancelrequest", "RXA01")[0] == 202
    assert home.call("POST", f"/dicom-web/workitems/{uid}/subscribers/BIRCH", "RXB01")[0] == 201
    assert home.call("DELETE", f"/dicom-web/workitems/{uid}/subscribers/BIRCH", "RXB01")[0] == 200
    status, _, body = home.call("GET", "/dicom-web/workitems?PatientName=M%C3%BCller*&includefield=00080060", "RXB01")
    assert status == 200
    assert {each["00080060"]["Value"][0] for each in json.loads(body)} == {"CT"}
    assert home.call("GET", "/dicom-web/workitems?PatientID=nobody", "RXB01")[0] == 204
    assert home.call("GET", "/dicom-web/workitems/2.25.404", "RXB01")[0] == 404
    assert home.call("GET", "/dicom-web/workitemsx", "RXB01")[0] == 404
    assert home.call("GET", "/dicom-web/studies", "RXB01")[0] == 200, "the DICOMweb plugin is beside it"


def test_without_a_front_the_query_of_a_get_is_read_from_orthanc(home: Home) -> None:
    home.create(sample("Plain^Query", accession="PLAIN"))
    with closing(http.client.HTTPConnection("127.0.0.1", home.http_port, timeout=30)) as connection:
        connection.request("GET", "/dicom-web/workitems?PatientName=Plain%5EQ*&AccessionNumber=PLAIN")
        answer = connection.getresponse()
        assert (answer.status, len(json.loads(answer.read()))) == (200, 1)


def test_a_call_for_events_stays_open_until_something_happens(home: Home) -> None:
    uid = home.create(sample())
    place = home.own("GET", "events", "RXB01")["next"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(home.own, "GET", f"events?after={place}&wait=20", "RXB01")
        time.sleep(0.3)
        assert not waiting.done()
        home.own("POST", f"workitems/{uid}/claim", "RXB01", person="Dr Birch")
        (event,) = waiting.result()["events"]
    assert (event["workitem"], event["person"]) == (uid, "Dr Birch")


def test_who_waits_for_news_does_not_hold_up_a_node_that_stops(home: Home) -> None:
    place = home.own("GET", "events", "RXB01")["next"]
    with ThreadPoolExecutor(4) as readers:
        waiting = [readers.submit(home.own, "GET", f"events?after={place}&wait=25", "RXB01") for _ in range(4)]
        time.sleep(3)  # until all four are let in, however busy the machine
        assert home.orthanc
        home.orthanc.terminate()
        home.orthanc.wait()
        told = [each.result() for each in waiting]
    assert all(each["again_in"] and not each["events"] for each in told), "let go before their time"
    home.start()


def test_of_a_hundred_who_claim_one_entry_at_once_one_wins(home: Home) -> None:
    """People of two sites, who all wait for the same moment; the log tells of each."""
    before, rounds, people = home.own("GET", "audit")["lines"], 40, 100
    with ThreadPoolExecutor(people) as crowd:
        for _ in range(rounds):
            uid, ready = home.create(sample()), Barrier(people)

            def claim(person: int, uid: str = uid, ready: Barrier = ready) -> int:
                path = f"/netprov/worklist/workitems/{uid}/claim"
                ready.wait(300)
                return home.call("POST", path, ("RXB01", "RXA01")[person % 2], person=f"Dr {person}")[0]

            assert sorted(crowd.map(claim, range(people))) == [200] + [409] * (people - 1)
    told = home.own("GET", "audit")
    assert (told["whole"], told["lines"] - before) == (True, rounds * (people + 1))


def test_what_was_answered_is_there_after_kill_9(home: Home) -> None:
    uids = [home.create(sample()) for _ in range(30)]
    claimed: list[str] = []

    def claim_all() -> None:
        for uid in uids:
            home.own("POST", f"workitems/{uid}/claim", "RXB01")
            claimed.append(uid)

    with ThreadPoolExecutor(1) as other:
        running = other.submit(claim_all)
        while len(claimed) < 8 and not running.done():
            time.sleep(0.001)
        home.kill()
        assert isinstance(running.exception(), (OSError, http.client.HTTPException)) or len(claimed) == len(uids)
    home.start()
    for uid in claimed:
        assert home.own("GET", f"workitems/{uid}", "RXB01")["holder"] == "RXB01"
    assert all(home.call("GET", f"/dicom-web/workitems/{uid}", "RXB01")[0] == 200 for uid in uids)
    assert home.own("GET", "audit")["whole"]
