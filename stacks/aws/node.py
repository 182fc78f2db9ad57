"""One node on AWS, all of it in its owner's account: where it keeps, what it runs, how it is reached and watched."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.aws.backup import backup
from stacks.aws.balancer import balancer
from stacks.aws.bundle import bundle
from stacks.aws.confidential import edition
from stacks.aws.database import database
from stacks.aws.design import Placement
from stacks.aws.ground import Ground
from stacks.aws.own import Own
from stacks.aws.roles import Needs, roles
from stacks.aws.secret import readers, secret
from stacks.aws.service import Runs, log_group, node_task, put, service, verify_task
from stacks.aws.state import state
from stacks.aws.storage import storage
from stacks.aws.watch import watch


@dataclass(frozen=True, slots=True)
class NodeParts:
    """What others ask of a node once it is there."""

    address: str
    images: pulumi.Output[str]
    """Bucket."""
    key: pulumi.Output[str]
    database: pulumi.Output[str]
    files: pulumi.Output[str]
    """File system of its queue and worklist."""
    secrets: tuple[pulumi.Output[str], ...]
    service: pulumi.Output[str]
    verify_task: pulumi.Output[str]
    log_group: pulumi.Output[str]
    alarms: pulumi.Output[str]
    vault: pulumi.Output[str]


def node(placement: Placement, ground: Ground) -> NodeParts:
    own = Own(placement, ground)
    kept = storage(own)
    log = log_group(own, kept)
    index, files = database(own, kept), state(own, kept)
    held, people = secret(own, kept), readers(own, kept)
    secrets = {"NETPROV_SECRET": held.secret_id, "NETPROV_DATABASE": _master(index)}
    wrapped = bundle(ground.topology, own.node)
    runs = Runs(
        bundle=wrapped,
        files=put(own, kept, wrapped),
        storage=kept,
        database=index,
        state=files,
        roles=roles(own, Needs(kept, files, log, tuple(secrets.values()), people)),
        log=log,
        secrets=secrets,
        readers=people.arn,
        edition=edition(ground.topology, ground.papers, own.node),
    )
    door = balancer(own)
    running = service(own, runs, node_task(own, runs), door)
    vault = backup(own, kept, [index.arn, kept.images.arn, files.files.arn])
    return NodeParts(
        address=own.host,
        images=kept.images.bucket,
        key=kept.key.arn,
        database=index.endpoint,
        files=files.files.id,
        secrets=tuple(secrets.values()),
        service=running.name,
        verify_task=verify_task(own, runs).arn,
        log_group=log.name,
        alarms=watch(own, kept, door, log).arn,
        vault=vault.name,
    )


def _master(index: aws.rds.Instance) -> pulumi.Output[str]:
    """The secret that RDS keeps its own password in; a plan does not know it yet."""
    return index.master_user_secrets.apply(lambda found: (found[0].secret_arn or "") if found else "")
