"""What the definition means: one frozen value, complete, typed, and silent about lines and files.

The classes below are the grammar: the reader, the JSON Schema and the reference in docs/ are all derived from
these annotations (type, then an optional `Format` or `Key`, then the words for people). Each value knows its own
`path`, so that whoever finds fault with it can say where. A field without a default is required.
"""

from collections.abc import Iterator
from datetime import date

from provisioner.definition.choices import (
    Environment,
    ExternalKind,
    IndexKind,
    MemberKind,
    OperatingModel,
    Operation,
    Protocol,
    Purpose,
    Shape,
    SiteKind,
)
from provisioner.definition.deployment import Deployment
from provisioner.definition.formats import (
    AE_TITLE,
    BODY_PART,
    CIDR,
    COLOUR,
    CONNECTION,
    COUNTRY,
    DAYS,
    DSPT_YEAR,
    HOST,
    HUB,
    ICO_NUMBER,
    ISSUER,
    LOGO,
    MEGABITS,
    MEGABYTES,
    MEMBER,
    MINUTES,
    MODALITY,
    NAME,
    NETWORK_ID,
    ODS_ORGANISATION,
    ODS_SITE,
    PLACE,
    POOL,
    PORT,
    POSTGRES_URL,
    PRIORITY,
    REGION,
    RULE,
    SERVICE_CLASS,
    SITE,
    TERABYTES,
    UID,
    URL,
    YEARS,
    Declares,
    Names,
    Range,
)
from provisioner.definition.organisation import Governance, LegalEntity, Owner, Supplier, Workforce
from provisioner.findings import Path
from provisioner.record import Annotated as A
from provisioner.record import record


@record
class Key:
    """The word in the file, where it is no Python name (`from`)."""

    word: str


@record
class Brand:
    """The network's own identity, shown on its pages and reports."""

    path: Path
    strapline: A[str, "One line under the name"] = ""
    colour: A[str, COLOUR, "Main colour"] = "#005EB8"
    logo: A[str, LOGO, "File name of an SVG or PNG logo, beside the definition"] = ""


@record
class Identity:
    """What the network is called."""

    path: Path
    id: A[str, NETWORK_ID, "Names everything that is deployed"]
    name: A[str, "The network's name"]
    environment: A[Environment, "test or production"]
    brand: A[Brand | None, "Brand"] = None
    synthetic_data: A[bool, "A test network that holds synthetic data only"] = False


@record
class Modality:
    """A scanner, or a workstation, that talks to its site's node."""

    path: Path
    aet: A[str, AE_TITLE, "AE title, unique in the network"]
    kind: A[str, MODALITY, "DICOM modality: CT, MR, DX, US, MG, NM ..."]
    address: A[str, HOST, "Host name or address"] = ""
    port: A[int, PORT, "DICOM port"] = 104


@record
class Site:
    """A hospital or centre: one Orthanc node."""

    path: Path
    ods: A[str, ODS_SITE, Declares(SITE), "ODS site code"]
    name: A[str, "Name"]
    kind: A[SiteKind, "Kind of site; it picks the profile"] = SiteKind.ACUTE
    aet: A[str, AE_TITLE, "AE title of the node; by default the site code"] = ""
    region: A[str, REGION, "Where the node runs; by default platform.region"] = ""
    cidr: A[str, CIDR, "The site's own network"] = ""
    accession_issuer: A[str, ISSUER, "Issuer of accession numbers; by default the site code"] = ""
    uid_root: A[str, UID, "UID root, where the node mints UIDs"] = ""
    modalities: A[tuple[Modality, ...], "Scanners"] = ()
    contact: A[str, "Incident and escalation contact"] = ""
    fallback: A[str, "What the site does while the platform is down"] = ""
    mpe: A[str, "Medical physics support"] = ""
    worklist_source: A[str, "Where the site's modality worklist comes from"] = ""
    report_return: A[str, "How reports come back to the site's own systems"] = ""
    bandwidth_mbps: A[int | None, MEGABITS, "Bandwidth of the site's line to the network, Mbit/s"] = None


@record
class Member:
    """A trust, or another organisation, that has joined the network."""

    path: Path
    ods: A[str, ODS_ORGANISATION, Declares(MEMBER), "ODS organisation code"]
    name: A[str, "Name"]
    kind: A[MemberKind, "Kind of organisation"]
    patient_id_issuer: A[str, ISSUER, "Issuer of its hospital numbers; by default the ODS code"] = ""
    sites: A[tuple[Site, ...], "Its sites"] = ()
    ico: A[str, ICO_NUMBER, "ICO registration"] = ""
    dspt: A[str, "DSPT status"] = ""
    dspt_year: A[str, DSPT_YEAR, "DSPT year, as 2026-27"] = ""
    siro: A[str, "Senior information risk owner"] = ""
    caldicott: A[str, "Caldicott Guardian"] = ""
    dpo: A[str, "Data protection officer"] = ""
    primary_network: A[str, "The member's primary network, where it is in two"] = ""


