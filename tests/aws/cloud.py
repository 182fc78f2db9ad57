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

from tests.aws.provider.account import Account
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

    endpoint: str
    provider: str
    shelf: Shelf

    def account(self, number: str = FIRST) -> Account:
        role = "" if number == FIRST else f"arn:aws:iam::{number}:role/look"
        return Account(self.endpoint, self.shelf, REGION, role)

    def reset(self) -> None:
        """An empty cloud again."""
        with closing(HTTPConnection(self.endpoint.removeprefix("http://"), timeout=30)) as moto:
            moto.request("POST", "/moto-api/reset")
            assert moto.getresponse().status == HTTPStatus.OK
        self.shelf.items.clear()


@contextmanager
def running(before: Callable[[str, str], None] | None = None) -> Iterator[Cloud]:
    """One moto and one provider, both in this process and on loopback."""
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # two seconds an account, of images that no test starts
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    shelf = Shelf()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=[("grpc.so_reuseport", 0)])
    try:
        endpoint = f"http://{host}:{port}"
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(endpoint, shelf, before), server)
        attached = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with conditions_left_out(), selections_listed(shelf):
            yield Cloud(endpoint, f"127.0.0.1:{attached}", shelf)
    finally:
        server.stop(0).wait()
        moto.stop()
