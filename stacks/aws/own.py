"""What all resources of one node share: how they are named, tagged, and whose account they are made in."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from stacks.aws.design import Placement
from stacks.aws.ground import Ground


@dataclass(frozen=True, slots=True)
class Own:
    """One node's place."""

    placement: Placement
    ground: Ground

    @property
    def node(self) -> str:
        return self.placement.node

    @property
    def host(self) -> str:
        """The name that other nodes call, and that its certificate carries."""
        return f"{self.node.lower()}.{self.ground.design.domain}"

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.placement.tags)

    def name(self, part: str = "") -> str:
        """A resource's name: `severn-rxa01-images`."""
        return "-".join(each for each in (self.ground.design.network, self.node.lower(), part) if each)

    def options(self, *after: pulumi.Resource, keep: bool = False) -> pulumi.ResourceOptions:
        """In the owner's account; what holds studies outlives the network unless they may be deleted."""
        return pulumi.ResourceOptions(
            provider=self.ground.provider,
            depends_on=list(after),
            retain_on_delete=keep and not self.ground.delete_studies,
        )


def statement(actions: Sequence[str], resources: object, **more: object) -> dict[str, object]:
    """What a policy allows; `more` has its principal and its conditions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources, **more}


def document(*statements: dict[str, object]) -> str:
    """A policy of plain values."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def policy(*statements: dict[str, object]) -> pulumi.Output[str]:
    """A policy that names what other resources say of themselves."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})
