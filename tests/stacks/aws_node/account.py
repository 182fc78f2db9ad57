"""An AWS account on this machine: S3 is moto's, and a task that is run is run here, as its container would be."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.stacks.aws_node.test_boot import REGION, SETTINGS, client, serving, told


@dataclass
class Account:
    """What a task is asked of; who runs one says how."""

    endpoint: str
    credentials: str

    def client(self, owner: str, service: str) -> Any:
        return client(self.endpoint, "s3") if service == "s3" else self

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [{"status": "ACTIVE", "networkConfiguration": {}}]}

    def describe_task_definition(self, **_: Any) -> dict[str, Any]:
        given = {"AWS_REGION": REGION, "NETPROV_BUNDLE_BUCKET": SETTINGS, "NETPROV_SECRET_EDITION": "1"}
        environment = [{"name": name, "value": value} for name, value in given.items()]
        return {"taskDefinition": {"containerDefinitions": [{"name": "boot", "environment": environment}]}}

    def given(self, task: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """What a task is to run in place of its own, and in which environment."""
        ((instead,),) = task["overrides"].values()
        return instead, {each["name"]: each["value"] for each in instead["environment"]} | {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.credentials,
            "NETPROV_S3_ENDPOINT": f"{self.endpoint}/{SETTINGS}",
        }


@contextmanager
def settled() -> Iterator[tuple[str, str]]:
    """The address of an S3 with a bucket of settings, and that of a task's credentials."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    told(endpoint, "reset")
    s3 = client(endpoint, "s3")
    s3.create_bucket(Bucket=SETTINGS, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=SETTINGS, VersioningConfiguration={"Status": "Enabled"})
    role = serving(json.dumps({"AccessKeyId": "test", "SecretAccessKey": "test", "Token": "t"}).encode())
    with closing(role.socket):
        yield endpoint, f"http://127.0.0.1:{role.server_address[1]}/"
        role.shutdown()
    told(endpoint, "reset")
    moto.stop()


def led_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The private zone: each node's name leads to this machine."""
    real = socket.getaddrinfo

    def lookup(host: Any, *more: Any, **others: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".netprov.internal") else host, *more, **others)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
