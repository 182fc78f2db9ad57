"""DCM: codes and numbers that must mean one thing in the whole network."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import NHS_NUMBERS, READ
from policies.stated import governance, owed
from provisioner.definition.choices import MemberKind
from provisioner.definition.network import Network
from provisioner.findings import Severity

DICOM_ROOT = "1.2.840.10008"
TRUSTS = ("R", "T")
"""First letter of the code of a trust, or of a care trust."""


def _since_2020(code: str) -> bool:
    """Letter, digit, letter, digit, letter: what ODS has issued since 1 April 2020, sites of old trusts included."""
    return len(code) == 5 and code[::2].isalpha() and code[1::2].isdigit()


def _legacy(code: str, length: int) -> bool:
    return len(code) == length and code.startswith(TRUSTS)


@rule("DCM-03", Severity.ERROR, "national guidance: ODS coding frames (March 2021); DCB0090 (February 2020)")
def codes_have_the_shape_of_ods_codes(network: Network) -> Iterator[Fault]:
    """The code of an NHS trust, and of each of its sites, has a shape that ODS gives to trusts and their sites.

    A trust is R or T and two more, its site two more still; since April 2020 either may be letter, digit, letter,
    digit, letter. Independent members may have any code of 3 to 6 characters.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{ods: RXA01, name: General}, {ods: A1B2C, name: East}]}
          - {ods: NV7, name: Lantern, kind: independent, sites: [{ods: NV701, name: Clinic}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General}
              - {ods: RXA012, name: East}  # here
          - {ods: NV7, name: Brackenfield, kind: care_trust}  # here
    """
    for member in network.members:
        if member.kind is MemberKind.INDEPENDENT:
            continue
        if not (_legacy(member.ods, 3) or _since_2020(member.ods)):
            message = f"expected the code of an NHS trust, R or T and two more; found {member.ods}"
            yield Fault((*member.path, "ods"), message, "its code at the Organisation Data Service", member.ods)
        for site in member.sites:
            if not (_legacy(site.ods, 5) or _since_2020(site.ods)):
                message = f"expected the code of a trust's site, R or T and four more; found {site.ods}"
                yield Fault((*site.path, "ods"), message, "its code at the Organisation Data Service", site.ods)


@rule("DCM-04", Severity.WARN, "national guidance: ODS coding frames (March 2021); DCB0090 (February 2020)")
def an_old_site_code_begins_with_its_trusts(network: Network) -> Iterator[Fault]:
    """A site's code of the old shape begins with its trust's code.

    A code issued since April 2020 need not.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{ods: RXA01, name: General}, {ods: A1B2C, name: East}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General}
              - {ods: RXZ01, name: East}  # here
    """
    for member, site in network.sites():
        old = _legacy(site.ods, 5) and _legacy(member.ods, 3) and not _since_2020(site.ods)
        if old and not site.ods.startswith(member.ods):
            message = f"expected a site code that begins with {member.ods}, its trust's; found {site.ods}"
            yield Fault((*site.path, "ods"), message, f"the member to which {site.ods} belongs", site.ods)


@rule(
    "DCM-08",
    Severity.ERROR,
    f"professional: NHS England's draft for the imaging registry (October 2024), IHE's MADO ({READ})",
)
def accession_numbers_have_an_issuer_of_their_own(network: Network) -> Iterator[Fault]:
    """No two members' sites share an issuer of accession numbers.

    A number of 16 characters alone is not unique across trusts. The issuer, by default the site's code, keeps them
    apart; sites of one member may share a RIS, and with it an issuer.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{ods: RXA01, name: General, accession_issuer: RXA}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Royal}]}

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{ods: RXA01, name: General, accession_issuer: RIS}]}
          - ods: RXB
            name: Brackenfield
            kind: nhs_trust
            sites:
              - ods: RXB01
                name: Royal
                accession_issuer: RIS  # here
    """
    first: dict[str, str] = {}
    for member, site in network.sites():
        issuer = site.accession_issuer or site.ods
        holder = first.setdefault(issuer, member.ods)
        if holder != member.ods:
            message = f"expected an issuer of accession numbers of {member.ods}'s own, found {issuer}, also {holder}'s"
            yield Fault((*site.path, "accession_issuer"), message, f"{site.ods}, the site's code", site.ods)


@rule("DCM-11", Severity.ERROR, f"professional: DICOM PS3.5 ({READ}), unique identifiers")
def nodes_mint_uids_under_roots_of_their_own(network: Network) -> Judging:
    """A site's UID root is no other site's, and not under 1.2.840.10008, which belongs to the standard.

    PASS:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites: [{ods: RXA01, name: General, uid_root: 1.2.826.0.1.3680043.9.7.1}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General, uid_root: 1.2.826.0.1.3680043.9.7.1}
              - {ods: RXA02, name: East, uid_root: 1.2.826.0.1.3680043.9.7.1}  # here
              - {ods: RXA03, name: West, uid_root: 1.2.840.10008.9}  # here
    """
    first: dict[str, str] = {}
    for _, site in network.sites():
        root, path = site.uid_root, (*site.path, "uid_root")
        if f"{root}.".startswith(f"{DICOM_ROOT}."):
            message = f"expected a UID root of the site's own, found {root}, which is the DICOM standard's"
            yield Fault(path, message, "a free root under 1.2.826.0.1.3680043, for instance", site.ods)
        elif root and first.setdefault(root, site.ods) != site.ods:
            message = f"expected a UID root of {site.ods}'s own, found {root}, which {first[root]} has already"
            yield Fault(path, message, "one more number at its end", site.ods)
    return None if any(site.uid_root for _, site in network.sites()) else "no node mints UIDs"


@rule("DCM-09", Severity.ERROR, f"professional: {NHS_NUMBERS}, the NHS number is what all know a patient by")
def patients_of_two_trusts_are_recognised(network: Network) -> Iterator[Fault]:
    """It is stated how a patient of two trusts is recognised: by NHS number, and how where there is none.

    netprov keeps two trusts' hospital numbers apart by itself; that two of them are one patient is for people to say.

    PASS:
        governance: {patient_matching: By NHS number; without one by name and date of birth}

    FAIL:
        governance:
          patient_matching: By name and date of birth  # here

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    path, way = (*stated.path, "patient_matching"), stated.patient_matching
    hint = "`patient_matching:`, by NHS number, and how without one"
    yield from owed(network, way, path, "how a patient of two trusts is recognised", hint)
    if way and "nhs number" not in way.casefold():
        yield Fault(path, f"expected a way that goes by the NHS number, found {way}", hint, network.network.id)


RULES = (
    codes_have_the_shape_of_ods_codes,
    an_old_site_code_begins_with_its_trusts,
    accession_numbers_have_an_issuer_of_their_own,
    nodes_mint_uids_under_roots_of_their_own,
    patients_of_two_trusts_are_recognised,
)
