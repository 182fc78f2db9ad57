"""A study -> the workitem by which it stands on the shared worklist: DICOM JSON of a Unified Procedure Step.

PS3.4 CC.2.5, PS3.18 11; the procedure step is the interpretation of the study's images.
"""

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from worklist.pools import takes

from sharing.coercion import NHS_OID, moment
from sharing.identity import NHS_ISSUER, nhs_number, parted, prefix, qualified
from sharing.settings import Settings, Site

SPACE = uuid.UUID("5d0f7f61-1f3a-4d57-9d55-4f9a2c7ad6a1")
PRIORITIES = {"STAT": "HIGH", "HIGH": "HIGH", "MEDIUM": "MEDIUM", "ROUTINE": "MEDIUM", "LOW": "LOW"}
INTERPRETATION = ("110005", "DCM", "Interpretation")
EMPTY = {
    "00081080": "LO",
    "00081084": "SQ",
    "00081195": "UI",
    "00100024": "SQ",
    "00380014": "SQ",
    "00404026": "SQ",
    "00404034": "SQ",
    "00741002": "SQ",
    "00741210": "SQ",
    "00741216": "SQ",
}
"""What the standard wants to be there, and nobody knows, or may know yet (PS3.4, table CC.2.5-3)."""
EMPTY_OF_REQUEST = {"00321064": "SQ", "00400026": "SQ", "00400027": "SQ", "00402016": "LO", "00402017": "LO"}
Tags = dict[str, Any]


def uid_of(network: str, site: str, study: str) -> str:
    """The same for the same study of the same site, always: to announce it again changes nothing."""
    return f"2.25.{uuid.uuid5(SPACE, f'{network}|{site}|{study}').int}"


def workitem(settings: Settings, own: Site, study: Tags, series: list[Tags], first: Tags, missing: int = 0) -> Tags:
    """`own` acquired it; `study` and `series` are what Orthanc says of them, `first` the tags of one instance."""
    tags, patient = study["MainDicomTags"], study["PatientMainDicomTags"]
    acquired = _acquired(tags, str(study.get("LastUpdate", "")))
    modalities = sorted({str(each["MainDicomTags"].get("Modality", "")) for each in series} - {""})
    parts = sorted({str(each["MainDicomTags"].get("BodyPartExamined", "")) for each in series} - {""})
    priority = PRIORITIES.get(str(first.get("RequestedProcedurePriority", "")).upper(), "MEDIUM")
    turnaround = _turnaround(settings, modalities, "".join(parts[:1]), priority, own.member)
    item: Tags = {
        **{tag: {"vr": vr} for tag, vr in EMPTY.items()},
        "00080005": _value("CS", "ISO_IR 192"),
        **_patient(own, patient, first, tags["StudyInstanceUID"]),
        **_request(own, tags, first),
        "00404041": _value("CS", "READY"),
        "00741000": _value("CS", "SCHEDULED"),
        "00741200": _value("CS", priority),
        "00741202": _value("LO", "reporting"),
        "00741204": _value("LO", _label(tags, modalities)),
        "00404005": _value("DT", _dt(acquired)),
        "00404010": _value("DT", _dt(acquired)),
        "00404011": _value("DT", _dt(acquired + timedelta(days=turnaround))),
        "00404018": _sequence([_code(*INTERPRETATION)]),
        "00404025": _sequence([_code(own.aet, "L", own.name)]),
        "00404027": _sequence([_code(own.id, "L", own.name)]),
        "00404021": _sequence([_input(settings, tags["StudyInstanceUID"], each) for each in series]),
        "00400400": _value("LT", f"Not complete: {missing} of its instances could not be sent" if missing else ""),
        "00080060": _value("CS", modalities[0] if modalities else ""),
        "00080061": _value("CS", *modalities),
        "00180015": _value("CS", *parts[:1]),
        "00080020": _value("DA", str(tags.get("StudyDate", ""))),
        "00080030": _value("TM", str(tags.get("StudyTime", ""))),
        "00081030": _value("LO", str(tags.get("StudyDescription", ""))),
        "0020000D": _value("UI", tags["StudyInstanceUID"]),
        "00080080": _value("LO", own.name),
        "00201208": {"vr": "IS", "Value": [sum(len(each["Instances"]) for each in series) - missing]},
    }
    return dict(sorted(item.items()))


