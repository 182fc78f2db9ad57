"""One AWS account as one aws.Provider reaches it: boto3 against moto, each call's parameters checked by botocore."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.session import Session

from tests.aws.provider.shelf import Shelf
from tests.aws.provider.wire import Values

GONE = ("NotFound", "NoSuch", "ResourceNotFound", "404")


class Account:
    """A session in one account and region. A role to assume decides which account moto takes it for."""

    def __init__(self, accounts: "Accounts", region: str, role: str = "") -> None:
        self.shelf = accounts.shelf
        self.region = region
        self._accounts = accounts
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session = _session(accounts.endpoint, region, role)
        self.number: str = self.call("sts", "get_caller_identity")["Account"]

    def call(self, service: str, operation: str, /, **parameters: Any) -> Values:
        """Call one operation; what is None is left out, as an absent property is."""
        given = {key: value for key, value in parameters.items() if value is not None}
        answer: Values = getattr(self._client(service), operation)(**given)
        return answer

    def pages(self, service: str, operation: str, /, **parameters: Any) -> Iterator[Values]:
        """Each page of an operation that answers in pages."""
        yield from self._client(service).get_paginator(operation).paginate(**parameters)

    def other(self, number: str) -> "Account":
        """Another account, for what moto does not do across two."""
        return self._accounts.at(self.region, f"arn:aws:iam::{number}:role/other")

    def _client(self, service: str) -> Any:
        with self._lock:  # a session is not safe to make clients from in several threads; the clients are
            if service not in self._clients:
                self._clients[service] = _client(self._session, service, self._accounts.endpoint)
            return self._clients[service]


@dataclass
class Accounts:
    """Every account of one cloud as it is reached: to make a client takes longer than most calls."""

    endpoint: str
    shelf: Shelf
    _known: dict[tuple[str, str], Account] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def at(self, region: str, role: str = "") -> Account:
        with self._lock:
            if (region, role) not in self._known:
                self._known[region, role] = Account(self, region, role)
            return self._known[region, role]

    def forget(self) -> None:
        """An empty cloud knows no role that was assumed before."""
        with self._lock:
            self._known.clear()


@cache
def descriptions() -> Loader:
    """AWS's own description of each service, read once: it is megabytes of JSON."""
    found: Loader = Session().get_component("data_loader")
    return found


def _client(session: boto3.Session, service: str, endpoint: str) -> Any:
    make: Any = session.client
    config = Config(max_pool_connections=32, retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    return make(service, endpoint_url=endpoint, config=config)


def _session(endpoint: str, region: str, role: str) -> boto3.Session:
    plain = _of(region, "test", "test")
    if not role:
        return plain
    given = _client(plain, "sts", endpoint).assume_role(RoleArn=role, RoleSessionName="netprov")["Credentials"]
    return _of(region, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _of(region: str, key: str, secret: str, token: str | None = None) -> boto3.Session:
    session = Session()
    session.register_component("data_loader", descriptions())
    return boto3.Session(key, secret, token, region_name=region, botocore_session=session)


def is_gone(error: Exception) -> bool:
    """Whether AWS says that there is no such thing."""
    if not isinstance(error, ClientError):
        return isinstance(error, LookupError)
    code = error.response.get("Error", {}).get("Code", "")
    return any(each in code for each in GONE)
