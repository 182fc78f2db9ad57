"""COL, HOS, LLP, LTD, CIC, JV: what each operating model owes."""

from collections.abc import Iterator

from policies.rule import Fault, rule
from provisioner.choices import MemberKind, OperatingModel
from provisioner.findings import Severity
from provisioner.network import Network
from provisioner.organisation import EntityKind, LegalEntity

LLP_NUMBERS = ("OC", "SO", "NC")
COMPANY_NUMBERS = ("SC", "NI")
TOLERANCE = 0.01


@rule("COL-02", Severity.ERROR, "derived: a collaboration is a contract and makes no legal person")
def a_collaboration_is_no_company(network: Network) -> Iterator[Fault]:
    """A collaboration has no company number and no ownership shares.

    PASS:
        operating_model: collaboration
        lead: RXA

    FAIL:
        operating_model: collaboration
        lead: RXA
        ownership:  # here
          - {member: RXA, share: 50}
          - {member: RXB, share: 50}
    """
    if network.operating_model is not OperatingModel.COLLABORATION:
        return
    entity, remedy = network.legal_entity, "take it out, or choose jv_llp, jv_company or cic as operating_model"
    if entity and entity.company_number:
        message = f"expected no company number in a collaboration, found {entity.company_number}"
        yield Fault((*entity.path, "company_number"), message, remedy, entity.company_number)
    if network.ownership:
        message = f"expected no ownership shares in a collaboration, found {len(network.ownership)}"
        yield Fault((*network.path, "ownership"), message, remedy, "ownership", at_key=True)


@rule("HOS-01", Severity.ERROR, "national guidance: a unit hosted by one NHS secondary provider")
def the_host_is_an_nhs_member(network: Network) -> Iterator[Fault]:
    """The host of a hosted network is one of its members and an NHS provider.

    PASS:
        operating_model: hosted
        host: RXA

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: independent, sites: [{ods: RXA01, name: Aldermoor General}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Brackenfield Royal}]}
        operating_model: hosted
        host: RXA  # here
    """
    if network.operating_model is not OperatingModel.HOSTED:
        return
    nhs = [member.ods for member in network.members if member.kind is not MemberKind.INDEPENDENT]
    if network.host not in nhs:
        yield Fault(
            (*network.path, "host"),
            f"expected an NHS member as host ({', '.join(nhs) or 'and there is none'}); found {network.host or 'none'}",
            "the ODS code of the trust that employs, contracts and answers for the network",
            network.host,
        )


def _entity_faults(network: Network, fits: bool, number: str, endings: tuple[str, ...]) -> Iterator[Fault]:
    """What a legal entity's name and number owe; `number` says in words what would fit."""
    entity = network.legal_entity
    if entity is None:
        message = f"a {network.operating_model} network is a legal person of its own; found no legal_entity"
        yield Fault((*network.path, "legal_entity"), message, "add `legal_entity: {name: ..., company_number: ...}`")
        return
    if not fits:
        message = f"expected {number}, found {entity.company_number or 'none'}"
        yield Fault((*entity.path, "company_number"), message, "the number at Companies House", entity.name)
    if endings and not entity.name.upper().rstrip(". ").endswith(endings):
        wanted = " or ".join(endings)
        message = f"expected a name that ends in {wanted}, found {entity.name or 'none'}"
        yield Fault((*entity.path, "name"), message, "the registered name, as at Companies House", entity.name)


def _number(entity: LegalEntity | None) -> str:
    return entity.company_number if entity else ""


@rule("LLP-01", Severity.ERROR, "law: Limited Liability Partnerships Act 2000; Companies House numbers")
def an_llp_has_its_number_and_name(network: Network) -> Iterator[Fault]:
    """An LLP has a number that starts with OC (SO in Scotland, NC in Northern Ireland) and a name that ends in LLP.

    PASS:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, kind: llp, company_number: OC123456}
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]

    FAIL:
        operating_model: jv_llp
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
        legal_entity:
          name: Severn Imaging LLP
          kind: llp
          company_number: "01234567"  # here
    """
    if network.operating_model is OperatingModel.JV_LLP:
        fits = _number(network.legal_entity).startswith(LLP_NUMBERS)
        wanted = "OC, SO or NC and 6 digits, the number of an LLP"
        yield from _entity_faults(network, fits, wanted, ("LLP", "LIMITED LIABILITY PARTNERSHIP"))


