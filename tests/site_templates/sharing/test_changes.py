"""Following Orthanc's log: a log of our own stands in for it here, the real one in tests/live."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sharing.changes import AT_ONCE, MARGIN_SECONDS, Changes
from sharing.queue import Queue

STABLE = 60.0


class Log:
    """Changes by number; each instance `s1/i1` is one of series and study `s1`."""

    def __init__(self) -> None:
        self.changes: list[dict[str, object]] = []
        self.gone: set[str] = set()

    def add(self, kind: str, name: str) -> None:
        self.changes.append({"ChangeType": kind, "ID": name, "Seq": len(self.changes) + 1})

    def get(self, path: str) -> bytes | None:
        if path.startswith("/changes?since="):
            since = int(path.partition("=")[2].partition("&")[0])
            some = [change for change in self.changes if int(str(change["Seq"])) > since][:AT_ONCE]
            last = some[-1]["Seq"] if some else len(self.changes)
            return json.dumps({"Changes": some, "Done": last == len(self.changes), "Last": last}).encode()
        kind, _, name = path[1:].partition("/")
        if name in self.gone:
            return None
        if kind == "studies":
            number = "NETPROV-VERIFY-1" if name == "probe" else "1"
            return json.dumps({"PatientMainDicomTags": {"PatientID": number}}).encode()
        parent = {"instances": "ParentSeries", "series": "ParentStudy"}[kind]
        return json.dumps({parent: name.partition("/")[0]}).encode()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path / "sharing.db")
    yield made
    made.close()


def follow(log: Log, queue: Queue) -> Changes:
    return Changes(log, queue, STABLE, lambda: 0.0)


def test_a_stable_study_is_due_at_once(queue: Queue) -> None:
    log = Log()
    log.add("NewInstance", "s1/i1")
    log.add("StableStudy", "s1")
    assert follow(log, queue).read() is False
    work = queue.take(0.0)
    assert work is not None
    assert work.study == "s1"


def test_a_probe_of_verify_is_never_to_be_sent(queue: Queue) -> None:
    log = Log()
    log.add("NewInstance", "probe/i1")
    log.add("StableStudy", "probe")
    follow(log, queue).read()
    assert queue.counts() == {}


def test_a_study_whose_stability_was_never_told_is_due_later(queue: Queue) -> None:
    log = Log()
    log.add("NewInstance", "s1/i1")
    follow(log, queue).read()
    assert queue.take(STABLE) is None
    assert queue.take(STABLE + MARGIN_SECONDS) is not None


def test_nothing_is_read_twice_and_nothing_left_out(queue: Queue) -> None:
    log = Log()
    for number in range(AT_ONCE + 5):
        log.add("StableStudy", f"s{number}")
    assert follow(log, queue).read() is True
    assert follow(log, queue).read() is False  # another process, after a kill
    assert queue.counts() == {"waiting": AT_ONCE + 5}
    assert queue.cursor() == AT_ONCE + 5
    changes = follow(log, queue)
    while (work := queue.take(0.0)) is not None:
        queue.done(work, 0.0)
    changes.read()
    assert queue.counts() == {"done": AT_ONCE + 5}


def test_an_index_that_begins_anew_is_read_anew(queue: Queue) -> None:
    log = Log()
    for number in range(9):
        log.add("StableStudy", f"old{number}")
    follow(log, queue).read()
    log.changes.clear()
    log.add("StableStudy", "new")
    follow(log, queue).read()
    assert queue.cursor() == 1
    assert queue.counts() == {"waiting": 10}


def test_an_instance_that_is_gone_again_makes_nothing_due(queue: Queue) -> None:
    log = Log()
    log.gone.add("s1/i1")
    log.add("NewInstance", "s1/i1")
    follow(log, queue).read()
    assert queue.counts() == {}
