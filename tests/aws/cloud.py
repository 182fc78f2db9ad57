"""A moto server, the provider that drives it, and boto3 to look at what is there."""

import os
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection

import grpc
from moto.server import ThreadedMotoServer
from pulumi.runtime.proto import provider_pb2_grpc

from tests.aws.provider.account import Account, Accounts
from tests.aws.provider.brisk import connections_kept
from tests.aws.provider.bucket_policies import conditions_left_out
from tests.aws.provider.selections import selections_listed
from tests.aws.provider.servicer import Servicer
from tests.aws.provider.shelf import Shelf

REGION = "eu-west-2"
FIRST = "123456789012"
"""The account that moto takes a caller without a role for."""


@dataclass(frozen=True)
class Cloud:
    """Where moto listens, where the provider does, and what moto cannot keep."""

    accounts: Accounts
    provider: str

    @property
    def endpoint(self) -> str:
        return self.accounts.endpoint

    @property
    def shelf(self) -> Shelf:
        return self.accounts.shelf

    def account(self, number: str = FIRST, region: str = REGION) -> Account:
        return self.accounts.at(region, "" if number == FIRST else f"arn:aws:iam::{number}:role/look")

    def reset(self) -> None:
        """An empty cloud again."""
        with closing(HTTPConnection(self.endpoint.removeprefix("http://"), timeout=30)) as moto:
            moto.request("POST", "/moto-api/reset")
            assert moto.getresponse().status == HTTPStatus.OK
        self.shelf.items.clear()
        self.accounts.forget()


@contextmanager
def running(before: Callable[[str, str], None] | None = None) -> Iterator[Cloud]:
    """One moto and one provider, both in this process and on loopback."""
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # two seconds an account, of images that no test starts
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with connections_kept():
        yield from _running(moto, before)


def _running(moto: ThreadedMotoServer, before: Callable[[str, str], None] | None) -> Iterator[Cloud]:
    moto.start()
    host, port = moto.get_host_and_port()
    accounts = Accounts(f"http://{host}:{port}", Shelf())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=[("grpc.so_reuseport", 0)])
    try:
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(accounts, before), server)
        attached = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with conditions_left_out(), selections_listed(accounts.shelf):
            yield Cloud(accounts, f"127.0.0.1:{attached}")
    finally:
        server.stop(0).wait()
        moto.stop()
