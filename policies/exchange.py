"""DCM: that images reach who reports them, and reports come home."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import NIR, READ
from policies.stated import HUB, governance, lighter, mesh, owed, workforce
from provisioner.definition.choices import ExternalKind, OperatingModel, Operation, Protocol, Purpose
from provisioner.definition.network import External, LinkRule, Network
from provisioner.findings import Severity

CARRYING = (Operation.STORE, Operation.GET, Operation.MOVE)


@rule("DCM-13", Severity.ERROR, "seed article: images are transferable for reporting to any site of the network (2021)")
def every_site_reaches_every_other(network: Network) -> Iterator[Fault]:
    """Every site reaches every other for reporting: directly in a mesh, by way of the hub in a hub network.

    No entry of `links` may take away a way on which studies travel. (DCM-12 looks after the ways to the worklist.)

    PASS:
        operating_model: alliance
        links: [{from: RXA01, to: RXB01, operations: [echo, store, find, get, worklist]}]

    FAIL:
        operating_model: alliance
        links:
          - from: RXA01
            to: RXB01
            absent: true  # here

    FAIL:
        links:
          - from: RXB01
            to: RXA01
            operations: [echo, find, worklist]  # here
    """
    sites = {site.ods for _, site in network.sites()}
    for link in network.links:
        if _on_the_way(link, network, sites):
            ends = f"{link.source} and {link.target}"
            if link.absent and mesh(network):
                message = f"expected a way for studies between {ends}, found it taken away"
                yield Fault((*link.path, "absent"), message, "take this entry out", link.source)
            elif link.operations and not set(CARRYING) & set(link.operations):
                message = f"expected a way for studies between {ends}, found {', '.join(link.operations)}"
                yield Fault((*link.path, "operations"), message, "add `store`", link.source, at_key=True)


def _on_the_way(link: LinkRule, network: Network, sites: set[str]) -> bool:
    """Whether the topology has a link between these two anyway."""
    ends = {link.source, link.target}
    if mesh(network):
        return ends <= sites
    worklist = network.reporting.worklist if network.reporting else None
    middle = worklist.home if worklist and worklist.home else HUB
    return middle in ends and bool((ends - {middle}) & sites)


@rule("DCM-14", Severity.WARN, "seed article: or to any site outside the network (2021)")
def who_reports_from_outside_is_declared(network: Network) -> Judging:
    """Where a part of the reporting is outsourced, the place that does it is declared under `external`.

    In an outsourced network it may be the supplier's own hub.

    PASS:
        external: [{name: night-reporting, kind: teleradiology, country: GB}]
        workforce: {outsourced_share: 5}

    FAIL:
        workforce:
          outsourced_share: 5  # here
    """
    people = workforce(network)
    outside = [place for place in network.external if place.purpose is Purpose.REPORTING]
    if people.outsourced_share and not outside and network.operating_model is not OperatingModel.OUTSOURCED:
        message = f"expected the place that does {people.outsourced_share:g} percent of the reporting, found none"
        yield Fault((*people.path, "outsourced_share"), message, "declare it under `external:`", network.network.id)
    return None if people.outsourced_share else "no reporting is outsourced"


@rule("DCM-15", Severity.WARN, "engineering: a report that cannot come back was written for nobody")
def one_way_links_are_not_for_reporting(network: Network) -> Judging:
    """A link that goes one way says for what else it is than reporting.

    PASS:
        links: [{from: RXB01, to: RXA01, one_way: true, purpose: mdt}]

    FAIL:
        links:
          - from: RXB01
            to: RXA01
            one_way: true  # here
    """
    for link in network.links:
        if link.one_way and not link.absent and link.purpose is Purpose.REPORTING:
            message = f"expected another purpose than reporting of a one-way link to {link.target}, found reporting"
            yield Fault((*link.path, "one_way"), message, "`purpose: mdt`, or leave one_way out", link.source)
    return None if any(link.one_way for link in network.links) else "no link goes one way"


@rule("DCM-16", Severity.ERROR, "professional: RCR, standards for teleradiology (second edition, 2016)")
def reports_come_home(network: Network) -> Iterator[Fault]:
    """Each site says how reports come back to its own RIS, PACS and patient record.

    PASS:
        members:
          - {ods: RXA, name: A, kind: nhs_trust, sites: [{ods: RXA01, name: General, report_return: HL7 to the RIS}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General}  # here
    """
    for _, site in network.sites():
        path, what = (*site.path, "report_return"), f"how reports come back to {site.ods}"
        yield from owed(
            network, site.report_return, path, what, "`report_return:`, HL7 to the RIS for instance", site.ods
        )


@rule("DCM-18", Severity.WARN, f"professional: Greater Manchester's commitments ({READ}), harmonised exam-code naming")
def members_use_one_code_set(network: Network) -> Iterator[Fault]:
    """All members name examinations by one code set.

    PASS:
        governance: {exam_codes: National Interim Clinical Imaging Procedure codes}

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    path, what = (*stated.path, "exam_codes"), "the code set of examinations"
    yield from owed(network, stated.exam_codes, path, what, "`exam_codes:`, its name")


@rule("DCM-20", Severity.ERROR, f"national guidance: onboarding to the {NIR}: DSA, DPIA, safety officer")
def a_registry_gets_what_it_asks_for(network: Network) -> Judging:
    """A registry that is declared is reached by XCA, and has a data sharing agreement, a DPIA and a safety officer.

    A note where none is declared and `governance.nir` does not say why.

    PASS:
        external: [{name: nir, kind: registry, country: GB, protocol: xca, url: "https://nir.example.org/xca"}]
        governance: {dsa: {ref: DSA-1}, dpia: {ref: DPIA-1}, roles: {cso: {name: CSO}}}

    FAIL:
        external:
          - name: nir
            kind: registry
            country: GB
            url: https://nir.example.org/xca
            protocol: dicomweb  # here
        governance: {dsa: {ref: DSA-1}, dpia: {ref: DPIA-1}, roles: {cso: {name: CSO}}}

    FAIL:
        external:
          - {name: nir, kind: registry, country: GB, protocol: xca, url: "https://nir.example.org/xca"}  # here
        governance: {dsa: {ref: DSA-1}, dpia: {ref: DPIA-1}}

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    for place in network.external:
        if place.kind is ExternalKind.REGISTRY:
            yield from _registry(network, place)
    if not any(place.kind is ExternalKind.REGISTRY for place in network.external):
        stated = governance(network)
        path, what = (*stated.path, "nir"), "a gateway to the National Imaging Registry, or why there is none"
        yield from lighter(Severity.INFO, owed(network, stated.nir, path, what, "`nir:`, the reason"))
        return "no registry is declared"
    return None


def _registry(network: Network, place: External) -> Iterator[Fault]:
    if place.protocol is not Protocol.XCA:
        message = f"expected {place.name} reached by xca, found {place.protocol}"
        yield Fault((*place.path, "protocol"), message, "`protocol: xca` and its `url:`", place.name)
    stated = governance(network)
    officer = stated.roles.cso if stated.roles else None
    needed = {"its url": place.url, "a data sharing agreement": stated.dsa, "a DPIA": stated.dpia}
    missing = [what for what, value in (*needed.items(), ("a clinical safety officer", officer)) if not value]
    if missing:
        message = f"expected all that the registry asks for; found none of: {', '.join(missing)}"
        yield Fault(place.path, message, "add what is missing", place.name)


@rule(
    "DCM-21",
    Severity.WARN,
    "engineering: general knowledge, a scanner's worklist comes from its own RIS, not from the network's",
)
def scanners_have_their_worklist(network: Network) -> Iterator[Fault]:
    """Each site says where its scanners' modality worklist comes from.

    PASS:
        members:
          - {ods: RXA, name: A, kind: nhs_trust, sites: [{ods: RXA01, name: General, worklist_source: RIS of RXA}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General}  # here
    """
    for _, site in network.sites():
        path, what = (*site.path, "worklist_source"), f"where the modality worklist of {site.ods} comes from"
        yield from owed(network, site.worklist_source, path, what, "`worklist_source:`, its RIS for instance", site.ods)


RULES = (
    every_site_reaches_every_other,
    who_reports_from_outside_is_declared,
    one_way_links_are_not_for_reporting,
    reports_come_home,
    members_use_one_code_set,
    a_registry_gets_what_it_asks_for,
    scanners_have_their_worklist,
)
