"""Declared places beyond the network: copies only, by the place's own protocol.

Nobody there says by digest what has arrived: that each copy was acknowledged is all that is known.
"""

import json
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from sharing.errors import Broken, Refused
from sharing.exchange import trouble
from sharing.settings import Place
from sharing.transport import Door

Offer = Callable[[bytes], None]
"""One copy. Raises Broken, Refused and Unreachable."""


def offer_to(place: Place, door: Callable[[Place], Door], by_dicom: Callable[[bytes, str], None]) -> Offer:
    """How that place is given a copy."""
    if place.protocol == "dicom_tls":
        return lambda copy: by_dicom(copy, place.name)
    there, root = door(place), urlsplit(place.url).path.rstrip("/")
    if place.protocol == "dicomweb":
        return lambda copy: _stow(there, f"{root}/studies", copy)
    return lambda copy: _accepted(there, *there.request("POST", f"{root}/instances", copy, "application/dicom"))


def _stow(door: Door, path: str, copy: bytes) -> None:
    """STOW-RS (PS3.18 10.5), one instance."""
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    body = b"".join((head, copy, f"\r\n--{boundary}--\r\n".encode()))
    status, said = door.request("POST", path, body, kind, accept="application/dicom+json")
    if status == 202 or (status == 200 and _failed(said)):
        raise Broken(f"{door.peer.node} does not take it")
    _accepted(door, status, said)


def _failed(said: bytes) -> bool:
    """Whether an answer of 200 speaks of a failure all the same (Failed SOP Sequence)."""
    try:
        return bool(json.loads(said or b"{}").get("00081198", {}).get("Value"))
    except (ValueError, AttributeError):
        return False


def _accepted(door: Door, status: int, said: bytes) -> None:
    if status in (413, 415):
        raise Broken(f"{door.peer.node} does not take it: {status}")
    if status not in (200, 201, 204):
        found = trouble(door, status, said, "does not take images")
        raise found if status != 409 else Refused(f"{door.peer.node} will not have it: 409")
