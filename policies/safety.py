"""CS: clinical safety, that is DCB0160 and DCB0129, hazards, fallbacks and who is called."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import DCB0129, DCB0160, DTAC, NIR
from policies.stated import filed, governance, owed, production, roles, workforce
from provisioner.definition.choices import ExternalKind
from provisioner.definition.network import Network
from provisioner.definition.organisation import ClinicalSafetyOfficer
from provisioner.findings import Severity

HAZARDS = {
    "patient": "wrong-patient merge",
    "accession": "duplicate accession",
    "twice": "study reported twice",
    "down": "peer down",
    "delay": "delayed transfer",
    "partial": "lost or partial study",
    "wrong site": "report to wrong site",
}
"""What a hazard log must speak of, and how it usually puts it."""
SIGNATORIES = ("clinical safety", "cso")
REGISTERS = ("GMC", "HCPC")


@rule("CS-01", Severity.ERROR, f"law: {DCB0160}, mandatory under the Health and Social Care Act 2012 s.250")
def the_deployment_has_a_safety_case(network: Network) -> Iterator[Fault]:
    """The deployment has a clinical safety case (DCB0160) that the clinical safety officer has approved.

    PASS:
        governance: {dcb0160: {ref: 0160-1, approved: 2026-10-27, approved_by: Clinical Safety Officer}}

    FAIL:
        governance:
          dcb0160:
            ref: 0160-1
            approved: 2026-10-27
            approved_by: PACS manager  # here

    FAIL:
        governance:
          dcb0160: {ref: 0160-1, approved_by: CSO}  # here
    """
    case = governance(network).dcb0160
    yield from filed(network, "dcb0160", case, "the DCB0160 safety case", ("ref", "approved", "approved_by"))
    signatory = case.approved_by if case else ""
    if signatory and not any(word in signatory.casefold() for word in SIGNATORIES):
        message = f"expected the approval of the clinical safety officer, found that of {signatory}"
        path = (*network.path, "governance", "dcb0160", "approved_by")
        yield Fault(path, message, "`approved_by: Clinical Safety Officer`, once they have approved it", "dcb0160")


@rule(
    "CS-02",
    Severity.ERROR,
    f"law: {DCB0160}; national guidance: {DTAC}, a registered clinician, trained in risk management",
)
def the_safety_officer_is_registered_and_trained(network: Network) -> Iterator[Fault]:
    """The clinical safety officer is a registered clinician and trained in clinical risk management.

    PASS:
        governance: {roles: {cso: {name: Consultant and CSO, registration: GMC 0000001, trained: 2026-02-10}}}

    FAIL:
        governance:
          roles:
            cso: {name: Consultant and CSO, registration: GMC 0000001}  # here
    """
    stated = roles(network)
    officer = stated.cso or ClinicalSafetyOfficer((*stated.path, "cso"))
    for key, value, what in (
        ("name", officer.name, "a clinical safety officer"),
        ("registration", officer.registration, "the safety officer's professional body and number"),
        ("trained", officer.trained, "the day of the safety officer's last training"),
    ):
        yield from owed(network, value, (*officer.path, key), what, f"`{key}:` under governance.roles.cso", "cso")


@rule("CS-03", Severity.WARN, "engineering; professional: RCR consultation on reporting networks (2022)")
def the_hazard_log_knows_the_hazards(network: Network) -> Iterator[Fault]:
    """A hazard log covers the hazards that sharing images brings.

    They are: wrong-patient merge, duplicate accession, study reported twice, peer down, delayed transfer, lost or
    partial study, report to wrong site.

    PASS:
        governance:
          hazard_log:
            ref: HAZ-1
            subjects: [wrong-patient merge, duplicate accession, study reported twice, peer down, delayed transfer,
              lost or partial study, report to wrong site]

    FAIL:
        governance:
          hazard_log:
            ref: HAZ-1
            subjects: [duplicate accession, peer down]  # here
    """
    log = governance(network).hazard_log
    yield from filed(network, "hazard_log", log, "the hazard log", ("ref",))
    text = "; ".join(log.subjects if log else ()).casefold()
    missing = ", ".join(usual for word, usual in HAZARDS.items() if word not in text)
    if log and missing and (log.subjects or production(network)):
        message = f"expected a hazard log with all hazards of sharing, found none on: {missing}"
        yield Fault((*log.path, "subjects"), message, "assess them and add them to `subjects:`", "hazard_log")


@rule("CS-04", Severity.ERROR, f"law: {DCB0129}, that who assembles Orthanc is its manufacturer is a point for advice")
def the_platform_has_a_makers_safety_case(network: Network) -> Iterator[Fault]:
    """The platform, as it is assembled, has a manufacturer's safety case (DCB0129) that has been approved.

    PASS:
        governance: {dcb0129: {ref: 0129-1, approved: 2026-10-27, approved_by: Clinical Safety Officer}}

    FAIL:
        governance:
          dcb0129: {ref: 0129-1}  # here
    """
    case = governance(network).dcb0129
    yield from filed(network, "dcb0129", case, "the DCB0129 safety case", ("ref", "approved"))


@rule("CS-06", Severity.ERROR, f"professional: EMRAD's failures of 2017; national guidance: fallback, {NIR}")
def each_site_can_work_without_the_platform(network: Network) -> Iterator[Fault]:
    """Each site says what it does while the platform is down.

    PASS:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites: [{ods: RXA01, name: General, fallback: Read on the local archive}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - {ods: RXA01, name: General}  # here
    """
    for _, site in network.sites():
        path, what = (*site.path, "fallback"), f"what {site.ods} does while the platform is down"
        yield from owed(
            network, site.fallback, path, what, "`fallback:`, reading on the local archive for instance", site.ods
        )


@rule("CS-07", Severity.WARN, f"national guidance: incident and escalation, {NIR}")
def each_site_can_be_called(network: Network) -> Iterator[Fault]:
    """Each site has a contact for incidents and escalation.

    PASS:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites: [{ods: RXA01, name: General, contact: "PACS desk, bleep 2101"}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - {ods: RXA01, name: General}  # here
    """
    for _, site in network.sites():
        path, what = (*site.path, "contact"), f"whom to call at {site.ods}"
        yield from owed(network, site.contact, path, what, "`contact:`, a desk or a post", site.ods)


@rule("CS-09", Severity.WARN, "law: IR(ME)R 2017; engineering: general knowledge, cross-site reading needs entitlement")
def radiation_duties_cross_sites(network: Network) -> Iterator[Fault]:
    """The network has a medical physics expert, and employers' IR(ME)R procedures entitle who reports across sites.

    PASS:
        governance: {roles: {mpe: Head of Medical Physics}}
        workforce: {entitlement: Each employer's procedures entitle the reporters of the pool}

    FAIL:
        governance: {roles: {mpe: Head of Medical Physics}}
        workforce: {passport: Staff passport}  # here
    """
    stated, people = roles(network), workforce(network)
    path, what = (*stated.path, "mpe"), "the network's medical physics expert"
    yield from owed(network, stated.mpe, path, what, "`mpe:`, by role")
    path, what = (*people.path, "entitlement"), "how IR(ME)R procedures entitle reporters of other sites"
    yield from owed(network, people.entitlement, path, what, "`entitlement:`, the procedures that do so")


@rule("CS-10", Severity.WARN, "professional: RCR, standards for teleradiology (second edition, 2016)")
def outside_readers_are_registered(network: Network) -> Judging:
    """The readers of a teleradiology firm are on the register of the GMC or the HCPC.

    PASS:
        external:
          - {name: night-reporting, kind: teleradiology, country: GB, readers: READERS-1 of the GMC register}

    FAIL:
        external:
          - name: night-reporting
            kind: teleradiology
            country: GB
            readers: READERS-1  # here
    """
    for place in network.external:
        if place.kind is ExternalKind.TELERADIOLOGY and not any(r in place.readers for r in REGISTERS):
            message = f"expected readers on the register of the {' or the '.join(REGISTERS)}, found {place.readers}"
            if place.readers:
                yield Fault((*place.path, "readers"), message, "say on which register they are", place.name)
    firms = any(place.kind is ExternalKind.TELERADIOLOGY for place in network.external)
    return None if firms else "no teleradiology firm is declared"


RULES = (
    the_deployment_has_a_safety_case,
    the_safety_officer_is_registered_and_trained,
    the_hazard_log_knows_the_hazards,
    the_platform_has_a_makers_safety_case,
    each_site_can_work_without_the_platform,
    each_site_can_be_called,
    radiation_duties_cross_sites,
    outside_readers_are_registered,
)
