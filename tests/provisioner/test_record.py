"""A record is what a frozen, slotted dataclass is."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, fields, replace
from inspect import signature

import pytest

from provisioner.record import changed, defaults, record


@record
class Point:
    """Two numbers and a word."""

    x: int
    y: int = 2
    word: str = ""


def test_it_is_made_by_place_by_name_and_with_defaults() -> None:
    assert Point(1) == Point(x=1, y=2, word="") == Point(1, 2)
    assert Point(1) != Point(2)
    assert hash(Point(1)) == hash(Point(1, 2))
    assert repr(Point(1, word="a")) == "Point(x=1, y=2, word='a')"


@record
class Step:
    """A number, and what is done with it."""

    number: int
    work: Callable[[int], int] = abs
    then: Callable[[int], str] = lambda number: f"{number}!"


def test_a_function_that_stands_as_default_is_a_value_as_any_other() -> None:
    step = Step(-3)
    assert (step.work(step.number), step.then(step.number)) == (3, "-3!")
    assert (replace(step, work=abs).work(4), changed(step, number=1).then(1)) == (4, "1!")
    assert defaults(Step)["then"] is step.then
    assert step == Step(-3)


def test_it_works_with_what_works_on_dataclasses() -> None:
    assert replace(Point(1), y=5) == Point(1, 5)
    assert asdict(Point(1)) == {"x": 1, "y": 2, "word": ""}
    assert [f.name for f in fields(Point(1))] == ["x", "y", "word"]
    assert pickle.loads(pickle.dumps(Point(3))) == copy.deepcopy(Point(3)) == Point(3)  # noqa: S301
    assert str(signature(Point)) == "(x: int, y: int = 2, word: str = '')"
    match Point(4):
        case Point(x, y, _):
            assert (x, y) == (4, 2)


def test_it_cannot_be_changed_or_made_of_anything_else() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="needs 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="has no z"):
        Point(1, z=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="at most 3"):
        Point(1, 2, "", 4)  # type: ignore[call-arg]
