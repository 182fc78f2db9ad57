"""A frozen dataclass that costs little to declare and to make: the definition has some forty, a file thousands.

`dataclass(frozen=True)` compiles six methods for each class and imports `inspect`: 20 ms before a byte of the
definition has been read, a quarter of what `netprov check` may take. Here all records share their methods, and the
values that were given are the record's own dictionary: a default stands once, in the class.
`dataclasses.fields`, `replace` and `asdict` work on them, and type checkers see a frozen dataclass.
"""

from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from typing import Annotated
else:

    class Annotated:
        """`Annotated`, as the tuple that was written: typing looks at every part, which for 300 keys takes 3 ms."""

        def __class_getitem__(cls, written: tuple[object, ...]) -> tuple[object, ...]:
            return written


__all__ = ["Annotated", "changed", "defaults", "filled", "record"]

T = TypeVar("T")

_set = object.__setattr__


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """What `dataclass(frozen=True)` gives; defaults are plain values, and stay the class's own attributes."""
    names = tuple(cls.__annotations__)
    own = {"__match_args__": names, "__names__": frozenset(names), "__needed__": frozenset(names) - cls.__dict__.keys()}
    # A function that a class holds would be taken for a method.
    calls = {name: staticmethod(cls.__dict__[name]) for name in names if hasattr(cls.__dict__.get(name), "__get__")}
    for name, value in {**_SHARED, **own, **calls}.items():
        setattr(cls, name, value)
    return cls


def defaults(cls: Any) -> dict[str, object]:
    """The attributes that need not be given."""
    return {name: getattr(cls, name) for name in cls.__match_args__ if name not in cls.__needed__}


def changed(value: T, **changes: object) -> T:
    """A copy with other values: `dataclasses.replace`, without its import."""
    return type(value)(**{**value.__dict__, **changes})


def filled(cls: Any, values: dict[str, object]) -> Any:
    """One record of many thousands: every value that has no default is among those given, and none is unknown."""
    made = object.__new__(cls)
    _set(made, "__dict__", values)
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
    cls = type(self)
    names = cls.__match_args__
    if len(args) == len(names) and not given:
        given = dict(zip(names, args, strict=True))
    else:
        given.update(zip(names, args, strict=False))
        if len(args) > len(names) or not given.keys() <= cls.__names__ or not cls.__needed__ <= given.keys():
            raise _misfit(cls, args, given)
    _set(self, "__dict__", given)


def _misfit(cls: Any, args: tuple[object, ...], given: dict[str, object]) -> TypeError:
    """Why a record cannot be made of these."""
    name, names = cls.__name__, cls.__match_args__
    if len(args) > len(names):
        return TypeError(f"{name} takes at most {len(names)} values")
    if unknown := given.keys() - names:
        return TypeError(f"{name} has no {', '.join(sorted(unknown))}")
    return TypeError(f"{name} needs {next(each for each in names if each in cls.__needed__ - given.keys())!r}")


def _values(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in self.__match_args__])


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash((type(self), _values(self)))


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"


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
