"""The list on the disk: what was answered is there after kill -9, and large lists are quick to search."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import worklist.store

PLUGINS = Path(worklist.store.__file__).parents[1]


def test_everything_survives_a_restart(desk: Any, reopen: Callable[[], Any]) -> None:
    first, second = desk.create(1), desk.create(2)
    key = desk.claim(first)
    desk.ups("POST", "/1.2.840.10008.5.1.4.34.5/subscribers/BIRCH", "RXB01")
    before = desk.own("GET", "entries")
    desk.close()
    again = reopen()
    assert again.own("GET", "entries") == before
    assert again.call("POST", f"/netprov/worklist/workitems/{first}/claim", "RXC01").status == 409
    again.own("POST", f"workitems/{first}/release", "RXC01", {"transaction": key})
    assert again.state(second) == "SCHEDULED"
    assert again.own("GET", "events?after=0&aet=BIRCH", "RXB01")["events"]
    again.close()


def test_what_was_answered_survives_kill_9(desk: Any, item: Callable[..., Any], reopen: Callable[[], Any]) -> None:
    """A process claims one entry after another, and says so, until it is killed."""
    for number in range(1, 301):
        desk.create(number)
    desk.close()
    script = textwrap.dedent(f"""
        import sys
        sys.path[:0] = [{str(PLUGINS)!r}]
        from pathlib import Path
        from worklist import audit, claims, store
        from worklist.book import Book
        from worklist.request import Caller
        settings = {desk.settings!r}
        folder = Path({str(desk.folder)!r})
        entries = store.Store(folder / store.FILE)
        book = Book(entries, audit.Audit(folder / audit.FILE, entries), lambda: settings)
        for number in range(1, 301):
            claims.claim(book, Caller("RXB01"), f"2.25.{{number}}", f"2.25.{{number}}")
            print(number, flush=True)
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(40)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    answered += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    again = reopen()
    assert all(again.state(f"2.25.{number}") == "IN PROGRESS" for number in answered)
    held = again.own("GET", "counts")["states"]["IN PROGRESS"]
    assert len(answered) <= held <= len(answered) + 1
    assert again.own("GET", "audit")["whole"]
    again.close()


def test_a_change_is_all_or_nothing(desk: Any) -> None:
    uid = desk.create()
    try:
        with desk.store.change() as change:
            entry = change.entry(uid)
            change.save(entry, entry.item, holder="RXB01")
            raise KeyError
    except KeyError:
        pass
    assert desk.store.entry(uid).row["holder"] == ""


def test_the_list_is_nobody_elses_to_read(desk: Any) -> None:
    assert (desk.folder / "worklist.db").stat().st_mode & 0o777 == 0o600


def test_old_events_are_forgotten_and_that_is_said(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(worklist.store, "KEPT_EVENTS", 500)
    uid = desk.create()
    with desk.store.change() as change:
        for _ in range(1200):
            change.event(1, 1, {})
    told = desk.own("GET", "events?after=3", "RXA01")
    assert (told["reset"], told["events"], told["next"]) == (True, [], desk.store.last_event())
    assert uid
