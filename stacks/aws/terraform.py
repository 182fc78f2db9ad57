"""Planned resources in the form of a Terraform plan, which is what the field's own checkers read.

Pulumi's AWS package is made from Terraform's: a type has another name, a property is in camel case, and a block that
may occur once is an object rather than a list of one. This is the way back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.planned import Planned
from provisioner.record import record

NAMES = {
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:ec2/flowLog:FlowLog": "aws_flow_log",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "aws_ec2_transit_gateway",
    "aws:sns/topic:Topic": "aws_sns_topic",
}
"""Types that the families below do not tell."""
FAMILIES = {
    "cloudwatch": "aws_cloudwatch_",
    "directconnect": "aws_dx_",
    "ec2": "aws_",
    "ec2transitgateway": "aws_ec2_transit_gateway_",
    "servicediscovery": "aws_service_discovery_",
    "vpc": "aws_vpc_",
}
BLOCKS = {
    "conditions": "condition",
    "copyActions": "copy_action",
    "defaultActions": "default_action",
    "loadBalancers": "load_balancer",
    "metricQueries": "metric_query",
    "noncurrentVersionTransitions": "noncurrent_version_transition",
    "parameters": "parameter",
    "replicas": "replica",
    "routes": "route",
    "rules": "rule",
    "selectionTags": "selection_tag",
    "settings": "setting",
    "transitions": "transition",
    "volumes": "volume",
    "vpcs": "vpc",
}
"""Repeated blocks, which Pulumi names in the plural."""
MAPPINGS = frozenset({"tags", "tagsAll", "dimensions", "metadata", "recoveryPointTags", "variables", "triggers"})
"""Objects whose keys are data."""


@record
class Identified:
    """A planned resource, and the words by which others refer to it: its id, its ARN."""

    planned: Planned
    known_as: tuple[str, ...]


def plan(resources: Iterable[Identified]) -> dict[str, object]:
    """A plan that creates all of them, in the shape of `terraform show -json`."""
    held = [each for each in resources if each.planned.kind.startswith("aws:")]
    addresses: dict[str, str] = {}
    for each in held:
        for word in each.known_as:
            # What has the id of something else, as a bucket's settings have the bucket's, comes after it.
            addresses.setdefault(word, address(each.planned))
    items = [_item(each.planned, addresses) for each in held]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [_planned(item) for item in items]}},
        "resource_changes": [_change(item) for item in items],
        "configuration": {"root_module": {"resources": [_written(item) for item in items]}},
    }


def address(planned: Planned) -> str:
    return f"{type_of(planned.kind)}.{_label(planned.name)}"


def type_of(kind: str) -> str:
    """`aws:kms/key:Key` is aws_kms_key."""
    if kind in NAMES:
        return NAMES[kind]
    module, name = kind.split(":")[1].split("/", maxsplit=1)[0], kind.split(":")[2]
    return FAMILIES.get(module, f"aws_{module}_") + snake(name)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _label(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


@record
class _Item:
    """One resource: what is known of it, and which attribute refers to which other resources."""

    head: dict[str, object]
    known: dict[str, object]
    references: dict[str, list[str]]


def _item(planned: Planned, addresses: Mapping[str, str]) -> _Item:
    """What refers to another resource is not known before that is there, as in a plan of Terraform's own."""
    mine = address(planned)
    others = {word: other for word, other in addresses.items() if other != mine}
    references = {
        attribute(name): sorted({others[word] for word in _words(value) if word in others})
        for name, value in planned.properties.items()
    }
    known = {name: _unknown(value, others) for name, value in planned.properties.items()}
    head: dict[str, object] = {
        "address": mine,
        "mode": "managed",
        "type": type_of(planned.kind),
        "name": _label(planned.name),
    }
    return _Item(
        head,
        values({name: value for name, value in known.items() if value is not None}),
        {name: found for name, found in references.items() if found},
    )


def _planned(item: _Item) -> dict[str, object]:
    return item.head | {"values": item.known}


def _change(item: _Item) -> dict[str, object]:
    unknown = dict.fromkeys(item.references.keys() - item.known.keys(), True)
    return item.head | {
        "change": {"actions": ["create"], "before": None, "after": item.known, "after_unknown": unknown}
    }  # fmt: skip


def _written(item: _Item) -> dict[str, object]:
    """As the configuration would have it."""
    expressions = {
        name: {"references": [word for each in found for word in (f"{each}.id", each)]}
        for name, found in item.references.items()
    }
    return item.head | {"provider_config_key": "aws", "expressions": expressions}


def _unknown(value: Any, others: Mapping[str, str]) -> Any:
    match value:
        case str():
            return None if value in others else value
        case list() if all(isinstance(item, str) for item in value):
            return [_unknown(item, others) for item in value]
        case _:
            return value


def _words(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _words(item)
        case dict():
            for item in value.values():
                yield from _words(item)


def values(properties: Mapping[str, Any]) -> dict[str, object]:
    """Properties as attributes and blocks."""
    return {
        attribute(name): value if name in MAPPINGS else _value(value) for name, value in properties.items()
    }  # fmt: skip


def attribute(name: str) -> str:
    return BLOCKS.get(name) or snake(name)


def _value(value: Any) -> object:
    match value:
        case dict():
            return [values(value)]
        case list():
            return [values(item) if isinstance(item, dict) else item for item in value]
        case _:
            return value
