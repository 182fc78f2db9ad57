"""The report comes home: from where a study was read to the hub, to who acquired it, and onto the worklist.

A report is what is found, without a stamp, in a study that came from another node. It keeps the number under which the
network knows the patient until it reaches the site that acquired the study: there it stands under that site's own
number, beside the images.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sharing.announcement import uid_of
from sharing.coercion import SOP_CLASS, Instance, maker, opened, sent_back
from sharing.elements import NotUnderstood
from sharing.errors import Refused
from sharing.exchange import confirm, held, offer, trouble
from sharing.identity import parted, prefix
from sharing.settings import Settings
from sharing.transport import Door

CLASSES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.")
"""Structured reports, and encapsulated documents: what is made beside images, and goes home."""
REPORTS = frozenset(
    {
        *(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35)),
        *(f"1.2.840.10008.5.1.4.1.1.104.{number}" for number in (1, 2)),
    }
)
"""Of these what a person reports with: text, enhanced, comprehensive and extensible SR, PDF and CDA. No key images, no
doses, no logs, no marks of a program: an entry must not count as reported because of them."""
WRITTEN = frozenset({"SR", "DOC"})
"""Modalities of the series that such things are in."""
COMPLETION_FLAG = 0x0040A491
SERIES, SOP_INSTANCE = 0x0020000E, 0x00080018


class Archive(Protocol):
    """What is asked of this node's Orthanc."""

    def get(self, path: str) -> bytes | None:
        """The answer to a GET; None where there is no such thing any more."""

    def dicom(self, instance: str) -> bytes | None:
        """The file of an instance."""


@dataclass(frozen=True, slots=True)
class Report:
    """One of them, and the node that has stamped it: empty where it was made."""

    instance: Instance
    maker: str


class Reports:
    """Those in one node's studies."""

    def __init__(self, archive: Archive, doors: Callable[[Settings, str], Door]) -> None:
        self._archive = archive
        self._door = doors

    def bring_home(self, study: dict[str, Any], instances: list[str], settings: Settings) -> None:
        """All of a study that are not there yet. Raises Unreachable and Refused."""
        named = {name: self._is_report(name) for name in instances}
        found = [report for name, is_report in named.items() if is_report and (report := self._opened(name))]
        if not found:
            return
        images = [name for name, is_report in named.items() if not is_report]
        patient = str(study["PatientMainDicomTags"].get("PatientID", ""))
        acquired = self._acquired_at(patient, images, settings)
        made_here = [report for report in found if not report.maker]
        due = made_here if settings.route_to else [report for report in found if report.maker != acquired]
        uid = str(study["MainDicomTags"]["StudyInstanceUID"])
        if due:
            self._send(due, uid, settings, acquired, patient)
        self._tell_all(made_here, uid_of(settings.network, acquired, uid), uid, settings)

    def tell_own(self, study: dict[str, Any], settings: Settings) -> None:
        """Those of a study that this site itself acquired, and reports. Raises Unreachable and Refused."""
        uid = str(study["MainDicomTags"]["StudyInstanceUID"])
        series = [json.loads(self._archive.get(f"/series/{name}") or b"{}") for name in study["Series"]]
        written = [each for each in series if each.get("MainDicomTags", {}).get("Modality") in WRITTEN]
        names = [name for each in written for name in each.get("Instances", ()) if self._is_report(name)]
        found = [report for name in names if (report := self._opened(name)) and not report.maker]
        self._tell_all(found, uid_of(settings.network, settings.node, uid), uid, settings)

    def _tell_all(self, found: list[Report], workitem: str, study: str, settings: Settings) -> None:
        for report in found if settings.home else ():
            whole = report.instance.text(COMPLETION_FLAG) != "PARTIAL"
            if report.instance.text(SOP_CLASS) in REPORTS and whole:
                self._tell(report, workitem, study, settings)

    def _is_report(self, name: str) -> bool:
        found = self._archive.get(f"/instances/{name}/metadata/SopClassUid")
        return found is not None and found.decode("ascii", "replace").startswith(CLASSES)

    def _opened(self, name: str) -> Report | None:
        data = self._archive.dicom(name)
        if data is None:
            return None
        try:
            instance = opened(data)
        except NotUnderstood as error:
            raise Refused(f"a report cannot be sent home: {error}") from None
        return Report(instance, maker(instance))

    def _acquired_at(self, patient: str, images: list[str], settings: Settings) -> str:
        """The site of which the images are copies; without images the only site that could be."""
        for name in images:
            image = self._opened(name)
            if image and image.maker:
                return image.maker
        parts = parted(patient)
        could = [s.id for s in settings.sites.values() if parts and parts[0] == prefix(s.patient_issuer or s.id)]
        if settings.node in could:
            return settings.node
        if len(could) != 1:
            raise Refused("it cannot be told which site acquired the study of a report")
        return could[0]

    def _send(self, due: list[Report], study: str, settings: Settings, acquired: str, patient: str) -> None:
        door = self._door(settings, settings.route_to or acquired)
        local = None if settings.route_to else local_number(patient)
        copies = [sent_back(report.instance, settings.node, local) for report in due]
        wanted = {hashlib.md5(copy, usedforsecurity=False).hexdigest(): copy for copy in copies}
        there = held(door, study)
        for digest, copy in wanted.items():
            if digest not in there:
                offer(door, copy)
        confirm(door, study, set(wanted))

    def _tell(self, report: Report, workitem: str, study: str, settings: Settings) -> None:
        """The worklist's home, which completes the entry, or keeps the report and flags it."""
        door = self._door(settings, settings.home)
        facts = {"study": study, "series": report.instance.text(SERIES)}
        facts |= {"class": report.instance.text(SOP_CLASS), "instance": report.instance.text(SOP_INSTANCE)}
        path, body = f"/netprov/worklist/workitems/{workitem}/report", json.dumps(facts).encode()
        status, said = door.request("POST", path, body, "application/json")
        if status != 200:
            raise trouble(door, status, said, "does not take a report onto its worklist")


def local_number(patient: str) -> bytes:
    """The number at the site that issued it. Raises Refused where the qualified one does not hold it."""
    parts = parted(patient)
    if parts is None or (not parts[1] and ":~" in patient):
        raise Refused("the patient's number at the site that acquired the study cannot be told")
    return parts[1].encode()
