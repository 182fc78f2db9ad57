"""Routing at one node: who reads, who sends, and what is told of it.

GET  /netprov/sharing/queue    how many studies wait, since when, which could not be sent and why
POST /netprov/sharing/retry    {}: try those again at once; {"study": <UID>}: that one only
POST /netprov/sharing/send     {"study": <UID>, "to": <node or place>}: bring a study to where a link leads
GET  /netprov/sharing/sent     ?study=<UID>&to=<node>: how that goes
GET  /netprov/sharing/held     ?study=<UID>: digests of what this node holds from the calling node, by which that
                               node knows what has arrived
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sharing.archive import GAUGES, OrthancArchive
from sharing.changes import Changes
from sharing.claims import Claims
from sharing.errors import Refused, Unreachable
from sharing.identity import parted, prefix
from sharing.queue import FILE, Queue
from sharing.reports import CLASSES
from sharing.routing import Router
from sharing.settings import Peer, Settings, SettingsFile
from sharing.transport import Door, Doors

STUDIES = 2
"""Studies on their way at once: a small one need not wait for a large one."""
IDLE_SECONDS = 1.0
"""Nobody waits so long: who has work for a thread wakes it."""
CLAIMS_SECONDS = 1.0
OPERATOR, WORKLIST = "operator", "the worklist"


class Service:
    """Everything that runs while Orthanc runs."""

    def __init__(self, archive: OrthancArchive, folder: Path) -> None:
        configuration = archive.configuration()
        user, password = next(iter(configuration["RegisteredUsers"].items()))
        self._self = Peer("", f"http://127.0.0.1:{configuration['HttpPort']}/", user, password)
        self._archive = archive
        self._settings = SettingsFile(folder)
        self._queue = Queue(folder / FILE)
        self._doors = Doors(folder)
        self._changes = Changes(archive, self._queue, float(configuration.get("StableAge", 60)), time.time)
        self._router = Router(archive, self._queue, self._door)
        self._claims = Claims(self._send_on)
        self._wake = threading.Event()
        self._due = threading.Event()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        jobs = [self._read, self._follow, *[self._send] * STUDIES]
        self._threads = [threading.Thread(target=job, name="netprov-sharing", daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Soon: what is on its way is found again."""
        self._ended.set()
        self._wake.set()
        self._due.set()
        self._router.stop()
        self._doors.close()
        for thread in self._threads:
            thread.join(2.0)

    def wake(self) -> None:
        self._wake.set()

    def facts(self) -> dict[str, Any]:
        return self._settings.facts()

    def announced(self, study: str) -> dict[str, Any] | None:
        """The workitem of a study that this node holds, for who makes the worklist anew."""
        settings = self._settings.now()
        return self._router.announced(study, settings) if settings else None

    # -- threads ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while not self._ended.is_set():
            settings, more = self._settings.now(), False
            try:
                before = self._changes.cursor
                more = settings is not None and settings.shares and self._changes.read()
                if self._changes.cursor != before:
                    self._due.set()
                self._measure()
            except Exception as error:  # noqa: BLE001 - Orthanc that is busy or full; nothing is lost, it is read again
                self._archive.log(f"cannot read what is new: {error}")
            if not more:
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()

    def _send(self) -> None:
        while not self._ended.is_set():
            settings, busy = self._settings.now(), False
            try:
                busy = settings is not None and self._router.step(settings, time.time)
            except Exception as error:  # noqa: BLE001 - a study that is not understood must not hold up the others
                self._archive.log(f"cannot send: {error!r}")
            if not busy:
                self._due.wait(IDLE_SECONDS)
                self._due.clear()

    def _follow(self) -> None:
        """Claims, at the home."""
        worklist = self._doors.to(replace(self._self, node=OPERATOR))
        while not self._ended.wait(CLAIMS_SECONDS):
            settings = self._settings.now()
            if settings is None or settings.node != settings.home:
                continue
            try:
                self._claims.follow(settings, worklist, self._door)
            except (Unreachable, Refused) as error:
                self._archive.log(f"what is claimed is not sent yet: {error}")

    def _measure(self) -> None:
        counts = self._queue.counts()
        for state in GAUGES:
            self._archive.gauge(state, float(counts.get(state, 0)))
        oldest = self._queue.oldest()
        self._archive.gauge("oldest_seconds", max(0.0, time.time() - oldest) if oldest else 0.0)

    def _door(self, settings: Settings, node: str) -> Door:
        """The way to a node. Raises Unreachable where no link leads there."""
        if node == settings.node:
            return self._doors.to(replace(self._self, node=node))
        peer = settings.peers.get(node) or (settings.worklist if node == settings.home else None)
        if peer is None:
            raise Unreachable(f"no link leads to {node}")
        return self._doors.to(peer)

    # -- what is told -------------------------------------------------------------------------------------------

    def queue(self, _query: Mapping[str, str], _caller: str) -> object:
        counts, now = self._queue.counts(), time.time()
        oldest = self._queue.oldest()
        told = {
            key: [
                {
                    "study": letter.study,
                    "to": letter.target,
                    "reason": letter.reason,
                    "seconds": int(now - letter.since),
                }
                for letter in letters
            ]
            for key, letters in (("dead", self._queue.letters()), ("failing", self._queue.failing()))
        }
        depth = sum(count for state, count in counts.items() if state not in ("done", "dead"))
        return {"depth": depth, "counts": counts, "oldest_seconds": int(now - oldest) if oldest else None, **told}

    def retry(self, order: Mapping[str, str], _caller: str) -> object:
        uid = order.get("study", "")
        studies = self._archive.studies(uid) if uid else [""]
        return {"retried": sum(self._queue.retry(time.time(), study) for study in studies)}

    def send(self, order: Mapping[str, str], caller: str) -> object:
        """To anywhere that no link leads to: refused here, whoever asks."""
        settings, to = self._settings.now(), order.get("to", "")
        if settings is None or to not in {**settings.peers, **settings.places}:
            return {"queued": 0, "refused": f"no link leads to {to or 'nowhere'}"}
        self._archive.log(f"{caller} has a study sent to {to}")
        return {"queued": self._send_on(order.get("study", ""), to)}

    def _send_on(self, uid: str, to: str) -> int:
        now, studies = time.time(), self._archive.studies(uid)
        self._queue.touch([(study, to, now) for study in studies], now)
        self._due.set()
        return len(studies)

    def bring(self, study: str, to: str, source: str) -> None:
        """Have a study sent to `to`: from here, or from `source` where its images have stayed.

        Only what is not there yet is sent. Where that cannot be asked for now, the reader can ask again.
        """
        settings = self._settings.now()
        if settings is None or to in ("", source):
            return
        order = {"study": study, "to": to}
        if self._archive.studies(study):
            if to != settings.node:
                self.send(order, WORKLIST)
            return
        try:
            body = json.dumps(order).encode()
            status, _ = self._door(settings, source).request("POST", "/netprov/sharing/send", body, "application/json")
        except Unreachable as error:
            self._archive.log(f"{source} cannot be asked to send a claimed study to {to}: {error}")
            return
        if status != 200:
            self._archive.log(f"{source} does not send a claimed study to {to}: it answers {status}")

    def sent(self, query: Mapping[str, str], _caller: str) -> object:
        states = [
            self._queue.state(study, query.get("to", "")) for study in self._archive.studies(query.get("study", ""))
        ]
        return [{"state": state, "reason": reason} for state, reason in states]

    def held(self, query: Mapping[str, str], caller: str) -> object:
        """A node hears of its own member's patients, and of reports; the home, which sends any, hears of all."""
        settings, found = self._settings.now(), list[str]()
        for name in self._archive.studies(query.get("study", "")):
            patient = parted(self._archive.patient(name))
            own = settings is not None and self._may_hear(settings, caller, patient[0] if patient else "")
            found += self._archive.digests(name, ("",) if own or caller == OPERATOR else CLASSES)
        return {"md5": found}

    def _may_hear(self, settings: Settings, caller: str, issuer: str) -> bool:
        site = settings.sites.get(caller)
        return caller == settings.home or (site is not None and issuer == prefix(site.patient_issuer or site.id))
