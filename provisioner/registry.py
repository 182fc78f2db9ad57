"""What was last deployed, as one JSON file a network: `list`, `status` and `down` need nothing else.

`plain` and `revive` turn any of netprov's frozen values into JSON and back, so that the same form serves the
registry, the engine's inputs and `--format json`.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.topology import Topology

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One network as it was last deployed."""

    topology: Topology
    target: str
    when: str
    """ISO 8601, UTC."""
    digest: str
    """sha256 of the definition's text."""
    netprov: str
    """Version that deployed it."""


class Misfit(ValueError):
    """JSON that is not the value it should be; says where."""


def save(folder: NetworkFolder, record: Record) -> None:
    """Replace the network's record; after a crash at any moment either the old or the new one is there, whole."""
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One name: the run's lock lets one writer in, and a killed one's leftover is overwritten by the next.
    fresh = folder.registry.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text(record))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder.registry)
    _sync(folder.root)


def load(folder: NetworkFolder) -> Record | None:
    """The network's record, or None where nothing was deployed."""
    try:
        return revive(Record, json.loads(folder.registry.read_bytes()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise NetprovError(
            f"the record of network {folder.id} cannot be read: {folder.registry}: {error}",
            "`netprov up` with the network's definition writes it anew; what runs is not touched by that",
        ) from error


def text(value: object) -> str:
    """The JSON text of a value: the same value always gives the same bytes."""
    return json.dumps(plain(value), ensure_ascii=False, indent=1) + "\n"


def plain(value: object) -> Any:
    """The value as dicts, lists, text and numbers, keys in the order of the fields."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, date | Path):
        return str(value)
    return value


def revive(kind: type[T], data: object, where: str = "") -> T:
    """The dataclass that `data` is the plain form of.

    A key that this version does not know is passed over and a missing one takes its default: `down` must
    work on what another version wrote.
    """
    if not isinstance(data, dict):
        raise Misfit(f"{where or kind.__name__}: expected an object")
    values: dict[str, object] = {}
    for name, (hint, required) in _shape(kind).items():  # type: ignore[arg-type]  # mypy finds type[T] unhashable
        place = f"{where}.{name}" if where else name
        if name in data:
            values[name] = _value(hint, data[name], place)
        elif required:
            raise Misfit(f"{place}: missing")
    return kind(**values)


@cache
def _shape(kind: type) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {
        f.name: (hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(kind) if f.init
    }


def _value(hint: Any, data: object, where: str) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return None if data is None else _value(next(i for i in inner if i is not NoneType), data, where)
    if origin is tuple:
        return _items(inner, data, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return revive(hint, data, where)
    return _scalar(hint, data, where)


def _items(inner: tuple[Any, ...], data: object, where: str) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise Misfit(f"{where}: expected a list")
    return tuple(_value(inner[0], each, f"{where}[{number}]") for number, each in enumerate(data))


def _scalar(hint: Any, data: object, where: str) -> object:
    try:
        if issubclass(hint, Enum):
            return hint(data)
        if hint is date:
            return date.fromisoformat(str(data))
    except ValueError as error:
        raise Misfit(f"{where}: {error}") from None
    if hint is float and type(data) is int:
        return float(data)
    # type() and not isinstance(): true is no port number.
    if type(data) is not hint:
        raise Misfit(f"{where}: expected {hint.__name__}")
    return data


def _sync(folder: Path) -> None:
    """The rename itself survives a power cut only once its folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
