"""What a node's tasks may do in its owner's account, and nothing besides."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws.own import Own, policy, statement
from stacks.aws.place import ASKED
from stacks.aws.state import State, rights
from stacks.aws.storage import Storage

REGISTRY = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([a-z0-9._/-]+)@")


@dataclass(frozen=True, slots=True)
class Roles:
    """One starts a task: pulls its images, gives it its secrets, takes its logs. The other is the task's own."""

    starts: aws.iam.Role
    runs: aws.iam.Role
    given: tuple[aws.iam.RolePolicy, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What the roles are about."""

    storage: Storage
    state: State
    log: aws.cloudwatch.LogGroup
    secrets: tuple[pulumi.Output[str], ...]
    readers: aws.secretsmanager.Secret


def roles(own: Own, needs: Needs) -> Roles:
    starts, runs = _role(own, "starts"), _role(own, "runs")
    given = (
        _given(own, "starts", starts, policy(*_starting(own, needs))),
        _given(own, "runs", runs, policy(*_running(needs))),
    )
    return Roles(starts, runs, given)


def _role(own: Own, part: str) -> aws.iam.Role:
    account = {"StringEquals": {"aws:SourceAccount": own.ground.account_number}}
    trust = statement(["sts:AssumeRole"], None, Principal={"Service": "ecs-tasks.amazonaws.com"}, Condition=account)
    return aws.iam.Role(
        own.name(part),
        name=own.name(part),
        description=f"{part.capitalize()} the tasks of {own.node}",
        assume_role_policy=policy(trust),
        tags=own.tags,
        opts=own.options(),
    )


def _given(own: Own, part: str, role: aws.iam.Role, document: pulumi.Output[str]) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(own.name(part), name=own.name(part), role=role.name, policy=document, opts=own.options())


def _starting(own: Own, needs: Needs) -> list[dict[str, object]]:
    log = pulumi.Output.concat(needs.log.arn, ":*")
    design = own.ground.design
    allowed = [
        statement(("logs:CreateLogStream", "logs:PutLogEvents"), log),
        statement(["secretsmanager:GetSecretValue"], list(needs.secrets)),
        statement(["kms:Decrypt"], needs.storage.key.arn),
    ]
    repositories = _repositories(design.orthanc_image, design.nginx_image)
    if repositories:
        pulls = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        allowed += [statement(pulls, repositories), statement(["ecr:GetAuthorizationToken"], "*")]
    return allowed


def _repositories(*images: str) -> list[str]:
    """Those of the images that are in an account's registry; others are pulled without a right."""
    found = [REGISTRY.match(image) for image in images]
    return sorted({f"arn:aws:ecr:{held[2]}:{held[1]}:repository/{held[3]}" for held in found if held})


def _running(needs: Needs) -> list[dict[str, object]]:
    images, settings = needs.storage.images, needs.storage.settings
    objects = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
    return [
        statement(objects, pulumi.Output.concat(images.arn, "/*")),
        statement(("s3:ListBucket", "s3:GetBucketLocation"), images.arn),
        statement(["s3:GetObject"], pulumi.Output.concat(settings.arn, "/bundle/*")),
        statement(("s3:GetObject", "s3:PutObject"), pulumi.Output.concat(settings.arn, f"/{ASKED}/*")),
        statement(("kms:Decrypt", "kms:GenerateDataKey"), needs.storage.key.arn),
        statement(["secretsmanager:GetSecretValue"], needs.readers.arn),
        rights(needs.state),
    ]
