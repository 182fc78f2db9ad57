"""Who owns and who runs the network: the legal, governance and workforce half of a definition.

Ownership and operation are separate structures, as the national guidance for imaging networks asks. Every
field is optional to the grammar; what a network owes under its operating model is for policies to say.
"""

from datetime import date
from enum import StrEnum

from provisioner.definition.formats import (
    COMPANY_NUMBER,
    DSPT_YEAR,
    ICO_NUMBER,
    MEMBER,
    ODS_ORGANISATION,
    PERCENT,
    YEARS,
    Names,
    Range,
)
from provisioner.findings import Path
from provisioner.record import Annotated as A
from provisioner.record import record


class EntityKind(StrEnum):
    """What kind of legal person the network is, where it is one."""

    LLP = "llp"
    COMPANY_BY_SHARES = "company_by_shares"
    COMPANY_BY_GUARANTEE = "company_by_guarantee"
    CIC_BY_SHARES = "cic_by_shares"
    CIC_BY_GUARANTEE = "cic_by_guarantee"


class OwnerKind(StrEnum):
    """Whether an owner belongs to the NHS."""

    NHS = "nhs"
    PRIVATE = "private"


class Terms(StrEnum):
    """Employment terms."""

    AGENDA_FOR_CHANGE = "agenda_for_change"
    NHS_MEDICAL = "nhs_medical"
    LOCAL = "local"


class Pension(StrEnum):
    """How staff keep, or do not keep, the NHS Pension Scheme."""

    NHS = "nhs"
    NEW_FAIR_DEAL = "new_fair_deal"
    OTHER = "other"


class StaffRoute(StrEnum):
    """How staff come to work for the network."""

    STAY = "stay"
    SECONDMENT = "secondment"
    TUPE = "tupe"


class DataRole(StrEnum):
    """A party's role under the UK GDPR."""

    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint_controller"
    PROCESSOR = "processor"


@record
class LegalEntity:
    """The network's own legal person: LLP, company or CIC."""

    path: Path
    name: A[str, "Registered name"] = ""
    kind: A[EntityKind | None, "Legal form"] = None
    company_number: A[str, COMPANY_NUMBER, "Companies House number"] = ""
    ods: A[str, ODS_ORGANISATION, "ODS code of the entity"] = ""
    cqc: A[str, "CQC provider registration"] = ""
    ico: A[str, ICO_NUMBER, "ICO registration"] = ""
    nhse_approval: A[str, "NHS England transaction or subsidiary review reference"] = ""
    below_threshold: A[bool, "Below NHS England's review threshold"] = False
    designated_members: A[tuple[str, ...], ODS_ORGANISATION, Names((MEMBER,)), "Designated members of an LLP"] = ()
    directors: A[tuple[str, ...], ODS_ORGANISATION, Names((MEMBER,)), "Members that appoint a director"] = ()
    articles: A[str, "Reference of the articles"] = ""
    asset_lock: A[str, "Reference of the asset-lock clause"] = ""
    asset_locked_body: A[str, "Body that receives assets on winding up"] = ""
    community_interest_statement: A[str, "Reference of the community interest statement"] = ""
    cic34: A[date | None, "Date of the last community interest report"] = None
    purpose: A[str, "Community or business purpose"] = ""


@record
class Owner:
    """One owner's share of the legal entity, in percent."""

    path: Path
    member: A[str, ODS_ORGANISATION, Names((MEMBER,)), "ODS code of the owning member"] = ""
    name: A[str, "Name of an owner that is no member"] = ""
    share: A[float, PERCENT, "Share in percent"] = 0.0
    kind: A[OwnerKind, "NHS body or private"] = OwnerKind.NHS
    power: A[str, "Legal power relied on, for an NHS trust that is not a foundation trust"] = ""


@record
class Supplier:
    """The outsourcing supplier and what the contract with it holds."""

    path: Path
    name: A[str, "Registered name"] = ""
    ods: A[str, ODS_ORGANISATION, "ODS code"] = ""
    company_number: A[str, COMPANY_NUMBER, "Companies House number"] = ""
    dspt: A[str, "DSPT status"] = ""
    dspt_year: A[str, DSPT_YEAR, "DSPT year, as 2026-27"] = ""
    ico: A[str, ICO_NUMBER, "ICO registration"] = ""
    cqc: A[str, "CQC provider registration"] = ""
    contract: A[str, "Contract reference"] = ""
    term_ends: A[date | None, "End of the term"] = None
    kpis: A[tuple[str, ...], "Key performance indicators"] = ()
    exit_plan: A[str, "Exit plan reference"] = ""
    data_return: A[str, "Data-return plan reference"] = ""
    right_of_recovery: A[bool, "The trusts may recover account and data"] = False
    handover_tested: A[date | None, "Last tested account hand-over"] = None
    subprocessors: A[tuple[str, ...], "Sub-processors"] = ()
    private_operator: A[bool | None, "The supplier is no NHS body"] = None


@record
class Board:
    """The network board."""

    path: Path
    terms_of_reference: A[str, "Reference of the terms of reference"] = ""
    quorum: A[int, Range(0, 1000), "Members needed for a decision"] = 0
    voting: A[str, "Voting rule"] = ""
    members: A[tuple[str, ...], ODS_ORGANISATION, Names((MEMBER,)), "Members seated on the board"] = ()
    reserved_matters: A[tuple[str, ...], "Matters reserved to the members"] = ()
    nhs_employed: A[bool | None, "SRO, board and clinical director are NHS employees"] = None


