"""Rules of one network's own: a pack is a Python file beside the definition, which names it.

    policies:
      packs: [./packs/ours.py]

Try it without any definition, by the examples on its own pages: netprov check --test examples/packs/ours.py
"""

from collections.abc import Iterator

from policies.packs import Pack
from policies.rule import Fault, rule
from provisioner.definition.network import Network
from provisioner.findings import Severity

LONGEST_DAYS = 14


@rule("OUR-01", Severity.ERROR, "Severn network board, decision 12 of 3 March 2026")
def every_pool_reports_within_two_weeks(network: Network) -> Iterator[Fault]:
    """Each reporting pool reports within 14 days, twice as fast as the national target.

    A pool that states no time of its own has the worklist's.

    PASS:
        reporting:
          worklist: {home: RXA01, turnaround_days: 14}
          pools: [{name: general, sites: [RXA01, RXB01]}]

    FAIL:
        reporting:
          worklist: {home: RXA01, turnaround_days: 28}
          pools:
            - {name: neuro, sites: [RXA01], turnaround_days: 7}
            - name: general  # here
              sites: [RXA01, RXB01]
    """
    if network.reporting is None:
        return
    worklist = network.reporting.worklist
    for pool in network.reporting.pools:
        days = pool.turnaround_days or (worklist.turnaround_days if worklist else 28)
        if days > LONGEST_DAYS:
            yield Fault(
                path=(*pool.path, "turnaround_days"),
                message=f"expected {LONGEST_DAYS} days or less for pool {pool.name}, found {days}",
                hint=f"`turnaround_days: {LONGEST_DAYS}`, or less",
                subject=pool.name,
            )


@rule("OUR-02", Severity.WARN, "Severn PACS managers' group, naming convention of January 2026")
def scanners_are_named_after_their_kind(network: Network) -> Iterator[Fault]:
    """A scanner's AE title says what kind of scanner it is.

    PASS:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites: [{ods: RXA01, name: General, modalities: [{aet: ALDER_CT1, kind: CT}]}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - ods: RXA01
                name: General
                modalities:
                  - kind: CT
                    aet: BASEMENT  # here
    """
    for _, site in network.sites():
        for scanner in site.modalities:
            if scanner.kind not in scanner.aet:
                message = f"expected {scanner.kind} in the AE title of a {scanner.kind} scanner, found {scanner.aet}"
                yield Fault((*scanner.path, "aet"), message, f"as {site.ods}_{scanner.kind}1", scanner.aet)


PACK = Pack(
    name="ours",
    title="What the Severn network asks of itself, beyond law and guidance",
    source="Severn network board, 3 March 2026",
    weights={"DCM-02": Severity.ERROR},
    rules=(every_pool_reports_within_two_weeks, scanners_are_named_after_their_kind),
)
