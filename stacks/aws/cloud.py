"""AWS itself, asked directly: who we are there, what runs, and a task to be run once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provisioner.errors import NetprovError
from stacks.aws.accounts import Account
from stacks.aws.design import Design

SESSION = "netprov"


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


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """What AWS refuses, in words."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise NetprovError(
            "there are no credentials for AWS", "sign in (aws sso login) and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID"
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise NetprovError(f"{doing}: {error}", "see who you are: aws sts get-caller-identity") from error


def _session(account: Account, region: str) -> Any:
    from boto3 import Session

    own = Session(region_name=region)
    if not account.role:
        return own
    with refusals(f"the role {account.role} cannot be assumed"):
        given = own.client("sts").assume_role(RoleArn=account.role, RoleSessionName=SESSION)["Credentials"]
    return Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )


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
