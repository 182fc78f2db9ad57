"""One study goes the whole way that patients' studies go, and every step of it is looked at.

It is acquired at one site, listed at the worklist's home, claimed from another site under that site's own certificate,
received there, reported there; and its report comes home. The nodes do all of that by themselves, as ever: only the
wait until a study counts as complete is left out. Nobody is shown it, and nothing of it stays.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from provisioner.definition.choices import Operation, Shape
from provisioner.links.topology import Node, ReportingPool, Topology
from provisioner.proving.orthanc import NodeError
from provisioner.proving.questions import WORKS, Hands, Question, Rest, Round
from provisioner.proving.synthetic import PATIENT_NAME, Kind, Run, Study, abandoned, remains, report_file, sweep
from provisioner.proving.worklist import ROOT

SECONDS = 20.0
NUDGE_SECONDS = 1.0
POLL_SECONDS = 0.1
STAMPED = frozenset(
    {
        "PatientID",
        "IssuerOfPatientID",
        "IssuerOfPatientIDQualifiersSequence",
        "OtherPatientIDsSequence",
        "IssuerOfAccessionNumberSequence",
        "OriginalAttributesSequence",
        "InstanceCoercionDateTime",
        "ContributingEquipmentSequence",
    }
)
"""What a copy for the network says otherwise than its original: whose number it is, and who has said so."""


@dataclass(frozen=True, slots=True)
class Way:
    """Who acquires, who reports, and what kind of study goes from one to the other."""

    source: str
    reader: str
    kind: Kind


def ways(topology: Topology) -> Iterator[Way]:
    """One for each site that may share, to one of those whose pool takes its studies; each gets its turn."""
    links = Links(topology)
    sites = [node for node in topology.nodes if node.member]
    for turn, node in enumerate(sites if topology.home else ()):
        pool = next((each for each in topology.pools if _takes(each, node)), None)
        able = [each.id for each in sites if pool is None or not pool.sites or each.id in pool.sites]
        linked = [reader for reader in able if reader != node.id and links.lead(node.id, reader)]
        away = [reader for reader in linked if reader != topology.home] or linked
        if away:
            yield Way(node.id, away[turn % len(away)], _kind(pool))


class Links:
    """What the links of a network let go the whole way; a site that only reads, say, sends nothing."""

    def __init__(self, topology: Topology) -> None:
        self._home, self._shape = topology.home, topology.shape
        self._may = {(f.source, f.target, operation) for f in topology.flows for operation in f.operations}

    def lead(self, source: str, reader: str) -> bool:
        """Whether a study of the one can be reported by the other, and the report come home."""
        told = all(self._can(site, self._home, Operation.WORKLIST) for site in (source, reader))
        return told and all(self._can(*step, Operation.STORE) for step in self._steps(source, reader))

    def _steps(self, source: str, reader: str) -> tuple[tuple[str, str], ...]:
        if self._shape is Shape.MESH:
            return (source, reader), (reader, source)
        return (source, self._home), (self._home, reader), (reader, self._home), (self._home, source)

    def _can(self, source: str, target: str, operation: Operation) -> bool:
        return source == target or (source, target, operation) in self._may


def _takes(pool: ReportingPool, node: Node) -> bool:
    return (not pool.members or node.member in pool.members) and not (pool.external and not pool.sites)


def _kind(pool: ReportingPool | None) -> Kind:
    if pool is None:
        return Kind()
    first = (next(iter(words), "") for words in (pool.modalities, pool.body_parts, pool.priorities))
    modality, part, priority = first
    return Kind(modality or "OT", part, priority.upper())


class Proof:
    """One such study."""

    def __init__(
        self,
        topology: Topology,
        hands: Hands,
        way: Way,
        run: Run,
        client: Callable[[str], Rest],
    ) -> None:
        self._topology, self._hands, self._way = topology, hands, way
        self._study: Study = run.proof(way.source, way.kind)
        self._source, self._reader, self._home = (client(node) for node in (way.source, way.reader, topology.home))
        self._broken = ""
        self._entry = ""
        self._report = ""

    def round(self) -> Round:
        way, home = self._way, self._topology.home
        steps = (
            ("acquired", "", way.source, self._acquired),
            ("listed", way.source, home, self._listed),
            *([("modality-worklist", way.reader, home, self._found)] if way.reader != home else []),
            ("claimed", way.reader, home, self._claimed),
            ("received", way.source, way.reader, self._received),
            ("report-home", way.reader, way.source, self._report_home),
            ("completed", way.reader, home, self._completed),
        )
        questions = tuple(Question(name, a, b, WORKS, partial(self._after, name, ask)) for name, a, b, ask in steps)
        return Round(tuple(dict.fromkeys((way.source, way.reader, home))), questions, end=self._close)

    def _after(self, name: str, ask: Callable[[], str]) -> str:
        """A step that fails is the last one: what comes after it could only wait in vain."""
        if self._broken:
            raise NodeError(f"not asked, since {self._broken!r} does not work")
        try:
            return ask()
        except Exception:
            self._broken = name
            raise

    def _close(self) -> None:
        for client in (self._source, self._reader, self._home):
            client.close()

    # -- steps ------------------------------------------------------------------------------------------------------

    def _acquired(self) -> str:
        """By the site's first scanner, as it would; where none is declared, by the node's own door for files."""
        node = self._topology.node(self._way.source)
        images = [(image.uid, image.dataset) for image in self._study.instances]
        if node.scanners:
            self._hands.scan(node.id, images)
            return f"{len(images)} images of the scanner {node.scanners[0].aet} over DICOM TLS"
        for image in self._study.instances:
            self._source.post("/instances", image.file)
        return f"{len(images)} images, by REST: the site declares no scanner"

    def _listed(self) -> str:
        """At the home, and as the site that is to report it sees it."""
        found = self._awaited(self._listing, "does not stand on the worklist", self._source)
        self._entry = str(found["uid"])
        self._hands.as_site(self._way.reader, "GET", f"{ROOT}/workitems/{self._entry}")
        return f"stands on the worklist at {self._topology.home}, and {self._way.reader} sees it"

    def _found(self) -> str:
        """By Modality Worklist C-FIND, as workstations ask that know nothing newer: with the reader's own settings."""
        query = {"PatientID": f"*{self._study.patient}", "StudyInstanceUID": ""}
        answers = self._reader.post(f"/modalities/{quote(self._topology.home, safe='')}/find-worklist", query)
        if [each.get("StudyInstanceUID") for each in answers] != [self._study.uid]:
            raise NodeError(f"was looked for once, and {len(answers)} entries were found")
        return "found by C-FIND over DICOM TLS"

    def _claimed(self) -> str:
        self._hands.as_site(self._way.reader, "POST", f"{ROOT}/workitems/{self._entry}/claim")
        holder = (self._listing() or {}).get("holder")
        if holder != self._way.reader:
            raise NodeError(f"was claimed by {self._way.reader}, and {holder or 'nobody'} holds it")
        return f"{self._way.reader} holds it"

    def _received(self) -> str:
        """All images, as they were but for the network's stamp."""
        copies = self._awaited(partial(self._copies, self._reader), "has not arrived", self._source)
        for image in self._study.instances:
            _compare((self._source, image.identifier), (self._reader, copies[image.uid]))
        return f"{len(copies)} images arrived, equal but for their stamp"

    def _report_home(self) -> str:
        """A report that is stored where the study was read is with who acquired it, by way of a hub if there is one."""
        copies = self._copies(self._reader) or {}
        tags = self._reader.get(f"/instances/{next(iter(copies.values()))}/simplified-tags")
        self._report, file = report_file(self._study, str(tags["PatientID"]))
        self._reader.post("/instances", file)
        hub = () if self._topology.home in (self._way.reader, self._way.source) else (self._home,)
        self._awaited(self._reported, "did not come home", self._reader, *hub)
        return f"the report is at {self._way.source}"

    def _completed(self) -> str:
        self._awaited(lambda: self._state() == "COMPLETED", "is not completed", self._reader, self._home)
        return "the entry is completed"

    # -- looking ----------------------------------------------------------------------------------------------------

    def _awaited(self, look: Callable[[], Any], wanting: str, *senders: Rest) -> Any:
        """What is to come, if it does in time. Who has to send is told that the study is complete."""
        deadline, nudge = time.monotonic() + SECONDS, 0.0
        while not (found := look()):
            if time.monotonic() > deadline:
                raise NodeError(f"{wanting} after {SECONDS:g} s", "`netprov status` shows what waits, and why")
            if time.monotonic() > nudge:
                nudge = time.monotonic() + NUDGE_SECONDS
                for node in senders:
                    node.post("/netprov/sharing/now", {"study": self._study.uid})
            time.sleep(POLL_SECONDS)
        return found

    def _listing(self) -> dict[str, Any] | None:
        return next((each for each in proofs(self._home) if each["study_uid"] == self._study.uid), None)

    def _state(self) -> str:
        return str((self._listing() or {}).get("state", ""))

    def _copies(self, node: Rest) -> dict[str, str] | None:
        """SOP Instance UID -> Orthanc's name of each image there; None until all are."""
        query = {"Level": "Instance", "Query": {"StudyInstanceUID": self._study.uid}, "Expand": True}
        found = {each["MainDicomTags"]["SOPInstanceUID"]: str(each["ID"]) for each in node.post("/tools/find", query)}
        wanted = {image.uid for image in self._study.instances}
        return {uid: found[uid] for uid in wanted} if wanted <= found.keys() else None

    def _reported(self) -> bool:
        query = {"Level": "Instance", "Query": {"SOPInstanceUID": self._report}}
        return bool(self._source.post("/tools/find", query))


