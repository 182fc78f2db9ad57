"""The audit log tells of every action, and of every hand that was laid on it."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from worklist.audit import FILE, Audit
from worklist.chain import closed, digest, opened, verify


@pytest.fixture
def log(desk: Any) -> Path:
    """Five lines of one entry's life."""
    uid = desk.create()
    desk.claim(uid)
    desk.call("POST", f"/netprov/worklist/workitems/{uid}/claim", "RXC01", person="Dr Cedar")
    desk.call("POST", f"/netprov/worklist/workitems/{uid}/release", "RXB01", person="Dr Reader")
    desk.claim(uid, "RXC01", "Dr Cédàr\nX")
    path: Path = desk.folder / FILE
    return path


def test_a_line_says_who_did_what_to_what_and_how_it_went(desk: Any, log: Path) -> None:
    told = desk.own("GET", "audit")
    assert (told["whole"], told["lines"], told["fault"]) == (True, 5, "")
    assert [(e["site"], e["person"], e["action"]) for e in told["entries"]] == [
        ("RXA01", "", "create"),
        ("RXB01", "Dr Reader", "claim"),
        ("RXC01", "Dr Cedar", "claim"),
        ("RXB01", "Dr Reader", "release"),
        ("RXC01", "Dr CédàrX", "claim"),
    ]
    assert told["entries"][2]["result"].startswith("refused: Dr Reader at Birch (RXB01) holds it")
    assert [e["number"] for e in desk.own("GET", "audit?after=2&limit=2")["entries"]] == [3, 4]
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_site_reads_its_own_lines(desk: Any, log: Path) -> None:
    assert {e["site"] for e in desk.own("GET", "audit", "RXB01")["entries"]} == {"RXB01"}
    assert len(desk.own("GET", "audit", "HUB")["entries"]) == 5


def changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"Dr Reader", b"Dr Nobody"), *lines[2:]]


def forged(lines: list[bytes]) -> list[bytes]:
    """With a hash that fits the change."""
    facts = json.loads(changed(lines)[1])
    del facts["hash"]
    return [lines[0], json.dumps(facts | {"hash": digest(facts)}).encode() + b"\n", *lines[2:]]


TAMPERED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "changed": (changed, "line 2 was changed"),
    "forged": (forged, "line 3 does not follow the line before it"),
    "removed": (lambda lines: lines[:1] + lines[2:], "line 2 does not follow the line before it"),
    "swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2 does not follow the line before it"),
    "doubled": (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3 does not follow the line before it"),
    "first": (lambda lines: lines[1:], "line 1 does not follow the line before it"),
    "cut": (lambda lines: lines[:-2], "2 lines at the end are missing"),
    "emptied": (lambda lines: lines[:0], "5 lines at the end are missing"),
    "rubbish": (lambda lines: [*lines[:3], b"{\n", *lines[3:]], "line 4 cannot be read"),
}


@pytest.mark.parametrize("hand", TAMPERED)
def test_tampering_is_found(desk: Any, log: Path, hand: str) -> None:
    change, words = TAMPERED[hand]
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    told = desk.own("GET", "audit")
    assert (told["whole"], told["fault"]) == (False, words)


