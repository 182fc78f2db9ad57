"""How long a node's queue is, as its own log tells it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from provisioner.engine.plan import NodeStatus, Outbox
from provisioner.home import NetworkFolder
from stacks.aws import look
from stacks.aws.cloud import Cloud
from tests.stacks.aws_node.conftest import NODE, Severn

TASK = "arn:aws:ecs:eu-west-2:123456789012:task/severn-rxa-net-nodes/abc"


@dataclass
class Account:
    """A service with one task, and its log."""

    said: list[dict[str, Any]]

    class exceptions:  # noqa: N801  # botocore's name
        class ResourceNotFoundException(Exception):
            pass

    def client(self, owner: str, service: str) -> Any:
        return self

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [{"status": "ACTIVE", "runningCount": 1}]}

    def list_tasks(self, **_: Any) -> dict[str, Any]:
        return {"taskArns": [TASK]}

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        assert (given["logGroupName"], given["logStreamName"]) == ("/severn-rxa01/node", "watch/watch/abc")
        assert datetime.now(UTC).timestamp() - given["startTime"] / 1000 < 3600
        events = [] if "nextToken" in given else [{"message": json.dumps(each)} for each in self.said]
        return {"events": events, "nextForwardToken": "end"}


def status(severn: Severn, folder: NetworkFolder, *said: dict[str, Any]) -> NodeStatus:
    cloud = cast("Cloud", Account(list(said)))
    return look._status(cloud, folder, severn.design, severn.topology, severn.placement(NODE))


FULL = {"netprov": "figures", "queue": 3.0, "dead": 1.0, "oldest_seconds": 90.0}


@pytest.mark.parametrize(
    ("said", "outbox"),
    [
        ([FULL | {"queue": 9.0}, FULL], Outbox(3, 90, 1, ())),
        ([FULL | {"queue": 0.0, "oldest_seconds": 0.0, "dead": 0.0}], Outbox(0, None, 0, ())),
        ([FULL, {"netprov": "loaded"}], Outbox(3, 90, 1, ())),
        ([FULL, {"netprov": "figures", "answers": 0}], None),
        ([], None),
    ],
    ids=["the last counts", "nothing waits", "other lines", "its Orthanc does not answer", "it says nothing"],
)
def test_the_queue_is_what_the_node_told_last(
    severn: Severn, tmp_path: Any, said: list[dict[str, Any]], outbox: Outbox | None
) -> None:
    found = status(severn, NetworkFolder(tmp_path), *said)
    assert (found.running, found.outbox) == (True, outbox)
