"""The grammar as JSON Schema 2020-12, for editors: completion, hints and a first check while a person types.

The reader is the judge: a schema cannot say that a code is declared, that a day exists, or where a mistake stands.
"""

from collections.abc import Callable
from typing import Any

from provisioner.definition.grammar import Field, Kind, Shape, shape
from provisioner.definition.network import Network
from provisioner.definition.values import MOST_TEXT

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def json_schema() -> dict[str, Any]:
    """The whole schema: plain dicts and lists, in the order of the declarations."""
    shapes = _shapes(shape(Network))
    return {
        "$schema": DIALECT,
        "title": "netprov network definition",
        **_mapping(shapes[0]),
        "$defs": {each.type.__name__: _mapping(each) for each in shapes[1:]},
    }


def _shapes(top: Shape) -> list[Shape]:
    """Every class of the grammar, once, the top first."""
    found = [top]
    for each in found:
        inner = (shape(field.type) for field in each.fields if field.kind is Kind.KEYS)
        found.extend(s for s in dict.fromkeys(inner) if s not in found)
    return found


def _mapping(each: Shape) -> dict[str, Any]:
    return {
        "type": "object",
        "description": each.words,
        "properties": {field.word: _property(field) for field in each.fields},
        "required": [field.word for field in each.fields if field.required],
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    one = _KINDS[field.kind](field)
    if not field.many:
        return {"description": field.words, **one, **_default(field)}
    distinct = {} if field.kind is Kind.KEYS else {"uniqueItems": True}
    return {"description": field.words, "type": "array", "items": one, **distinct}


def _default(field: Field) -> dict[str, Any]:
    if field.required or field.default in (None, ""):
        return {}
    return {"default": str(field.default) if field.kind is Kind.CHOICE else field.default}


def _text(field: Field) -> dict[str, Any]:
    """An optional text may be empty, as if it were absent; an item of a list may not."""
    empty = not field.required and not field.many
    if field.format is None:
        return {"type": "string", "maxLength": MOST_TEXT} | ({} if empty else {"minLength": 1})
    pattern = rf"^(?:{field.format.pattern})$"
    return {
        "type": "string",
        "pattern": rf"^$|{pattern}" if empty else pattern,
        "examples": [field.format.example],
        "$comment": field.format.words,
    }


def _number(field: Field) -> dict[str, Any]:
    kind = {"type": "integer" if field.kind is Kind.WHOLE else "number"}
    if field.range is None:
        return kind
    return {**kind, "minimum": field.range.least, "maximum": field.range.most}


def _keys(field: Field) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{field.type.__name__}"}


_KINDS: dict[Kind, Callable[[Field], dict[str, Any]]] = {
    Kind.TEXT: _text,
    Kind.FLAG: lambda _: {"type": "boolean"},
    Kind.WHOLE: _number,
    Kind.DECIMAL: _number,
    Kind.DATE: lambda _: {"type": "string", "format": "date", "pattern": _DATE, "examples": ["2027-03-31"]},
    Kind.CHOICE: lambda field: {"type": "string", "enum": [member.value for member in field.type]},
    Kind.KEYS: _keys,
}
