"""libyaml's parser, through PyYAML's binding, at the price of libyaml alone.

PyYAML brings a parser written in Python too, which nothing here uses and whose patterns take longer to compile than a
definition of 5,000 lines takes to read; and it makes an object of several attributes for each value. Both are left out,
and PyYAML stays whole for whoever else uses it in this process.
"""

import re
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _Pattern:
    """A pattern that is compiled when somebody first asks it something."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        return getattr(re.compile(*self._given), name)


@contextmanager
def _patterns_compiled_later() -> Iterator[None]:
    usual = re.compile
    re.compile = _Pattern  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = usual


with _patterns_compiled_later():
    import yaml
    from yaml import YAMLError
    from yaml.events import (
        AliasEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
        StreamEndEvent,
    )

__all__ = [
    "AliasEvent",
    "Lent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
    "lends",
    "parser",
]

# Any: the stubs know neither that a parsed event has its marks, nor libyaml's loader.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parser(text: str) -> Callable[[], Any]:
    """What gives the next event of a text, each time that it is called; YAMLError where there can be none."""
    following: Callable[[], Any] = _Loader(text).get_event
    return following


class Lent:
    """While it is entered, the parser calls functions of ours where it would make an event of a value.

    Of the 40,000 events of a large definition all but a few are scalars, or begin and end a container, and making an
    object of several attributes for each takes as long as all of libyaml's work. The parser looks its classes up by
    name each time, so the names are lent to us; the lock keeps two readings of one process apart.
    """

    lender: Any = getattr(yaml, "_yaml", yaml.parser)
    lock = allocate_lock()

    def __init__(self, instead: dict[str, Callable[..., Any]]) -> None:
        self.instead = instead

    def __enter__(self) -> None:
        self.lock.acquire()
        self.usual = {name: getattr(self.lender, name) for name in self.instead}
        for name, function in self.instead.items():
            setattr(self.lender, name, function)

    def __exit__(self, *_: object) -> None:
        for name, usual in self.usual.items():
            setattr(self.lender, name, usual)
        self.lock.release()


@cache
def lends() -> bool:
    """Whether this PyYAML does look its classes up by name."""
    with Lent({"ScalarEvent": lambda *_, **__: "lent"}):
        following = parser("word")
        return bool([following() for _ in range(3)][-1] == "lent")
