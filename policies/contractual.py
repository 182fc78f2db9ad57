"""COL, ALL, HOS: what the three models owe that are contracts and make no legal person."""

from collections.abc import Iterator

from policies.regions import LOCAL
from policies.rule import Fault, rule
from policies.sources import COLLABORATION_GUIDE
from policies.stated import (
    governance,
    lighter,
    listed,
    named,
    owed,
    platform,
    production,
    roles,
    signed_by_all,
    total_of,
)
from provisioner.definition.choices import MemberKind, OperatingModel
from provisioner.definition.network import Network
from provisioner.findings import Severity


@rule("COL-01", Severity.ERROR, f"professional: {COLLABORATION_GUIDE}, joint ventures")
def a_collaboration_has_an_agreement_and_a_lead(network: Network) -> Iterator[Fault]:
    """A collaboration rests on an agreement of all its members, and a lead trust contracts and holds assets for it.

    The agreement is one of kind `collaboration_agreement` or `mou` under `governance.agreements`.

    PASS:
        operating_model: collaboration
        lead: RXA
        governance: {agreements: [{kind: mou, parties: [RXA, RXB], signed: 2026-03-02}]}

    FAIL:
        operating_model: collaboration
        lead: RXA
        governance:
          agreements:
            - kind: mou
              parties: [RXA, RXC]  # here

    FAIL:
        operating_model: collaboration
        lead: RXA
        governance: {dtac: DTAC-1}  # here
    """
    if network.operating_model is OperatingModel.COLLABORATION:
        yield from owed(network, network.lead, (*network.path, "lead"), "a lead trust", "`lead:`, its ODS code")
        kinds = ("collaboration_agreement", "mou")
        yield from signed_by_all(network, kinds, "add `{kind: mou, parties: [...], signed: ..., ref: ...}`")


@rule("COL-02", Severity.ERROR, "engineering: derived, a collaboration is a contract and makes no legal person")
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


@rule(
    "COL-03",
    Severity.WARN,
    "seed article: two or more organisations under a single operational management team (April 2021)",
)
def a_collaboration_has_one_management_team(network: Network) -> Iterator[Fault]:
    """A collaboration has one operational management team.

    PASS:
        operating_model: collaboration
        lead: RXA
        governance: {roles: {management_team: [Network manager, Lead radiographer]}}

    FAIL:
        operating_model: collaboration
        lead: RXA
        governance:
          roles: {sro: Chief Executive}  # here
    """
    if network.operating_model is OperatingModel.COLLABORATION:
        stated = roles(network)
        path, what = (*stated.path, "management_team"), "one operational management team"
        yield from owed(network, stated.management_team, path, what, "`management_team:`, its posts")


@rule("ALL-01", Severity.ERROR, "national guidance: NHS England's template alliance agreement (December 2016)")
def an_alliance_has_an_agreement_and_its_rules(network: Network) -> Iterator[Fault]:
    """An alliance rests on an agreement of all its members, with a decision rule and shares that total 100 percent.

    The agreement is one of kind `alliance_agreement`; the decision rule, usually unanimity, is
    `governance.decision_rule`; the shares of risk and reward are `governance.risk_shares`. That there are none is a
    warning.

    PASS:
        operating_model: alliance
        governance:
          agreements: [{kind: alliance_agreement, parties: [RXA, RXB], signed: 2026-03-02}]
          decision_rule: Unanimous
          risk_shares: [{member: RXA, share: 60}, {member: RXB, share: 40}]

    FAIL:
        operating_model: alliance
        governance:
          agreements: [{kind: alliance_agreement, parties: [RXA, RXB], signed: 2026-03-02}]
          decision_rule: Unanimous
          risk_shares:  # here
            - {member: RXA, share: 60}
            - {member: RXB, share: 30}

    FAIL:
        operating_model: alliance
        governance:  # here
          agreements: [{kind: alliance_agreement, parties: [RXA, RXB], signed: 2026-03-02}]
          risk_shares: [{member: RXA, share: 60}, {member: RXB, share: 40}]

    FAIL:
        operating_model: alliance
        governance:  # here
          agreements: [{kind: alliance_agreement, parties: [RXA, RXB], signed: 2026-03-02}]
          decision_rule: Unanimous
    """
    if network.operating_model is not OperatingModel.ALLIANCE:
        return
    stated = governance(network)
    hint = "add `{kind: alliance_agreement, parties: [...], signed: ..., ref: ...}`"
    yield from signed_by_all(network, ("alliance_agreement",), hint)
    path = (*stated.path, "decision_rule")
    yield from owed(network, stated.decision_rule, path, "how the alliance decides", "`decision_rule: Unanimous`")
    path = (*stated.path, "risk_shares")
    shares = owed(network, stated.risk_shares, path, "shares of risk and reward", "`risk_shares:`", "risk_shares")
    yield from lighter(Severity.WARN, shares)
    yield from total_of(stated.risk_shares, path, "shares of risk and reward", "risk_shares")


