"""This node's Orthanc, as its plugin sees it."""

import json
from collections.abc import Mapping
from typing import Any

from sharing.coercion import SYSTEM_PREFIX, Issuers, moment
from sharing.errors import Broken, Unreachable
from sharing.identity import NHS_ISSUER, nhs_number, qualified

UNKNOWN_RESOURCE = 17


class OrthancArchive:
    """`orthanc` is the module that exists only inside Orthanc."""

    def __init__(self, orthanc: Any) -> None:
        self._orthanc = orthanc

    def configuration(self) -> dict[str, Any]:
        return dict(json.loads(self._orthanc.GetConfiguration()))

    def get(self, path: str) -> bytes | None:
        try:
            return bytes(self._orthanc.RestApiGet(path))
        except self._orthanc.OrthancException as error:
            if error.args and error.args[0] == UNKNOWN_RESOURCE:
                return None
            raise

    def dicom(self, instance: str) -> bytes | None:
        try:
            return bytes(self._orthanc.GetDicomForInstance(instance))
        except self._orthanc.OrthancException as error:
            if self.get(f"/instances/{instance}") is None:
                return None
            raise Broken(f"its file cannot be read: {error}") from None

    def modified(self, instance: str, issuers: Issuers) -> bytes | None:
        """The copy made by Orthanc itself, of an instance in big endian, say; None if it is a copy already."""
        found = self.get(f"/instances/{instance}/tags?short")
        tags: dict[str, Any] = json.loads(found or b"{}")
        if any(str(stamp.get("0400,0563", "")).startswith(SYSTEM_PREFIX) for stamp in tags.get("0400,0561") or ()):
            return None
        order = {"Replace": replacements(tags, issuers), "Force": True, "Keep": list(KEEP)}
        order["Remove"] = [tag for tag in ("0010,0024",) if tag in tags]
        try:
            return bytes(self._orthanc.RestApiPost(f"/instances/{instance}/modify", json.dumps(order)))
        except self._orthanc.OrthancException as error:
            raise Broken(f"Orthanc cannot make a copy of it: {error}") from None

    def by_dicom(self, copy: bytes, place: str) -> None:
        """C-STORE of one instance that is not in the archive, by the entry that netprov made of the place."""
        try:
            self._orthanc.RestApiPost(f"/modalities/{place}/store-straight", copy)
        except self._orthanc.OrthancException as error:
            raise Unreachable(f"{place} does not take it: {error.args[-1]}") from None

    def studies(self, uid: str) -> list[str]:
        """Orthanc's ids of a study: one for each patient that it is said to be of."""
        found = json.loads(self._orthanc.RestApiPost("/tools/lookup", uid))
        return [str(each["ID"]) for each in found if each["Type"] == "Study"]

    def patient(self, study: str) -> str:
        found = json.loads(self.get(f"/studies/{study}") or b"{}")
        return str(found.get("PatientMainDicomTags", {}).get("PatientID", ""))

    def digests(self, study: str, classes: tuple[str, ...] = ("",)) -> list[str]:
        """MD5 of each instance of these SOP classes, as it was taken when it was written to the disk."""
        names = [each["ID"] for each in json.loads(self.get(f"/studies/{study}/instances") or b"[]")]
        if classes != ("",):
            names = [name for name in names if self._class(name).startswith(classes)]
        found = (self.get(f"/instances/{name}/attachments/dicom/md5") for name in names)
        return [digest.decode("ascii").strip() for digest in found if digest]

    def _class(self, instance: str) -> str:
        return (self.get(f"/instances/{instance}/metadata/SopClassUid") or b"").decode("ascii", "replace")

    def log(self, words: str) -> None:
        self._orthanc.LogWarning(f"netprov: {words}")


KEEP = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def replacements(tags: Mapping[str, Any], issuers: Issuers) -> dict[str, object]:
    """What coercion.coerced writes, in Orthanc's words; `tags` are the instance's, by number."""
    local = str(tags.get("0010,0020") or "").strip()
    before = {
        tag: tags[tag] for tag in ("0008,0051", "0010,0020", "0010,0021", "0010,0024", "0010,1002") if tags.get(tag)
    }
    others = list(tags.get("0010,1002") or ())
    if local:
        others.append({"0010,0020": local, "0010,0021": issuers.patient, "0010,0022": "TEXT"})
    if nhs_number(local):
        others.append({"0010,0020": nhs_number(local), "0010,0021": NHS_ISSUER, "0010,0022": "TEXT"})
    stamp = {
        "0400,0550": [before or {"0010,0020": ""}],
        "0400,0562": moment(str(tags.get("0008,0020") or ""), str(tags.get("0008,0030") or "")),
        "0400,0563": f"{SYSTEM_PREFIX}{issuers.site}",
        "0400,0564": issuers.site,
        "0400,0565": "COERCE",
    }
    made: dict[str, object] = {
        "0010,0020": qualified(issuers.patient, local.encode(), str(tags.get("0020,000d") or "")).decode(),
        "0010,0021": issuers.patient,
        "0400,0561": [*(tags.get("0400,0561") or ()), stamp],
    }
    if others:
        made["0010,1002"] = others
    if tags.get("0008,0050"):
        made["0008,0051"] = [{"0040,0031": issuers.accession}]
    return made