@record
class Storage:
    """How images and indexes are kept."""

    path: Path
    index: A[IndexKind, "Index database"] = IndexKind.SQLITE
    postgresql: A[str, POSTGRES_URL, "An existing PostgreSQL; without it netprov runs its own"] = ""
    retention_years: A[float, YEARS, "Years for which studies are kept at least"] = 8.0
    retention_children: A[str, "Rule for children's studies"] = ""
    screening_years: A[float | None, YEARS, "Years for screening studies"] = None
    cancer_years: A[float | None, YEARS, "Years for cancer studies"] = None
    encrypted: A[bool, "Encrypted at rest"] = True
    legal_hold_owner: A[str, "Who can switch on the legal hold"] = ""
    deletion_roles: A[tuple[str, ...], "Two roles that a deletion needs"] = ()
    data_class: A[str, "Data risk class"] = ""
    service_class: A[str, SERVICE_CLASS, "Service class: bronze, silver, gold, platinum"] = ""
    expected_tb: A[float | None, TERABYTES, "Expected volume in three years, TB"] = None
    quota_tb: A[float | None, TERABYTES, "Quota, TB"] = None


@record
class Backup:
    """How images survive a disaster."""

    path: Path
    copies: A[int, Range(0, 100), "Copies, the first included"] = 0
    media: A[int, Range(0, 100), "Kinds of media"] = 0
    offsite_region: A[str, REGION, "Region of the off-site copy"] = ""
    offsite_place: A[str, "Second place in the UK that holds a copy, a data centre for instance"] = ""
    immutable: A[bool, "One copy is offline or immutable"] = False
    separate_credentials: A[bool, "Backup credentials differ from the platform's"] = False
    interval_minutes: A[int | None, MINUTES, "Minutes between backups"] = None
    rpo_minutes: A[int | None, MINUTES, "Recovery point objective, minutes"] = None
    rto_minutes: A[int | None, MINUTES, "Recovery time objective, minutes"] = None
    last_restore_test: A[date | None, "Last restore test"] = None


@record
class Hub:
    """The hub where it is a node of its own and no site's."""

    path: Path
    aet: A[str, AE_TITLE, "AE title"] = "HUB"
    name: A[str, "Name"] = "Network hub"


@record
class Platform:
    """The image-sharing platform."""

    path: Path
    account_owner: A[str, "Legal person that owns the account: a member's ODS code, `entity` or `supplier`"] = ""
    region: A[str, REGION, "Default region"] = "local"
    zones: A[int, Range(1, 10), "Availability zones"] = 1
    hub: A[Hub | None, "The hub where it is a node of its own"] = None
    storage: A[Storage | None, "Storage"] = None
    backup: A[Backup | None, "Backup"] = None
    log_region: A[str, REGION, "Region of logs and audit trails"] = ""
    audit_copy: A[str, "Where audit logs are copied to, off the nodes, so that nobody can change them"] = ""
    key_region: A[str, REGION, "Region of encryption keys"] = ""
    key_owner: A[str, "Owner of encryption keys"] = ""
    mfa: A[bool | None, "Multi-factor authentication on remote and privileged access"] = None
    personal_accounts: A[bool | None, "Everybody signs in as themselves, administrators too"] = None
    connection: A[str, CONNECTION, "hscn or internet"] = ""
    connection_agreement: A[str, "HSCN Connection Agreement reference"] = ""
    support_country: A[str, COUNTRY, "Country of the support desk"] = "GB"
    largest_study_mb: A[int | None, MEGABYTES, "Largest study that is expected, MB"] = None


@record
class Worklist:
    """The single shared worklist."""

    path: Path
    home: A[str, ODS_SITE, Names((SITE,)), "Site whose node keeps it; in a hub network this site is the hub"] = ""
    turnaround_days: A[int, DAYS, "Days from examination to verified report"] = 28
    claim_minutes: A[int, MINUTES, "Minutes after which an untouched claim expires"] = 60


@record
class Pool:
    """A group of sites that report certain studies."""

    path: Path
    name: A[str, NAME, Declares(POOL), "Name"]
    sites: A[tuple[str, ...], ODS_SITE, Names((SITE,)), "Sites that report"] = ()
    modalities: A[tuple[str, ...], MODALITY, "DICOM modalities it takes; none means all"] = ()
    body_parts: A[tuple[str, ...], BODY_PART, "Body parts it takes; none means all"] = ()
    members: A[tuple[str, ...], ODS_ORGANISATION, Names((MEMBER,)), "Acquiring members; none means all"] = ()
    priority: A[str, PRIORITY, "Priority it takes: stat, high, medium, low"] = ""
    turnaround_days: A[int | None, DAYS, "Its own turnaround"] = None
    prefetch: A[bool, "Send studies to the pool's sites ahead of a claim"] = False
    external: A[str, NAME, Names((PLACE,)), "External place that may report for it"] = ""


