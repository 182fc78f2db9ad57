"""What a node knows of its network: sharing.json in its folder, read again whenever it changes, never a restart."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "sharing.json"
SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """A node of the network, and who issues the numbers of what it acquires."""

    id: str
    name: str
    member: str
    aet: str
    patient_issuer: str
    accession_issuer: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Where another node answers, and as whom this one comes."""

    node: str
    url: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a declared place answers; over DICOM, Orthanc has an entry of that name."""

    name: str
    protocol: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The network, seen from one node."""

    network: str
    node: str
    url: str
    """This node's own front."""
    hub: bool
    """Whether all studies are at the home, too."""
    home: str
    """Node of the shared worklist; empty where the network has none."""
    route_to: str
    """Node that what is acquired here goes to; empty at the hub and in a mesh."""
    turnaround_days: int
    sites: Mapping[str, Site]
    peers: Mapping[str, Peer]
    worklist: Peer | None
    """Where studies are announced; None if this node may not, or is the home itself."""
    places: Mapping[str, Place]
    """Declared places beyond the network that this node may send to."""
    pools: Sequence[Mapping[str, Any]] = ()
    """Who reports what, and by when."""
    silence_seconds: float = SILENCE_SECONDS
    """After so many without a byte, a line is given up."""

    @property
    def own(self) -> Site:
        return self.sites[self.node]

    @property
    def announces(self) -> bool:
        """Whether this node may put its studies on the worklist."""
        return self.worklist is not None or (self.home != "" and self.home == self.node)

    @property
    def shares(self) -> bool:
        """Whether anything is to be done with what is acquired here."""
        return self.route_to != "" or self.announces


def parsed(text: str) -> Settings:
    """Raises ValueError, KeyError or TypeError where the file is not what netprov writes."""
    facts: dict[str, Any] = json.loads(text)
    worklist = facts["worklist"]
    return Settings(
        network=facts["network"],
        node=facts["node"],
        url=facts["url"],
        hub=facts["shape"] == "hub",
        home=facts["home"],
        route_to=facts["route_to"],
        turnaround_days=facts["turnaround_days"],
        sites={name: _site(name, site) for name, site in facts["sites"].items()},
        peers={name: _peer(name, peer) for name, peer in facts["peers"].items()},
        worklist=_peer(facts["home"], worklist) if worklist else None,
        places={name: Place(name, each["protocol"], each.get("url", "")) for name, each in facts["places"].items()},
        pools=facts.get("pools", ()),
        silence_seconds=float(facts.get("silence_seconds", SILENCE_SECONDS)),
    )


def _site(name: str, facts: dict[str, str]) -> Site:
    return Site(name, facts["name"], facts["member"], facts["aet"], facts["patient_issuer"], facts["accession_issuer"])


def _peer(node: str, facts: dict[str, str]) -> Peer:
    return Peer(node, facts["url"], facts["user"], facts["password"])


class SettingsFile:
    """The settings as they are now."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._changed = -1
        self._now: Settings | None = None
        self._facts: dict[str, Any] = {}

    def now(self) -> Settings | None:
        """None until netprov has written them; what cannot be read leaves what was known."""
        with self._lock:
            try:
                changed = self._path.stat().st_mtime_ns
                if changed != self._changed:
                    text = self._path.read_text(encoding="utf-8")
                    self._now, self._facts, self._changed = parsed(text), json.loads(text), changed
            except (OSError, ValueError, KeyError, TypeError):
                pass
            return self._now

    def facts(self) -> dict[str, Any]:
        """All that the file says; empty until netprov has written it."""
        self.now()
        return self._facts