def _compare(original: tuple[Rest, str], copy: tuple[Rest, str]) -> None:
    """Raises NodeError if the two say something else beside the stamp, or show something else."""
    mine, other = (node.get(f"/instances/{name}/simplified-tags") for node, name in (original, copy))
    changed = sorted(tag for tag in {*mine, *other} - STAMPED if mine.get(tag) != other.get(tag))
    pictures = {node.get_bytes(f"/instances/{name}/frames/0/raw") for node, name in (original, copy)}
    if changed or len(pictures) != 1:
        raise NodeError(f"an image arrived with another {', '.join(changed) or 'picture'}")


def proofs(home: Rest) -> list[dict[str, Any]]:
    """The entries of verifications that stand on the worklist."""
    return list(home.get("/netprov/worklist/proofs")["proofs"])


def erase(home: Rest, unwanted: Callable[[str], bool]) -> int:
    """Take the entries of unwanted patients off the worklist; gives their number."""
    found = [each for each in proofs(home) if unwanted(str(each["patient_id"]))]
    for each in found:
        home.post("/netprov/worklist/erase", {"workitem": each["uid"]})
    return len(found)


def forget(node: Rest, studies: Iterable[str]) -> None:
    """Have a node's queue forget studies (Orthanc's names) that are gone."""
    node.post("/netprov/sharing/forget", {"studies": list(studies)})


