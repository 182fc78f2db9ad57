"""AWS itself, asked directly: who we are there, what runs, and a task to be run once."""

from typing import Any

from provisioner.amazon import assumed, caller, refusals
from provisioner.errors import NetprovError
from stacks.aws.accounts import Account
from stacks.aws.design import Design

__all__ = ["Cloud", "refusals", "refuse_stranger"]


class Cloud:
    """Clients for the accounts of one network, by the caller's own credentials or the roles that they may assume."""

    def __init__(self, design: Design) -> None:
        self._design = design
        self._sessions: dict[str, Any] = {}

    def client(self, owner: str, service: str) -> Any:
        """Of the account that holds what this owner owns."""
        account = self._design.account(owner)
        if account.owner not in self._sessions:
            self._sessions[account.owner] = _session(account, self._design.region)
        return self._sessions[account.owner].client(service)


def _session(account: Account, region: str) -> Any:
    own = caller(region)
    return assumed(own, account.role, region) if account.role else own


def refuse_stranger(design: Design) -> None:
    """Before anything is made: there are credentials, and each account is the one that the definition names."""
    cloud = Cloud(design)
    for account in design.accounts:
        with refusals(f"the account of {account.owner} cannot be reached"):
            number = cloud.client(account.owner, "sts").get_caller_identity()["Account"]
        if account.number and number != account.number:
            raise NetprovError(
                f"the account of {account.owner} should be {account.number}, and the credentials are those of {number}",
                "set AWS_PROFILE, or give the account's `role` in deployment.aws",
            )
