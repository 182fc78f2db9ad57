"""IG: who answers for information in each organisation, and what they have on file."""

from collections.abc import Iterator
from datetime import date

from policies.rule import Fault, Judging, rule
from policies.sources import CAF_DSPT, DTAC, NIR, SHARED_RECORDS, UK_GDPR
from policies.stated import governance, owed, production, roles
from provisioner.definition.choices import ExternalKind
from provisioner.definition.network import Network
from provisioner.findings import Path, Severity

STANDARDS_MET = ("standards met", "standards exceeded")
DSPT_NOTICE = 60
"""Days before 30 June."""
REGISTRY_WORDS = ("nir", "registry")


@rule("IG-05", Severity.WARN, f"law: {UK_GDPR} Art. 30")
def processing_is_on_record(network: Network) -> Iterator[Fault]:
    """The network's processing is in a record of processing activities.

    PASS:
        governance: {ropa: ROPA-1}

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    yield from owed(network, stated.ropa, (*stated.path, "ropa"), "a record of processing", "`ropa:`, its reference")


@rule(
    "IG-07",
    Severity.ERROR,
    "law: Data Protection (Charges and Information) Regulations 2018, and the ICO's public register",
)
def each_controller_is_registered(network: Network) -> Iterator[Fault]:
    """Each member, and the network's entity and supplier, is on the ICO's register.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, ico: ZA100001, sites: [{ods: RXA01, name: General}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, ico: ZA100002, sites: [{ods: RXB01, name: Royal}]}

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, ico: ZA100001, sites: [{ods: RXA01, name: General}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Royal}]}  # here
    """
    registered = [(member.path, member.ods, member.ico) for member in network.members]
    registered += [(e.path, e.name, e.ico) for e in (network.legal_entity, network.supplier) if e]
    for path, name, number in registered:
        what = f"the registration of {name or 'the supplier'} with the ICO"
        yield from owed(network, number, (*path, "ico"), what, "`ico:`, its number on the register", name)


@rule(
    "IG-08",
    Severity.ERROR,
    f"law: {UK_GDPR} Art. 37; national guidance: SIRO (June 2008), Caldicott Guardian (30 June 2023)",
)
def who_answers_for_information_is_named(network: Network) -> Iterator[Fault]:
    """Each member, and the network itself, names its DPO, its SIRO and its Caldicott Guardian.

    That one person is both of the last two is a warning: they should not be the same.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, siro: COO, caldicott: MD, dpo: DPO,
             sites: [{ods: RXA01, name: General}]}
        governance: {roles: {siro: COO of RXA, caldicott: MD of RXA, dpo: DPO of RXA}}

    FAIL:
        members:
          - ods: RXA  # here
            name: Aldermoor
            kind: foundation_trust
            siro: COO
            caldicott: MD
            sites: [{ods: RXA01, name: General}]
        governance:
          roles: {siro: COO of RXA, dpo: DPO of RXA}  # here

    FAIL:
        members:
          - {ods: RXA, name: A, kind: nhs_trust, siro: COO, caldicott: MD, dpo: DPO, sites: [{ods: RXA01, name: B}]}
        governance:
          roles:
            siro: MD of RXA
            dpo: DPO of RXA
            caldicott: MD of RXA  # here
    """
    for member in network.members:
        named = (("dpo", member.dpo), ("siro", member.siro), ("caldicott", member.caldicott))
        yield from _three(network, member.path, named, f"of {member.ods}", member.ods)
    stated = roles(network)
    named = (("dpo", stated.dpo), ("siro", stated.siro), ("caldicott", stated.caldicott))
    yield from _three(network, stated.path, named, "of the network", network.network.id)


def _three(
    network: Network, path: Path, named: tuple[tuple[str, str], ...], whose: str, subject: str
) -> Iterator[Fault]:
    words = {"dpo": "the data protection officer", "siro": "the SIRO", "caldicott": "the Caldicott Guardian"}
    for key, post in named:
        yield from owed(network, post, (*path, key), f"{words[key]} {whose}", f"`{key}:`, by role", subject)
    posts = dict(named)
    if posts["siro"] and posts["siro"] == posts["caldicott"]:
        message = f"expected a Caldicott Guardian {whose} who is not its SIRO, found {posts['siro']} in both"
        yield Fault((*path, "caldicott"), message, "two people", subject, severity=Severity.WARN)


@rule("IG-09", Severity.WARN, f"national guidance: one named IG lead, {SHARED_RECORDS}")
def one_person_leads_on_information(network: Network) -> Iterator[Fault]:
    """The network has one lead for information governance.

    PASS:
        governance: {roles: {ig_lead: Network IG lead}}

    FAIL:
        governance:
          roles: {dpo: DPO of RXA}  # here
    """
    stated = roles(network)
    yield from owed(network, stated.ig_lead, (*stated.path, "ig_lead"), "one IG lead", "`ig_lead:`, by role")


@rule(
    "IG-10",
    Severity.ERROR,
    f"national guidance: DSPT (September 2024), yearly by 30 June; Standards Met, {NIR}",
    dated=True,
)
def each_party_meets_the_dspt(network: Network, today: date) -> Iterator[Fault]:
    """Each member, and the supplier, has a DSPT status of Standards Met or better, of a year that still stands.

    A year stands until 30 June of the year in which the next one ends. In the last 60 days of that it is a warning.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, dspt: Standards Met, dspt_year: 2026-27,
             sites: [{ods: RXA01, name: General}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            dspt: Approaching Standards  # here
            dspt_year: 2026-27
            sites: [{ods: RXA01, name: General}]

    FAIL:
        members:
          - ods: RXA  # here
            name: Aldermoor
            kind: foundation_trust
            dspt: Standards Met
            sites: [{ods: RXA01, name: General}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            dspt: Standards Met
            dspt_year: 2024-25  # here
            sites: [{ods: RXA01, name: General}]
    """
    stated = [(member.path, member.ods, member.dspt, member.dspt_year) for member in network.members]
    stated += [(s.path, s.name, s.dspt, s.dspt_year) for s in (network.supplier,) if s]
    for path, name, status, year in stated:
        who = name or "the supplier"
        yield from owed(
            network, status, (*path, "dspt"), f"the DSPT status of {who}", "`dspt:`, the status that was published", who
        )
        if status and status.casefold() not in STANDARDS_MET:
            message = f"expected Standards Met or Standards Exceeded of {who}, found {status}"
            yield Fault((*path, "dspt"), message, "an improvement plan, and a waiver until it is done", who)
        elif status:
            at, what = (*path, "dspt_year"), f"the year of the status of {who}"
            yield from owed(network, year, at, what, "`dspt_year:`, as 2026-27", who)
            yield from _standing(network, at, who, year, today)


def _standing(network: Network, path: Path, who: str, year: str, today: date) -> Iterator[Fault]:
    """A fault where a year has been followed by the next, or soon will be."""
    if not year or not production(network):
        return
    last = date(int(year[:4]) + 2, 6, 30)
    message = f"expected a DSPT status of {who} that stands, found {year}, which does until {last}"
    if last < today:
        yield Fault(path, message, "publish this year's, and write it down", who)
    elif (last - today).days <= DSPT_NOTICE:
        yield Fault(path, message, "publish this year's before", who, severity=Severity.WARN)


@rule("IG-11", Severity.WARN, f"national guidance: {DTAC}, digital technology assessment criteria")
def the_platform_has_been_assessed(network: Network) -> Iterator[Fault]:
    """The platform has been assessed against the DTAC.

    PASS:
        governance: {dtac: DTAC-1}

    FAIL:
        governance:  # here
          ropa: ROPA-1
    """
    stated = governance(network)
    yield from owed(network, stated.dtac, (*stated.path, "dtac"), "a DTAC assessment", "`dtac:`, its reference")


@rule("IG-13", Severity.WARN, f"national guidance: privacy page, {NIR}")
def patients_are_told(network: Network) -> Iterator[Fault]:
    """A privacy notice tells patients that images are shared across organisations, and with a registry if they are.

    With an external place of kind `registry`, `governance.privacy_notice` names it (NIR, or registry).

    PASS:
        external: [{name: nir, kind: registry, country: GB}]
        governance: {privacy_notice: PN-1 on sharing across trusts and with the NIR}

    FAIL:
        external: [{name: nir, kind: registry, country: GB}]
        governance:
          privacy_notice: PN-1  # here

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    path, notice = (*stated.path, "privacy_notice"), stated.privacy_notice
    yield from owed(network, notice, path, "a privacy notice", "`privacy_notice:`, its reference")
    registry = any(place.kind is ExternalKind.REGISTRY for place in network.external)
    if notice and registry and not any(word in notice.casefold() for word in REGISTRY_WORDS):
        message = f"expected a notice that names the registry, found {notice}"
        yield Fault(path, message, "add what it says of the NIR", network.network.id)


@rule("IG-14", Severity.ERROR, f"national guidance: post-conditions, {NIR}; B2 of the {CAF_DSPT}, unique credentials")
def access_logs_are_kept(network: Network) -> Iterator[Fault]:
    """The log of who saw which patient's images, when and why, is kept, and it is stated for how long.

    PASS:
        governance: {access_log_years: 8}

    FAIL:
        governance:
          access_log_years: 0  # here
    """
    stated = governance(network)
    path, what = (*stated.path, "access_log_years"), "the years for which access logs are kept"
    yield from owed(network, stated.access_log_years, path, what, "`access_log_years: 8`")


@rule("IG-15", Severity.WARN, f"law: {UK_GDPR} Art. 28(3), the contract's terms on sub-processors")
def sub_processors_are_listed(network: Network) -> Judging:
    """The supplier's sub-processors are listed.

    PASS:
        operating_model: outsourced
        supplier: {name: Beacon Limited, subprocessors: [Harbour Cloud Limited]}

    FAIL:
        operating_model: outsourced
        supplier: {name: Beacon Limited}  # here
    """
    if supplier := network.supplier:
        path, what = (*supplier.path, "subprocessors"), "the supplier's sub-processors"
        yield from owed(network, supplier.subprocessors, path, what, "`subprocessors:`, their names", supplier.name)
    return None if network.supplier else "the network has no supplier"


RULES = (
    processing_is_on_record,
    each_controller_is_registered,
    who_answers_for_information_is_named,
    one_person_leads_on_information,
    each_party_meets_the_dspt,
    the_platform_has_been_assessed,
    patients_are_told,
    access_logs_are_kept,
    sub_processors_are_listed,
)
