"""The queue on the disk: nothing that is due is ever forgotten, whoever is killed when."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sharing.queue import FARTHEST, ROUTE, Queue, Work


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path / "sharing.db")
    yield made
    made.close()


def touch(queue: Queue, study: str, due: float = 0.0, now: float = 0.0) -> None:
    queue.touch([(study, ROUTE, due)], now)


def taken(queue: Queue, now: float) -> Work:
    work = queue.take(now)
    assert work is not None
    return work


def test_the_study_that_has_been_due_longest_comes_first(queue: Queue) -> None:
    touch(queue, "a", 3)
    touch(queue, "b", 1)
    assert queue.take(0) is None
    assert [taken(queue, 5).study, taken(queue, 5).study, queue.take(5)] == ["b", "a", None]


def test_a_study_that_is_done_rests(queue: Queue) -> None:
    touch(queue, "a")
    queue.done(taken(queue, 1), 1)
    assert queue.take(9) is None
    assert queue.counts() == {"done": 1}
    assert queue.oldest() is None


def test_late_instances_make_it_due_again(queue: Queue) -> None:
    touch(queue, "a")
    queue.done(taken(queue, 1), 1)
    touch(queue, "a", 2, now=2)
    assert (taken(queue, 2).study, queue.oldest()) == ("a", 2)


def test_instances_that_come_while_it_is_sent_make_it_due_again(queue: Queue) -> None:
    touch(queue, "a")
    work = taken(queue, 1)
    touch(queue, "a", 2)
    queue.done(work, 1)
    assert queue.take(1) is None
    assert taken(queue, 2).touched == work.touched + 1


def test_what_failed_waits_and_says_why(queue: Queue) -> None:
    touch(queue, "a")
    queue.failed(taken(queue, 1), "HUB does not answer", 5)
    assert queue.take(4) is None
    assert [letter.reason for letter in queue.failing()] == ["HUB does not answer"]
    assert taken(queue, 5).attempts == 1


def test_success_brings_forward_what_waits_for_the_same_target(queue: Queue) -> None:
    for study in ("a", "b"):
        touch(queue, study)
    queue.failed(taken(queue, 1), "down", 100)
    queue.done(taken(queue, 2), 2)
    assert taken(queue, 2).study == "a"


def test_dead_letters_stay_until_somebody_says_so(queue: Queue) -> None:
    touch(queue, "a")
    queue.bury(taken(queue, 1), "refused")
    assert queue.take(99) is None
    assert [(letter.study, letter.reason) for letter in queue.letters()] == [("a", "refused")]
    assert queue.retry(100) == 1
    assert taken(queue, 100).attempts == 0


def test_one_dead_letter_can_be_retried_alone(queue: Queue) -> None:
    for study in ("a", "b"):
        touch(queue, study)
        queue.bury(taken(queue, 1), "refused")
    assert queue.retry(2, "b") == 1
    assert taken(queue, 2).study == "b"


def test_a_dead_letter_that_grows_is_tried_again(queue: Queue) -> None:
    touch(queue, "a")
    queue.bury(taken(queue, 1), "refused")
    touch(queue, "a", 2)
    assert taken(queue, 2).study == "a"


def test_a_clock_that_was_wrong_holds_nothing_up(queue: Queue) -> None:
    touch(queue, "a", due=10 * FARTHEST)
    assert taken(queue, 1).study == "a"


def test_whoever_opens_it_again_finds_what_was_being_sent(tmp_path: Path) -> None:
    path = tmp_path / "sharing.db"
    first = Queue(path)
    first.touch([("a", ROUTE, 0.0), ("b", "RXB01", 0.0)], 0.0, cursor=7)
    first.confirming(taken(first, 1))
    taken(first, 1)
    first.close()
    second = Queue(path)
    assert {taken(second, 0).study, taken(second, 0).study} == {"a", "b"}
    assert second.cursor() == 7
    second.close()


def test_what_was_touched_survives_kill_9(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from sharing.queue import Queue
queue = Queue(Path({str(tmp_path / "sharing.db")!r}))
for number in range(10**6):
    queue.touch([(str(number), "", 0.0)], 0.0, cursor=number)
    print(number, flush=True)
"""
    environ = {**os.environ, "PYTHONPATH": "site_templates/plugins"}
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environ, cwd=root
    ) as run:
        assert run.stdout
        said = [run.stdout.readline() for _ in range(20)]
        run.send_signal(signal.SIGKILL)
        said += run.stdout.readlines()
    last = int(said[-1])
    queue = Queue(tmp_path / "sharing.db")
    assert queue.cursor() in (last, last + 1)
    assert queue.counts() == {"waiting": queue.cursor() + 1}
    queue.close()


def test_what_has_arrived_is_not_sent_again_to_be_announced(queue: Queue) -> None:
    touch(queue, "a")
    work = taken(queue, 1)
    queue.arrived(work)
    queue.failed(work, "no worklist", 2)
    assert not work.arrived
    assert taken(queue, 2).arrived
    touch(queue, "a", 2)
    queue.failed(work, "no worklist", 3)
    assert not taken(queue, 3).arrived, "more of it has come"


def test_a_target_that_fails_is_tried_with_one_study_at_a_time(queue: Queue) -> None:
    queue.touch([(study, "gone", 0.0) for study in "abc"] + [(study, "well", 0.5) for study in "abc"], 0.0)
    first, second = taken(queue, 1), taken(queue, 1)
    assert (first.target, second.target) == ("gone", "gone"), "nobody knows yet"
    queue.failed(first, "no answer", 9.0)
    queue.failed(second, "no answer", 9.0)
    tried = [taken(queue, 3) for _ in range(4)]
    assert [work.target for work in tried] == ["gone", "well", "well", "well"]
    assert queue.take(9) is None, "until that one has ended"
    queue.done(tried[0], 4)
    again = taken(queue, 4)
    assert (again.target, again.attempts, queue.take(4)) == ("gone", 1, None)
    queue.done(again, 5)
    assert taken(queue, 5).target == "gone"


def test_of_all_targets_that_fail_one_is_tried_at_a_time(queue: Queue) -> None:
    """Two that are silent would keep both senders busy, and nobody would be left for who is well."""
    queue.touch([("a", "gone", 0.0), ("a", "lost", 0.0), ("a", "well", 0.5), ("b", "well", 0.5)], 0.0)
    for work in (taken(queue, 0), taken(queue, 0)):
        queue.failed(work, "no answer", 1.0)
    tried = [taken(queue, 3) for _ in range(3)]
    assert sorted(work.target for work in tried) in (["gone", "well", "well"], ["lost", "well", "well"])
    assert queue.take(3) is None, "until that one has ended"
