"""The Pulumi program of the local target: it registers each resource that is wanted."""

from functools import partial

import pulumi

from provisioner.engine.plan import Kind
from provisioner.engine.resource import PACKAGE, token_of
from stacks.local.resources import Wanted


def program(want: tuple[Wanted, ...], token: str) -> partial[None]:
    """The inline program that registers them."""
    return partial(_register, want, token)


def _register(want: tuple[Wanted, ...], token: str) -> None:
    # The token is sealed in the state; it lets `down` speak to the provider without any definition.
    provider = pulumi.ProviderResource(PACKAGE, PACKAGE, {"token": pulumi.Output.secret(token)})
    made: dict[tuple[Kind, str], pulumi.Resource] = {}
    for each in want:
        options = pulumi.ResourceOptions(provider=provider, depends_on=[made[key] for key in each.after])
        made[each.kind, each.name] = pulumi.CustomResource(token_of(each.kind), each.name, dict(each.inputs), options)