@record
class Reporting:
    """Who reports what."""

    path: Path
    worklist: A[Worklist | None, "The shared worklist"] = None
    pools: A[tuple[Pool, ...], "Reporting pools"] = ()


@record
class External:
    """A place beyond the network: declared, typed, linked, and never deployed."""

    path: Path
    name: A[str, NAME, Declares(PLACE), "Name"]
    kind: A[ExternalKind, "What it is"]
    country: A[str, COUNTRY, "Where it keeps and reads images"]
    protocol: A[Protocol, "How it is reached"] = Protocol.DICOM_TLS
    operator: A[str, "Legal name of its operator"] = ""
    aet: A[str, AE_TITLE, "AE title"] = ""
    address: A[str, HOST, "Host"] = ""
    port: A[int, PORT, "DICOM TLS port"] = 2762
    url: A[str, URL, "DICOMweb or peer address"] = ""
    purpose: A[Purpose, "Purpose"] = Purpose.REPORTING
    via: A[str, ODS_SITE, Names((SITE, HUB)), "Site that talks to it; by default the worklist's home"] = ""
    transfer_route: A[str, "Lawful route of a restricted transfer"] = ""
    readers: A[str, "Reference of named readers and their registration"] = ""
    qa: A[str, "QA and discrepancy process"] = ""
    dpia: A[str, "DPIA reference"] = ""
    keeps_images: A[bool | None, "It keeps images; false for one that works on them and keeps none"] = None


@record
class LinkRule:
    """One link beyond, or narrower than, what the topology gives."""

    path: Path
    source: A[str, Key("from"), Names((SITE, PLACE, HUB)), "Site, HUB, or external place, that calls"]
    target: A[str, Key("to"), Names((SITE, PLACE, HUB)), "Site, HUB, or external place, that is called"]
    operations: A[tuple[Operation, ...], "What the caller may do; by default the topology's"] = ()
    one_way: A[bool, "Only from `from` to `to`"] = False
    absent: A[bool, "Take the link away that the topology would give"] = False
    purpose: A[Purpose, "Purpose"] = Purpose.REPORTING


@record
class Waiver:
    """A rule set aside for one subject, with a reason, by a named role, until a date."""

    path: Path
    rule: A[str, RULE, "Rule id, as RES-01"]
    reason: A[str, "Why"]
    approved_by: A[str, "Approver, by role"]
    until: A[date, "Last day"]
    subject: A[str, "The one thing it is for"] = ""
    reference: A[str, "Reference"] = ""
    author: A[str, "Who asks for it"] = ""


@record
class Policies:
    """Which packs of rules apply, and what is waived."""

    path: Path
    packs: A[tuple[str, ...], "Packs, as offshoring-2022 or nhs-only"] = ()
    waivers: A[tuple[Waiver, ...], "Waivers"] = ()


@record
class Network:
    """The whole definition."""

    path: Path
    netprov: A[int, Range(1, 1), "Version of the grammar: 1"]
    network: A[Identity, "The network's own identity"]
    operating_model: A[OperatingModel, "One of the seven models"]
    members: A[tuple[Member, ...], "Member organisations"]
    topology: A[Shape | None, "hub or mesh; each operating model has a default"] = None
    lead: A[str, ODS_ORGANISATION, Names((MEMBER,)), "Lead trust of a collaboration"] = ""
    host: A[str, ODS_ORGANISATION, Names((MEMBER,)), "Host trust of a hosted network"] = ""
    supplier: A[Supplier | None, "Supplier of an outsourced network"] = None
    legal_entity: A[LegalEntity | None, "The network's own legal person"] = None
    ownership: A[tuple[Owner, ...], "Owners of the legal entity"] = ()
    governance: A[Governance | None, "Governance"] = None
    workforce: A[Workforce | None, "Workforce"] = None
    platform: A[Platform | None, "Platform"] = None
    reporting: A[Reporting | None, "Reporting"] = None
    external: A[tuple[External, ...], "Places beyond the network"] = ()
    links: A[tuple[LinkRule, ...], "Links beyond what the topology gives"] = ()
    deployment: A[Deployment | None, "Targets"] = None
    policies: A[Policies | None, "Policies"] = None

    def sites(self) -> Iterator[tuple[Member, Site]]:
        """Every site beside its member, in the order of the file."""
        for member in self.members:
            for site in member.sites:
                yield member, site
