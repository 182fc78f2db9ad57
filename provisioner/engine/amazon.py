"""AWS as its callers see it: who calls, and what AWS refuses, in words. The one home of its SDK."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from provisioner.errors import NetprovError

SESSION = "netprov"
ABSENT = ("NotFound", "NoSuch", "DoesNotExist", "Unknown")
CLOSED = ("AccessDenied", "AccessDeniedException", "403")


def caller(region: str = "", profile: str = "") -> Any:
    """A session of the caller's own credentials. Raises NetprovError."""
    from boto3 import Session

    with refusals("AWS cannot be asked"):
        # The engine and AWS's other tools read AWS_REGION; this SDK does not.
        return Session(region_name=region or os.environ.get("AWS_REGION") or None, profile_name=profile or None)


@cache
def client(service: str, region: str, profile: str) -> Any:
    """One for each use in this process: to describe a service to itself takes the SDK a tenth of a second."""
    session = caller(region, profile)
    with refusals(f"{service} cannot be asked"):
        return session.client(service)


def assumed(session: Any, role: str, region: str) -> Any:
    """The same caller in a role. Raises NetprovError."""
    from boto3 import Session

    with refusals(f"the role {role} cannot be assumed"):
        given = session.client("sts").assume_role(RoleArn=role, RoleSessionName=SESSION)["Credentials"]
    return Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )


def code(error: Exception) -> str:
    """The word by which AWS calls what it refused; empty where it did not answer."""
    from botocore.exceptions import ClientError

    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """What AWS refuses, in words."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        yield
    except NoCredentialsError:
        raise NetprovError(
            "there are no credentials for AWS", "sign in (aws sso login) and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID"
        ) from None
    except NoRegionError:
        raise NetprovError(f"{doing}: no region is named", "name it in the address, as in ?region=eu-west-2") from None
    except (BotoCoreError, ClientError) as error:
        raise NetprovError(f"{doing}: {error}", "see who you are: aws sts get-caller-identity") from error


class Closed(NetprovError):
    """AWS does not let us ask."""


def answers(client: Any, operation: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Page by page; nothing where AWS says that there is no such thing. Raises Closed, and what AWS refuses else."""
    from botocore.exceptions import ClientError

    try:
        if client.can_paginate(operation):
            yield from client.get_paginator(operation).paginate(**asked)
        else:
            yield getattr(client, operation)(**asked)
    except ClientError as error:
        word = code(error)
        if word in CLOSED:
            raise Closed(str(error), "see who you are: aws sts get-caller-identity") from None
        if word != "404" and not any(each in word for each in ABSENT):
            raise


def answer(client: Any, operation: str, **asked: Any) -> dict[str, Any]:
    """The whole of it; empty where AWS says that there is no such thing."""
    return next(iter(answers(client, operation, **asked)), {})
