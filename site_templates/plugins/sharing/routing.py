"""A due study -> what its receiver lacks is sent -> the receiver says what it holds -> the study is announced.

Nothing is believed to have arrived because it was sent: the receiver is asked, and its digests must be those of the
copies. So it makes no difference where either end was killed, and to repeat all of it does no harm.
"""

import hashlib
import json
import random
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from sharing.announcement import uid_of, workitem
from sharing.beyond import Offer
from sharing.coercion import Issuers, coerced, maker, opened
from sharing.elements import NotUnderstood
from sharing.errors import Broken, Refused, Unreachable
from sharing.exchange import confirm, held, offer, trouble
from sharing.identity import PROBE, parted
from sharing.queue import ROUTE, Queue, Work
from sharing.reports import Reports
from sharing.settings import Place, Settings, Site
from sharing.transport import Door

CONNECTIONS = 4
"""Instances of one study on their way at once."""
ATTEMPTS = 5
"""How often what the receiver refuses is offered again before it is a dead letter."""
UPDATED = ("00201208", "00404021", "00400400")
"""What may still change of a study that was announced: its instances, and a comment on those that are missing."""
SCHEDULED = "SCHEDULED"
"""The state of an entry that its acquiring site may still change."""
FIRST_SECONDS, MOST_SECONDS = 1.0, 30.0


class Archive(Protocol):
    """This node's Orthanc."""

    def get(self, path: str) -> bytes | None:
        """The answer to a GET; None where there is no such thing any more."""

    def dicom(self, instance: str) -> bytes | None:
        """The file of an instance."""

    def modified(self, instance: str, issuers: Issuers) -> bytes | None:
        """The copy of an instance that only Orthanc itself can read; None if it is one. Raises Broken."""


@dataclass
class Passage:
    """One attempt to bring one study to its receiver."""

    study: dict[str, Any]
    instances: list[str]
    issuers: Issuers
    target: str = ROUTE
    onward: bool = False
    """Copies go on as they are: somebody asked for the study by name."""
    wanted: dict[str, str] = field(default_factory=dict)
    """Instance -> digest of its copy."""
    broken: dict[str, str] = field(default_factory=dict)
    """Instance -> why it cannot be sent."""

    @property
    def uid(self) -> str:
        return str(self.study["MainDicomTags"]["StudyInstanceUID"])


