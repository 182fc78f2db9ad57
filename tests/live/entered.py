"""A network's settings as its nodes have them, and entries of its worklist as its nodes make them."""

import json
from datetime import datetime, timedelta
from typing import Any

from pydicom.uid import generate_uid
from sharing.announcement import uid_of, workitem
from sharing.settings import parsed

NAMES = {"RXA01": "Aldermoor General Hospital", "RXB01": "Brackenfield Royal Infirmary", "RXC01": "Culverhay Centre"}
SITES = {
    site: {
        "name": name,
        "member": site[:3],
        "owner": site[:3],
        "aet": site,
        "patient_issuer": site[:3],
        "accession_issuer": site[:3],
    }
    for site, name in NAMES.items()
}
NETWORK = {
    "network": "severn",
    "network_name": "Severn Imaging Network",
    "strapline": "Scanned near home, read by the right eyes",
    "colour": "#005EB8",
    "logo": "",
    "url": "https://127.0.0.1:1/",
    "shape": "mesh",
    "home": "RXA01",
    "turnaround_days": 28,
    "claim_minutes": 480,
    "route_to": "",
    "worklist": None,
    "sites": SITES,
    "pools": [],
    "peers": {},
    "places": {},
}
BRAND = {name: str(NETWORK[name]) for name in ("network", "network_name", "strapline", "colour", "logo")}


def settings(node: str) -> str:
    own = {"node": node, "member": node[:3], "owner": node[:3]}
    return json.dumps({**NETWORK, **own})


def entry(
    site: str = "RXA01",
    name: str = "Synthetic^Sam",
    number: str = "1",
    days: float = 1,
    modality: str = "CT",
    what: str = "CT head",
    part: str = "HEAD",
    priority: str = "",
    accession: str = "A1",
    sex: str = "F",
    missing: int = 0,
) -> tuple[str, dict[str, Any]]:
    """A workitem's UID and dataset, as netprov makes them of a study that was acquired so many days ago."""
    known = parsed(settings(site))
    made = datetime.now() - timedelta(days=days)  # noqa: DTZ005 - DICOM's times are local
    uid = generate_uid(entropy_srcs=[site, name, number, what])
    study = {
        "LastUpdate": f"{made:%Y%m%dT%H%M%S}",
        "MainDicomTags": {
            "StudyInstanceUID": uid,
            "StudyDate": f"{made:%Y%m%d}",
            "StudyTime": f"{made:%H%M%S}",
            "AccessionNumber": accession,
            "StudyDescription": what,
        },
        "PatientMainDicomTags": {
            "PatientID": number,
            "PatientName": name,
            "PatientBirthDate": "19610303",
            "PatientSex": sex,
        },
    }
    series = [
        {
            "MainDicomTags": {
                "SeriesInstanceUID": generate_uid(entropy_srcs=[uid]),
                "Modality": modality,
                "BodyPartExamined": part,
            },
            "Instances": ["i"] * 24,
        }
    ]
    first = {"RequestedProcedurePriority": priority}
    return uid_of(known.network, site, uid), workitem(known, known.own, study, series, first, missing)
