"""JV: who owns a joint venture or a CIC, by what power, and what an entity must have on file."""

from collections.abc import Iterator

from policies.rule import Fault, Judging, rule
from policies.sources import CQC_SCOPE
from policies.stated import governance, owed, whole
from provisioner.definition.choices import MemberKind, OperatingModel
from provisioner.definition.network import Network
from provisioner.definition.organisation import EntityKind, LegalEntity, Owner, OwnerKind
from provisioner.findings import Severity

VENTURES = (OperatingModel.JV_LLP, OperatingModel.JV_COMPANY, OperatingModel.CIC)
PROCURED = (*VENTURES, OperatingModel.OUTSOURCED)


def _has_shares(network: Network) -> bool:
    """A company or CIC by guarantee has no share capital; if it lists shares all the same, they must add up."""
    kind = network.legal_entity.kind if network.legal_entity else None
    match network.operating_model:
        case OperatingModel.JV_LLP:
            return True
        case OperatingModel.JV_COMPANY:
            return kind is not EntityKind.COMPANY_BY_GUARANTEE or bool(network.ownership)
        case OperatingModel.CIC:
            return kind is not EntityKind.CIC_BY_GUARANTEE or bool(network.ownership)
        case _:
            return False


@rule("JV-01", Severity.ERROR, "engineering: derived, shares are shares of one whole")
def shares_total_one_hundred(network: Network) -> Iterator[Fault]:
    """The ownership shares of a joint venture, or of a CIC by shares, total 100 percent.

    PASS:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, kind: llp, company_number: OC123456}
        ownership: [{member: RXA, share: 33.34}, {member: RXB, share: 66.66}]

    FAIL:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, kind: llp, company_number: OC123456}
        ownership:  # here
          - {member: RXA, share: 50}
          - {member: RXB, share: 45}
    """
    if _has_shares(network) and not whole(network.ownership):
        total = sum(owner.share for owner in network.ownership)
        shares = " + ".join(f"{o.member or o.name} {o.share:g}" for o in network.ownership)
        message = f"expected shares that total 100 percent, found {total:g}{f' ({shares})' if shares else ''}"
        remedy = "list every owner with its share in percent"
        yield Fault((*network.path, "ownership"), message, remedy, "ownership", at_key=True)


def privately_owned(network: Network) -> tuple[Owner, ...]:
    """Owners that are no NHS bodies; a member that is independent is none, whatever the file calls its share."""
    independent = {member.ods for member in network.members if member.kind is MemberKind.INDEPENDENT}
    return tuple(o for o in network.ownership if o.kind is OwnerKind.PRIVATE or o.member in independent)


@rule(
    "JV-02",
    Severity.ERROR,
    "seed article: network development stays in the NHS (SoR, 2021); in-house exemption, Sch. 2 PA 2023",
)
def nhs_bodies_own_the_majority(network: Network) -> Iterator[Fault]:
    """NHS bodies own the majority of a joint venture or a CIC.

    WRK-06 speaks of any private share at all.

    PASS:
        operating_model: jv_company
        ownership: [{member: RXA, share: 60}, {name: Lantern Limited, share: 40, kind: private}]

    FAIL:
        operating_model: jv_company
        ownership:  # here
          - {member: RXA, share: 50}
          - {name: Lantern Limited, share: 50, kind: private}
    """
    private = sum(owner.share for owner in privately_owned(network))
    total = sum(owner.share for owner in network.ownership)
    if network.operating_model in VENTURES and private and private * 2 >= total:
        message = f"expected NHS bodies with more than half of the shares, found {total - private:g} of {total:g}"
        yield Fault((*network.path, "ownership"), message, "the NHS keeps the majority", "ownership", at_key=True)


@rule("JV-03", Severity.WARN, "law: powers of NHS trusts, as sources of 2016 to 2018 have it, to be checked for change")
def an_nhs_trust_quotes_its_power_to_own(network: Network) -> Judging:
    """An owner that is an NHS trust, and no foundation trust, quotes the power on which it relies.

    Foundation trusts have a general power to join companies; NHS trusts had none when the sources were written.

    PASS:
        operating_model: jv_company
        ownership:
          - {member: RXA, share: 60}
          - {member: RXB, share: 40, power: Income generation scheme IG-1}

    FAIL:
        operating_model: jv_company
        ownership:
          - {member: RXA, share: 60}
          - {member: RXB, share: 40}  # here
    """
    if network.operating_model not in VENTURES:
        return None
    trusts = {member.ods for member in network.members if member.kind is MemberKind.NHS_TRUST}
    for owner in network.ownership:
        if owner.member in trusts:
            path, what = (*owner.path, "power"), f"the power by which {owner.member}, an NHS trust, owns a share"
            yield from owed(network, owner.power, path, what, "`power:`, after advice", owner.member)
    return None if any(o.member in trusts for o in network.ownership) else "no owner is an NHS trust"


@rule("JV-04", Severity.WARN, "national guidance: NHS England on forming or changing a subsidiary (29 February 2024)")
def nhs_england_has_reviewed_the_entity(network: Network) -> Iterator[Fault]:
    """A joint venture or CIC has NHS England's review on file, or states that it is below the threshold.

    PASS:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC, nhse_approval: NHSE-1}

    FAIL:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC}  # here
    """
    if network.operating_model in VENTURES:
        entity = _entity(network)
        stated, path = entity.nhse_approval or entity.below_threshold, (*entity.path, "nhse_approval")
        hint = "`nhse_approval:` and its reference, or `below_threshold: true`"
        yield from owed(network, stated, path, "NHS England's review of the entity", hint, entity.name)


@rule("JV-05", Severity.ERROR, f"law: {CQC_SCOPE}, diagnostic and screening procedures, of which reporting is one")
def the_entity_is_registered_with_the_cqc(network: Network) -> Iterator[Fault]:
    """A joint venture or CIC is registered with the CQC in its own name.

    The legal person that images or reports registers, not the site and not its owners.

    PASS:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC, cqc: 1-900000001}

    FAIL:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC}  # here
    """
    if network.operating_model in VENTURES:
        entity = _entity(network)
        path, what = (*entity.path, "cqc"), "the entity's registration with the CQC"
        yield from owed(network, entity.cqc, path, what, "`cqc:`, its provider number", entity.name)


@rule(
    "JV-06", Severity.WARN, "law: Provider Selection Regime (1 January 2024), Procurement Act 2023 (24 February 2025)"
)
def procurement_and_vat_are_on_file(network: Network) -> Iterator[Fault]:
    """A joint venture, a CIC or an outsourced network names its procurement route and its advice on VAT.

    PASS:
        operating_model: outsourced
        governance: {procurement_route: Provider Selection Regime, vat_advice: VAT-1}

    FAIL:
        operating_model: outsourced
        governance:  # here
          procurement_route: Provider Selection Regime
    """
    if network.operating_model not in PROCURED:
        return
    stated = governance(network)
    path, what = (*stated.path, "procurement_route"), "the procurement route"
    yield from owed(network, stated.procurement_route, path, what, "`procurement_route:`, the regime and the procedure")
    yield from owed(
        network, stated.vat_advice, (*stated.path, "vat_advice"), "advice on VAT", "`vat_advice:`, its reference"
    )


def _entity(network: Network) -> LegalEntity:
    return network.legal_entity or LegalEntity((*network.path, "legal_entity"))


RULES = (
    shares_total_one_hundred,
    nhs_bodies_own_the_majority,
    an_nhs_trust_quotes_its_power_to_own,
    nhs_england_has_reviewed_the_entity,
    the_entity_is_registered_with_the_cqc,
    procurement_and_vat_are_on_file,
)
