"""What must work: each thing that one node may do at another, done from that node's own settings.

Every question goes to the source's REST and from there over the link, so that what answers is the node's own
peer, modality and DICOMweb entry, its certificate and its trust, and nothing that netprov brings along.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

from provisioner.definition.choices import Operation
from provisioner.links.topology import Flow, Node
from provisioner.proving.orthanc import NodeError, Orthanc
from provisioner.proving.questions import WORKS, Question
from provisioner.proving.synthetic import Run, Study, dataset_of

BY_DICOM, BY_PEER, BY_WEB = "dicom", "peer", "dicomweb"
USES = (BY_DICOM, BY_PEER, BY_WEB)
DICOM, HTTPS = "DICOM", "HTTPS"
SECONDS = 15.0
STUCK_SECONDS = 8.0
POLL_SECONDS = 0.1


class Exchange:
    """One flow between two live nodes."""

    def __init__(self, flow: Flow, ends: tuple[Node, Node], clients: tuple[Orthanc, Orthanc], run: Run) -> None:
        self._flow = flow
        self._source, self._target = ends
        self._here, self._there = clients
        self._run = run
        self._stuck: set[str] = set()
        self._alias = quote(flow.target, safe="")

    def questions(self) -> tuple[Question, ...]:
        """One a thing that the flow permits, in a fixed order."""
        return tuple(
            Question(name, self._flow.source, self._flow.target, WORKS, partial(self._through, door, ask))
            for operation, door, name, ask in self._all()
            if operation in self._flow.operations
        )

    def _all(self) -> Iterator[tuple[Operation, str, str, Callable[[], str]]]:
        yield Operation.ECHO, DICOM, "c-echo", self._echo
        yield Operation.FIND, DICOM, "c-find", self._find
        yield Operation.FIND, HTTPS, "dicomweb-find", self._find_by_web
        yield Operation.GET, HTTPS, "dicomweb-get", self._get_by_web
        yield Operation.MOVE, DICOM, "c-move", self._move
        yield Operation.STORE, HTTPS, "peer", self._peer
        yield Operation.STORE, DICOM, "study-by-dicom", self._send_by_dicom
        yield Operation.STORE, HTTPS, "study-by-peer", self._send_by_peer
        yield Operation.STORE, HTTPS, "study-by-dicomweb", self._send_by_web

    def _through(self, door: str, ask: Callable[[], str]) -> str:
        """A door that hangs is waited for once a link, not once a question."""
        if door in self._stuck:
            raise NodeError(f"not asked: {door} of {self._target.id} hung at the question before")
        began = time.monotonic()
        try:
            return ask()
        except NodeError:
            if time.monotonic() - began > STUCK_SECONDS:
                self._stuck.add(door)
            raise

    def _echo(self) -> str:
        self._here.echo(self._flow.target)
        return "C-ECHO answered over DICOM TLS"

    def _find(self) -> str:
        """The target's own synthetic studies, and all of them, by C-FIND."""
        wanted = [self._run.study(self._target.id, use) for use in USES]
        query = {"Level": "Study", "Query": {"PatientID": wanted[0].patient, "StudyInstanceUID": ""}}
        made = self._here.post(f"/modalities/{self._alias}/query", query)["ID"]
        try:
            answers = self._here.get(f"/queries/{made}/answers?expand&simplify")
        finally:
            self._here.delete(f"/queries/{made}")
        return _all_found(wanted, [a.get("StudyInstanceUID", "") for a in answers])

    def _find_by_web(self) -> str:
        """The same by QIDO-RS."""
        wanted = [self._run.study(self._target.id, use) for use in USES]
        query = {"Uri": "/studies", "Arguments": {"PatientID": wanted[0].patient}}
        answers = self._here.post(f"/dicom-web/servers/{self._alias}/qido", query)
        return _all_found(wanted, [a.get("0020000d", a.get("0020000D", {})).get("Value", "") for a in answers])

    def _get_by_web(self) -> str:
        """One of the target's own synthetic images by WADO-RS, byte for byte."""
        study = self._run.study(self._target.id, BY_DICOM)
        image = study.instances[0]
        uri = f"/studies/{study.uid}/series/{study.series}/instances/{image.uid}"
        answer = self._here.post_bytes(f"/dicom-web/servers/{self._alias}/get", {"Uri": uri})
        if image.file not in answer:
            raise NodeError(f"{self._target.id} gave {len(answer)} bytes by WADO-RS, and the image is not in them")
        return f"WADO-RS gave {len(image.file)} equal bytes"

    def _move(self) -> str:
        """The target sends its own synthetic study to the source, since the source asks for it."""
        study = self._run.study(self._target.id, BY_DICOM)
        move = {
            "Level": "Study",
            "Resources": [{"StudyInstanceUID": study.uid}],
            "TargetAet": self._source.aet,
            "Synchronous": True,
        }
        self._here.post(f"/modalities/{self._alias}/move", move, timeout=SECONDS)
        return "C-MOVE: " + _compared(study, self._here, whole=False)

    def _peer(self) -> str:
        """Who answers behind the peer entry is who should."""
        aet = self._here.get(f"/peers/{self._alias}/system").get("DicomAet", "")
        if aet != self._target.aet:
            raise NodeError(f"the peer entry {self._target.id} of {self._source.id} leads to {aet!r}")
        return "answered over mutual TLS"

    def _send_by_dicom(self) -> str:
        study = self._run.study(self._source.id, BY_DICOM)
        self._here.post(f"/modalities/{self._alias}/store", _sending(study, wait=True), timeout=SECONDS)
        return "C-STORE: " + _compared(study, self._there, whole=False)

    def _send_by_peer(self) -> str:
        study = self._run.study(self._source.id, BY_PEER)
        self._here.post(f"/peers/{self._alias}/store", _sending(study, wait=True), timeout=SECONDS)
        return "peer: " + _compared(study, self._there, whole=True)

    def _send_by_web(self) -> str:
        """As a job that is asked for here: the plugin itself looks only twice a second whether it has ended."""
        study = self._run.study(self._source.id, BY_WEB)
        job = self._here.post(f"/dicom-web/servers/{self._alias}/stow", _sending(study, wait=False))["ID"]
        _wait(self._here, job, SECONDS)
        return "STOW-RS: " + _compared(study, self._there, whole=True)


