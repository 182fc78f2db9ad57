"""WRK: who reports, at which site, for whom, and with what behind them."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import READ
from policies.stated import owed, workforce
from provisioner.definition.choices import ExternalKind
from provisioner.definition.network import Network
from provisioner.findings import Severity


@rule(
    "WRK-09", Severity.WARN, "engineering: general knowledge, honorary contract, licence to attend, or staff passport"
)
def reporters_may_work_across_sites(network: Network) -> Iterator[Fault]:
    """Who reports for another employer's site has an honorary contract, a licence to attend or a passport.

    PASS:
        workforce: {passport: "Staff passport, version 2"}

    FAIL:
        workforce: {terms: agenda_for_change}  # here
    """
    stated = workforce(network)
    path, what = (*stated.path, "passport"), "what lets people work across sites"
    yield from owed(network, stated.passport, path, what, "`passport:`, an honorary contract for instance")


@rule("WRK-10", Severity.ERROR, "professional: RCR, standards for teleradiology (second edition, 2016)")
def outside_readers_are_known_and_checked(network: Network) -> Judging:
    """A teleradiology firm's readers are named, and it has a QA and discrepancy process.

    PASS:
        external:
          - {name: night, kind: teleradiology, country: GB, readers: READERS-1 of the GMC, qa: QA-4}

    FAIL:
        external:
          - {name: night, kind: teleradiology, country: GB, readers: READERS-1 of the GMC}  # here
    """
    for place in network.external:
        if place.kind is ExternalKind.TELERADIOLOGY:
            path, what = (*place.path, "readers"), f"the named readers of {place.name}"
            yield from owed(network, place.readers, path, what, "`readers:`, the list's reference", place.name)
            path, what = (*place.path, "qa"), f"the QA and discrepancy process of {place.name}"
            yield from owed(network, place.qa, path, what, "`qa:`, its reference", place.name)
    firms = any(place.kind is ExternalKind.TELERADIOLOGY for place in network.external)
    return None if firms else "no teleradiology firm is declared"


@rule("WRK-11", Severity.WARN, "seed article: outsourcing loses direct control (2021); engineering")
def outsourcing_has_a_ceiling(network: Network) -> Iterator[Fault]:
    """The share of reporting that is outsourced stays under a ceiling that the board has set.

    PASS:
        external: [{name: night, kind: teleradiology, country: GB}]
        workforce: {outsourced_share: 5, outsourced_ceiling: 10}

    FAIL:
        external: [{name: night, kind: teleradiology, country: GB}]
        workforce:
          outsourced_ceiling: 10
          outsourced_share: 12  # here
    """
    stated = workforce(network)
    if stated.outsourced_share > stated.outsourced_ceiling:
        message = (
            f"expected {stated.outsourced_ceiling:g} percent or less, the ceiling; found {stated.outsourced_share:g}"
        )
        path = (*stated.path, "outsourced_share")
        yield Fault(path, message, "less, or an `outsourced_ceiling:` that the board has set", network.network.id)


@rule("WRK-12", Severity.WARN, "seed article: a pooled reporting workforce (2021)")
def every_site_is_in_a_pool(network: Network) -> Judging:
    """Where reporting is pooled, each site is in a pool, so that none is left out.

    A pool without `sites:` has all of them.

    PASS:
        reporting: {worklist: {home: RXA01}, pools: [{name: general, sites: [RXA01, RXB01]}]}

    PASS:
        reporting: {worklist: {home: RXA01}, pools: [{name: heads, sites: [RXA01]}, {name: general}]}

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General}]}
          - ods: RXB
            name: Brackenfield
            kind: nhs_trust
            sites:
              - ods: RXB01  # here
                name: Royal
        reporting: {worklist: {home: RXA01}, pools: [{name: general, sites: [RXA01]}]}
    """
    pools = network.reporting.pools if network.reporting else ()
    pooled = {site for pool in pools for site in pool.sites}
    everybody = any(not pool.sites for pool in pools)
    for _, site in network.sites():
        if pooled and not everybody and site.ods not in pooled:
            message = f"expected {site.ods} in a reporting pool, found it in none"
            yield Fault((*site.path, "ods"), message, "add it to the `sites:` of a pool", site.ods)
    return None if pooled else "reporting is not pooled"


@rule(
    "WRK-13",
    Severity.WARN,
    f"law: IR(ME)R 2017; professional: IPEM ({READ}) on the shortage of medical physics experts",
)
def each_site_has_medical_physics(network: Network) -> Iterator[Fault]:
    """Each site has medical physics support.

    PASS:
        members:
          - {ods: RXA, name: A, kind: nhs_trust, sites: [{ods: RXA01, name: General, mpe: Aldermoor Medical Physics}]}

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: nhs_trust
            sites:
              - {ods: RXA01, name: General}  # here
    """
    for _, site in network.sites():
        path, what = (*site.path, "mpe"), f"the medical physics support of {site.ods}"
        yield from owed(network, site.mpe, path, what, "`mpe:`, a department of medical physics", site.ods)


RULES = (
    reporters_may_work_across_sites,
    outside_readers_are_known_and_checked,
    outsourcing_has_a_ceiling,
    every_site_is_in_a_pool,
    each_site_has_medical_physics,
)
