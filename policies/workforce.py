"""WRK: on what terms people work for the network. The Society of Radiographers' conditions are here."""

from collections.abc import Iterator
from datetime import date

from policies.ownership import privately_owned
from policies.rule import Fault, Judging, rule
from policies.stated import board, filed, governance, overdue, owed, workforce
from provisioner.definition.choices import OperatingModel
from provisioner.definition.network import Network
from provisioner.definition.organisation import Pension, StaffRoute, Terms
from provisioner.findings import Severity

NHS_TERMS = (Terms.AGENDA_FOR_CHANGE, Terms.NHS_MEDICAL)
NO_TRANSFER = (OperatingModel.COLLABORATION, OperatingModel.ALLIANCE)
SOR = "seed article: a condition of the Society of Radiographers (2021)"


@rule("WRK-01", Severity.ERROR, f"{SOR}: no move off NHS terms and conditions")
def staff_keep_nhs_terms(network: Network) -> Iterator[Fault]:
    """Staff keep NHS terms and conditions: Agenda for Change, or the NHS medical contract.

    Looks at `workforce.terms`, which is agenda_for_change unless the file says otherwise.

    PASS:
        workforce: {terms: agenda_for_change}

    FAIL:
        workforce:
          terms: local  # here
    """
    stated = workforce(network)
    path = (*stated.path, "terms")
    yield from owed(network, network.workforce, path, "on what terms people work", "`workforce: {terms: ...}`", "terms")
    if stated.terms not in NHS_TERMS:
        message = f"expected NHS terms ({' or '.join(NHS_TERMS)}), found {stated.terms}"
        yield Fault(path, message, NHS_TERMS[0], "terms")


@rule("WRK-02", Severity.WARN, f"{SOR}, and the concern about a workforce of two tiers")
def new_starters_get_nhs_terms_too(network: Network) -> Iterator[Fault]:
    """Those who join later work on NHS terms too, so that there is one workforce and not two.

    PASS:
        workforce: {new_starters: agenda_for_change}

    FAIL:
        workforce:
          new_starters: local  # here

    FAIL:
        workforce: {terms: agenda_for_change}  # here
    """
    stated = workforce(network)
    path, terms = (*stated.path, "new_starters"), stated.new_starters
    if terms is None:
        yield from owed(network, terms, path, "the terms of new starters", f"`new_starters: {NHS_TERMS[0]}`", "terms")
    elif terms not in NHS_TERMS:
        message = f"expected NHS terms for new starters ({' or '.join(NHS_TERMS)}), found {terms}"
        yield Fault(path, message, NHS_TERMS[0], "terms")


@rule(
    "WRK-03",
    Severity.ERROR,
    "national guidance: New Fair Deal (October 2013), NHS Pension Scheme for those transferred",
)
def transferred_staff_keep_their_pension(network: Network) -> Judging:
    """Staff who are transferred keep the NHS Pension Scheme, by direct access or under New Fair Deal.

    PASS:
        operating_model: cic
        workforce: {route: tupe, pension: new_fair_deal}

    FAIL:
        operating_model: cic
        workforce:
          route: tupe
          pension: other  # here

    FAIL:
        operating_model: cic
        workforce:
          route: tupe  # here
    """
    stated = workforce(network)
    if stated.route is StaffRoute.TUPE and stated.pension not in (Pension.NHS, Pension.NEW_FAIR_DEAL):
        path = (*stated.path, "pension" if stated.pension else "route")
        message = f"expected nhs or new_fair_deal as pension of staff who transfer, found {stated.pension or 'none'}"
        yield Fault(path, message, "`pension: new_fair_deal`", "pension")
    return None if stated.route is StaffRoute.TUPE else "nobody is transferred"


@rule("WRK-04", Severity.ERROR, "engineering: derived, there is no new employer in a collaboration or an alliance")
def nobody_is_transferred_to_a_contract(network: Network) -> Iterator[Fault]:
    """Nobody is transferred (TUPE) in a collaboration or an alliance, which employ nobody.

    PASS:
        operating_model: alliance
        workforce: {route: secondment}

    FAIL:
        operating_model: alliance
        workforce:
          route: tupe  # here
    """
    stated = workforce(network)
    if network.operating_model in NO_TRANSFER and stated.route is StaffRoute.TUPE:
        message = f"expected stay or secondment in {network.operating_model}, which employs nobody; found tupe"
        yield Fault((*stated.path, "route"), message, "`route: secondment`, or another operating model", "route")


