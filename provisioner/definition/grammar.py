"""The annotations of the network, as data: one declaration gives the reader, the schema and the manual.

`shape(Network)` lists the keys of the whole file; a key whose value has keys of its own names their class.
"""

from datetime import date
from enum import Enum, StrEnum, auto
from functools import cache
from types import UnionType
from typing import Any, get_args

from provisioner.definition.formats import Declares, Format, Names, Range
from provisioner.definition.network import Key
from provisioner.record import defaults, record


class Kind(Enum):
    """What a value is, as the file sees it."""

    TEXT = auto()
    FLAG = auto()
    WHOLE = auto()
    DECIMAL = auto()
    DATE = auto()
    CHOICE = auto()
    KEYS = auto()


@record
class Field:
    """One key: the word in the file, the attribute it becomes, and what its value must be."""

    word: str
    name: str
    kind: Kind
    type: Any
    many: bool
    """A list of such values."""
    required: bool
    default: object
    """What stands where the key is absent; None where it is required."""
    words: str
    format: Format | None = None
    range: Range | None = None
    names: Names | None = None
    declares: Declares | None = None


@record
class Shape:
    """The keys of one mapping, in the order of their declaration."""

    type: Any
    words: str
    fields: tuple[Field, ...]


@cache
def shape(owner: Any) -> Shape:
    """The shape of a class of the definition."""
    given = defaults(owner)
    declared = [(name, annotation) for name, annotation in owner.__annotations__.items() if name != "path"]
    fields = tuple(_field(name, annotation, name not in given, given.get(name)) for name, annotation in declared)
    return Shape(owner, owner.__doc__ or "", fields)


def _field(name: str, annotation: Any, required: bool, default: object) -> Field:
    origin, *marks = annotation
    found = {type(mark): mark for mark in marks}
    inner, many = _inner(origin)
    return Field(
        word=found[Key].word if Key in found else name,
        name=name,
        kind=_kind(inner),
        type=inner,
        many=many,
        required=required,
        default=default,
        words=found[str],
        format=found.get(Format),
        range=found.get(Range),
        names=found.get(Names),
        declares=found.get(Declares),
    )


def _inner(origin: Any) -> tuple[Any, bool]:
    """The type of one value, and whether there are many."""
    if isinstance(origin, UnionType):
        return next(part for part in get_args(origin) if part is not type(None)), False
    if getattr(origin, "__origin__", None) is tuple:
        return get_args(origin)[0], True
    return origin, False


_KINDS: dict[Any, Kind] = {str: Kind.TEXT, bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.DECIMAL, date: Kind.DATE}


def _kind(inner: Any) -> Kind:
    return _KINDS.get(inner) or (Kind.CHOICE if issubclass(inner, StrEnum) else Kind.KEYS)


def occurrences(owner: Any, at: str = "") -> dict[str, list[str]]:
    """Where in the grammar each word may stand, as `members[].sites[]`; the top is the empty text."""
    found: dict[str, list[str]] = {}
    for field in shape(owner).fields:
        found.setdefault(field.word, []).append(at)
        if field.kind is Kind.KEYS:
            below = f"{at}.{field.word}".lstrip(".") + ("[]" if field.many else "")
            for word, where in occurrences(field.type, below).items():
                found.setdefault(word, []).extend(where)
    return found
