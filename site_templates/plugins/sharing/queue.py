"""What must still be sent, on the node's disk: a row for each study and target, and how far /changes has been read.

Each change of state is on the disk before anything acts on it. A study that is touched while it is being sent is due
again when that ends: late instances are never missed.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "sharing.db"
ROUTE = ""
"""Target of what goes where the settings say; any other target was asked for."""
KEPT_SECONDS = 7 * 86400.0
"""How long a done row stays, for who asks what was sent."""
FARTHEST = 120.0
"""Nothing is due later than this: what is has been written by a clock that was wrong."""

_TABLES = """
CREATE TABLE IF NOT EXISTS work (
    study TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, due REAL NOT NULL, since REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 1,
    arrived INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (study, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS work_due ON work (state, due);
CREATE INDEX IF NOT EXISTS work_failing ON work (target) WHERE attempts > 0;
CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
"""
_TOUCH = """
INSERT INTO work (study, target, state, due, since) VALUES (:study, :target, 'waiting', :due, :now)
ON CONFLICT (study, target) DO UPDATE SET
    touched = touched + 1,
    due = CASE WHEN state = 'waiting' AND attempts > 0 THEN due ELSE excluded.due END,
    since = CASE WHEN state = 'done' THEN excluded.since ELSE since END,
    attempts = CASE WHEN state IN ('done', 'dead') THEN 0 ELSE attempts END,
    state = CASE WHEN state IN ('done', 'dead') THEN 'waiting' ELSE state END
"""
_TAKE = """
WITH failing AS (SELECT target FROM work WHERE attempts > 0 AND state NOT IN ('done', 'dead'))
UPDATE work SET state = 'sending' WHERE (study, target) = (
    SELECT study, target FROM work WHERE state = 'waiting' AND (due <= ? OR due > ?) AND NOT (
        target IN failing AND EXISTS (SELECT 1 FROM work WHERE state IN ('sending', 'confirming') AND target IN failing)
    ) ORDER BY due LIMIT 1
) RETURNING study, target, attempts, touched, touched = arrived
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One study that is due somewhere. `study` is Orthanc's own id of it."""

    study: str
    target: str
    attempts: int
    touched: int
    arrived: bool
    """All of it is there, and only the announcement is still to be made."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A study that could not be sent, and why."""

    study: str
    target: str
    reason: str
    since: float


class Queue:
    """Used by several threads at once."""

    def __init__(self, path: Path, farthest: float = FARTHEST) -> None:
        self._farthest = farthest
        self._lock = threading.Lock()
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        path.chmod(0o600)
        # Whoever was sending is no more.
        self._run("UPDATE work SET state = 'waiting', due = 0 WHERE state IN ('sending', 'confirming')")

    def close(self) -> None:
        with self._lock:
            self._base.close()

    # -- what is due --------------------------------------------------------------------------------------------

    def cursor(self) -> int:
        """How far Orthanc's changes have been read."""
        rows = self._run("SELECT seq FROM place WHERE name = 'changes'")
        return int(rows[0][0]) if rows else 0

    def touch(self, due: Iterable[tuple[str, str, float]], now: float, cursor: int | None = None) -> None:
        """Studies with their target and when they are due, and how far that is all of them: both or neither."""
        rows = [{"study": study, "target": target, "due": when, "now": now} for study, target, when in due]
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.executemany(_TOUCH, rows)
                if cursor is not None:
                    self._base.execute("INSERT OR REPLACE INTO place VALUES ('changes', ?)", (cursor,))
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def take(self, now: float) -> Work | None:
        """The study that has been due longest; it is the caller's until it says how it went.

        Of all targets that fail one study at a time is tried: whoever waits for an answer keeps nobody from the others.
        """
        rows = self._run(_TAKE, (now, now + self._farthest))
        return Work(*rows[0][:4], bool(rows[0][4])) if rows else None

    # -- how it went --------------------------------------------------------------------------------------------

    def confirming(self, work: Work) -> None:
        self._run("UPDATE work SET state = 'confirming' WHERE study = ? AND target = ?", (work.study, work.target))

    def arrived(self, work: Work) -> None:
        """The receiver has said that it holds all of it."""
        self._run("UPDATE work SET arrived = ? WHERE study = ? AND target = ?", (work.touched, work.study, work.target))

    def done(self, work: Work, now: float) -> None:
        """All of it has arrived; what was touched meanwhile is due again."""
        self._run(
            """UPDATE work SET attempts = 0, reason = '', since = ?,
                state = CASE WHEN touched = ? THEN 'done' ELSE 'waiting' END WHERE study = ? AND target = ?""",
            (now, work.touched, work.study, work.target),
        )
        # The target is well: whoever has waited for it comes first, and then it is no longer one that fails.
        self._run(
            "UPDATE work SET due = 0 WHERE target = ? AND state = 'waiting' AND attempts > 0 AND due > ?",
            (work.target, now),
        )
        self._run("DELETE FROM work WHERE state = 'done' AND since < ?", (now - KEPT_SECONDS,))

    def failed(self, work: Work, reason: str, due: float) -> None:
        """To be tried again."""
        self._run(
            """UPDATE work SET state = 'waiting', attempts = attempts + 1, reason = ?, due = ?
                WHERE study = ? AND target = ?""",
            (reason, due, work.study, work.target),
        )

    def bury(self, work: Work, reason: str) -> None:
        """To be tried no more, until somebody says so or more of the study arrives."""
        self._run(
            """UPDATE work SET state = CASE WHEN touched = ? THEN 'dead' ELSE 'waiting' END, reason = ?
                WHERE study = ? AND target = ?""",
            (work.touched, reason, work.study, work.target),
        )

    def retry(self, now: float, study: str = "") -> int:
        """Dead letters, all or one study's, are due again; and whatever waits for another attempt. How many."""
        rows = self._run(
            """UPDATE work SET state = 'waiting', attempts = 0, due = :now
                WHERE (state = 'dead' OR state = 'waiting' AND attempts > 0) AND (:study = '' OR study = :study)
                RETURNING study""",
            {"now": now, "study": study},
        )
        return len(rows)

    def forget(self, studies: Iterable[str]) -> int:
        """Studies that verification has taken away again. How many rows."""
        found = [self._run("DELETE FROM work WHERE study = ? RETURNING study", (study,)) for study in studies]
        return sum(map(len, found))

    # -- what is told -------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        return {str(state): int(count) for state, count in self._run("SELECT state, COUNT(*) FROM work GROUP BY state")}

    def oldest(self) -> float | None:
        """Since when the oldest study waits that has not arrived."""
        (row,) = self._run("SELECT MIN(since) FROM work WHERE state IN ('waiting', 'sending', 'confirming')")
        return None if row[0] is None else float(row[0])

    def state(self, study: str, target: str) -> tuple[str, str]:
        """State and last reason of one row; empty if there is none."""
        rows = self._run("SELECT state, reason FROM work WHERE study = ? AND target = ?", (study, target))
        return (str(rows[0][0]), str(rows[0][1])) if rows else ("", "")

    def targets(self, study: str) -> tuple[str, ...]:
        """Where somebody has had a study sent, in the last days."""
        return tuple(
            str(row[0]) for row in self._run("SELECT target FROM work WHERE study = ? AND target <> ''", (study,))
        )

    def letters(self, most: int = 1000) -> tuple[Letter, ...]:
        """Those that are dead."""
        rows = self._run(
            "SELECT study, target, reason, since FROM work WHERE state = 'dead' ORDER BY since LIMIT ?", (most,)
        )
        return tuple(Letter(*row) for row in rows)

    def failing(self) -> tuple[Letter, ...]:
        """One for each target that is being tried again, with the last reason."""
        rows = self._run(
            """SELECT study, target, reason, MIN(since) FROM work WHERE attempts > 0 AND state != 'dead'
                GROUP BY target ORDER BY target"""
        )
        return tuple(Letter(*row) for row in rows)

    def _run(self, statement: str, values: tuple[object, ...] | dict[str, object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._base.execute(statement, values).fetchall()
