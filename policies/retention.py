"""RET: how long studies are kept, and who may delete them."""

from collections.abc import Iterator

from policies.rule import Fault, rule
from policies.sources import RECORDS_CODE
from policies.stated import governance, owed, storage
from provisioner.definition.choices import OperatingModel
from provisioner.definition.network import Network
from provisioner.findings import Severity

ADULT_YEARS = 8
SCREENING_YEARS = 10
CANCER_YEARS = 30
ADVISED_YEARS = 30
"""As long as any class of study must be kept that a definition knows of."""


@rule("RET-01", Severity.ERROR, f"national guidance: {RECORDS_CODE}, adult imaging 8 years from last seen")
def studies_are_kept_eight_years(network: Network) -> Iterator[Fault]:
    """Studies are kept for 8 years or more.

    Looks at `platform.storage.retention_years`, which is 8 unless the file says otherwise. The clock runs from the
    patient's last contact, not from the image.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, storage: {retention_years: 30}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          storage:
            retention_years: 7  # here
    """
    storage = network.platform.storage if network.platform else None
    if storage and not storage.retention_years >= ADULT_YEARS:
        message = f"expected {ADULT_YEARS} years or more, found {storage.retention_years:g}"
        yield Fault((*storage.path, "retention_years"), message, f"{ADULT_YEARS}, or 30 as the RCR advises", "storage")


@rule("RET-02", Severity.ERROR, f"national guidance: {RECORDS_CODE}")
def some_studies_are_kept_for_longer(network: Network) -> Iterator[Fault]:
    """Children's, screening and cancer studies are kept for longer than the 8 years of others.

    Children's until the 25th birthday (26th if last seen at 17), screening for 10 years, cancer for 30. Where
    `retention_years` is 30, that is so for all.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {retention_years: 30}}

    PASS:
        platform:
          region: eu-west-2
          zones: 2
          storage: {retention_children: Until the 25th birthday, screening_years: 10, cancer_years: 30}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage:
            retention_children: Until the 25th birthday
            screening_years: 9  # here
            cancer_years: 29  # here

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage: {screening_years: 10, cancer_years: 30}  # here
    """
    stated = storage(network)
    if stated.retention_years >= ADVISED_YEARS:
        return
    path, what = (*stated.path, "retention_children"), "how long children's studies are kept"
    hint = "`retention_children: Until the 25th birthday, the 26th if last seen at 17`"
    yield from owed(network, stated.retention_children, path, what, hint, "storage")
    for key, years, least, whose in (
        ("screening_years", stated.screening_years, SCREENING_YEARS, "screening"),
        ("cancer_years", stated.cancer_years, CANCER_YEARS, "cancer"),
    ):
        path, what = (*stated.path, key), f"{least} years or more for {whose} studies"
        if years is None:
            yield from owed(network, years, path, what, f"`{key}: {least}`", "storage")
        elif years < least:
            yield Fault(path, f"expected {what}, found {years:g}", f"{least}", "storage")


@rule("RET-04", Severity.INFO, "professional: RCR advice of March 2025 (30 years from last seen)")
def studies_may_be_kept_for_thirty_years(network: Network) -> Iterator[Fault]:
    """The Royal College of Radiologists advises to keep every study for 30 years; a network that does not knows so.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {retention_years: 30}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage:
            retention_years: 8  # here
    """
    stated = storage(network)
    if stated.retention_years < ADVISED_YEARS and network.platform and network.platform.storage:
        message = (
            f"expected {ADVISED_YEARS} years for every study, as the RCR advises; found {stated.retention_years:g}"
        )
        yield Fault((*stated.path, "retention_years"), message, f"`retention_years: {ADVISED_YEARS}`", "storage")


@rule("RET-05", Severity.WARN, f"national guidance: {RECORDS_CODE}, appendix on public inquiries")
def someone_can_stop_destruction(network: Network) -> Iterator[Fault]:
    """Somebody can switch on a legal hold, which stops all destruction.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {legal_hold_owner: Network manager}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage: {retention_years: 30}  # here
    """
    stated = storage(network)
    path, what = (*stated.path, "legal_hold_owner"), "who switches on the legal hold"
    yield from owed(network, stated.legal_hold_owner, path, what, "`legal_hold_owner:`, by role", "storage")


@rule("RET-06", Severity.WARN, "engineering: nobody deletes alone")
def a_deletion_takes_two_roles(network: Network) -> Iterator[Fault]:
    """A deletion takes two different roles.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {deletion_roles: [Caldicott Guardian, PACS manager]}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage:
            deletion_roles: [PACS manager]  # here
    """
    stated = storage(network)
    path, what, hint = (*stated.path, "deletion_roles"), "two roles for a deletion", "name two different roles"
    yield from owed(network, stated.deletion_roles, path, what, hint, "storage")
    if len(set(stated.deletion_roles)) == 1:
        yield Fault(path, f"expected {what}, found {stated.deletion_roles[0]} alone", hint, "storage")


@rule("RET-07", Severity.ERROR, f"national guidance: {RECORDS_CODE}, Annex 1 on records at contract change")
def data_comes_back_at_the_end(network: Network) -> Iterator[Fault]:
    """It is on file how a member that leaves gets its data back, and how all do when the supplier's contract ends.

    Looks at `governance.exit_terms`; in an outsourced network at `supplier.data_return` too.

    PASS:
        governance: {exit_terms: HOST-1 schedule 6}

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    path, what = (*stated.path, "exit_terms"), "the terms on which a leaving member's data is returned"
    yield from owed(network, stated.exit_terms, path, what, "`exit_terms:`, their reference")
    if network.operating_model is OperatingModel.OUTSOURCED and (supplier := network.supplier):
        path, what = (*supplier.path, "data_return"), "how data is returned when the contract ends"
        yield from owed(network, supplier.data_return, path, what, "`data_return:`, its reference", supplier.name)


RULES = (
    studies_are_kept_eight_years,
    some_studies_are_kept_for_longer,
    studies_may_be_kept_for_thirty_years,
    someone_can_stop_destruction,
    a_deletion_takes_two_roles,
    data_comes_back_at_the_end,
)
