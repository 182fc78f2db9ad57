"""The Pulumi program of the AWS target: a Design becomes resources, each in its owner's account."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import SETTINGS

from provisioner.links.topology import Topology
from stacks.aws.accounts import Account, provider_name
from stacks.aws.delivery import Deliver, nothing
from stacks.aws.design import Design, Space
from stacks.aws.ground import Ground
from stacks.aws.guard import guards
from stacks.aws.index import Index
from stacks.aws.joining import join
from stacks.aws.names import zone
from stacks.aws.node import NodeParts, node
from stacks.aws.papers import Papers
from stacks.aws.sites import connect
from stacks.aws.space import Laid, Land, lay, placed

SESSION = "netprov"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that one run of the program is made from."""

    design: Design
    topology: Topology
    papers: Papers
    indexes: Mapping[str, Index] = field(default_factory=dict)
    protect: bool = False
    delete_studies: bool = False
    deliver: Deliver = nothing


def program(wanted: Wanted) -> partial[Coroutine[Any, Any, None]]:
    """The inline program that registers everything."""
    return partial(_run, wanted)


def providers(design: Design) -> partial[None]:
    """An inline program of the accounts alone: something that is there already can then be read by them."""
    return partial(_providers, design)


def _providers(design: Design) -> None:
    for each in design.accounts:
        _provider(each, design.region)


async def _run(wanted: Wanted) -> None:
    _register(wanted)
    await _settled()


async def _settled() -> None:
    """Wait for all values that are under way at once.

    The SDK does so itself at the end, but for the next one to come each time, looking at all: that takes longer than
    all else from some twenty sites on. What fails is left to it.
    """
    while True:
        with SETTINGS.lock:
            waiting = [each for each in SETTINGS.outputs if not each.done()]
        if not waiting:
            return
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        if any(each.cancelled() or each.exception() for each in done):
            return


def _register(wanted: Wanted) -> None:
    design = wanted.design
    providers = {each.owner: _provider(each, design.region) for each in design.accounts}
    laid = {each.name: lay(Land(design, each, providers[each.account])) for each in design.spaces}
    join(design, laid)
    for its in laid.values():
        connect(its)
    names = zone(design, laid)
    guarded = guards(design, laid)
    owner = providers[_keeper(design).account]
    for each in design.spaces:
        cluster = _cluster(laid[each.name])
        ground = Ground(
            design=design,
            topology=wanted.topology,
            papers=wanted.papers,
            space=each,
            provider=providers[each.account],
            account_number=laid[each.name].vpc.owner_id,
            vpc_id=laid[each.name].vpc.id,
            subnets={name: [subnet.id for subnet in made] for name, made in laid[each.name].subnets.items()},
            guards=guarded,
            cluster_arn=cluster.arn,
            cluster_name=cluster.name,
            zone_id=names.zone_id,
            zone_provider=owner,
            indexes=wanted.indexes,
            protect=wanted.protect,
            delete_studies=wanted.delete_studies,
            deliver=wanted.deliver,
        )
        for placement in placed(design, each):
            _export(placement.node, node(placement, ground), ground)


def _keeper(design: Design) -> Space:
    """Whose account holds what all share."""
    return design.space(design.hub) if design.hub else design.spaces[0]


def _provider(account: Account, region: str) -> aws.Provider:
    """Nothing of it is made in another region, or in another account than the definition says."""
    roles = [aws.ProviderAssumeRoleArgs(role_arn=account.role, session_name=SESSION)] if account.role else None
    return aws.Provider(
        provider_name(account),
        region=region,
        allowed_account_ids=[account.number] if account.number else None,
        assume_roles=roles,
    )


def _cluster(laid: Laid) -> aws.ecs.Cluster:
    land = laid.land
    return aws.ecs.Cluster(
        land.name("nodes"),
        name=land.name("nodes"),
        settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
        tags=land.tags,
        opts=land.options(),
    )


def _export(name: str, parts: NodeParts, ground: Ground) -> None:
    """What `status`, `verify` and `outputs` need to know of a node, none of it secret."""
    facts: Mapping[str, object] = {
        "address": parts.address,
        "images": parts.images,
        "key": parts.key,
        "database": parts.database,
        "files": parts.files,
        "service": parts.service,
        "cluster": ground.cluster_arn,
        "verify_task": parts.verify_task,
        "log_group": parts.log_group,
        "vault": parts.vault,
        "subnets": list(ground.subnets[name]),
        "guard": ground.guards[name],
    }
    pulumi.export(name, facts)
