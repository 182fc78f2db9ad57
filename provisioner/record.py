"""A frozen, slotted dataclass that costs little to declare: the definition has some forty of them.

`dataclass(frozen=True)` compiles six methods for each class and imports `inspect`: 20 ms before a byte of the
definition has been read, a quarter of what `netprov check` may take. Here all records share their methods.
`dataclasses.fields`, `replace` and `asdict` work on them, and type checkers see a frozen dataclass.
"""

from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_set = object.__setattr__
_NONE_GIVEN: Any = object()
_NOT_COPIED = ("__dict__", "__weakref__")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """What `dataclass(frozen=True, slots=True)` gives; defaults are plain values."""
    names = tuple(cls.__annotations__)
    kept = {key: value for key, value in cls.__dict__.items() if key not in names and key not in _NOT_COPIED}
    own = {
        "__slots__": names,
        "__match_args__": names,
        "__defaults__": tuple((name, cls.__dict__.get(name, _NONE_GIVEN)) for name in names),
    }
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, {**kept, **_SHARED, **own})
    return made


def defaults(cls: Any) -> dict[str, object]:
    """The attributes that need not be given."""
    return {name: default for name, default in cls.__defaults__ if default is not _NONE_GIVEN}


def changed(value: T, **changes: object) -> T:
    """A copy with other values: `dataclasses.replace`, without its import."""
    now = {name: getattr(value, name) for name, _ in type(value).__defaults__}  # type: ignore[attr-defined]
    return type(value)(**{**now, **changes})


def filled(cls: Any, values: dict[str, object]) -> Any:
    """One record of many thousands: every value that has no default is among those given."""
    made = object.__new__(cls)
    given = values.get
    for name, default in cls.__defaults__:
        _set(made, name, given(name, default))
    return made


class _Fields:
    """`__dataclass_fields__`, made when something first asks for it."""

    def __get__(self, value: object, cls: Any) -> dict[str, Any]:
        from dataclasses import field, make_dataclass

        given = defaults(cls)
        like = [(n, t, field(default=given[n]) if n in given else field()) for n, t in cls.__annotations__.items()]
        fields: dict[str, Any] = vars(make_dataclass(cls.__name__, like))["__dataclass_fields__"]
        cls.__dataclass_fields__ = fields
        return fields


class _Signature:
    """`__signature__`, for who looks at how a record is made: help(), hypothesis."""

    def __get__(self, value: object, cls: Any) -> Any:
        from inspect import Parameter, Signature

        given, kind = defaults(cls), Parameter.POSITIONAL_OR_KEYWORD
        hints = cls.__annotations__.items()
        return Signature([Parameter(n, kind, default=given.get(n, Parameter.empty), annotation=t) for n, t in hints])


def _init(self: Any, *args: object, **given: object) -> None:
    if len(args) > len(self.__slots__):
        raise TypeError(f"{type(self).__name__} takes at most {len(self.__slots__)} values")
    if args:
        given.update(zip(self.__slots__, args, strict=False))
    for name, default in self.__defaults__:
        value = given.pop(name, default)
        if value is _NONE_GIVEN:
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
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__name__} is frozen: cannot change {name!r}")


_SHARED: dict[str, Any] = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__reduce__": _reduce,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__dataclass_fields__": _Fields(),
    "__signature__": _Signature(),
}