def test_a_whole_log_replaced_by_another_is_found(desk: Any, log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    other, previous = list[bytes](), "0" * 64
    for line in lines:
        facts = json.loads(line) | {"person": "Dr Nobody", "previous": previous}
        del facts["hash"]
        previous = digest(facts)
        other.append(json.dumps(facts | {"hash": previous}).encode() + b"\n")
    log.write_bytes(b"".join(other))
    parts = opened(log)
    assert verify(parts).fault == "", "it is a chain, though not ours"
    parts[0].file.close()
    assert desk.own("GET", "audit")["fault"] == "line 5 is not the one that was written"


def test_a_line_that_a_crash_cut_in_two_goes_and_the_chain_goes_on(
    desk: Any, log: Path, reopen: Callable[[], Any]
) -> None:
    desk.close()
    with log.open("ab") as file:
        file.write(b'{"number": 6, "time": "2026')
    again = reopen()
    again.create(2)
    told = again.own("GET", "audit")
    assert (told["whole"], told["lines"]) == (True, 6)
    again.close()


def test_the_history_of_one_workitem_outlives_the_database(desk: Any, log: Path, reopen: Callable[[], Any]) -> None:
    desk.create(2)
    told = [line["action"] for line in desk.audit.history("2.25.1")]
    assert told == ["create", "claim", "claim", "release", "claim"]
    desk.close()
    for file in desk.folder.glob("worklist.db*"):
        file.unlink()
    again = reopen()
    assert [line["action"] for line in again.audit.history("2.25.1")] == told
    again.create(3)
    assert (again.own("GET", "audit")["lines"], again.own("GET", "audit?after=6")["entries"][0]["number"]) == (7, 7)
    again.close()


def test_a_disk_that_is_full_leaves_no_half_line(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = desk.create()
    whole = os.write
    monkeypatch.setattr("worklist.audit.os.write", lambda file, line: whole(file, line[: len(line) // 2]))
    with pytest.raises(OSError, match="disk is full"):
        desk.call("POST", f"/netprov/worklist/workitems/{uid}/claim", "RXB01")
    monkeypatch.undo()
    assert desk.state(uid) == "SCHEDULED"
    desk.claim(uid)
    assert (desk.own("GET", "audit")["whole"], desk.own("GET", "audit")["lines"]) == (True, 2)


def test_what_is_not_logged_is_not_done(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = desk.create()

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Audit, "write", full)
    with pytest.raises(OSError, match="no space"):
        desk.call("POST", f"/netprov/worklist/workitems/{uid}/claim", "RXB01")
    assert desk.state(uid) == "SCHEDULED"


# -- who has looked -----------------------------------------------------------------------------------------------


def test_who_opens_an_entry_stands_in_the_log_once_an_hour(desk: Any) -> None:
    uid = desk.create()
    for _ in range(3):
        desk.own("GET", f"workitems/{uid}", "RXB01", person="Dr Reader")
        assert desk.ups("GET", f"/{uid}", "RXB01", person="Dr Reader").status == 200
    told = desk.own("GET", f"workitems/{uid}", "RXC01", person="Dr Cedar")
    assert [line["action"] for line in told["history"]] == ["create"], "that is not for everybody"
    lines = [line for line in desk.own("GET", "audit")["entries"] if line["action"] == "read"]
    assert [(line["site"], line["person"], line["workitem"]) for line in lines] == [
        ("RXB01", "Dr Reader", uid),
        ("RXC01", "Dr Cedar", uid),
    ]
    desk.call("GET", "/netprov/worklist/workitems/2.25.404", "RXB01")
    assert len(desk.own("GET", "audit")["entries"]) == 3


# -- parts of bounded size ----------------------------------------------------------------------------------------


@pytest.fixture
def small(desk: Any) -> Any:
    """A log of parts of three lines each or so, and twelve lines in it."""
    desk.audit._largest = 800
    for number in range(1, 13):
        desk.create(number)
    return desk


def test_a_large_log_goes_on_in_another_part_and_stays_one_chain(small: Any, reopen: Callable[[], Any]) -> None:
    parts = sorted(small.folder.glob("worklist-audit-*.log"))
    assert len(parts) >= 2
    told = small.own("GET", "audit")
    assert (told["whole"], told["lines"], told["away"]) == (True, 12, 0)
    assert [line["number"] for line in told["entries"]] == list(range(1, 13))
    assert [line["workitem"] for line in small.audit.history("2.25.1")] == ["2.25.1"]
    small.close()
    for file in small.folder.glob("worklist.db*"):
        file.unlink()
    again = reopen()
    again.create(20)
    assert (again.own("GET", "audit")["whole"], again.own("GET", "audit")["lines"]) == (True, 13)
    assert [line["workitem"] for line in again.audit.history("2.25.2")] == ["2.25.2"]
    again.close()


def test_the_oldest_parts_may_be_kept_elsewhere_and_no_other(small: Any, reopen: Callable[[], Any]) -> None:
    first, second, *_ = sorted(small.folder.glob("worklist-audit-*.log"))
    text = first.read_bytes()
    first.unlink()
    told = small.own("GET", "audit")
    assert (told["whole"], told["lines"]) == (True, 12)
    assert closed(small.folder / FILE, told["away"]) == first
    assert small.audit.history("2.25.1") == []
    assert [line["number"] for line in small.own("GET", "audit")["entries"]] == list(range(told["away"] + 1, 13))
    small.close()
    again = reopen()
    assert again.own("GET", "audit")["whole"]
    first.write_bytes(text)
    assert again.own("GET", "audit")["away"] == 0
    second.unlink()
    assert "does not follow" in again.own("GET", "audit")["fault"]
    again.close()


def test_a_forged_beginning_is_found(small: Any) -> None:
    first, second, *_ = sorted(small.folder.glob("worklist-audit-*.log"))
    first.unlink()
    second.write_bytes(b"".join(second.read_bytes().splitlines(keepends=True)[1:]))
    assert "does not follow" in small.own("GET", "audit")["fault"]


def test_a_log_that_is_read_while_parts_are_closed_is_whole(desk: Any) -> None:
    desk.audit._largest = 400
    with ThreadPoolExecutor(1) as other:
        writing = other.submit(lambda: [desk.create(number) for number in range(1, 80)])
        while not writing.done():
            assert desk.own("GET", "audit")["fault"] == ""
    assert desk.own("GET", "audit")["lines"] == 79
