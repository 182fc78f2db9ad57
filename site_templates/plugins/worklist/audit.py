"""The audit log: one line of JSON for each action, each with the hash of the line before it.

Whoever changes, removes or swaps a line breaks the chain from there on. The store remembers how many lines there are
and the hash of the last, so that lines cut off at the end are missed too.
"""

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worklist.request import Caller
from worklist.store import Change, Store

FILE = "worklist-audit.log"
START = "0" * 64
_ORDER = ("number", "time", "site", "person", "action", "workitem", "result", "previous")


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check of the log has found."""

    lines: int
    hash: str
    fault: str = ""


class Audit:
    """Appended to within the transaction of what it tells of: nothing is done that no line tells of.

    The store knows where in the file each line begins, so that nobody reads years of it for one workitem.
    """

    def __init__(self, path: Path, store: Store) -> None:
        self._path = path
        self._store = store
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        _mend(self._file)
        self._lines, self._hash = self._catch_up()

    def close(self) -> None:
        os.close(self._file)

    def write(self, change: Change, when: str, caller: Caller, action: str, workitem: str, result: str) -> None:
        with self._lock:
            number, names = self._lines + 1, (caller.site, caller.person)
            facts = dict(zip(_ORDER, (number, when, *names, action, workitem, result, self._hash), strict=True))
            own, place = digest(facts), os.fstat(self._file).st_size
            self._append(json.dumps(facts | {"hash": own}, ensure_ascii=False).encode() + b"\n", place)
            self._lines, self._hash = number, own
        change.run("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", (number, workitem, place))
        change.run("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (number, own))

    def _append(self, line: bytes, place: int) -> None:
        """All of it, on the disk, or nothing: half a line would spoil the next."""
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(errno.ENOSPC, "the audit log cannot be written: the disk is full")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, place)
            raise

    def entries(self, after: int, limit: int, site: str = "") -> list[dict[str, Any]]:
        """Lines with a number above `after`; only one site's, if it is named."""
        rows = self._store.read("SELECT place FROM line WHERE number > ? ORDER BY number LIMIT 1", (after,))
        found = list[dict[str, Any]]()
        for _, facts in _lines(self._path, rows[0][0] if rows else 0):
            if facts.get("number", 0) > after and site in ("", facts.get("site")):
                found.append(facts)
                if len(found) == limit:
                    break
        return found

    def history(self, workitem: str) -> list[dict[str, Any]]:
        """What was done with one workitem."""
        rows = self._store.read("SELECT place FROM line WHERE workitem = ? ORDER BY number", (workitem,))
        return [facts for (place,) in rows if (facts := next((facts for _, facts in _lines(self._path, place)), {}))]

    def check(self) -> Chain:
        rows = self._store.read("SELECT lines, hash FROM head")
        return verify(self._path, rows[0] if rows else None)

    def _catch_up(self) -> tuple[int, str]:
        """Note the lines that the store does not know: a killed transaction's, or all after the store was lost."""
        known = self._store.read("SELECT place FROM line ORDER BY number DESC LIMIT 1")
        last = 0, START
        with self._store.change() as change:
            for place, facts in _lines(self._path, known[0][0] if known else 0):
                last = int(facts.get("number", 0)), str(facts.get("hash", ""))
                given = (last[0], str(facts.get("workitem", "")), place)
                change.run("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", given)
        return last


def verify(path: Path, head: tuple[int, str] | None = None) -> Chain:
    """Follow the chain from its first line; `head` is how many lines there are at least, and the hash of that one."""
    previous, number = START, 0
    for number, line in enumerate(lines(path), 1):
        facts = _read(line)
        if facts is None:
            return Chain(number - 1, previous, f"line {number} cannot be read")
        own = facts.pop("hash", "")
        if own != digest(facts):
            return Chain(number - 1, previous, f"line {number} was changed")
        if facts.get("number") != number or facts.get("previous") != previous:
            return Chain(number - 1, previous, f"line {number} does not follow the line before it")
        if head and head[0] == number and head[1] != own:
            return Chain(number - 1, previous, f"line {number} is not the one that was written")
        previous = own
    if head and head[0] > number:
        return Chain(number, previous, f"{head[0] - number} lines at the end are missing")
    return Chain(number, previous)


def digest(facts: dict[str, Any]) -> str:
    ordered = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(ordered.encode()).hexdigest()


def lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        facts = json.loads(line)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _mend(file: int) -> None:
    """A line that a crash cut in two told of nothing that was answered: it goes."""
    size = os.fstat(file).st_size
    kept = size
    while kept:
        start = max(0, kept - 65536)
        found = os.pread(file, kept - start, start).rfind(b"\n")
        kept = start + found + 1
        if found >= 0 or not start:
            break
    if kept != size:
        os.ftruncate(file, kept)


def _lines(path: Path, place: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """From a line's place in the file on: each that can be read, with its own place."""
    with path.open("rb") as file:
        file.seek(place)
        for line in file:
            facts = _read(line)
            if facts and line.endswith(b"\n"):
                yield place, facts
            place += len(line)
