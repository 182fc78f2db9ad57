"""GOV: who belongs to the network, who decides, who runs it and who can act for it, whatever its operating model."""

from collections.abc import Iterator
from datetime import date

from policies.rule import Fault, rule
from policies.sources import JOINT_VENTURES
from policies.stated import board, governance, left_out, lighter, listed, overdue, owed, production, roles
from provisioner.definition.network import Network
from provisioner.findings import Severity

RESERVED_MATTERS = {
    "admission": "admission of a member",
    "exit": "exit of a member",
    "budget": "budget",
    "asset": "asset disposal",
    "scope": "scope",
    "staff terms": "staff terms",
    "platform": "data platform",
    "winding up": "winding up",
}
"""What a list of reserved matters must speak of, and how it usually puts it."""


@rule(
    "GOV-02",
    Severity.WARN,
    "seed article: a network has an identity and a brand of its own (SoR on the guide of April 2021)",
)
def the_network_has_a_name_of_its_own(network: Network) -> Iterator[Fault]:
    """The network's name is no member's.

    PASS:
        network: {id: severn, name: Severn Imaging Network, environment: production}

    FAIL:
        network:
          id: severn
          environment: production
          name: Aldermoor  # here
    """
    identity = network.network
    for member in network.members:
        if member.name.casefold() == identity.name.casefold():
            message = f"expected a name of the network's own, found that of member {member.ods}"
            yield Fault((*identity.path, "name"), message, "the name that patients and staff know it by", identity.id)


@rule(
    "GOV-03",
    Severity.ERROR,
    "seed article: clear structures for ownership and, apart from it, for operation (April 2021)",
)
def ownership_and_operation_are_stated(network: Network) -> Iterator[Fault]:
    """It is stated who owns the network's platform and, apart from that, who runs the network.

    Looks at `platform.account_owner`, and at `governance.roles` for a `network_director` or a `management_team`.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}
        governance: {roles: {network_director: Network manager}}

    FAIL:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}
        governance:
          roles: {sro: Chief Executive}  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
        governance: {roles: {management_team: [Network manager, Lead radiographer]}}
    """
    owner = network.platform.account_owner if network.platform else ""
    path = (*network.path, "platform", "account_owner")
    yield from owed(network, owner, path, "who owns the platform", "`account_owner:`, a legal person")
    stated = roles(network)
    runs, path = stated.network_director or stated.management_team, (*stated.path, "management_team")
    yield from owed(network, runs, path, "who runs the network", "`network_director:` or `management_team:`")


@rule(
    "GOV-04",
    Severity.ERROR,
    "seed article: trusts come together to form an imaging network (November 2019, April 2021)",
)
def a_network_has_two_members(network: Network) -> Iterator[Fault]:
    """A network has two members or more.

    PASS:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: Aldermoor General}]}
          - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Brackenfield Royal}]}

    FAIL:
        members:  # here
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: Aldermoor General}]}
    """
    if len(network.members) < 2:
        yield Fault(
            (*network.path, "members"),
            f"expected two members or more, found {len(network.members)}",
            "add the other organisations, each with its ODS code",
            network.network.id,
            at_key=True,
        )


@rule(
    "GOV-05",
    Severity.ERROR,
    "seed article: an NHS model of governance (SoR, 2021), as Greater Manchester, EMRAD and Yorkshire have it",
)
def who_answers_for_the_network_is_named(network: Network) -> Iterator[Fault]:
    """A senior responsible owner and a clinical director are named, in every operating model.

    PASS:
        governance: {roles: {sro: Chief Executive, clinical_director: Consultant Radiologist}}

    FAIL:
        governance:
          roles: {sro: Chief Executive}  # here
    """
    stated = roles(network)
    yield from owed(network, stated.sro, (*stated.path, "sro"), "a senior responsible owner", "`sro:`, by role")
    path, what = (*stated.path, "clinical_director"), "a clinical director"
    yield from owed(network, stated.clinical_director, path, what, "`clinical_director:`, by role")


@rule("GOV-06", Severity.ERROR, "national guidance: joint working under NHS Act 2006 s.65Z5, in force 1 July 2022")
def each_member_sits_on_the_board(network: Network) -> Iterator[Fault]:
    """The network has a board with terms of reference, on which every member sits.

    PASS:
        governance: {board: {terms_of_reference: TOR-1, members: [RXA, RXB]}}

    FAIL:
        governance:
          board:
            terms_of_reference: TOR-1
            members: [RXA]  # here

    FAIL:
        governance:
          board: {members: [RXA, RXB]}  # here
    """
    stated = board(network)
    path, what = (*stated.path, "terms_of_reference"), "the board's terms of reference"
    yield from owed(network, stated.terms_of_reference, path, what, "`terms_of_reference:` and their reference")
    if absent := left_out(network, stated.members):
        path = (*stated.path, "members")
        if stated.members or production(network):
            found = listed(stated.members) or "none"
            message = f"expected every member on the board, found {found}; without a seat: {absent}"
            yield Fault(path, message, "add them to `members:`", network.network.id)


