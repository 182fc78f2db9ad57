"""What passes between two nodes about one study: what is held, what is offered, and what has arrived."""

import json

from sharing.errors import Broken, Refused, Unreachable
from sharing.transport import Door


def held(door: Door, study: str) -> set[str]:
    """The digests of what a node holds of a study from this one."""
    status, said = door.request("GET", f"/netprov/sharing/held?study={study}")
    if status != 200:
        raise trouble(door, status, said, "does not say what it holds")
    return set(json.loads(said)["md5"])


def offer(door: Door, copy: bytes) -> None:
    """One instance. Raises Broken if the other node cannot take this one."""
    status, said = door.request("POST", "/instances", copy, "application/dicom")
    if status in (400, 413, 415):
        raise Broken(f"{door.peer.node} does not take it: {status}{_words(said)}")
    if status != 200:
        raise trouble(door, status, said, "does not take images")


def confirm(door: Door, study: str, wanted: set[str]) -> None:
    """Raises Refused unless the other node says that it holds all of these."""
    missing = wanted - held(door, study)
    if missing:
        raise Refused(
            f"{door.peer.node} does not hold {len(missing)} of {len(wanted)} instances as they were sent:"
            " it may hold others under the same UIDs"
        )


def trouble(door: Door, status: int, said: bytes, what: str) -> Exception:
    """A link that is not there yet, a node that starts or is full may be well later; what is refused may not."""
    words = f"{door.peer.node} {what}: {status}{_words(said)}"
    return Refused(words) if status in (400, 401, 403, 409, 415) else Unreachable(words)


def _words(said: bytes) -> str:
    try:
        facts = json.loads(said)
        words = str(facts.get("Details") or facts.get("Message") or facts.get("message") or "")
    except (ValueError, AttributeError):
        words = ""
    return f" {words}" if words else ""
