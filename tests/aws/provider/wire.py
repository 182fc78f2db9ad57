"""Protobuf structs as plain values: whole numbers, no secrets' wrapping, no nulls."""

from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict

from provisioner.engine.provider import SECRET_SIGNATURE

Values = dict[str, Any]
"""A resource's properties by Pulumi's names, or a call's parameters by AWS's."""


def plain(message: struct_pb2.Struct) -> Values:
    """What the engine says; unlike netprov's own provider's, a fraction may be among the numbers."""
    held = _plain(MessageToDict(message))
    return {key: value for key, value in held.items() if value is not None and not key.startswith("__")}


def _plain(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(item) for item in value]
        case dict() if SECRET_SIGNATURE in value:
            return _plain(value.get("value"))
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