def _sending(study: Study, *, wait: bool) -> dict[str, object]:
    return {"Resources": [study.identifier], "Synchronous": wait}


def _all_found(wanted: list[Study], found: list[str]) -> str:
    if sorted(found) != sorted(study.uid for study in wanted):
        raise NodeError(f"{len(wanted)} synthetic studies are there, {len(found)} were found")
    return f"found {len(found)} of {len(wanted)} synthetic studies"


def _wait(node: Orthanc, job: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        state = node.get(f"/jobs/{quote(job, safe='')}")
        if state["State"] == "Success":
            return
        if state["State"] == "Failure":
            raise NodeError(f"the job failed: {state.get('ErrorDetails') or state.get('ErrorDescription', '')}")
        if time.monotonic() > deadline:
            raise NodeError(f"the job had not ended after {seconds:g} s")
        time.sleep(POLL_SECONDS)


def _compared(study: Study, node: Orthanc, *, whole: bool) -> str:
    """Every image of the study as the node holds it now. After C-STORE the file's header is the receiver's own."""
    size = 0
    for image in study.instances:
        try:
            file = node.get_bytes(f"/instances/{image.identifier}/file")
        except NodeError as error:
            if error.status == 404:
                raise NodeError(f"an image was sent and did not arrive at {node.node}") from None
            raise
        if (file if whole else dataset_of(file)) != (image.file if whole else image.dataset):
            raise NodeError(f"an image arrived at {node.node} with other bytes")
        size += len(image.file if whole else image.dataset)
    return f"{len(study.instances)} images, {size} bytes, equal"
