"""A study's series and images, in the order in which they are looked at."""

import json
from collections.abc import Callable
from typing import Any

Get = Callable[[str], bytes]
"""What Orthanc answers to a GET below its root."""
NO_PICTURES = frozenset({"SR", "PR", "KO", "DOC", "SEG", "REG", "RTSTRUCT", "RTPLAN", "AU", "ECG"})
Facts = dict[str, Any]


def studies_of(post: Callable[[str, str], bytes], uid: str) -> list[str]:
    """Orthanc's ids of a study: one for each number under which its patient is known here."""
    return [str(found["ID"]) for found in json.loads(post("/tools/lookup", uid)) if found["Type"] == "Study"]


def listed(get: Get, study: str) -> list[Facts]:
    """The series of one study by Orthanc's id."""
    images = dict[str, list[Facts]]()
    for instance in json.loads(get(f"/studies/{study}/instances")):
        images.setdefault(instance["ParentSeries"], []).append(instance)
    found = [_series(json.loads(get(f"/series/{name}")), own) for name, own in images.items()]
    return sorted(found, key=lambda each: (each["number"], each["uid"]))


def _series(series: Facts, instances: list[Facts]) -> Facts:
    tags = series["MainDicomTags"]
    modality = tags.get("Modality", "")
    images = sorted((_image(instance) for instance in instances), key=lambda each: (each["number"], each["uid"]))
    return {
        "uid": tags.get("SeriesInstanceUID", ""),
        "number": _number(tags.get("SeriesNumber")),
        "modality": modality,
        "description": tags.get("SeriesDescription", "") or tags.get("ProtocolName", ""),
        "body_part": tags.get("BodyPartExamined", ""),
        "pictures": modality not in NO_PICTURES,
        "images": images,
    }


def _image(instance: Facts) -> Facts:
    tags = instance["MainDicomTags"]
    return {
        "id": instance["ID"],
        "uid": tags.get("SOPInstanceUID", ""),
        "number": _number(tags.get("InstanceNumber")),
        "frames": max(1, _number(tags.get("NumberOfFrames"))),
    }


def _number(text: object) -> int:
    """IS, which scanners fill with blanks, and with worse."""
    try:
        return int(str(text or "0").strip() or "0")
    except ValueError:
        return 0
