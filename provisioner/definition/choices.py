"""The closed choices of a definition: one enum a field whose words are fixed."""

from enum import StrEnum


class OperatingModel(StrEnum):
    """The seven operating models of the national guidance."""

    COLLABORATION = "collaboration"
    ALLIANCE = "alliance"
    HOSTED = "hosted"
    JV_LLP = "jv_llp"
    JV_COMPANY = "jv_company"
    CIC = "cic"
    OUTSOURCED = "outsourced"


class Environment(StrEnum):
    """Production holds patients' images; test holds synthetic ones only."""

    TEST = "test"
    PRODUCTION = "production"


class Shape(StrEnum):
    """Hub: every site links with the hub. Mesh: every site links with every other."""

    HUB = "hub"
    MESH = "mesh"


class Join(StrEnum):
    """How the members' private networks in the cloud are joined."""

    PEERING = "peering"
    TRANSIT_GATEWAY = "transit_gateway"


class MemberKind(StrEnum):
    """What kind of organisation a member is."""

    NHS_TRUST = "nhs_trust"
    FOUNDATION_TRUST = "foundation_trust"
    CARE_TRUST = "care_trust"
    INDEPENDENT = "independent"


class SiteKind(StrEnum):
    """What kind of place a site is; it picks the node's profile."""

    ACUTE = "acute"
    COMMUNITY_DIAGNOSTIC_CENTRE = "community_diagnostic_centre"
    REPORTING_HUB = "reporting_hub"
    SPECIALIST = "specialist"


class ExternalKind(StrEnum):
    """What an external place is."""

    TELERADIOLOGY = "teleradiology"
    NETWORK = "network"
    REGISTRY = "registry"
    ARCHIVE = "archive"
    RESEARCH = "research"


class Protocol(StrEnum):
    """How an external place is reached."""

    DICOM_TLS = "dicom_tls"
    DICOMWEB = "dicomweb"
    ORTHANC_PEER = "orthanc_peer"
    XCA = "xca"


class Operation(StrEnum):
    """What one node may do at another."""

    ECHO = "echo"
    STORE = "store"
    FIND = "find"
    GET = "get"
    MOVE = "move"
    WORKLIST = "worklist"


class Purpose(StrEnum):
    """What a link, or an external place, is for."""

    REPORTING = "reporting"
    DIRECT_CARE = "direct_care"
    MDT = "mdt"
    ARCHIVE = "archive"
    RESEARCH = "research"


class IndexKind(StrEnum):
    """Where a node keeps its index."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
