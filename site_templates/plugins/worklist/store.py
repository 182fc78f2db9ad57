"""The workitems, who holds them, who is subscribed and what has happened, on the disk of the worklist's home.

One connection writes, a few read. Each change is one transaction that is on the disk when it is answered.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue
from typing import Any

from worklist.columns import COLUMNS, columns_of, where
from worklist.dicomjson import Dataset
from worklist.matching import Search, matches

FILE = "worklist.db"
READERS = 4
KEPT_EVENTS = 20_000
"""Older events are forgotten; whoever asks for one of them is told to read the list anew."""

_NAMES = [column.name for column in COLUMNS]
_TABLES = f"""
CREATE TABLE IF NOT EXISTS workitem (
    pk INTEGER PRIMARY KEY AUTOINCREMENT, {", ".join(f"{name} NOT NULL DEFAULT ''" for name in _NAMES)},
    site TEXT NOT NULL, member TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL,
    lock TEXT NOT NULL DEFAULT '', holder TEXT NOT NULL DEFAULT '', person TEXT NOT NULL DEFAULT '',
    since REAL NOT NULL DEFAULT 0, until REAL NOT NULL DEFAULT 0, flag TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS workitem_uid ON workitem (uid);
CREATE INDEX IF NOT EXISTS workitem_state ON workitem (state, rank, due, pk);
CREATE INDEX IF NOT EXISTS workitem_order ON workitem (rank, due, pk);
CREATE INDEX IF NOT EXISTS workitem_until ON workitem (until) WHERE until > 0;
CREATE INDEX IF NOT EXISTS workitem_due ON workitem (due);
CREATE INDEX IF NOT EXISTS workitem_patient ON workitem (patient_id, patient_issuer);
CREATE INDEX IF NOT EXISTS workitem_name ON workitem (patient_name);
CREATE INDEX IF NOT EXISTS workitem_accession ON workitem (accession);
CREATE INDEX IF NOT EXISTS workitem_study ON workitem (study_uid);
CREATE INDEX IF NOT EXISTS workitem_site ON workitem (site, state);
CREATE INDEX IF NOT EXISTS workitem_holder ON workitem (holder) WHERE holder <> '';
CREATE TABLE IF NOT EXISTS dataset (pk INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, pk INTEGER NOT NULL, type INTEGER NOT NULL, at REAL NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS subscription (
    site TEXT NOT NULL, aet TEXT NOT NULL, uid TEXT NOT NULL, locked INTEGER NOT NULL,
    filter TEXT NOT NULL DEFAULT '', upto INTEGER, PRIMARY KEY (site, aet, uid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS channel (
    site TEXT NOT NULL, aet TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (site, aet)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transfer (
    workitem TEXT NOT NULL, target TEXT NOT NULL, study TEXT NOT NULL, source TEXT NOT NULL, why TEXT NOT NULL,
    site TEXT NOT NULL, person TEXT NOT NULL, asked REAL NOT NULL, state TEXT NOT NULL, leg INTEGER NOT NULL,
    reason TEXT NOT NULL, sent INTEGER NOT NULL, total INTEGER NOT NULL, changed REAL NOT NULL,
    PRIMARY KEY (workitem, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS transfer_state ON transfer (state) WHERE state IN ('asked', 'moving');
CREATE TABLE IF NOT EXISTS kept (
    workitem TEXT NOT NULL, instance TEXT NOT NULL, site TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (workitem, instance)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY, lines INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sealed (number INTEGER PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS line (number INTEGER PRIMARY KEY, workitem TEXT NOT NULL, place INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS line_workitem ON line (workitem);
"""
_KEPT = ("pk", *_NAMES, "site", "member", "created", "changed", "lock", "holder", "person", "since", "until", "flag")
_SELECT = f"SELECT {', '.join(_KEPT)} FROM workitem"  # noqa: S608 - our own names
_ORDER = "ORDER BY rank, due, pk"


@dataclass(frozen=True, slots=True)
class Entry:
    """A workitem with what the network knows of it besides its dataset."""

    row: dict[str, Any]
    item: Dataset

    @property
    def uid(self) -> str:
        return str(self.row["uid"])

    @property
    def state(self) -> str:
        return str(self.row["state"])

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(filter(None, self.row["modalities"].split("\\")))


class Change:
    """One transaction; made by Store.change only."""

    def __init__(self, base: sqlite3.Connection, now: float) -> None:
        self._base = base
        self.now = now
        self.result = "done"
        """What the audit log is to say of it."""

    def run(self, sql: str, given: Iterable[Any] = ()) -> list[Any]:
        return self._base.execute(sql, tuple(given)).fetchall()

    def entry(self, uid: str) -> Entry | None:
        return _entry(self._base, uid)

    def insert(self, item: Dataset, site: str, member: str) -> int:
        columns = columns_of(item) | {"site": site, "member": member, "created": self.now, "changed": self.now}
        marks = ", ".join(f":{name}" for name in columns)
        cursor = self._base.execute(f"INSERT INTO workitem ({', '.join(columns)}) VALUES ({marks})", columns)  # noqa: S608
        self.run("INSERT INTO dataset VALUES (?, ?)", (cursor.lastrowid, _text(item)))
        return int(cursor.lastrowid or 0)

    def save(self, entry: Entry, item: Dataset, **facts: Any) -> None:
        """Write a changed dataset, and facts such as the holder."""
        columns = columns_of(item) | facts | {"changed": self.now}
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        given = columns | {"pk": entry.row["pk"]}
        self._base.execute(f"UPDATE workitem SET {sets} WHERE pk = :pk", given)  # noqa: S608
        self.run("UPDATE dataset SET body = ? WHERE pk = ?", (_text(item), entry.row["pk"]))

    def event(self, pk: int, kind: int, body: Dataset) -> None:
        (row,) = self.run(
            "INSERT INTO event (pk, type, at, body) VALUES (?, ?, ?, ?) RETURNING seq",
            (pk, kind, self.now, _text(body)),
        )
        if row[0] % 1000 == 0:
            self.run("DELETE FROM event WHERE seq <= ?", (row[0] - KEPT_EVENTS,))


class Store:
    """Used by many threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._news = threading.Condition()
        self._last = 0
        self._ended = threading.Event()
        self._base = _open(path)
        self._base.executescript(_TABLES)
        path.chmod(0o600)
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        for _ in range(READERS):
            self._readers.put(_open(path))
        self._last = self.last_event()

    def close(self) -> None:
        with self._lock:
            for _ in range(READERS):
                self._readers.get().close()
            self._base.close()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """All of it or nothing; on the disk at the end of the block."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield Change(self._base, time.time())
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise
            (last,) = self._base.execute("SELECT COALESCE(MAX(seq), 0) FROM event").fetchone()
        if last != self._last:
            with self._news:
                self._last = last
                self._news.notify_all()

    def read(self, sql: str, given: Iterable[Any] = ()) -> list[Any]:
        with self._reader() as base:
            return base.execute(sql, tuple(given)).fetchall()

    def entry(self, uid: str) -> Entry | None:
        with self._reader() as base:
            return _entry(base, uid)

    def search(self, search: Search, scope: str = "1", given: Iterable[Any] = ()) -> tuple[list[Entry], bool]:
        """What matches, the most urgent first, and whether there is more; raises Unreadable."""
        found = where(search.keys)
        sql = f"{_SELECT} WHERE ({found.sql}) AND ({scope}) {_ORDER}"
        bound = [*found.values, *given]
        with self._reader() as base:
            if found.rest:
                return _sift(base, base.execute(sql, bound), search, found.rest)
            rows = base.execute(f"{sql} LIMIT ? OFFSET ?", [*bound, search.limit + 1, search.offset]).fetchall()
            return [_whole(base, row) for row in rows[: search.limit]], len(rows) > search.limit

    def last_event(self) -> int:
        return int(self.read("SELECT COALESCE(MAX(seq), 0) FROM event")[0][0])

    def wait(self, after: int, seconds: float) -> None:
        """Until something has happened after that event, the time is over, or Orthanc ends."""
        with self._news:
            self._news.wait_for(lambda: self._last > after or self.ended, seconds)

    def rest(self, seconds: float) -> None:
        self._ended.wait(seconds)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def end(self) -> None:
        """Nobody waits any longer: Orthanc stops, and would wait for them."""
        self._ended.set()
        with self._news:
            self._news.notify_all()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        base = self._readers.get()
        try:
            yield base
        finally:
            self._readers.put(base)


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("PRAGMA cache_size = -6000")
    return base


def _entry(base: sqlite3.Connection, uid: str) -> Entry | None:
    row = base.execute(f"{_SELECT} WHERE uid = ?", (uid,)).fetchone()
    return _whole(base, row) if row else None


def _whole(base: sqlite3.Connection, row: tuple[Any, ...]) -> Entry:
    (body,) = base.execute("SELECT body FROM dataset WHERE pk = ?", (row[0],)).fetchone()
    return Entry(dict(zip(_KEPT, row, strict=True)), json.loads(body))


def _sift(base: sqlite3.Connection, rows: Iterable[Any], search: Search, rest: Any) -> tuple[list[Entry], bool]:
    """For keys that no column answers."""
    found, passed = list[Entry](), 0
    for row in rows:
        entry = _whole(base, row)
        if not matches(entry.item, rest):
            continue
        passed += 1
        if passed > search.offset + search.limit:
            return found, True
        if passed > search.offset:
            found.append(entry)
    return found, False


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