@rule(
    "WRK-05",
    Severity.WARN,
    "law: TUPE Regulations 2006, consultation before transfer; seed article: Society of Radiographers (2021)",
)
def staff_side_was_consulted_first(network: Network) -> Iterator[Fault]:
    """Staff side was consulted, before the network went live.

    PASS:
        workforce: {consulted: 2026-01-19, go_live: 2027-01-11}

    FAIL:
        workforce:
          go_live: 2027-01-11
          consulted: 2027-02-01  # here

    FAIL:
        workforce: {consulted: 2026-01-19}  # here
    """
    stated = workforce(network)
    path = (*stated.path, "consulted")
    yield from owed(
        network, stated.consulted, path, "the day on which staff side was consulted", "`consulted:`, the day"
    )
    yield from owed(network, stated.go_live, (*stated.path, "go_live"), "the day of going live", "`go_live:`, the day")
    if stated.consulted and stated.go_live and stated.consulted >= stated.go_live:
        message = f"expected consultation before going live on {stated.go_live}, found {stated.consulted}"
        yield Fault(path, message, "go live later", network.network.id)


@rule("WRK-06", Severity.WARN, f"{SOR}: no privatisation")
def nothing_is_privatised(network: Network) -> Iterator[Fault]:
    """No private body owns a share of the network or runs it.

    Looks at each owner, at members that are independent, and at `supplier.private_operator`.

    PASS:
        operating_model: outsourced
        supplier: {name: Beacon Limited, private_operator: false}

    FAIL:
        operating_model: outsourced
        supplier:
          name: Beacon Limited
          private_operator: true  # here

    FAIL:
        operating_model: outsourced
        supplier: {name: Beacon Limited}  # here

    FAIL:
        operating_model: jv_company
        ownership:
          - {member: RXA, share: 60}
          - {name: Lantern Limited, share: 40, kind: private}  # here
    """
    for owner in privately_owned(network):
        who = owner.member or owner.name
        message = f"expected NHS bodies as owners, found {who}, a private one, with {owner.share:g} percent"
        yield Fault(owner.path, message, "an owner in the NHS", who)
    if network.operating_model is OperatingModel.OUTSOURCED and (supplier := network.supplier):
        path, name = (*supplier.path, "private_operator"), supplier.name or "the supplier"
        if supplier.private_operator:
            message = f"expected an NHS body to run the network, found {name}, a private one"
            yield Fault(path, message, "`private_operator: false`, if an NHS body owns and controls it", name)
        elif supplier.private_operator is None:
            what = f"whether {name} is private"
            yield from owed(network, supplier.private_operator, path, what, "`private_operator:`, true or false", name)


@rule("WRK-07", Severity.ERROR, f"{SOR}: an NHS model of governance")
def the_nhs_governs(network: Network) -> Iterator[Fault]:
    """The senior responsible owner, the board and the clinical director are employed by the NHS.

    PASS:
        governance: {board: {nhs_employed: true}}

    FAIL:
        governance:
          board:
            nhs_employed: false  # here

    FAIL:
        governance:
          board: {quorum: 2}  # here
    """
    stated = board(network)
    path, what = (*stated.path, "nhs_employed"), "an SRO, a board and a clinical director who are NHS employees"
    if stated.nhs_employed is False:
        yield Fault(path, f"expected {what}, found that they are not", "appoint NHS employees", network.network.id)
    else:
        yield from owed(network, stated.nhs_employed, path, what, "`nhs_employed: true`, if they are")


@rule("WRK-08", Severity.WARN, f"{SOR}: a quality standard; QSIN (July 2022) and QSI (2021) of RCR and CoR", dated=True)
def the_network_keeps_to_a_quality_standard(network: Network, today: date) -> Iterator[Fault]:
    """The network keeps to a quality standard (QSIN, or QSI), which has an owner and a review date.

    PASS:
        governance: {quality_standard: {ref: QSIN, approved_by: Network manager, review: 2028-06-30}}

    FAIL:
        governance:
          quality_standard: {ref: QSIN, approved_by: Network manager}  # here

    FAIL:
        governance:
          quality_standard:
            ref: ISO 9001  # here
            approved_by: Network manager
            review: 2026-06-30  # here
    """
    record = governance(network).quality_standard
    yield from filed(network, "quality_standard", record, "the quality standard", ("ref", "approved_by", "review"))
    if record and record.ref and "QSI" not in record.ref:
        message = f"expected QSIN or QSI as quality standard, found {record.ref}"
        yield Fault((*record.path, "ref"), message, "QSIN, the standard for imaging networks", "quality_standard")
    if record:
        yield from overdue(
            network, record.review, today, (*record.path, "review"), "the review of the quality standard"
        )


RULES = (
    staff_keep_nhs_terms,
    new_starters_get_nhs_terms_too,
    transferred_staff_keep_their_pension,
    nobody_is_transferred_to_a_contract,
    staff_side_was_consulted_first,
    nothing_is_privatised,
    the_nhs_governs,
    the_network_keeps_to_a_quality_standard,
)
