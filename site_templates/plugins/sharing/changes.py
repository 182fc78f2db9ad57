"""Orthanc's log of changes -> what is due.

Orthanc says that a study is stable only while it lives: one that was killed in between never says so. So each new
instance already makes its study due, later than it would be stable, and stability only brings that forward.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol

from sharing.identity import PROBE
from sharing.queue import ROUTE, Queue

AT_ONCE = 1000
MARGIN_SECONDS = 3.0


class Log(Protocol):
    """What is asked of Orthanc."""

    def get(self, path: str) -> bytes | None:
        """The answer to a GET; None where there is no such thing any more."""


class Changes:
    """Follows the log, for one queue."""

    def __init__(self, log: Log, queue: Queue, stable_seconds: float, clock: Callable[[], float]) -> None:
        self._log, self._queue, self._clock = log, queue, clock
        self._late = stable_seconds + MARGIN_SECONDS
        self.cursor = queue.cursor()
        self._studies: dict[str, str] = {}

    def read(self) -> bool:
        """Take in what is new; True if there may be more."""
        answer = self._answer(self.cursor)
        if answer["Last"] < self.cursor:  # another index: this one begins anew
            answer = self._answer(0)
        due = self._due(answer["Changes"])
        if answer["Last"] != self.cursor:
            now = self._clock()
            self._queue.touch([(study, ROUTE, now + wait) for study, wait in due.items()], now, answer["Last"])
            self.cursor = answer["Last"]
        return not answer["Done"]

    def _answer(self, since: int) -> dict[str, Any]:
        found = self._log.get(f"/changes?since={since}&limit={AT_ONCE}")
        return dict(json.loads(found or b'{"Changes": [], "Done": true, "Last": 0}'))

    def _due(self, changes: list[dict[str, str]]) -> dict[str, float]:
        """Each study that something happened to, and how long it still has to wait."""
        due: dict[str, float] = {}
        for change in changes:
            if change["ChangeType"] == "StableStudy":
                if not self._is_probe(change["ID"]):
                    due[change["ID"]] = 0.0
            elif change["ChangeType"] == "NewInstance":
                study = self._study_of(change["ID"])
                if study:
                    due[study] = self._late
        return due

    def _study_of(self, instance: str) -> str:
        found = self._log.get(f"/instances/{instance}")
        if found is None:
            return ""
        series = str(json.loads(found)["ParentSeries"])
        if series not in self._studies:
            if len(self._studies) > AT_ONCE:
                self._studies.clear()
            parent = self._log.get(f"/series/{series}")
            if parent is None:
                return ""
            study = str(json.loads(parent)["ParentStudy"])
            self._studies[series] = "" if self._is_probe(study) else study
        return self._studies[series]

    def _is_probe(self, study: str) -> bool:
        """Whether `verify` has put it here, for a moment: nothing is to be done with it, and nobody waits for it."""
        found = json.loads(self._log.get(f"/studies/{study}") or b"{}")
        return str(found.get("PatientMainDicomTags", {}).get("PatientID", "")).startswith(PROBE)
