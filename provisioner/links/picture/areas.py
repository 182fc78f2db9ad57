"""Measures of a picture, in pixels, and the things that stand in it."""

from dataclasses import dataclass
from enum import StrEnum

from provisioner.definition.choices import Protocol, SiteKind
from provisioner.links.picture.model import Group, Link
from provisioner.links.topology import Node, Place, Topology

CARD, PAD, GAP, BOX_GAP = 232, 12, 10, 20
BOX = CARD + 2 * PAD
GUTTER, SPINE, RISE = 120, 56, 34
MARGIN, FRAME_PAD, HEADER, NARROWEST = 28, 26, 68, 620
PLACE, PLACE_GAP = 208, 64
NAME, META, LABEL = 13, 11, 12.5
STEP = 12

KINDS = {
    SiteKind.ACUTE: "Acute",
    SiteKind.COMMUNITY_DIAGNOSTIC_CENTRE: "Diagnostic centre",
    SiteKind.REPORTING_HUB: "Reporting hub",
    SiteKind.SPECIALIST: "Specialist",
}


PROTOCOLS = {
    Protocol.DICOM_TLS: "DICOM TLS",
    Protocol.DICOMWEB: "DICOMweb",
    Protocol.ORTHANC_PEER: "Orthanc peer",
    Protocol.XCA: "XCA",
}


class Stand(StrEnum):
    """Where a node or a place stands."""

    LEFT = "left"
    RIGHT = "right"
    HUB = "hub"
    ABOVE = "above"
    ABOVE_LEFT = "above_left"
    ABOVE_RIGHT = "above_right"
    OUT_LEFT = "out_left"
    OUT_RIGHT = "out_right"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def moved(self, x: float, y: float) -> "Area":
        return Area(self.x + x, self.y + y, self.w, self.h)


@dataclass(frozen=True, slots=True)
class Card:
    """One node."""

    area: Area
    stand: Stand
    node: Node
    name: tuple[str, ...]
    notes: tuple[str, ...]
    home: bool
    """Whether it keeps the shared worklist."""

    @property
    def natural(self) -> float:
        """Height of what is written on it."""
        return 22 + 16 * len(self.name) + 14 * len(self.notes) + (22 if self.home else 0)


@dataclass(frozen=True, slots=True)
class Box:
    """One member."""

    area: Area
    group: Group
    label: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """One place beyond the network."""

    area: Area
    stand: Stand
    place: Place
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything where it stands."""

    topology: Topology
    width: float
    bottom: float
    frame: Area
    channel: float
    """Room for links between the columns."""
    boxes: tuple[Box, ...]
    cards: tuple[Card, ...]
    spots: tuple[Spot, ...]
    links: tuple[Link, ...]
    members: int