class Router:
    """Takes one study at a time from the queue. Several may run at once."""

    def __init__(
        self,
        archive: Archive,
        queue: Queue,
        doors: Callable[[Settings, str], Door],
        beyond: Callable[[Place], Offer],
    ) -> None:
        self._archive = archive
        self._queue = queue
        self._door = doors
        self._beyond = beyond
        self._reports = Reports(archive, doors)
        self._moving: dict[tuple[str, str], Passage] = {}
        self._outcomes: deque[Callable[[], None]] = deque()
        self._pool = ThreadPoolExecutor(CONNECTIONS, "netprov-sharing")

    def count(self, study: str, target: str) -> tuple[int, int]:
        """How many instances have gone, of how many, while a study is being sent."""
        passage = self._moving.get((study, target))
        return (len(passage.wanted), len(passage.instances)) if passage else (0, 0)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def step(self, settings: Settings, now: Callable[[], float]) -> bool:
        """Do what has been due longest; False if nothing is."""
        self._settle()
        work = self._queue.take(now())
        if work is None:
            return False
        self._outcomes.append(self._outcome(work, settings, now))
        self._settle()
        return True

    def _settle(self) -> None:
        """Have the queue note how it went; where the disk is full, before anything else is done once it is not."""
        while self._outcomes:
            outcome = self._outcomes.popleft()
            try:
                outcome()
            except BaseException:
                self._outcomes.appendleft(outcome)
                raise

    def _outcome(self, work: Work, settings: Settings, now: Callable[[], float]) -> Callable[[], None]:
        try:
            self._follow(work, settings, now())
            self._handle(work, settings)
        except Unreachable as error:
            return partial(self._queue.failed, work, str(error), now() + pause(work.attempts))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be seen, and hold up nobody else
            reason = str(error) if isinstance(error, Refused | Broken) else repr(error)
            if work.attempts + 1 < ATTEMPTS:
                return partial(self._queue.failed, work, reason, now() + pause(work.attempts))
            return partial(self._queue.bury, work, reason)
        finally:
            self._moving.pop((work.study, work.target), None)
        return partial(self._queue.done, work, now())

    def _follow(self, work: Work, settings: Settings, now: float) -> None:
        """What is new of a study also goes to the nodes that it was sent to: part of it would be read as all of it."""
        if work.target == ROUTE:
            others = [target for target in self._queue.targets(work.study) if target in settings.peers]
            self._queue.touch([(work.study, target, now) for target in others], now)

    def _handle(self, work: Work, settings: Settings) -> None:
        passage = self._passage(work, settings)
        if passage is None:
            return
        self._moving[work.study, work.target] = passage
        if not passage.onward and self._received(passage):
            # Not this node's to send; but what was added to it here, a report, goes home.
            self._reports.bring_home(passage.study, passage.instances, settings)
            return
        target = settings.route_to if work.target == ROUTE else work.target
        if target in settings.places:
            self._deliver(passage, set(), self._beyond(settings.places[target]))
        elif target and not work.arrived:
            door = self._door(settings, target)
            self._deliver(passage, held(door, passage.uid), partial(offer, door))
            self._queue.confirming(work)
            confirm(door, passage.uid, set(passage.wanted.values()))
            if not passage.broken:
                self._queue.arrived(work)
        if work.target == ROUTE and settings.announces:
            self._announce(passage, settings)
            self._reports.tell_own(passage.study, settings)
        if passage.broken:
            reasons = "; ".join(sorted(set(passage.broken.values())))
            raise Refused(f"{len(passage.broken)} of {len(passage.instances)} instances cannot be sent: {reasons}")

    def _passage(self, work: Work, settings: Settings) -> Passage | None:
        """None if the study is not to be sent: it is gone, or a probe."""
        study = self._json(f"/studies/{work.study}")
        listed = self._json(f"/studies/{work.study}/instances")
        if study is None or not listed or str(study["PatientMainDicomTags"].get("PatientID", "")).startswith(PROBE):
            return None
        instances, onward = [str(instance["ID"]) for instance in listed], work.target != ROUTE
        own = settings.own
        issuers = Issuers(own.id, own.patient_issuer or own.id, own.accession_issuer or own.id)
        return Passage(study, instances, issuers, work.target, onward)

    def _received(self, passage: Passage) -> bool:
        """Whether it came from another node."""
        if parted(str(passage.study["PatientMainDicomTags"].get("PatientID", ""))) is None:
            return False
        return any(self._maker(instance) for instance in passage.instances)

    def _maker(self, instance: str) -> str:
        """The site that an instance is a copy from; empty of an original."""
        data = self._archive.dicom(instance)
        try:
            return maker(opened(data)) if data else ""
        except NotUnderstood:
            return ""

    # -- sending ------------------------------------------------------------------------------------------------

    def _deliver(self, passage: Passage, there: set[str], give: Offer) -> None:
        """All but what is `there` already, by digest."""
        failures = list(self._pool.map(lambda instance: self._send(instance, passage, there, give), passage.instances))
        for failure in failures:
            if failure:
                raise failure

    def _send(self, instance: str, passage: Passage, there: set[str], give: Offer) -> Exception | None:
        """What went wrong for the whole study, if anything; what is wrong with this instance is noted."""
        try:
            copy = self._copy(instance, passage)
            if copy is None:
                return None
            digest = hashlib.md5(copy, usedforsecurity=False).hexdigest()
            if digest not in there:
                give(copy)
            passage.wanted[instance] = digest
        except Broken as error:
            passage.broken[instance] = str(error)
        except (Unreachable, Refused) as error:
            return error
        return None

    def _copy(self, instance: str, passage: Passage) -> bytes | None:
        """What is sent in its place; None if it is gone, or came from another node and is not this one's to route."""
        data = self._archive.dicom(instance)
        if data is None:
            return None
        try:
            original = opened(data)
            made_at = maker(original)
            if made_at:  # a report that was made where it would go is there in its maker's own form
                return data if passage.onward and made_at != passage.target else None
            return coerced(original, passage.issuers)
        except NotUnderstood:
            return self._archive.modified(instance, passage.issuers) or (data if passage.onward else None)

    # -- announcing ---------------------------------------------------------------------------------------------

    def _announce(self, passage: Passage, settings: Settings) -> None:
        own, door = settings.own, self._door(settings, settings.home)
        item = self._workitem(settings, own, passage.study, passage.instances, len(passage.broken))
        uid = uid_of(settings.network, own.id, passage.uid)
        body = json.dumps([item]).encode()
        status, said = door.request("POST", f"/dicom-web/workitems?{uid}", body, "application/dicom+json")
        if status == 409:  # it is there: it may have grown
            if json.loads(said).get("state", SCHEDULED) != SCHEDULED:
                return  # claimed or reported: whoever holds it is told by the images themselves
            change = {tag: item[tag] for tag in UPDATED if "Value" in item[tag]}
            body = json.dumps([change]).encode()
            status, said = door.request("POST", f"/dicom-web/workitems/{uid}", body, "application/dicom+json")
            if status in (400, 409):  # claimed at this moment
                return
        if status not in (200, 201, 204):
            raise trouble(door, status, said, "does not take the study onto its worklist")

    def _workitem(
        self, settings: Settings, own: Site, study: dict[str, Any], instances: list[str], missing: int
    ) -> dict[str, Any]:
        series = [found for name in study["Series"] if (found := self._json(f"/series/{name}"))]
        first = self._json(f"/instances/{instances[0]}/simplified-tags") or {}
        return workitem(settings, own, study, series, first, missing)

    def announced(self, study: str, settings: Settings) -> dict[str, Any] | None:
        """A study's workitem with its UID, as it was announced, from what the home holds: its own, and copies."""
        found, listed = self._json(f"/studies/{study}"), self._json(f"/studies/{study}/instances")
        if not found or not listed or str(found["PatientMainDicomTags"].get("PatientID", "")).startswith(PROBE):
            return None
        instances = [str(instance["ID"]) for instance in listed]
        makers = (self._maker(instance) for instance in instances)
        own = settings.sites.get(next((name for name in makers if name), settings.node))
        if own is None:  # the site has left the network
            return None
        item = self._workitem(settings, own, found, instances, 0)
        uid = uid_of(settings.network, own.id, str(found["MainDicomTags"]["StudyInstanceUID"]))
        return {**item, "00080018": {"vr": "UI", "Value": [uid]}}

    def _json(self, path: str) -> Any:
        found = self._archive.get(path)
        return None if found is None else json.loads(found)


def pause(attempts: int) -> float:
    """How long to wait: twice as long at most each time, and never in step with others (full jitter)."""
    return random.uniform(0.0, min(MOST_SECONDS, FIRST_SECONDS * 2.0**attempts))  # noqa: S311