class Course:
    """All ways of one verification, and what takes away again what they have left."""

    def __init__(
        self, topology: Topology, hands: Hands, run: Run, client: Callable[[str], Rest], nodes: AbstractSet[str]
    ) -> None:
        """`nodes` are those that can be asked."""
        self._topology, self._hands, self._run, self._client = topology, hands, run, client
        self._nodes = nodes

    def proofs(self) -> Iterator[Round]:
        """A study on its way through the platform, from each site."""
        for way in ways(self._topology):
            if self._nodes >= {way.source, way.reader, self._topology.home}:
                yield Proof(self._topology, self._hands, way, self._run, self._client).round()

    def erasures(self) -> Iterator[Round]:
        """The worklist's home, so that nothing more is sent on account of what stands there."""
        if self._topology.home in self._nodes:
            client = self._client(self._topology.home)
            ask = partial(_erased, client, self._unwanted)
            yield Round((), (Question("erased", "", self._topology.home, WORKS, ask),), end=client.close)

    def sweeps(self) -> Iterator[Round]:
        """Each node, once nobody sends any more."""
        for node in self._topology.nodes:
            if node.id in self._nodes:
                client = self._client(node.id)
                question = Question("removed", "", node.id, WORKS, partial(self._swept, client))
                yield Round((), (question,), end=client.close)

    def _swept(self, node: Rest) -> str:
        """All that this run has made or sent is gone; what another, live verification needs is left alone."""
        query = {"Level": "Study", "Query": {"PatientName": PATIENT_NAME}, "Expand": True}
        studies = [each["ID"] for each in node.post("/tools/find", query) if self._own(_patient(each))]
        removed = sweep(node, self._own)
        if remains(node, self._own):
            raise NodeError("synthetic studies of this run are still there", "`netprov verify` removes them next time")
        forget(node, studies)
        return f"{removed} synthetic patients removed"

    def _unwanted(self, patient: str) -> bool:
        return self._own(patient) or abandoned(patient)

    def _own(self, patient: str) -> bool:
        return self._run.mark in patient


def _patient(study: dict[str, Any]) -> str:
    return str(study["PatientMainDicomTags"].get("PatientID", ""))


def _erased(home: Rest, unwanted: Callable[[str], bool]) -> str:
    return f"{erase(home, unwanted)} entries taken off the worklist"
