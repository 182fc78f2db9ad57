"""DCM: names, numbers and the shared worklist, so that a study means the same everywhere in the network."""

from collections.abc import Iterator

from policies.rule import Fault, rule
from policies.sources import ORTHANC_BOOK
from policies.stated import HUB, mesh
from provisioner.definition.choices import Operation
from provisioner.definition.network import LinkRule, Network
from provisioner.findings import Path, Severity

DEFAULT_AET = "ORTHANC"
TURNAROUND_DAYS = 28


def _titles(network: Network) -> Iterator[tuple[Path, str]]:
    """Every AE title that the file states."""
    if network.platform and network.platform.hub:
        yield (*network.platform.hub.path, "aet"), network.platform.hub.aet
    for _, site in network.sites():
        yield (*site.path, "aet"), site.aet or site.ods
        for modality in site.modalities:
            yield (*modality.path, "aet"), modality.aet
    for place in network.external:
        if place.aet:
            yield (*place.path, "aet"), place.aet


@rule(
    "DCM-02", Severity.WARN, f"professional: {ORTHANC_BOOK}, ORTHANC is the AE title of all that nobody has configured"
)
def no_node_keeps_the_default_title(network: Network) -> Iterator[Fault]:
    """No AE title is ORTHANC.

    That AE titles are unique is checked when the file is read.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General, aet: ALDER}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Royal}]}

    FAIL:
        members:
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Royal}]}
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - ods: RXA01
                name: General
                aet: ORTHANC  # here
    """
    for path, title in _titles(network):
        if title == DEFAULT_AET:
            message = "expected an AE title of the network's own, found ORTHANC, the default of every Orthanc"
            yield Fault(path, message, "the site's ODS code, for instance", title)


@rule(
    "DCM-07",
    Severity.ERROR,
    "professional: NHS practice (April 2013), a hospital number is qualified by its trust's code",
)
def each_member_issues_its_own_numbers(network: Network) -> Iterator[Fault]:
    """Each member has an issuer of patient IDs that no other member has.

    Two trusts may both have a patient 123456. The issuer, by default the member's ODS code, keeps them apart.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Royal}]}

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General}]}
          - ods: RXB
            name: Brackenfield
            kind: nhs_trust
            patient_id_issuer: RXA  # here
            sites: [{ods: RXB01, name: Royal}]
    """
    first: dict[str, str] = {}
    for member in network.members:
        issuer = member.patient_id_issuer or member.ods
        holder = first.setdefault(issuer, member.ods)
        if holder != member.ods:
            message = f"expected an issuer of {member.ods}'s own, found {issuer}, which {holder} has already"
            yield Fault((*member.path, "patient_id_issuer"), message, f"{member.ods}, its ODS code", member.ods)


@rule("DCM-12", Severity.ERROR, "seed article: every image acquired is handled through one shared worklist (2021)")
def every_site_has_the_shared_worklist(network: Network) -> Iterator[Fault]:
    """One shared worklist is declared, and every site is attached to it.

    The worklist lives at `reporting.worklist.home`, or at the hub where that is a node of its own
    (`reporting: {worklist: {}}` says so). A mesh must name its home. No entry of `links` may take the worklist from
    a site.

    PASS:
        reporting: {worklist: {home: RXA01, turnaround_days: 28}}

    FAIL:
        links:
          - from: RXB01
            to: RXA01
            absent: true  # here
    """
    worklist = network.reporting.worklist if network.reporting else None
    if worklist is None:
        message = "expected one shared worklist, found no reporting.worklist"
        yield Fault((*network.path, "reporting", "worklist"), message, "`reporting: {worklist: {home: ...}}`")
        return
    if not worklist.home and mesh(network):
        message = "expected the site that keeps the worklist of a mesh, found none"
        yield Fault((*worklist.path, "home"), message, "the ODS code of one site")
        return
    home = worklist.home or HUB
    codes = {site.ods for _, site in network.sites()}
    for link in network.links:
        yield from _detached(link, home, codes)


def _detached(link: LinkRule, home: str, codes: set[str]) -> Iterator[Fault]:
    """A fault if `link` is between a site and the home, and leaves the site without the worklist."""
    ends = {link.source, link.target}
    if home not in ends or not (ends - {home}) & codes:
        return
    site = (ends - {home}).pop()
    message = f"expected {site} attached to the worklist at {home}; "
    if link.absent:
        yield Fault((*link.path, "absent"), message + "found its link taken away", "take this entry out", site)
    elif link.one_way and link.source == home:
        yield Fault((*link.path, "one_way"), message + "found no way left there", f"`from: {site}`", site)
    elif link.operations and Operation.WORKLIST not in link.operations:
        found = ", ".join(link.operations)
        yield Fault((*link.path, "operations"), f"{message}found {found} alone", "add `worklist`", site)


@rule("DCM-22", Severity.ERROR, "national guidance: every examination reported within 4 weeks (August 2023)")
def turnaround_is_four_weeks_at_most(network: Network) -> Iterator[Fault]:
    """The turnaround target is 28 days or less, for the worklist and for each pool.

    PASS:
        reporting: {worklist: {home: RXA01, turnaround_days: 10}}

    FAIL:
        reporting:
          worklist:
            home: RXA01
            turnaround_days: 42  # here
    """
    reporting = network.reporting
    if reporting is None:
        return
    worklist = (("the worklist", reporting.worklist),) if reporting.worklist else ()
    for name, stated in (*worklist, *((pool.name, pool) for pool in reporting.pools)):
        days = stated.turnaround_days
        if days is not None and not 0 < days <= TURNAROUND_DAYS:
            message = f"expected 1 to {TURNAROUND_DAYS} days for {name}, found {days}"
            yield Fault((*stated.path, "turnaround_days"), message, f"{TURNAROUND_DAYS} or less", name)


RULES = (
    no_node_keeps_the_default_title,
    each_member_issues_its_own_numbers,
    every_site_has_the_shared_worklist,
    turnaround_is_four_weeks_at_most,
)
