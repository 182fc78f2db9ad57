"""The JSON Schema of what `check --export` prints, from the same declarations that it is made of."""

from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from provisioner.definition.grammar import Field, Kind, Shape, shape
from provisioner.definition.network import Network
from provisioner.definition.schema import DIALECT
from provisioner.links.export import FORM
from provisioner.links.reach import Holder, Means
from provisioner.links.topology import Topology

TEXT: dict[str, Any] = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
_KINDS = {Kind.TEXT: TEXT, Kind.FLAG: {"type": "boolean"}, Kind.WHOLE: {"type": "integer"}}
_KINDS |= {Kind.DECIMAL: {"type": "number"}, Kind.DATE: {"type": "string", "format": "date"}}
_PLAIN = {str: TEXT, bool: {"type": "boolean"}, int: {"type": "integer"}, float: {"type": "number"}}


def export_schema() -> dict[str, Any]:
    """The whole schema: every key is always there."""
    made: dict[str, Any] = {}
    definition = _shape(shape(Network), made)
    topology = _record(Topology, made)
    topology["properties"].pop("logo")
    topology["required"].remove("logo")
    return {
        "$schema": DIALECT,
        "title": "netprov check --export",
        **_object(
            {
                "netprov": {**TEXT, "description": "Version of netprov"},
                "form": {"const": FORM, "description": "Version of this form"},
                "file": TEXT,
                "definition": definition,
                "topology": topology,
                "reach": _reach(made),
                "positions": {
                    "type": "object",
                    "description": "line:column of each value that the file states, by its JSON pointer in definition",
                    "additionalProperties": {"type": "string", "pattern": "^[0-9]+:[0-9]+$"},
                },
            }
        ),
        "$defs": made,
    }


def _object(properties: dict[str, Any], words: str = "") -> dict[str, Any]:
    described = {"description": words} if words else {}
    return {"type": "object", **described, "properties": properties, "required": list(properties)}


def _shape(each: Shape, made: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping of the definition; those inside it go into `made`."""
    return _object(
        {field.word: {"description": field.words, **_field(field, made)} for field in each.fields}, each.words
    )


def _field(field: Field, made: dict[str, Any]) -> dict[str, Any]:
    one = _KINDS.get(field.kind) or _value(field, made)
    if field.many:
        return {"type": "array", "items": one}
    return {"anyOf": [one, {"type": "null"}]} if not field.required and field.default is None else one


def _value(field: Field, made: dict[str, Any]) -> dict[str, Any]:
    if field.kind is Kind.CHOICE:
        return {"enum": [member.value for member in field.type]}
    name = f"definition.{field.type.__name__}"
    if name not in made:
        made[name] = _shape(shape(field.type), made)
    return {"$ref": f"#/$defs/{name}"}


def _record(kind: Any, made: dict[str, Any]) -> dict[str, Any]:
    """The schema of a record of the topology; those inside it go into `made`."""
    hints = get_type_hints(kind)
    return _object({f.name: _hinted(hints[f.name], made) for f in fields(kind)}, (kind.__doc__ or "").strip())


def _hinted(hint: Any, made: dict[str, Any]) -> dict[str, Any]:
    inner = get_args(hint)
    if isinstance(hint, UnionType):
        return {"anyOf": [{"type": "null"} if each is NoneType else _hinted(each, made) for each in inner]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _hinted(inner[0], made)}
    if is_dataclass(hint):
        name = f"topology.{hint.__name__}"  # type: ignore[union-attr]
        if name not in made:
            made[name] = _record(hint, made)
        return {"$ref": f"#/$defs/{name}"}
    return {"enum": [each.value for each in hint]} if issubclass(hint, Enum) else _PLAIN[hint]


def _reach(made: dict[str, Any]) -> dict[str, Any]:
    """Who can hold a copy, and the steps between them."""
    step = {"source": TEXT, "target": TEXT, "means": {"enum": [each.value for each in Means]}, "pools": TEXTS}
    holders = {"type": "object", "additionalProperties": _record(Holder, made)}
    origins = {"type": "object", "description": "the member whose images begin at a site", "additionalProperties": TEXT}
    return _object({"holders": holders, "steps": {"type": "array", "items": _object(step)}, "origins": origins})
