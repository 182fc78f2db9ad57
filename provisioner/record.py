"""A frozen, slotted dataclass that costs little to declare: the definition has some forty of them.

`dataclass(frozen=True)` compiles six methods for each class: 12 ms for the whole grammar before a byte of the
definition has been read, a sixth of what `netprov check` may take. Here the methods are shared by all records.
`dataclasses.fields`, `replace` and `asdict` work on them, and type checkers see a frozen dataclass.
"""

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import Any, TypeVar, cast, dataclass_transform

T = TypeVar("T")

_set = object.__setattr__


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """What `dataclass(frozen=True, slots=True)` gives; defaults are plain values."""
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    methods: dict[str, Any] = {
        "__init__": _init,
        "__eq__": _eq,
        "__hash__": _hash,
        "__repr__": _repr,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
        "__defaults__": tuple((f.name, f.default) for f in fields(cast("Any", made))),
    }
    for name, method in methods.items():
        setattr(made, name, method)
    return made


def _init(self: Any, *args: object, **given: object) -> None:
    if len(args) > len(self.__slots__):
        raise TypeError(f"{type(self).__name__} takes at most {len(self.__slots__)} values")
    if args:
        given.update(zip(self.__slots__, args, strict=False))
    for name, default in self.__defaults__:
        value = given.pop(name, default)
        if value is MISSING:
            raise TypeError(f"{type(self).__name__} needs {name!r}")
        _set(self, name, value)
    if given:
        raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")


def _values(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in self.__slots__])


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash((type(self), _values(self)))


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _reduce(self: Any) -> tuple[type, tuple[object, ...]]:
    return type(self), _values(self)


def _refuse(self: Any, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"{type(self).__name__} is frozen: cannot change {name!r}")
