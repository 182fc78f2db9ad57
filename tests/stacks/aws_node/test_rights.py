"""What a node's tasks may do, and what wakes somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.aws.node import node
from stacks.aws.roles import REGISTRY
from stacks.aws.watch import FIGURES
from tests.stacks.aws_node.conftest import NODE, NUMBER, ORTHANC, Severn, Told, ground, run

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")


@pytest.fixture(scope="module")
def built(severn: Severn) -> Told:
    return run(lambda: node(severn.placement(NODE), ground(severn)))


def allowed(told: Told, part: str) -> list[dict[str, Any]]:
    inputs = told.of("aws:iam/rolePolicy:RolePolicy")[f"severn-rxa01-{part}"]
    held: list[dict[str, Any]] = json.loads(inputs["policy"])["Statement"]
    return held


def test_no_role_may_do_everything_or_to_everything(built: Told) -> None:
    for part in ("starts", "runs"):
        for each in allowed(built, part):
            assert not [action for action in each["Action"] if "*" in action]
            assert each["Resource"] != "*" or each["Action"] == ["ecr:GetAuthorizationToken"]


def test_a_task_reads_its_own_bundle_and_keeps_its_own_images(built: Told) -> None:
    may = {action: each["Resource"] for each in allowed(built, "runs") for action in each["Action"]}
    images, settings = (f"arn:aws:mock:::severn-rxa01-{part}" for part in ("images", "settings"))
    gets = [each["Resource"] for each in allowed(built, "runs") if "s3:GetObject" in each["Action"]]
    puts = [each["Resource"] for each in allowed(built, "runs") if "s3:PutObject" in each["Action"]]
    assert sorted(gets) == [f"{images}/*", f"{settings}/asked/*", f"{settings}/bundle/*"]
    assert sorted(puts) == [f"{images}/*", f"{settings}/asked/*"]
    assert may["s3:DeleteObject"] == f"{images}/*"
    assert may["secretsmanager:GetSecretValue"] == "arn:aws:mock:::severn-rxa01-readers"


def test_what_starts_a_task_reads_its_secrets_and_pulls_its_images(built: Told) -> None:
    may = {action: each["Resource"] for each in allowed(built, "starts") for action in each["Action"]}
    assert len(may["secretsmanager:GetSecretValue"]) == 2
    repositories = f"arn:aws:ecr:eu-west-2:{NUMBER}:repository/"
    assert may["ecr:BatchGetImage"] == [f"{repositories}nginx", f"{repositories}orthancteam/orthanc"]
    assert not [action for action in may if action.startswith("s3:")]


def test_an_image_of_no_account_needs_no_right() -> None:
    assert REGISTRY.match(ORTHANC)
    assert REGISTRY.match(f"orthancteam/orthanc@sha256:{'1' * 64}") is None


def test_a_role_is_taken_by_its_own_service_in_its_own_account_only(built: Told) -> None:
    for role in built.of("aws:iam/role:Role").values():
        (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
        assert trust["Principal"]["Service"] in {"ecs-tasks.amazonaws.com", "backup.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": NUMBER}}


def test_every_alarm_reaches_the_nodes_topic(built: Told) -> None:
    alarms = built.of("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert {name.rpartition("-")[2] for name in alarms} == {"down", "storage", "queue", "dead", "certificate"}
    assert all(each["alarmActions"] == ["arn:aws:mock:::severn-rxa01-alarms"] for each in alarms.values())


def test_each_figure_that_an_alarm_watches_is_counted_in_the_log(built: Told) -> None:
    filters = built.of("aws:cloudwatch/logMetricFilter:LogMetricFilter").values()
    counted = {(each["metricTransformation"]["namespace"], each["metricTransformation"]["name"]) for each in filters}
    watched = {
        (each["namespace"], each["metricName"])
        for each in built.of("aws:cloudwatch/metricAlarm:MetricAlarm").values()
        if each["namespace"].startswith("netprov/")
    }
    assert counted == watched == {("netprov/severn", figure) for figure in FIGURES}


def test_a_silent_node_is_as_bad_as_one_that_is_down(built: Told) -> None:
    alarms = built.of("aws:cloudwatch/metricAlarm:MetricAlarm")
    for part in ("down", "certificate"):
        assert alarms[f"severn-rxa01-{part}"]["treatMissingData"] == "breaching"