@rule("GOV-07", Severity.WARN, "engineering: a quorum that cannot be met decides nothing")
def the_board_can_decide(network: Network) -> Iterator[Fault]:
    """The board has a voting rule, and a quorum that its members can meet.

    PASS:
        governance: {board: {members: [RXA, RXB], quorum: 2, voting: One vote a member}}

    FAIL:
        governance:
          board:
            members: [RXA, RXB]
            voting: One vote a member
            quorum: 3  # here

    FAIL:
        governance:
          board: {members: [RXA, RXB], quorum: 2}  # here
    """
    stated, seats = board(network), len(board(network).members)
    yield from owed(
        network,
        stated.voting,
        (*stated.path, "voting"),
        "the board's voting rule",
        "`voting:`, one vote a member for instance",
    )
    path = (*stated.path, "quorum")
    yield from owed(network, stated.quorum, path, "the board's quorum", "`quorum:`, no more than have a seat")
    if stated.quorum > seats:
        message = f"expected a quorum that {seats} members can meet, found {stated.quorum}"
        yield Fault(path, message, f"{seats} or less", network.network.id)


@rule("GOV-08", Severity.WARN, "seed article: operational management distinct from each trust's own (SoR, April 2021)")
def the_network_has_a_manager_of_its_own(network: Network) -> Iterator[Fault]:
    """A director or manager runs the network, and holds no other of its offices.

    That this is not a trust's own imaging manager, no definition can show.

    PASS:
        governance: {roles: {sro: Chief Executive, network_director: Network manager}}

    FAIL:
        governance:
          roles:
            sro: Chief Executive
            network_director: Chief Executive  # here
    """
    stated = roles(network)
    path, director = (*stated.path, "network_director"), stated.network_director
    yield from owed(network, director, path, "a director or manager of the network", "`network_director:`, by role")
    if director and director in (stated.sro, stated.clinical_director):
        message = f"expected a director with no other office of the network, found {director} in two"
        yield Fault(path, message, "a post of its own", network.network.id)


@rule("GOV-09", Severity.WARN, f"professional: {JOINT_VENTURES}, the matters that members keep for themselves")
def members_keep_what_matters(network: Network) -> Iterator[Fault]:
    """The board's reserved matters name admission, exit, budget, assets, scope, staff terms, platform and winding up.

    PASS:
        governance:
          board:
            reserved_matters:
              [admission of a member, exit of a member, budget, asset disposal, scope, staff terms, data platform,
               winding up]

    FAIL:
        governance:
          board:
            reserved_matters: [budget, winding up]  # here
    """
    stated = board(network)
    text = "; ".join(stated.reserved_matters).casefold()
    missing = ", ".join(usual for word, usual in RESERVED_MATTERS.items() if word not in text)
    if missing and (stated.reserved_matters or production(network)):
        message = f"expected all reserved matters, found none on: {missing}"
        yield Fault((*stated.path, "reserved_matters"), message, "add them", network.network.id)


@rule("GOV-10", Severity.ERROR, "engineering: an agreement binds those who have signed it", dated=True)
def agreements_are_signed(network: Network, today: date) -> Iterator[Fault]:
    """Each agreement names two parties or more and the day on which they signed it.

    Looks at `governance.agreements` and `governance.processors`. Which agreements must name every member is for the
    rules of the operating model to say. A review that is overdue is a warning.

    PASS:
        governance: {agreements: [{kind: sla, parties: [RXA, RXB], signed: 2026-03-02, ref: SLA-B}]}

    FAIL:
        governance:
          agreements:
            - {kind: sla, parties: [RXA, RXB], ref: SLA-B}  # here

    FAIL:
        governance:
          agreements:
            - kind: sla
              signed: 2026-03-02
              parties: [RXA]  # here
              review: 2026-09-01  # here
    """
    stated = governance(network)
    for agreement in (*stated.agreements, *stated.processors):
        what = agreement.ref or agreement.kind
        path = (*agreement.path, "signed")
        yield from owed(
            network, agreement.signed, path, f"the day on which {what} was signed", "`signed:`, the day", what
        )
        if len(agreement.parties) < 2 and (agreement.parties or production(network)):
            message = f"expected two parties or more to {what}, found {', '.join(agreement.parties) or 'none'}"
            yield Fault((*agreement.path, "parties"), message, "ODS codes of members, or names", what)
        late = overdue(network, agreement.review, today, (*agreement.path, "review"), f"the review of {what}")
        yield from lighter(Severity.WARN, late)


@rule("GOV-11", Severity.WARN, f"professional: {JOINT_VENTURES}, exit and deadlock")
def parting_and_dispute_are_provided_for(network: Network) -> Iterator[Fault]:
    """The terms on which a member leaves, and on which a dispute is settled, are on file.

    PASS:
        governance: {exit_terms: AGR-1 schedule 6, dispute_terms: AGR-1 schedule 7}

    FAIL:
        governance:  # here
          exit_terms: AGR-1 schedule 6
    """
    stated = governance(network)
    yield from owed(
        network, stated.exit_terms, (*stated.path, "exit_terms"), "exit terms", "`exit_terms:`, their reference"
    )
    path = (*stated.path, "dispute_terms")
    yield from owed(network, stated.dispute_terms, path, "dispute terms", "`dispute_terms:`, their reference")


RULES = (
    the_network_has_a_name_of_its_own,
    ownership_and_operation_are_stated,
    a_network_has_two_members,
    who_answers_for_the_network_is_named,
    each_member_sits_on_the_board,
    the_board_can_decide,
    the_network_has_a_manager_of_its_own,
    members_keep_what_matters,
    agreements_are_signed,
    parting_and_dispute_are_provided_for,
)
