"""GOV: who belongs to the network and who can act for it, whatever its operating model."""

from collections.abc import Iterator

from policies.regions import LOCAL
from policies.rule import Fault, rule
from provisioner.findings import Severity
from provisioner.network import Network


@rule("GOV-04", Severity.ERROR, "national guidance: trusts come together to form an imaging network")
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


@rule("GOV-12", Severity.ERROR, "derived: a network without legal personality cannot contract")
def a_legal_person_owns_the_account(network: Network) -> Iterator[Fault]:
    """The cloud account belongs to a legal person: a member, the entity or the supplier.

    Looks at `platform.account_owner`: a member's ODS code, `entity` (then `legal_entity` must be there) or
    `supplier` (then `supplier` must be there). It may be left out only where no account exists (`region: local`).

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: Severn Imaging Network  # here
    """
    platform = network.platform
    if platform is None or (not platform.account_owner and platform.region == LOCAL):
        return
    if platform.account_owner not in _legal_persons(network):
        yield Fault(
            (*platform.path, "account_owner"),
            f"expected one of {', '.join(_legal_persons(network))}; found {platform.account_owner or 'nothing'}",
            "the ODS code of the member that signs for the account, or `entity`, or `supplier`",
            platform.account_owner,
        )


def _legal_persons(network: Network) -> tuple[str, ...]:
    entity = ("entity",) if network.legal_entity else ()
    supplier = ("supplier",) if network.supplier else ()
    return (*(member.ods for member in network.members), *entity, *supplier)


RULES = (a_network_has_two_members, a_legal_person_owns_the_account)