@record
class ClinicalSafetyOfficer:
    """The CSO who signs the clinical safety case (DCB0160)."""

    path: Path
    name: A[str, "Name or role"] = ""
    registration: A[str, "Professional body and number"] = ""
    trained: A[date | None, "Last clinical risk management training"] = None


@record
class Roles:
    """Named roles of the network: its operational structure, distinct from any member's own."""

    path: Path
    sro: A[str, "Senior responsible owner"] = ""
    clinical_director: A[str, "Clinical director"] = ""
    network_director: A[str, "Operational director or manager"] = ""
    management_team: A[tuple[str, ...], "Operational management team"] = ()
    siro: A[str, "Senior information risk owner"] = ""
    caldicott: A[str, "Caldicott Guardian"] = ""
    dpo: A[str, "Data protection officer"] = ""
    ig_lead: A[str, "Information governance lead"] = ""
    cso: A[ClinicalSafetyOfficer | None, "Clinical safety officer"] = None
    mpe: A[str, "Medical physics expert"] = ""
    staff_side: A[str, "Staff-side representative"] = ""
    contract_owner: A[str, "NHS-side contract owner"] = ""


@record
class Agreement:
    """One signed document between parties."""

    path: Path
    kind: A[str, "What it is: hosting_agreement, collaboration_agreement, alliance_agreement, sla, dsa, art28 ..."]
    parties: A[tuple[str, ...], "ODS codes or names of the parties"] = ()
    signed: A[date | None, "Date of signature"] = None
    review: A[date | None, "Date of the next review"] = None
    ref: A[str, "Reference"] = ""


@record
class SafetyRecord:
    """A document with a date and, where it needs one, a signature and a list of subjects."""

    path: Path
    ref: A[str, "Reference"] = ""
    dated: A[date | None, "Date"] = None
    approved: A[date | None, "Date of approval"] = None
    approved_by: A[str, "Role of the approver"] = ""
    review: A[date | None, "Date of the next review"] = None
    members: A[tuple[str, ...], ODS_ORGANISATION, Names((MEMBER,)), "Members that it covers"] = ()
    subjects: A[tuple[str, ...], "Purposes, hazards or subjects that it covers"] = ()


@record
class Party:
    """A party's role in data protection."""

    path: Path
    party: A[str, "ODS code or name"]
    role: A[DataRole, "Role under the UK GDPR"]


@record
class Governance:
    """How the network is governed and what it has on file."""

    path: Path
    board: A[Board | None, "Network board"] = None
    roles: A[Roles | None, "Named roles"] = None
    agreements: A[tuple[Agreement, ...], "Agreements"] = ()
    decision_rule: A[str, "How members decide, unanimity for instance"] = ""
    risk_shares: A[tuple[Owner, ...], "Risk and reward shares of an alliance"] = ()
    cost_shares: A[tuple[Owner, ...], "Cost shares"] = ()
    exit_terms: A[str, "Reference of exit terms"] = ""
    dispute_terms: A[str, "Reference of dispute terms"] = ""
    procurement_route: A[str, "Provider Selection Regime or Procurement Act route"] = ""
    vat_advice: A[str, "Reference of VAT advice"] = ""
    dpia: A[SafetyRecord | None, "Data protection impact assessment"] = None
    dpia_summary: A[str, "Public summary of the DPIA, without its security detail"] = ""
    joint_controller: A[SafetyRecord | None, "Joint-controller arrangement (Art. 26)"] = None
    dsa: A[SafetyRecord | None, "Data sharing agreement"] = None
    ropa: A[str, "Record of processing"] = ""
    opt_out: A[str, "How the national data opt-out is applied"] = ""
    dtac: A[str, "DTAC reference"] = ""
    privacy_notice: A[str, "Privacy notice reference"] = ""
    access_log_years: A[float, YEARS, "Years for which access logs are kept"] = 0.0
    purposes: A[tuple[str, ...], "Purposes of processing"] = ("direct_care",)
    legal_basis: A[str, "Legal basis of purposes beyond direct care"] = ""
    parties: A[tuple[Party, ...], "Data-protection role of each party"] = ()
    processors: A[tuple[Agreement, ...], "Processor contracts (Art. 28)"] = ()
    dcb0160: A[SafetyRecord | None, "Deployment safety case"] = None
    dcb0129: A[SafetyRecord | None, "Manufacturer safety case"] = None
    hazard_log: A[SafetyRecord | None, "Hazard log"] = None
    quality_standard: A[SafetyRecord | None, "QSIN or QSI"] = None
    nir: A[str, "National Imaging Registry: reference, or why not"] = ""
    exam_codes: A[str, "Examination code set that all members use"] = ""
    patient_matching: A[str, "How a patient of two trusts is recognised, with an NHS number and without"] = ""


@record
class Workforce:
    """On what terms people work for the network."""

    path: Path
    terms: A[Terms, "Terms of existing staff"] = Terms.AGENDA_FOR_CHANGE
    new_starters: A[Terms | None, "Terms of new starters"] = None
    pension: A[Pension | None, "Pension route"] = None
    route: A[StaffRoute, "How staff join"] = StaffRoute.STAY
    consulted: A[date | None, "Date of consultation with staff side"] = None
    go_live: A[date | None, "Date of go-live"] = None
    passport: A[str, "Honorary contract, licence to attend or passport"] = ""
    outsourced_share: A[float, PERCENT, "Percent of reporting that is outsourced"] = 0.0
    outsourced_ceiling: A[float, PERCENT, "Ceiling that the board set, in percent"] = 0.0
    entitlement: A[str, "How reporters are entitled under IR(ME)R"] = ""
