"""LLP, LTD, CIC: what a network owes that is a legal person of its own."""

from collections.abc import Iterator
from datetime import date

from policies.rule import Fault, rule
from policies.sources import CIC_GUIDANCE, COMPANIES_HOUSE, JOINT_VENTURES, LLP_ACT
from policies.stated import lighter, owed, recent, signed_by_all
from provisioner.definition.choices import OperatingModel
from provisioner.definition.network import Network
from provisioner.definition.organisation import EntityKind, LegalEntity
from provisioner.findings import Severity

LLP_NUMBERS = ("OC", "SO", "NC")
COMPANY_NUMBERS = ("SC", "NI")


def _entity_faults(network: Network, fits: bool, number: str, endings: tuple[str, ...]) -> Iterator[Fault]:
    """What a legal entity's name and number owe; `number` says in words what would fit."""
    entity = network.legal_entity
    if entity is None:
        message = f"expected the legal person that a {network.operating_model} network is, found no legal_entity"
        yield Fault((*network.path, "legal_entity"), message, "add `legal_entity: {name: ..., company_number: ...}`")
        return
    if not fits:
        message = f"expected {number}, found {entity.company_number or 'none'}"
        yield Fault((*entity.path, "company_number"), message, "the number at Companies House", entity.name)
    if endings and not entity.name.upper().rstrip(". ").endswith(endings):
        wanted = " or ".join(endings)
        message = f"expected a name that ends in {wanted}, found {entity.name or 'none'}"
        yield Fault((*entity.path, "name"), message, "the registered name, as at Companies House", entity.name)


def _form(network: Network, *kinds: EntityKind) -> Iterator[Fault]:
    entity = network.legal_entity
    if entity and entity.kind not in kinds:
        message = f"expected {' or '.join(kinds)}, found {entity.kind or 'none'}"
        yield Fault((*entity.path, "kind"), message, "the form in which it is registered", entity.name)


def _number(entity: LegalEntity | None) -> str:
    return entity.company_number if entity else ""


def _entity(network: Network) -> LegalEntity:
    return network.legal_entity or LegalEntity((*network.path, "legal_entity"))


@rule("LLP-01", Severity.ERROR, f"law: {LLP_ACT}; {COMPANIES_HOUSE}")
def an_llp_has_its_number_and_name(network: Network) -> Iterator[Fault]:
    """An LLP has a number that starts with OC (SO in Scotland, NC in Northern Ireland) and a name that ends in LLP.

    Its `kind` is llp.

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
        yield from _form(network, EntityKind.LLP)


@rule("LLP-02", Severity.ERROR, f"law: {LLP_ACT}, two designated members or more")
def an_llp_has_designated_members_and_an_agreement(network: Network) -> Iterator[Fault]:
    """An LLP has two designated members or more, and an agreement that all its members have signed.

    The law does not ask for a written agreement, but without one default rules apply. It is one of kind
    `members_agreement` under `governance.agreements`.

    PASS:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, kind: llp, designated_members: [RXA, RXB]}
        governance: {agreements: [{kind: members_agreement, parties: [RXA, RXB], signed: 2026-03-02}]}

    FAIL:
        operating_model: jv_llp
        legal_entity:
          name: Severn Imaging LLP
          kind: llp
          designated_members: [RXA]  # here
        governance: {agreements: [{kind: members_agreement, parties: [RXA, RXB], signed: 2026-03-02}]}

    FAIL:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, kind: llp, designated_members: [RXA, RXB]}
        governance: {dtac: DTAC-1}  # here
    """
    if network.operating_model is not OperatingModel.JV_LLP:
        return
    entity = _entity(network)
    path, count = (*entity.path, "designated_members"), len(entity.designated_members)
    yield from owed(network, count, path, "two designated members or more", "their ODS codes", entity.name)
    if count == 1:
        message = f"expected two designated members or more, found {entity.designated_members[0]} alone"
        yield Fault(path, message, "their ODS codes", entity.name)
    yield from signed_by_all(network, ("members_agreement",), "add `{kind: members_agreement, parties: [...], ...}`")


@rule("LLP-03", Severity.INFO, f"law: {LLP_ACT}, a lawful business with a view to profit")
def an_llp_is_for_profit(network: Network) -> Iterator[Fault]:
    """An LLP says for what business it is: the law makes LLPs for those who carry one on with a view to profit.

    That is an awkward test for a network that seeks none. `legal_entity.purpose` says how it is met.

    PASS:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP, purpose: A reporting business whose surplus goes to its members}

    FAIL:
        operating_model: jv_llp
        legal_entity: {name: Severn Imaging LLP}  # here
    """
    if network.operating_model is OperatingModel.JV_LLP:
        entity = _entity(network)
        path, what = (*entity.path, "purpose"), "the business that this LLP carries on with a view to profit"
        yield from owed(network, entity.purpose, path, what, "`purpose:`, after advice on the form", entity.name)


@rule("LTD-01", Severity.ERROR, f"law: {COMPANIES_HOUSE}; {JOINT_VENTURES}")
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
    yield from _form(network, EntityKind.COMPANY_BY_SHARES, EntityKind.COMPANY_BY_GUARANTEE)
    if not entity.articles:
        yield Fault(
            (*entity.path, "articles"), "expected a reference to the articles, found none", "`articles:`", entity.name
        )
    kinds = ("shareholders_agreement", "members_agreement")
    agreements = network.governance.agreements if network.governance else ()
    if not any(a.kind in kinds for a in agreements):
        message = f"expected an agreement of kind {' or '.join(kinds)}, found none"
        yield Fault((*network.path, "governance", "agreements"), message, f"add `{{kind: {kinds[0]}, ref: ...}}`")


@rule("LTD-02", Severity.WARN, f"professional: {JOINT_VENTURES}, each party appoints a director")
def each_owner_appoints_a_director(network: Network) -> Iterator[Fault]:
    """Each member that owns a part of a joint company appoints a director.

    PASS:
        operating_model: jv_company
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
        legal_entity: {name: Severn Imaging Limited, directors: [RXA, RXB]}

    FAIL:
        operating_model: jv_company
        ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
        legal_entity:
          name: Severn Imaging Limited
          directors: [RXA]  # here
    """
    entity = _entity(network)
    without = [owner.member for owner in network.ownership if owner.member and owner.member not in entity.directors]
    if network.operating_model is OperatingModel.JV_COMPANY and entity.directors:
        for member in without:
            message = f"expected a director appointed by {member}, an owner; found {', '.join(entity.directors)}"
            yield Fault((*entity.path, "directors"), message, "every owning member", member)
    elif network.operating_model is OperatingModel.JV_COMPANY:
        path, what = (*entity.path, "directors"), "the members that appoint directors"
        yield from owed(network, entity.directors, path, what, "`directors:`, their ODS codes", entity.name)


@rule("CIC-01", Severity.ERROR, f"law: {CIC_GUIDANCE}; {COMPANIES_HOUSE}")
def a_cic_has_its_number_and_name(network: Network) -> Iterator[Fault]:
    """A community interest company has a number of 8 digits and a name that ends in CIC.

    Its `kind` is cic_by_shares or cic_by_guarantee.

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
        yield from _form(network, EntityKind.CIC_BY_SHARES, EntityKind.CIC_BY_GUARANTEE)


