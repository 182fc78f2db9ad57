"""AWS itself, asked directly: who we are there, what runs, and a task to be run once."""

import threading
from typing import Any

from provisioner.engine.amazon import Closed, answer, answers, assumed, caller, refusals
from provisioner.errors import NetprovError
from stacks.aws.accounts import Account
from stacks.aws.design import Design

__all__ = ["Closed", "Cloud", "answer", "answers", "refusals", "refuse_stranger"]


class Cloud:
    """Clients for the accounts of one network, by the caller's own credentials or the roles that they may assume."""

    def __init__(self, design: Design) -> None:
        self._design = design
        self._sessions: dict[str, Any] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._guard = threading.Lock()

    def client(self, owner: str, service: str) -> Any:
        """Of the account that holds what this owner owns."""
        account = self._design.account(owner)
        with self._guard:  # clients may be used by many at once; they may not be made so
            if account.owner not in self._sessions:
                self._sessions[account.owner] = _session(account, self._design.region)
            if (account.owner, service) not in self._clients:
                self._clients[account.owner, service] = self._sessions[account.owner].client(service)
            return self._clients[account.owner, service]


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
