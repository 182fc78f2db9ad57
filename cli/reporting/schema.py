"""The JSON Schema of what `check --format json` prints, made from the types that it is made of."""

from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from cli.reporting.facts import Control, Defined, Facts, Found, Waived
from cli.reporting.frameworks import Coverage
from policies.verdicts import Result
from provisioner.definition.schema import DIALECT
from provisioner.findings import Severity

KINDS: dict[Any, str] = {str: "string", int: "integer", NoneType: "null"}
WORDS = {
    "severity": [severity.word for severity in Severity],
    "weight": [severity.word for severity in Severity],
    "result": [result.value for result in Result],
}
"""Texts that are one of a few words."""


def report_schema() -> dict[str, Any]:
    """The whole schema: every key is always there, and there are no others."""
    return {
        "$schema": DIALECT,
        "title": "netprov check --format json",
        **_object(Facts),
        "$defs": {each.__name__: _object(each) for each in (Defined, Control, Coverage, Found, Waived)},
    }


def _object(each: type) -> dict[str, Any]:
    hints = get_type_hints(each)
    return {
        "type": "object",
        "description": (each.__doc__ or "").strip(),
        "properties": {key: {"enum": WORDS[key]} if key in WORDS else _value(hint) for key, hint in hints.items()},
        "required": list(hints),
        "additionalProperties": False,
    }


def _value(hint: Any) -> dict[str, Any]:
    if is_typeddict(hint):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    inner = get_args(hint)
    if isinstance(hint, UnionType):
        return {"anyOf": [_value(each) for each in inner]}
    if get_origin(hint) is list:
        return {"type": "array", "items": _value(inner[0])}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _value(inner[1])}
    return {"type": KINDS[hint]}
