"""Routing at one node: who reads, who sends, and what is told of it.

GET  /netprov/sharing/queue    how many studies wait, since when, which could not be sent and why
POST /netprov/sharing/retry    {}: try those again at once; {"study": <UID>}: that one only
POST /netprov/sharing/now      {"study": <UID>}, of verification: it need not be stable first
POST /netprov/sharing/forget   {"studies": [<Orthanc's ids>]}, of verification: they are gone
POST /netprov/sharing/send     {"study": <UID>, "to": <node or place>, "source": <site that acquired it>}, of the
                               worklist: a study goes where a link leads
GET  /netprov/sharing/sent     ?study=<UID>&to=<node>: how that goes
GET  /netprov/sharing/held     ?study=<UID>: digests of what this node holds from the calling node, by which that
                               node knows what has arrived
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sharing.archive import OrthancArchive
from sharing.beyond import Offer, offer_to
from sharing.changes import Changes
from sharing.errors import Forbidden, Unreachable
from sharing.figures import Figure, figure
from sharing.identity import parted, prefix
from sharing.queue import FILE, ROUTE, Queue
from sharing.reports import CLASSES
from sharing.routing import Router
from sharing.settings import SILENCE_SECONDS, Peer, Place, Settings, SettingsFile, Site
from sharing.transport import Door, Doors

STUDIES = 2
"""Studies on their way at once: a small one need not wait for a large one."""
MARGIN_SECONDS = 60.0
"""What is due later than so long after a study is stable has been written by a clock that was wrong."""
IDLE_SECONDS = 1.0
"""Nobody waits so long: who has work for a thread wakes it."""
OPERATOR = "operator"
UNDER_WAY = ("waiting", "sending", "confirming")
STATES = ("", "dead", *UNDER_WAY, "done")


class Service:
    """Everything that runs while Orthanc runs."""

    def __init__(self, archive: OrthancArchive, folder: Path) -> None:
        configuration = archive.configuration()
        user, password = next(iter(configuration["RegisteredUsers"].items()))
        self._self = Peer("", f"http://127.0.0.1:{configuration['HttpPort']}/", user, password)
        self._archive = archive
        self._settings = SettingsFile(folder)
        stable = float(configuration.get("StableAge", 60))
        self._queue = Queue(folder / FILE, stable + MARGIN_SECONDS)
        self._doors = Doors(folder)
        self._changes = Changes(archive, self._queue, stable, time.time)
        self._router = Router(archive, self._queue, self._door, self._offer)
        self._wake = threading.Event()
        self._due = threading.Event()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        jobs = [self._read, *[self._send] * STUDIES]
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

    def _offer(self, place: Place) -> Offer:
        def door(place: Place) -> Door:
            settings = self._settings.now()
            silence = settings.silence_seconds if settings else SILENCE_SECONDS
            return self._doors.to(Peer(place.name, place.url, "", ""), silence)

        return offer_to(place, door, self._archive.by_dicom)

    @property
    def node(self) -> str:
        settings = self._settings.now()
        return settings.node if settings else ""

    def own(self, study: str) -> bool:
        settings = self._settings.now()
        return settings is not None and bool(self._of({"study": study, "source": settings.node}, settings))

    def home(self) -> Door:
        """The way to the worklist. Raises Unreachable."""
        settings = self._settings.now()
        return self.door(settings.home if settings else "")

    def door(self, node: str) -> Door:
        """The way to another node. Raises Unreachable."""
        settings = self._settings.now()
        if settings is None:
            raise Unreachable("this node does not know its network yet")
        return self._door(settings, node)

    def _door(self, settings: Settings, node: str) -> Door:
        """The way to a node. Raises Unreachable where no link leads there."""
        if node == settings.node:
            return self._doors.to(replace(self._self, node=node), settings.silence_seconds)
        peer = settings.peers.get(node) or (settings.worklist if node == settings.home else None)
        if peer is None:
            raise Unreachable(f"no link leads to {node}")
        return self._doors.to(peer, settings.silence_seconds)

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

    def figures(self) -> list[Figure]:
        """Of the queue, for who watches over the node."""
        counts, oldest = self._queue.counts(), self._queue.oldest()
        states = tuple(({"state": state}, float(counts.get(state, 0))) for state in UNDER_WAY)
        failing = tuple(({"to": letter.target or "home"}, 1.0) for letter in self._queue.failing())
        age = max(0.0, time.time() - oldest) if oldest else 0.0
        return [
            Figure("netprov_queue_studies", "Studies that are still to be sent, by state.", states),
            figure("netprov_queue_dead_letters", "Studies that could not be sent.", float(counts.get("dead", 0))),
            figure("netprov_queue_oldest_unsent_seconds", "Since when the oldest unsent study waits; 0: none.", age),
            Figure("netprov_queue_failing", "Receivers to which sending fails at the moment.", failing),
        ]

    def retry(self, order: Mapping[str, str], _caller: str) -> object:
        uid = order.get("study", "")
        studies = self._archive.studies(uid) if uid else [""]
        return {"retried": sum(self._queue.retry(time.time(), study) for study in studies)}

    def now(self, order: Mapping[str, str], caller: str) -> object:
        """A study of verification's is sent at once; others wait until nothing more comes."""
        _refuse_others(caller)
        studies, now = self._archive.studies(order.get("study", "")), time.time()
        self._queue.touch([(study, ROUTE, now) for study in studies], now)
        self._due.set()
        return {"studies": studies}

    def forget(self, order: Mapping[str, list[str]], caller: str) -> object:
        _refuse_others(caller)
        return {"forgotten": self._queue.forget(map(str, order.get("studies", ())))}

    def send(self, order: Mapping[str, str], caller: str) -> dict[str, Any]:
        """To anywhere that no link leads to: refused here, whoever asks."""
        settings, to = self._moving(caller), order.get("to", "")
        if to not in {**settings.peers, **settings.places}:
            raise Forbidden(f"no link leads from {settings.node} to {to[:64] or 'nowhere'}")
        studies, now = self._of(order, settings), time.time()
        if not studies:
            return _progress("refused", f"{settings.node} does not hold it")
        self._queue.touch([(study, to, now) for study in studies], now)
        self._due.set()
        return _progress("waiting")

    def sent(self, query: Mapping[str, str], caller: str) -> dict[str, Any]:
        """Of several patients' studies under one UID, the one that is farthest behind."""
        settings, to = self._moving(caller), query.get("to", "")
        found = [self._queue.state(study, to) for study in self._of(query, settings)]
        state, reason = min(found, key=lambda each: STATES.index(each[0]), default=("", ""))
        counts = [self._router.count(study, to) for study in self._of(query, settings)]
        return _progress(state, reason, sum(sent for sent, _ in counts), sum(total for _, total in counts))

    def _moving(self, caller: str) -> Settings:
        """The worklist decides who may have what sent where, and asks for it in its home's name."""
        settings = self._settings.now()
        if settings is None or caller not in (OPERATOR, settings.home):
            raise Forbidden("a study is sent by way of the worklist: netprov worklist send")
        return settings

    def _of(self, asked: Mapping[str, str], settings: Settings) -> list[str]:
        """Orthanc's ids of a study: of all that have its UID, what `source` has acquired, if that is named."""
        found = self._archive.studies(asked.get("study", ""))
        source = settings.sites.get(asked.get("source", ""))
        if source is None:
            return found
        return [name for name in found if _acquired_by(source, self._archive.patient(name), settings)]

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


def _refuse_others(caller: str) -> None:
    if caller != OPERATOR:
        raise Forbidden("verification is for the network's operator")


def _acquired_by(source: Site, patient: str, settings: Settings) -> bool:
    """By the number of its patient: at the own site a local one, elsewhere one that names who issued it."""
    parts = parted(patient)
    if source.id != settings.node:
        return parts is not None and parts[0] == prefix(source.patient_issuer or source.id)
    return parts is None or parts[0] not in {prefix(s.patient_issuer or s.id) for s in settings.sites.values()}


def _progress(state: str, reason: str = "", sent: int = 0, total: int = 0) -> dict[str, Any]:
    return {"state": state, "reason": reason, "sent": sent, "total": total}
