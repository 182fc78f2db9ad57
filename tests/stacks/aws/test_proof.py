"""A proof is read whole from its log, whose lines may come late and in pages; AWS's refusals are told in words."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from provisioner.errors import NetprovError
from stacks.aws import proof
from stacks.aws.cloud import refusals

TASK = "arn:aws:ecs:eu-west-2:123456789012:task/severn-rxa-net-nodes/abc"


def line(*nodes: str, in_all: int) -> str:
    checks = [{"to": node, "what": "HTTPS", "expected": "answers", "found": "answers", "ok": True} for node in nodes]
    return json.dumps({"netprov": "proof", "node": "RXA01", "in_all": in_all, "checks": checks})


@dataclass
class Logs:
    """CloudWatch's answers: at each look more has come, a line a page; at first there is no stream."""

    looks: list[list[str] | None]
    asked: list[str] = field(default_factory=list)

    class exceptions:  # noqa: N801  # botocore's name
        class ResourceNotFoundException(Exception):
            pass

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given["logStreamName"])
        page = int(given.get("nextToken", "0"))
        lines = self.looks[0]
        if lines is None:
            self.looks.pop(0)
            raise self.exceptions.ResourceNotFoundException
        if page >= len(lines):
            if len(self.looks) > 1:
                self.looks.pop(0)
            return {"events": [], "nextForwardToken": str(page)}
        return {"events": [{"message": lines[page]}], "nextForwardToken": str(page + 1)}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "ASK_EVERY_SECONDS", 0.01)


def test_all_lines_are_waited_for() -> None:
    first, second = line("RXA02", "RXB01", in_all=3), line("RXB02", in_all=3)
    logs = Logs([None, ["starting"], ["starting", first], ["starting", first, second]])
    found = proof._read(logs, "/severn-rxa01/node", TASK, "RXA01")
    assert [each["to"] for each in found] == ["RXA02", "RXB01", "RXB02"]
    assert set(logs.asked) == {"prove/prove/abc"}


def test_a_proof_that_is_not_whole_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LONGEST_LOG_SECONDS", 0.05)
    with pytest.raises(NetprovError, match=r"RXA01 is not whole.*: 1 checks came"):
        proof._read(Logs([[line("RXA02", in_all=2)]]), "/severn-rxa01/node", TASK, "RXA01")


def test_without_credentials_people_are_told_what_to_do() -> None:
    with pytest.raises(NetprovError) as refused, refusals("RXA01 cannot be asked for"):
        raise NoCredentialsError
    assert refused.value.message == "there are no credentials for AWS"
    assert "AWS_PROFILE" in refused.value.hint


def test_what_aws_refuses_is_told_with_what_was_wanted() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeServices")
    with (
        pytest.raises(NetprovError, match=r"RXA01 cannot be asked for: .*AccessDenied"),
        refusals("RXA01 cannot be asked for"),
    ):
        raise denied
