"""What a node tells of itself in its log is read whole, the newest of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from site_templates.aws import watch
from stacks.aws import told

FACTS: dict[str, Any] = {
    "orthanc": {"DicomTlsEnabled": True, "Name": "Ærøskøbing"},
    "modalities": {"RXB01": {"AET": "RXB01"}},
    "peers": {},
    "version": "1.12.4",
    "nginx": "server {}",
    "certificate_days": 88.7,
}


def account(**changes: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in watch.account("RXA01", FACTS | changes)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an account is of many parts."""
    monkeypatch.setattr(watch, "LONGEST_PART", 40)


def test_an_account_comes_back_as_it_was(short: None) -> None:
    lines = account()
    assert len(lines) > 2
    assert told.newest(lines) == told.newest(reversed(lines)) == FACTS
    found = told.settings("RXA01", FACTS)
    assert (found.version, found.certificate_days, found.orthanc["Name"]) == ("1.12.4", 88, "Ærøskøbing")


def test_one_that_is_not_whole_is_none(short: None) -> None:
    assert told.newest([]) is None
    assert told.newest(account()[:-1]) is None
    assert told.newest([*account(version="1.12.3"), *account()[1:]]) == FACTS | {"version": "1.12.3"}


def test_the_newest_counts_also_where_it_was_told_before(short: None) -> None:
    first, other = account(), account(version="1.12.3")
    assert told.newest([*first, *other]) == FACTS | {"version": "1.12.3"}
    assert told.newest([*first, *other, *first]) == FACTS


def test_without_a_certificate_nothing_is_said_of_one() -> None:
    assert told.settings("RXA01", FACTS | {"certificate_days": None}).certificate_days is None


def test_lines_are_short_enough_for_the_log() -> None:
    many = {
        f"RXB{n:02}": {"AET": f"RXB{n:02}", "Host": f"node-{n * 7919:x}.example", "x": str(n**9)} for n in range(2000)
    }
    lines = list(watch.account("RXA01", FACTS | {"modalities": many}))
    assert len(lines) > 1
    assert max(map(len, lines)) < 16 * 1024
    assert told.newest(map(json.loads, lines)) == FACTS | {"modalities": many}


def test_an_account_is_due_when_it_is_another_or_an_hour_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    facts = dict(FACTS)
    monkeypatch.setattr(watch, "loaded", lambda _: dict(facts))
    accounts, figures = watch.Accounts(), {"node": "RXA01", "certificate_days": 88.0}

    def due(now: float) -> bool:
        return bool(list(accounts.due(tmp_path, figures, now)))

    assert [due(0.0), due(60.0), due(3599.0), due(3600.0), due(3660.0)] == [True, False, False, True, False]
    facts["version"] = "1.12.5"
    assert [due(3720.0), due(3780.0)] == [True, False]
    monkeypatch.undo()
    assert list(watch.Accounts().due(tmp_path, figures, 0.0)) == [], "there is nothing to ask"
