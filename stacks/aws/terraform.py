"""Planned resources in the form of a Terraform plan, which is what the field's own checkers read.

Pulumi's AWS package is made from Terraform's: a type has another name, a property is in camel case, and a block that
may occur once is an object rather than a list of one. This is the way back.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.record import record
from provisioner.site.planned import Planned

NAMES = {
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
BY_NAME = frozenset({"aws:rds/parameterGroup:ParameterGroup", "aws:rds/subnetGroup:SubnetGroup"})
BLOCKS = {
    "aliases": "alias",
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
NOTHING: Mapping[str, str] = {}


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
        for word in _words(each):
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


def _words(each: Identified) -> tuple[str, ...]:
    """By which others refer to it; its name only where AWS itself goes by names."""
    name = str(each.planned.properties.get("name", "")) if each.planned.kind in BY_NAME else ""
    return tuple(word for word in (*each.known_as, name) if word)


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
    """One resource: what is known of it, what is not, and where it refers to others."""

    head: dict[str, object]
    known: dict[str, object]
    unknown: dict[str, object]
    expressions: dict[str, object]


def _item(planned: Planned, addresses: Mapping[str, str]) -> _Item:
    """What refers to another resource is not known before that is there, as in a plan of Terraform's own."""
    mine = address(planned)
    others = {word: other for word, other in addresses.items() if other != mine}
    known, expressions = values(planned.properties, others), _references(planned.properties, others)
    head: dict[str, object] = {"address": mine, "mode": "managed", "type": type_of(planned.kind)}
    head["name"] = _label(planned.name)
    return _Item(head, known, dict.fromkeys(sorted(expressions.keys() - known.keys()), True), expressions)


def _planned(item: _Item) -> dict[str, object]:
    return item.head | {"values": item.known}


def _change(item: _Item) -> dict[str, object]:
    change = {"actions": ["create"], "before": None, "after": item.known, "after_unknown": item.unknown}
    return item.head | {"change": change}


def _written(item: _Item) -> dict[str, object]:
    """As the configuration would have it."""
    return item.head | {"provider_config_key": "aws", "expressions": item.expressions}


def values(properties: Mapping[str, Any], others: Mapping[str, str] = NOTHING) -> dict[str, object]:
    """Properties as attributes and blocks, without what refers to others."""
    return {
        attribute(name): value if name in MAPPINGS else _value(value, others)
        for name, value in properties.items()
        if value is not None and not (isinstance(value, str) and value in others)
    }


def _value(value: Any, others: Mapping[str, str]) -> object:
    match value:
        case dict():
            return [values(value, others)]
        case list():
            return [_value_in_list(item, others) for item in value]
        case _:
            return value


def _value_in_list(item: Any, others: Mapping[str, str]) -> object:
    if isinstance(item, dict):
        return values(item, others)
    return None if isinstance(item, str) and item in others else item


def _references(properties: Mapping[str, Any], others: Mapping[str, str]) -> dict[str, object]:
    """Which attribute refers to which other resource, in blocks as well."""
    found = {attribute(name): _reference(value, others) for name, value in properties.items() if name not in MAPPINGS}
    return {name: value for name, value in found.items() if value}


def _reference(value: Any, others: Mapping[str, str]) -> object:
    match value:
        case str() if value in others:
            return {"references": [f"{others[value]}.id", others[value]]}
        case dict():
            inner = _references(value, others)
            return [inner] if inner else None
        case list() if any(isinstance(item, dict) for item in value):
            blocks = [_references(item, others) for item in value if isinstance(item, dict)]
            return blocks if any(blocks) else None
        case list():
            named = sorted({others[item] for item in value if isinstance(item, str) and item in others})
            return {"references": [word for each in named for word in (f"{each}.id", each)]} if named else None
        case _:
            return None


def attribute(name: str) -> str:
    return BLOCKS.get(name) or snake(name)
