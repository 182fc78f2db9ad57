"""AWS's own IAM policies. moto has their texts, and takes five seconds an account to load all thousand of them."""

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from tests.aws.provider.account import Account

PREFIX = "arn:aws:iam::aws:policy"


def provide(arn: str, account: Account) -> None:
    """Load the one policy that is about to be attached, if AWS has one of that name at that path."""
    name = arn.rsplit("/", 1)[-1]
    data = _texts().get(name)
    if data and arn == f"{PREFIX}{data['Path']}{name}":
        made = AWSManagedPolicy.from_data(name, account.number, account.region, data)
        iam_backends[account.number]["aws"].managed_policies.setdefault(arn, made)


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(aws_managed_policies_data)
    return texts
