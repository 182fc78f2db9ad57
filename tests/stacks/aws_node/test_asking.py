"""`netprov worklist` of a network on AWS: the question goes by a task in the home's place, to its real front."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from provisioner.errors import NetprovError
from provisioner.proving.worklist import SHARING, Asked, Declined
from site_templates.aws import ask
from stacks.aws import asking
from stacks.aws.asking import answered
from stacks.aws.cloud import Cloud
from stacks.aws.place import ASKED
from tests.stacks.aws_node.account import Account, led_here, settled
from tests.stacks.aws_node.conftest import Severn
from tests.stacks.aws_node.running import Running, running
from tests.stacks.aws_node.test_boot import SETTINGS, client

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
    led_here(monkeypatch)


@dataclass
class Home(Account):
    """A task is run at once, in the home's place."""

    folder: Path
    started: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def run_task(self, **given: Any) -> dict[str, Any]:
        self.started.append(given)
        _, environment = self.given(given)
        if not self.fails:
            ask.main(environment, self.folder)
        return {"tasks": [{"taskArn": "arn:aws:ecs:eu-west-2:1:task/severn/abc"}]}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": [{"lastStatus": "STOPPED"}]}


@pytest.fixture
def account(home: Running) -> Iterator[Home]:
    with settled() as (endpoint, credentials):
        yield Home(endpoint, credentials, home.folder)


def asked(severn: Severn, account: Home, question: Asked) -> Any:
    return answered(cast("Cloud", account), severn.design, severn.placement(HOME), question)


def left(account: Home) -> list[str]:
    found = client(account.endpoint, "s3").list_object_versions(Bucket=SETTINGS, Prefix=f"{ASKED}/")
    return [each["Key"] for key in ("Versions", "DeleteMarkers") for each in found.get(key, ())]


def test_the_operator_asks_the_homes_list(severn: Severn, account: Home) -> None:
    found = asked(severn, account, Asked("POST", "search", {"states": ["SCHEDULED"], "text": "smith"}))
    assert (found["entries"], found["total"]) == ([], 0)


def test_neither_question_nor_answer_is_left_or_told_to_the_task_in_clear(severn: Severn, account: Home) -> None:
    asked(severn, account, Asked("POST", "search", {"states": ["SCHEDULED"], "text": "smith"}))
    assert left(account) == []
    assert "smith" not in json.dumps(account.started)


def test_what_a_killed_run_has_left_goes_with_the_next(
    severn: Severn, account: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = client(account.endpoint, "s3")
    s3.put_object(Bucket=SETTINGS, Key=f"{ASKED}/1/question.json", Body=b"smith")
    asked(severn, account, Asked("GET", "sites"))
    assert left(account) == [f"{ASKED}/1/question.json"], "somebody may wait for its answer"
    monkeypatch.setattr(asking, "LEFT_BEHIND", timedelta(0))
    asked(severn, account, Asked("GET", "sites"))
    assert left(account) == []


def test_what_the_list_refuses_is_said_in_its_words(severn: Severn, account: Home) -> None:
    for path in ("workitems/2.25.1/claim", "workitems/2.25.1/release"):
        with pytest.raises(Declined, match=r"refuses: there is no workitem 2\.25\.1"):
            asked(severn, account, Asked("POST", path, {}, "RXB01", "a.reader"))
    assert left(account) == []


def test_a_nodes_queue_is_tried_again_by_the_operator_and_by_no_site(severn: Severn, account: Home) -> None:
    assert asked(severn, account, Asked("POST", "retry", {}, node=HOME, root=SHARING)) == {"retried": 0}
    assert asked(severn, account, Asked("GET", "audit?after=0"))


def test_whoever_is_asked_for_in_the_name_of_a_site_is_that_site(severn: Severn, account: Home) -> None:
    """Verification is the operator's alone, so whom the list takes the caller for shows there."""
    with pytest.raises(Declined, match="verification is for the network's operator"):
        asked(severn, account, Asked("GET", "proofs", None, "RXB01", "a.reader"))


def test_a_home_that_does_not_answer_is_said_not_to(severn: Severn, account: Home, tmp_path: Path) -> None:
    (tmp_path / "tls").symlink_to(account.folder / "tls")
    facts = json.loads((account.folder / "asking.json").read_text())
    (tmp_path / "asking.json").write_text(json.dumps(facts | {"port": 1}))
    account.folder = tmp_path
    with pytest.raises(NetprovError, match="the home of the worklist does not answer"):
        asked(severn, account, Asked("GET", "sites"))


def test_a_task_that_ends_without_an_answer_leads_to_its_log(severn: Severn, account: Home) -> None:
    account.fails = True
    with pytest.raises(NetprovError, match="left no answer") as ended:
        asked(severn, account, Asked("GET", "sites"))
    assert "/severn-rxa01/node" in ended.value.hint
    assert left(account) == []
