"""libyaml's parser, through PyYAML's binding, at the price of libyaml alone.

PyYAML brings a parser written in Python too, which nothing here uses and whose patterns take longer to compile than a
definition of 5,000 lines takes to read; and it makes an object of seven attributes for each scalar. Both are left out,
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
        StreamEndEvent,
    )

__all__ = [
    "AliasEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "Scalars",
    "SequenceEndEvent",
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


class Scalars:
    """While it is entered, the parser calls a function of ours where it would make an event of a scalar.

    Of the 30,000 events of a large definition all but 6,000 are scalars, and making an object of seven attributes
    for each takes as long as all of libyaml's work. The parser looks its class up by name each time, so the name
    is lent to us; the lock keeps two readings of one process apart.
    """

    lender: Any = getattr(yaml, "_yaml", yaml.parser)
    lock = allocate_lock()

    def __init__(self, scalar: Callable[..., str | None]) -> None:
        self.scalar = scalar

    def __enter__(self) -> None:
        self.lock.acquire()
        self.usual = self.lender.ScalarEvent
        self.lender.ScalarEvent = self.scalar

    def __exit__(self, *_: object) -> None:
        self.lender.ScalarEvent = self.usual
        self.lock.release()


@cache
def lends() -> bool:
    """Whether this PyYAML does look its class up by name."""
    with Scalars(lambda *_, **__: "lent"):
        following = parser("word")
        return bool([following() for _ in range(3)][-1] == "lent")
