"""What all resources of one node share: how they are named, tagged, and whose account they are made in."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.aws import naming
from stacks.aws.design import Placement
from stacks.aws.ground import Ground
from stacks.aws.place import endpoint_of


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
        return endpoint_of(self.ground.topology, self.node).host

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.placement.tags)

    def name(self, part: str = "") -> str:
        """A resource's name: `severn-rxa01-images`."""
        return naming.named(self.ground.design.network, self.node, part)

    def brief(self, part: str, most: int) -> str:
        """A name where AWS takes no long ones: a long network is cut, and told apart by its digest."""
        return naming.brief(self.ground.design.network, self.node, part, most)

    def bucket_name(self, part: str) -> pulumi.Output[str]:
        """No bucket of anybody's anywhere has it: the account's number is in it, and 63 characters are the most."""
        return pulumi.Output.concat(self.brief(part, naming.LONGEST_IN_BUCKET), "-", self.ground.account_number)

    def options(self, *after: pulumi.Resource, keep: bool = False) -> pulumi.ResourceOptions:
        """In the owner's account; what holds studies outlives the network unless they may be deleted."""
        return pulumi.ResourceOptions(
            provider=self.ground.provider,
            depends_on=list(after),
            retain_on_delete=keep and not self.ground.delete_studies,
        )

    def inner(self, part: str, port: int, words: str) -> pulumi.Output[str]:
        """The security group of something that the node alone reaches, on one port; nothing leaves it."""
        name, node = self.name(part), self.ground.guards[self.node]
        group = aws.ec2.SecurityGroup(
            name,
            name=name,
            vpc_id=self.ground.vpc_id,
            description=f"{self.node}: {words}",
            tags=self.tags,
            opts=self.options(),
        )
        self.passage(part, group.id, node, port, words)
        return group.id

    def passage(self, part: str, entered: pulumi.Input[str], source: pulumi.Input[str], port: int, words: str) -> None:
        """One port of one security group, open to another one, and that one's way there."""
        ways: list[tuple[type[Any], pulumi.Input[str], pulumi.Input[str]]] = [
            (aws.vpc.SecurityGroupIngressRule, entered, source),
            (aws.vpc.SecurityGroupEgressRule, source, entered),
        ]
        for rule, group, other in ways:
            rule(
                self.name(part),
                security_group_id=group,
                referenced_security_group_id=other,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                description=words,
                tags=self.tags,
                opts=self.options(),
            )


def statement(actions: Sequence[str], resources: object, **more: object) -> dict[str, object]:
    """What a policy allows; `more` has its principal and its conditions. A role's trust names no resource."""
    return {"Effect": "Allow", "Action": list(actions), **({"Resource": resources} if resources else {}), **more}


def document(*statements: dict[str, object]) -> str:
    """A policy of plain values."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def policy(*statements: dict[str, object]) -> pulumi.Output[str]:
    """A policy that names what other resources say of themselves."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})