@rule("ALL-02", Severity.ERROR, "engineering: derived, an alliance is no legal person, so a party must own each asset")
def a_party_owns_what_the_alliance_shares(network: Network) -> Iterator[Fault]:
    """What an alliance shares has one owner, a member: the platform's account and the encryption keys.

    PASS:
        operating_model: alliance
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, key_owner: RXB}

    FAIL:
        operating_model: alliance
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          key_owner: The alliance  # here
    """
    if network.operating_model is not OperatingModel.ALLIANCE:
        return
    stated, codes = platform(network), [member.ods for member in network.members]
    for key, owner in (("account_owner", stated.account_owner), ("key_owner", stated.key_owner)):
        path = (*stated.path, key)
        yield from owed(network, owner, path, f"a member as {key}", "the ODS code of one member", key)
        if owner and owner not in codes:
            message = f"expected a member as {key} ({listed(codes)}), found {owner}"
            yield Fault(path, message, "the ODS code of one member", owner)


@rule("HOS-01", Severity.ERROR, "seed article: a unit hosted by one NHS secondary provider (2021)")
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
            f"expected an NHS member as host ({listed(nhs) or 'and there is none'}); found {network.host or 'none'}",
            "the ODS code of the trust that employs, contracts and answers for the network",
            network.host,
        )


@rule("HOS-02", Severity.ERROR, f"professional: {COLLABORATION_GUIDE}, host and SLAs")
def the_host_has_an_agreement_and_an_sla_with_each(network: Network) -> Iterator[Fault]:
    """All members have signed a hosting agreement, and each has a service level agreement with the host.

    They are of kind `hosting_agreement` and `sla` under `governance.agreements`.

    PASS:
        governance:
          agreements:
            - {kind: hosting_agreement, parties: [RXA, RXB], signed: 2026-03-02}
            - {kind: sla, parties: [RXA, RXB], signed: 2026-03-02}

    FAIL:
        governance:
          agreements:  # here
            - {kind: hosting_agreement, parties: [RXA, RXB], signed: 2026-03-02}
    """
    if network.operating_model is not OperatingModel.HOSTED:
        return
    hint = "add `{kind: hosting_agreement, parties: [...], signed: ..., ref: ...}`"
    yield from signed_by_all(network, ("hosting_agreement",), hint)
    stated = governance(network)
    slas = [agreement.parties for agreement in stated.agreements if agreement.kind == "sla"]
    host = next((member for member in network.members if member.ods == network.host), None)
    served = {party for parties in slas if host and named(host, parties) for party in parties}
    for member in network.members:
        if member is not host and not named(member, served) and production(network):
            message = f"expected an SLA between {member.ods} and its host, found none"
            hint = f"add `{{kind: sla, parties: [{network.host}, {member.ods}], signed: ..., ref: ...}}`"
            yield Fault((*stated.path, "agreements"), message, hint, member.ods, at_key=True)


@rule("HOS-03", Severity.ERROR, f"professional: {COLLABORATION_GUIDE}, the host contracts")
def the_host_owns_the_account(network: Network) -> Iterator[Fault]:
    """The host of a hosted network owns the platform's account.

    Who employs staff and holds the contracts is in the hosting agreement, and no definition can show it.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXB  # here
    """
    stated = platform(network)
    if network.operating_model is not OperatingModel.HOSTED or (not stated.account_owner and stated.region == LOCAL):
        return
    if stated.account_owner != network.host:
        message = f"expected the host ({network.host or 'none'}) as owner, found {stated.account_owner or 'none'}"
        yield Fault((*stated.path, "account_owner"), message, "the host contracts for all", stated.account_owner)


@rule("HOS-04", Severity.WARN, "engineering: general knowledge, members share a host's cost")
def a_hosts_cost_is_shared(network: Network) -> Iterator[Fault]:
    """The members' shares of the host's cost are stated and total 100 percent.

    PASS:
        governance: {cost_shares: [{member: RXA, share: 60}, {member: RXB, share: 40}]}

    FAIL:
        governance:
          cost_shares:  # here
            - {member: RXA, share: 60}
            - {member: RXB, share: 60}

    FAIL:
        governance: {dtac: DTAC-1}  # here
    """
    if network.operating_model is OperatingModel.HOSTED:
        stated = governance(network)
        path = (*stated.path, "cost_shares")
        yield from owed(network, stated.cost_shares, path, "cost shares", "`cost_shares: [{member: ..., share: ...}]`")
        yield from total_of(stated.cost_shares, path, "cost shares", "cost_shares")


RULES = (
    a_collaboration_has_an_agreement_and_a_lead,
    a_collaboration_is_no_company,
    a_collaboration_has_one_management_team,
    an_alliance_has_an_agreement_and_its_rules,
    a_party_owns_what_the_alliance_shares,
    the_host_is_an_nhs_member,
    the_host_has_an_agreement_and_an_sla_with_each,
    the_host_owns_the_account,
    a_hosts_cost_is_shared,
)