@rule("LTD-01", Severity.ERROR, "law: Companies House numbers; practice of joint ventures")
def a_company_has_its_number_and_articles(network: Network) -> Iterator[Fault]:
    """A joint company states its number, its form, its articles and its shareholders' agreement.

    The agreement is one of kind `shareholders_agreement` (or `members_agreement`, for a company by guarantee) under
    `governance.agreements`.

    PASS:
        operating_model: jv_company
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
        legal_entity:
          {name: Severn Imaging Limited, kind: company_by_shares, company_number: "01234567", articles: A-1}
        governance: {agreements: [{kind: shareholders_agreement, parties: [RXA, RXB], ref: S-1}]}

    FAIL:
        operating_model: jv_company
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
        governance: {agreements: [{kind: shareholders_agreement, parties: [RXA, RXB], ref: S-1}]}
        legal_entity:
          name: Severn Imaging Limited
          kind: company_by_shares
          articles: A-1
          company_number: OC123456  # here
    """
    if network.operating_model is not OperatingModel.JV_COMPANY:
        return
    number = _number(network.legal_entity)
    fits = number.isdigit() or number.startswith(COMPANY_NUMBERS)
    yield from _entity_faults(network, fits, "8 digits, or SC or NI and 6 digits, the number of a company", ())
    if network.legal_entity:
        yield from _company_papers(network, network.legal_entity)


def _company_papers(network: Network, entity: LegalEntity) -> Iterator[Fault]:
    if entity.kind not in (EntityKind.COMPANY_BY_SHARES, EntityKind.COMPANY_BY_GUARANTEE):
        message = f"expected company_by_shares or company_by_guarantee, found {entity.kind or 'none'}"
        yield Fault((*entity.path, "kind"), message, "the form in which it is registered", entity.name)
    if not entity.articles:
        yield Fault((*entity.path, "articles"), "expected a reference to the articles, found none", "", entity.name)
    kinds = ("shareholders_agreement", "members_agreement")
    agreements = network.governance.agreements if network.governance else ()
    if not any(a.kind in kinds for a in agreements):
        message = f"expected an agreement of kind {' or '.join(kinds)}, found none"
        yield Fault((*network.path, "governance", "agreements"), message, f"add `{{kind: {kinds[0]}, ref: ...}}`")


@rule("CIC-01", Severity.ERROR, "law: CIC guidance of the Regulator; Companies House numbers")
def a_cic_has_its_number_and_name(network: Network) -> Iterator[Fault]:
    """A community interest company has a number of 8 digits and a name that ends in CIC.

    PASS:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC, kind: cic_by_guarantee, company_number: "01234567"}

    FAIL:
        operating_model: cic
        legal_entity:
          kind: cic_by_guarantee
          company_number: "01234567"
          name: Severn Imaging Limited  # here
    """
    if network.operating_model is OperatingModel.CIC:
        fits = _number(network.legal_entity).isdigit()
        endings = ("CIC", "C.I.C", "COMMUNITY INTEREST COMPANY")
        yield from _entity_faults(network, fits, "8 digits, the number of a CIC", endings)


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


@rule("JV-01", Severity.ERROR, "derived: shares are shares of one whole")
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
    total = sum(owner.share for owner in network.ownership)
    if _has_shares(network) and abs(total - 100) > TOLERANCE:
        shares = " + ".join(f"{o.member or o.name} {o.share:g}" for o in network.ownership)
        message = f"expected shares that total 100 percent, found {total:g}{f' ({shares})' if shares else ''}"
        remedy = "list every owner with its share in percent"
        yield Fault((*network.path, "ownership"), message, remedy, "ownership", at_key=True)


RULES = (
    a_collaboration_is_no_company,
    the_host_is_an_nhs_member,
    an_llp_has_its_number_and_name,
    a_company_has_its_number_and_articles,
    a_cic_has_its_number_and_name,
    shares_total_one_hundred,
)
