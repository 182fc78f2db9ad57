"""The audit log: one line of JSON for each action, each with the hash of the line before it.

Whoever changes, removes or swaps a line breaks the chain from there on. The store remembers how many lines there are
and the hash of the last, so that lines cut off at the end are missed too.
"""

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from worklist.chain import START, Chain, Part, closed, digest, facts_from, opened, verify
from worklist.request import Caller
from worklist.store import Change, Store

FILE = "worklist-audit.log"
LARGEST = 32 << 20
"""Bytes of one part: some hundred thousand lines."""
_ORDER = ("number", "time", "site", "person", "action", "workitem", "result", "previous")


class Audit:
    """Appended to within the transaction of what it tells of: nothing is done that no line tells of.

    The store knows where in its part each line begins, so that nobody reads years of it for one workitem.
    """

    def __init__(self, path: Path, store: Store, largest: int = LARGEST) -> None:
        self._path = path
        self._store = store
        self._largest = largest
        self._lock = threading.Lock()
        self._file = _opened(path)
        _mend(self._file)
        self._lines, self._hash = self._catch_up()

    def close(self) -> None:
        os.close(self._file)

    def write(self, change: Change, when: str, caller: Caller, action: str, workitem: str, result: str) -> None:
        with self._lock:
            if os.fstat(self._file).st_size >= self._largest:
                self._begin_a_part(change)
            number, names = self._lines + 1, (caller.site, caller.person)
            facts = dict(zip(_ORDER, (number, when, *names, action, workitem, result, self._hash), strict=True))
            own, place = digest(facts), os.fstat(self._file).st_size
            self._append(json.dumps(facts | {"hash": own}, ensure_ascii=False).encode() + b"\n", place)
            self._lines, self._hash = number, own
        change.run("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", (number, workitem, place))
        change.run("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (number, own))

    def _begin_a_part(self, change: Change) -> None:
        """What is written is closed, and nothing of it changes any more."""
        self._path.rename(closed(self._path, self._lines))
        fresh = _opened(self._path)
        os.close(self._file)
        self._file = fresh
        change.run("INSERT OR REPLACE INTO sealed VALUES (?, ?)", (self._lines, self._hash))

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
        rows = self._store.read("SELECT number, place FROM line WHERE number > ? ORDER BY number LIMIT 1", (after,))
        found = list[dict[str, Any]]()
        with self._parts() as parts:
            for _, facts in facts_from(parts, *(rows[0] if rows else (after, 0))):
                if facts.get("number", 0) > after and site in ("", facts.get("site")):
                    found.append(facts)
                    if len(found) == limit:
                        break
        return found

    def history(self, workitem: str) -> list[dict[str, Any]]:
        """What was done with one workitem, as far as the log is here."""
        rows = self._store.read("SELECT number, place FROM line WHERE workitem = ? ORDER BY number", (workitem,))
        numbers = {number for number, _ in rows}
        with self._parts() as parts:
            found = [next((facts for _, facts in facts_from(parts, number, place)), {}) for number, place in rows]
        return [facts for facts in found if facts.get("number") in numbers]

    def check(self) -> Chain:
        rows = self._store.read("SELECT lines, hash FROM head")
        sealed = dict(self._store.read("SELECT number, hash FROM sealed"))
        with self._parts() as parts:
            return verify(parts, rows[0] if rows else None, sealed)

    @contextmanager
    def _parts(self) -> Iterator[list[Part]]:
        with self._lock:
            found = opened(self._path)
        try:
            yield found
        finally:
            for part in found:
                part.file.close()

    def _catch_up(self) -> tuple[int, str]:
        """Note the lines that the store does not know: a killed transaction's, or all after the store was lost."""
        known = self._store.read("SELECT number, place FROM line ORDER BY number DESC LIMIT 1")
        last = 0, START
        with self._parts() as parts, self._store.change() as change:
            ends = {part.last for part in parts}
            for place, facts in facts_from(parts, *(known[0] if known else (0, 0))):
                last = int(facts.get("number", 0)), str(facts.get("hash", ""))
                given = (last[0], str(facts.get("workitem", "")), place)
                change.run("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", given)
                if last[0] in ends:
                    change.run("INSERT OR REPLACE INTO sealed VALUES (?, ?)", last)
            if not last[0] and known:  # all of it is closed, and kept elsewhere
                last = change.run("SELECT lines, hash FROM head")[0]
        return last


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)


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
