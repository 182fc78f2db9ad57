"""Whose account holds what: it follows the operating model, or what the definition says."""

import re

from provisioner.definition.deployment import AwsAccount, AwsTarget
from provisioner.definition.hub import account_owner, hub_owner, legal_person
from provisioner.definition.network import Network
from provisioner.record import record


@record
class Account:
    """One AWS account. `role` is assumed with the caller's credentials; empty if those are its own."""

    owner: str
    """Legal person: ODS code, or the name of an entity or supplier."""
    slug: str
    number: str
    role: str


def provider_name(account: Account) -> str:
    """What the program's provider of this account is called."""
    return f"account-{account.slug}"


def default_owner(network: Network) -> str:
    """Who owns what no member holds in an account of its own.

    By the definition, else whoever owns the hub: lead trust, host, entity, or supplier; in a mesh of equals that
    names nobody, the first member.
    """
    return account_owner(network) or hub_owner(network) or network.members[0].ods


def accounts(network: Network, target: AwsTarget) -> tuple[Account, ...]:
    """The default account first, then those of single owners, in the order of the definition.

    An entry that names neither account nor role says where its owner's addresses are, and no more.
    """
    owner = default_owner(network)
    own = {legal_person(network, each.owner): each for each in target.accounts if each.account or each.role}
    default = own.pop(owner, AwsAccount((), owner, target.account, target.role))
    return tuple(Account(name, slug(name), each.account, each.role) for name, each in ((owner, default), *own.items()))


def holder(found: tuple[Account, ...], owner: str) -> Account:
    """The account that holds what the owner owns."""
    return next((each for each in found if each.owner == owner), found[0])


def slug(name: str) -> str:
    """A legal person's name as a part of resource names: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-") or "owner"
