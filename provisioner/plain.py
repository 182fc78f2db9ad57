"""netprov's frozen values as JSON and back: for the registry, the engine's inputs and `--format json`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from provisioner.findings import Path as PathOf
from provisioner.findings import pointer

T = TypeVar("T")


class Misfit(ValueError):
    """JSON that is not the value it should be; says where."""

    def __init__(self, words: str, path: PathOf = ()) -> None:
        super().__init__(f"{pointer(path)}: {words}" if path else words)
        self.words = words
        self.path = path

    def under(self, step: str | int) -> "Misfit":
        """The same, seen from one level further out."""
        return Misfit(self.words, (step, *self.path))


def text(value: object) -> str:
    """The JSON text of a value: the same value always gives the same bytes."""
    return json.dumps(plain(value), ensure_ascii=False, indent=1) + "\n"


def plain(value: object) -> Any:
    """The value as dicts, lists, text and numbers, keys in the order of the fields."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, date | Path):
        return str(value)
    return {name: plain(getattr(value, name)) for name in _shape(type(value))}


def revive(kind: type[T], data: object) -> T:
    """The dataclass that `data` is the plain form of.

    A key that this version does not know is passed over and a missing one takes its default: `down` must
    work on what another version wrote.
    """
    if not isinstance(data, dict):
        raise Misfit("expected an object")
    values: dict[str, object] = {}
    for name, (convert, required) in _shape(kind).items():
        if name in data:
            try:
                values[name] = convert(data[name])
            except Misfit as misfit:
                raise misfit.under(name) from None
        elif required:
            raise Misfit("missing", (name,))
    return kind(**values)


Convert = Callable[[Any], object]


def _shape(kind: type) -> dict[str, tuple[Convert, bool]]:
    """How to read each field, and whether it must be there; worked out once a type."""
    if kind not in _SHAPES:
        hints = get_type_hints(kind)
        _SHAPES[kind] = {
            f.name: (_converter(hints[f.name]), f.default is MISSING and f.default_factory is MISSING)
            for f in fields(kind)
        }
    return _SHAPES[kind]


_SHAPES: dict[type, dict[str, tuple[Convert, bool]]] = {}


def _converter(hint: Any) -> Convert:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        present = _converter(next(i for i in inner if i is not NoneType))
        return lambda data: None if data is None else present(data)
    if origin is tuple:
        return partial(_items, _converter(inner[0]))
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(revive, hint)
    if issubclass(hint, Enum) or hint is date:
        return partial(_word, hint.fromisoformat if hint is date else hint)
    return partial(_scalar, hint)


def _items(convert: Convert, data: object) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise Misfit("expected a list")
    items = []
    for at, each in enumerate(data):
        try:
            items.append(convert(each))
        except Misfit as misfit:
            raise misfit.under(at) from None
    return tuple(items)


def _word(read: Convert, data: object) -> object:
    try:
        return read(data)
    except (ValueError, TypeError) as error:
        raise Misfit(str(error)) from None


def _scalar(kind: type, data: object) -> object:
    if kind is float and type(data) is int:
        return float(data)
    # type() and not isinstance(): true is no port number.
    if type(data) is not kind:
        raise Misfit(f"expected {kind.__name__}")
    return data
