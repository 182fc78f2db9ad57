"""`netprov worklist` of a network on AWS: the question goes by a task in the home's place, to its real front."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from moto.server import ThreadedMotoServer

from provisioner.errors import NetprovError
from provisioner.proving.worklist import SHARING, Asked, Declined
from site_templates.aws import ask
from stacks.aws import asking
from stacks.aws.asking import answered
from stacks.aws.cloud import Cloud
from stacks.aws.place import ASKED
from tests.stacks.aws_node.conftest import Severn
from tests.stacks.aws_node.running import Running, running
from tests.stacks.aws_node.test_boot import REGION, SETTINGS, client, serving, told

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

HOME = "RXA01"


@pytest.fixture(scope="module")
def home(severn: Severn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(severn, HOME, tmp_path_factory.mktemp("home") / "node") as its:
        path = its.folder / "asking.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"port": its.ports.front}))
        yield its


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The private zone: each node's name leads to this machine."""
    real = socket.getaddrinfo

    def lookup(host: Any, *more: Any, **others: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".netprov.internal") else host, *more, **others)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@dataclass
class Account:
    """S3 is moto's; a task that is run is run here, as its container would be."""

    endpoint: str
    folder: Path
    credentials: str
    started: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def client(self, owner: str, service: str) -> Any:
        return client(self.endpoint, "s3") if service == "s3" else self

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [{"status": "ACTIVE", "networkConfiguration": {}}]}

    def describe_task_definition(self, **_: Any) -> dict[str, Any]:
        given = {"AWS_REGION": REGION, "NETPROV_BUNDLE_BUCKET": SETTINGS, "NETPROV_SECRET_EDITION": "1"}
        environment = [{"name": name, "value": value} for name, value in given.items()]
        return {"taskDefinition": {"containerDefinitions": [{"name": "boot", "environment": environment}]}}

    def run_task(self, **given: Any) -> dict[str, Any]:
        self.started.append(given)
        ((instead,),) = given["overrides"].values()
        environment = {each["name"]: each["value"] for each in instead["environment"]}
        reached = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.credentials,
            "NETPROV_S3_ENDPOINT": f"{self.endpoint}/{SETTINGS}",
        }
        if not self.fails:
            ask.main(environment | reached, self.folder)
        return {"tasks": [{"taskArn": "arn:aws:ecs:eu-west-2:1:task/severn/abc"}]}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": [{"lastStatus": "STOPPED"}]}


@pytest.fixture
def account(home: Running) -> Iterator[Account]:
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
        yield Account(endpoint, home.folder, f"http://127.0.0.1:{role.server_address[1]}/")
        role.shutdown()
    told(endpoint, "reset")
    moto.stop()


def asked(severn: Severn, account: Account, question: Asked) -> Any:
    return answered(cast("Cloud", account), severn.design, severn.placement(HOME), question)


def left(account: Account) -> list[str]:
    found = client(account.endpoint, "s3").list_object_versions(Bucket=SETTINGS, Prefix=f"{ASKED}/")
    return [each["Key"] for key in ("Versions", "DeleteMarkers") for each in found.get(key, ())]


def test_the_operator_asks_the_homes_list(severn: Severn, account: Account) -> None:
    found = asked(severn, account, Asked("POST", "search", {"states": ["SCHEDULED"], "text": "smith"}))
    assert (found["entries"], found["total"]) == ([], 0)


def test_neither_question_nor_answer_is_left_or_told_to_the_task_in_clear(severn: Severn, account: Account) -> None:
    asked(severn, account, Asked("POST", "search", {"states": ["SCHEDULED"], "text": "smith"}))
    assert left(account) == []
    assert "smith" not in json.dumps(account.started)


def test_what_a_killed_run_has_left_goes_with_the_next(
    severn: Severn, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = client(account.endpoint, "s3")
    s3.put_object(Bucket=SETTINGS, Key=f"{ASKED}/1/question.json", Body=b"smith")
    asked(severn, account, Asked("GET", "sites"))
    assert left(account) == [f"{ASKED}/1/question.json"], "somebody may wait for its answer"
    monkeypatch.setattr(asking, "LEFT_BEHIND", timedelta(0))
    asked(severn, account, Asked("GET", "sites"))
    assert left(account) == []


def test_what_the_list_refuses_is_said_in_its_words(severn: Severn, account: Account) -> None:
    for path in ("workitems/2.25.1/claim", "workitems/2.25.1/release"):
        with pytest.raises(Declined, match=r"refuses: there is no workitem 2\.25\.1"):
            asked(severn, account, Asked("POST", path, {}, "RXB01", "a.reader"))
    assert left(account) == []


def test_a_nodes_queue_is_tried_again_by_the_operator_and_by_no_site(severn: Severn, account: Account) -> None:
    assert asked(severn, account, Asked("POST", "retry", {}, node=HOME, root=SHARING)) == {"retried": 0}
    assert asked(severn, account, Asked("GET", "audit?after=0"))


def test_whoever_is_asked_for_in_the_name_of_a_site_is_that_site(severn: Severn, account: Account) -> None:
    """Verification is the operator's alone, so whom the list takes the caller for shows there."""
    with pytest.raises(Declined, match="verification is for the network's operator"):
        asked(severn, account, Asked("GET", "proofs", None, "RXB01", "a.reader"))


def test_a_home_that_does_not_answer_is_said_not_to(severn: Severn, account: Account, tmp_path: Path) -> None:
    (tmp_path / "tls").symlink_to(account.folder / "tls")
    facts = json.loads((account.folder / "asking.json").read_text())
    (tmp_path / "asking.json").write_text(json.dumps(facts | {"port": 1}))
    account.folder = tmp_path
    with pytest.raises(NetprovError, match="the home of the worklist does not answer"):
        asked(severn, account, Asked("GET", "sites"))


def test_a_task_that_ends_without_an_answer_leads_to_its_log(severn: Severn, account: Account) -> None:
    account.fails = True
    with pytest.raises(NetprovError, match="left no answer") as ended:
        asked(severn, account, Asked("GET", "sites"))
    assert "/severn-rxa01/node" in ended.value.hint
    assert left(account) == []
