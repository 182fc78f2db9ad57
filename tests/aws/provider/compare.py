"""When two values of a property are the same to AWS, and what of the recorded ones is no longer so."""

import json
from typing import Any

from tests.aws.provider.wire import Values


def changes(old: Values, new: Values) -> set[str]:
    """The properties that differ. Policies differ by what they say, lists by what is in them."""
    return {name for name in {*old, *new} if _shape(old.get(name)) != _shape(new.get(name))}


def observed(recorded: Values, actual: Values) -> Values:
    """The recorded properties as they are now. What AWS does not tell, or tells with more detail, is as recorded."""
    return {name: _now(value, actual.get(name)) for name, value in recorded.items()}


def _now(recorded: Any, actual: Any) -> Any:
    return recorded if actual is None or _covers(_shape(actual), _shape(recorded)) else actual


def _covers(actual: Any, recorded: Any) -> bool:
    """Whether what was asked for is there; AWS fills in defaults of its own beside it."""
    match recorded:
        case dict() if isinstance(actual, dict):
            return all(_covers(actual.get(key), item) for key, item in recorded.items())
        case list() if isinstance(actual, list) and len(actual) == len(recorded):
            return all(_covers(there, item) for there, item in zip(actual, recorded, strict=True))
        case _:
            return bool(actual == recorded)


def _shape(value: Any) -> Any:
    """The value without what means nothing: the order of a list, the layout of JSON, numbers written as text."""
    match value:
        case str() if value[:1] in "{[" and value:
            try:
                return _shape(json.loads(value))
            except ValueError:
                return value
        case list():
            return sorted((_shape(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case dict():
            return {key: _shape(item) for key, item in value.items() if item is not None}
        case bool() | None:
            return value
        case int() | float():
            return str(value)
        case _:
            return value