@rule("CIC-02", Severity.ERROR, f"law: {CIC_GUIDANCE}, asset lock and community interest statement (CIC36)")
def a_cic_locks_its_assets(network: Network) -> Iterator[Fault]:
    """A community interest company has an asset lock and a community interest statement.

    That it names no body to receive its assets on winding up is a warning.

    PASS:
        operating_model: cic
        legal_entity:
          {name: Severn Imaging CIC, asset_lock: ART-1 article 3, community_interest_statement: CIC36-1,
           asset_locked_body: Severn Hospitals Charity}

    FAIL:
        operating_model: cic
        legal_entity: {asset_lock: ART-1 article 3, asset_locked_body: Severn Hospitals Charity}  # here

    FAIL:
        operating_model: cic
        legal_entity: {asset_lock: ART-1 article 3, community_interest_statement: CIC36-1}  # here
    """
    if network.operating_model is not OperatingModel.CIC:
        return
    entity = _entity(network)
    path, what = (*entity.path, "asset_lock"), "an asset lock in the articles"
    yield from owed(network, entity.asset_lock, path, what, "`asset_lock:` and its clause", entity.name)
    statement, path = entity.community_interest_statement, (*entity.path, "community_interest_statement")
    hint = "`community_interest_statement:` and its reference"
    yield from owed(network, statement, path, "a community interest statement", hint, entity.name)
    path, what = (*entity.path, "asset_locked_body"), "a body that receives the assets on winding up"
    body = owed(network, entity.asset_locked_body, path, what, "`asset_locked_body:`, its name", entity.name)
    yield from lighter(Severity.WARN, body)


@rule("CIC-03", Severity.WARN, f"law: {CIC_GUIDANCE}, report CIC34, each year with the accounts", dated=True)
def a_cic_reports_every_year(network: Network, today: date) -> Iterator[Fault]:
    """A community interest company filed its last report (CIC34) within the year.

    PASS:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC, cic34: 2026-09-14}

    FAIL:
        operating_model: cic
        legal_entity:
          name: Severn Imaging CIC
          cic34: 2025-09-14  # here

    FAIL:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC}  # here
    """
    if network.operating_model is OperatingModel.CIC:
        entity = _entity(network)
        path, what = (*entity.path, "cic34"), "a community interest report"
        yield from owed(network, entity.cic34, path, what, "`cic34:`, the day of the last", entity.name)
        yield from recent(network, entity.cic34, today, path, what)


@rule("CIC-04", Severity.INFO, f"law: {CIC_GUIDANCE}, no CIC exists for its members or one employer alone")
def a_cic_states_its_purpose(network: Network) -> Iterator[Fault]:
    """A community interest company states its purpose, which must be wider than its own members and staff.

    PASS:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC, purpose: Imaging for all who live in the Severn valley}

    FAIL:
        operating_model: cic
        legal_entity: {name: Severn Imaging CIC}  # here
    """
    if network.operating_model is OperatingModel.CIC:
        entity = _entity(network)
        path, what = (*entity.path, "purpose"), "a purpose beyond its own members and staff"
        yield from owed(network, entity.purpose, path, what, "`purpose:`, whom it serves", entity.name)


RULES = (
    an_llp_has_its_number_and_name,
    an_llp_has_designated_members_and_an_agreement,
    an_llp_is_for_profit,
    a_company_has_its_number_and_articles,
    each_owner_appoints_a_director,
    a_cic_has_its_number_and_name,
    a_cic_locks_its_assets,
    a_cic_reports_every_year,
    a_cic_states_its_purpose,
)
