"""What a node stands on: its owner's account and network, as the program has made them."""

from __future__ import annotations  # the SDK warns of its own deprecations when a module of it is loaded

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from provisioner.links.topology import Topology
from stacks.aws.delivery import Deliver, nothing
from stacks.aws.design import Design, Space
from stacks.aws.index import Index
from stacks.aws.naming import named
from stacks.aws.papers import Papers


@dataclass(frozen=True, slots=True)
class Ground:
    """One space's: an account, its VPC, and what its nodes share."""

    design: Design
    topology: Topology
    papers: Papers
    """Certificates and passwords of the network's nodes."""
    space: Space
    provider: aws.Provider
    """Acts in the account of the space's owner."""
    account_number: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    subnets: Mapping[str, Sequence[pulumi.Output[str]]]
    """Each node's own subnets, one a zone."""
    guards: Mapping[str, pulumi.Output[str]]
    """Security group of each node: its balancer and its tasks carry it."""
    cluster_arn: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    zone_id: pulumi.Input[str]
    """The private zone of the network's names, and who may write in it."""
    zone_provider: aws.Provider
    indexes: Mapping[str, Index] = field(default_factory=dict)
    """Which snapshot each node's database comes from and leaves; a plan without an account knows of none."""
    protect: bool = True
    """Whether AWS itself is to refuse the deletion of databases and balancers: in production, until `down`."""
    delete_studies: bool = False
    """Whether what holds studies goes with its node."""
    deliver: Deliver = nothing
    """How a node's files come into its bucket."""

    def index(self, node: str) -> Index:
        return self.indexes.get(node) or Index("", named(self.design.network, node, "final"))