def _patient(own: Site, patient: Tags, first: Tags, study: str) -> Tags:
    """The same of the original and of its copy."""
    issuer, local = own.patient_issuer or own.id, str(patient.get("PatientID", ""))
    parts = parted(local)
    copied = parts is not None and parts[0] == prefix(issuer)
    known = local if copied else qualified(issuer, local.encode(), study).decode()
    local = parts[1] if parts and copied else local
    others = [_identifier(local, issuer)] if local else []
    number = next((valid for text in _numbers(first, local) if (valid := nhs_number(text))), "")
    if number:
        oid = {"00400032": _value("UT", NHS_OID), "00400033": _value("CS", "ISO")}
        others.append({**_identifier(number, NHS_ISSUER), "00100024": _sequence([oid])})
    return {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": str(patient.get("PatientName", ""))}]},
        "00100020": _value("LO", known),
        "00100021": _value("LO", issuer),
        "00100030": _value("DA", str(patient.get("PatientBirthDate", ""))),
        "00100040": _value("CS", str(patient.get("PatientSex", ""))),
        "00101002": _sequence(others),
        "00380010": _value("LO", str(first.get("AdmissionID", ""))),
    }


def _numbers(first: Tags, local: str) -> Iterable[str]:
    for item in first.get("OtherPatientIDsSequence") or ():
        if str(item.get("IssuerOfPatientID", "")).upper() == NHS_ISSUER or item.get("IssuerOfPatientID") == NHS_OID:
            yield str(item.get("PatientID", ""))
    yield from str(first.get("OtherPatientIDs") or first.get("RETIRED_OtherPatientIDs") or "").split("\\")
    yield local


def _identifier(number: str, issuer: str) -> Tags:
    facts = {"00100020": _value("LO", number), "00100021": _value("LO", issuer), "00100022": _value("CS", "TEXT")}
    return facts | {"00100024": {"vr": "SQ"}}


def _request(own: Site, tags: Tags, first: Tags) -> Tags:
    """The request that the study answers, and the accession number with its issuer."""
    accession = str(tags.get("AccessionNumber", ""))
    issuer = [{"00400031": _value("UT", own.accession_issuer or own.id)}] if accession else []
    request = {
        **{tag: {"vr": vr} for tag, vr in EMPTY_OF_REQUEST.items()},
        "0020000D": _value("UI", tags["StudyInstanceUID"]),
        "00080050": _value("SH", accession),
        "00080051": _sequence(issuer),
        "00401001": _value("SH", str(first.get("RequestedProcedureID", ""))),
        "00321060": _value("LO", str(first.get("RequestedProcedureDescription") or tags.get("StudyDescription", ""))),
        "00321033": _value("LO", str(first.get("RequestingService", ""))),
    }
    return {
        "0040A370": _sequence([dict(sorted(request.items()))]),
        "00080050": request["00080050"],
        "00080051": request["00080051"],
    }


def _input(settings: Settings, study: str, series: Tags) -> Tags:
    """Where one series is to be had: at the hub, or in a mesh at the site that acquired it."""
    holder = settings.route_to or settings.node
    uid = series["MainDicomTags"]["SeriesInstanceUID"]
    retrieve = {"00081190": _value("UR", f"{_url(settings, holder)}dicom-web/studies/{study}/series/{uid}")}
    return {
        "0020000D": _value("UI", study),
        "0020000E": _value("UI", uid),
        "0040E020": _value("CS", "DICOM"),
        "00080060": _value("CS", str(series["MainDicomTags"].get("Modality", ""))),
        "00201209": {"vr": "IS", "Value": [len(series["Instances"])]},
        "0040E021": _sequence([{"00080054": _value("AE", settings.sites[holder].aet)}]),
        "0040E025": _sequence([retrieve]),
    }


def _url(settings: Settings, holder: str) -> str:
    return settings.url if holder == settings.node else settings.peers[holder].url


def _turnaround(settings: Settings, modalities: list[str], part: str, priority: str, member: str) -> int:
    """Days: the shortest of the pools that take the study; a pool without its own has the network's."""
    taking = (pool for pool in settings.pools if takes(pool, modalities, part, priority, member))
    days = [int(pool.get("turnaround_days") or settings.turnaround_days) for pool in taking]
    return min(days, default=settings.turnaround_days)


def _label(tags: Tags, modalities: list[str]) -> str:
    return str(tags.get("StudyDescription") or " ".join(modalities) or "Study")[:64]


def _acquired(tags: Tags, arrived: str) -> datetime:
    """When the study was made; of one that does not say so, when it arrived, or its clock would have run out."""
    said = moment(str(tags.get("StudyDate", "")), re.sub(r"\.\d*$", "", str(tags.get("StudyTime", ""))))
    for text in (said.ljust(14, "0"), arrived.replace("T", "")):
        try:
            when = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the site's own time
        except ValueError:
            continue
        if when.year > 1900:
            return when
    return datetime(1900, 1, 1)  # noqa: DTZ001


def _dt(when: datetime) -> str:
    return f"{when:%Y%m%d%H%M%S}"


def _value(vr: str, *values: str) -> Tags:
    given = [value for value in values if value != ""]
    return {"vr": vr, "Value": given} if given else {"vr": vr}


def _sequence(items: list[Tags]) -> Tags:
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}


def _code(value: str, scheme: str, meaning: str) -> Tags:
    return {"00080100": _value("SH", value), "00080102": _value("SH", scheme), "00080104": _value("LO", meaning[:64])}
