"""Rounds of questions: what may be called a pass, and what may not."""

from collections.abc import Callable

import pytest

from provisioner.errors import NetprovError
from provisioner.proving.questions import REFUSED, WORKS, Question, Round
from provisioner.proving.refusals import _spread
from provisioner.proving.verify import Check, _asked


def seen() -> str:
    return "seen"


def wanting() -> str:
    raise NetprovError("is down", "start it")


def malformed() -> str:
    answer: dict[str, str] = {}
    return answer["DicomAet"]


def question(name: str, ask: Callable[[], str] = seen, expected: str = REFUSED) -> Question:
    return Question(name, "RXA01", "RXB01", expected, ask)


def ask(*rounds: Round, silent: dict[str, str] | None = None) -> list[tuple[str, bool, str]]:
    return [(c.name, c.passed, c.detail) for c in _asked(rounds, 4, silent or {})]


def test_answers_keep_the_order_of_their_questions() -> None:
    rounds = [Round((), tuple(question(f"{number}-{part}") for part in range(3))) for number in range(20)]
    assert [name for name, _, _ in ask(*rounds)] == [f"{n}-{p}" for n in range(20) for p in range(3)]


def test_what_is_wanting_fails_with_its_words() -> None:
    assert ask(Round((), (question("c-echo", wanting),))) == [("c-echo", False, "is down; start it")]


def test_answer_that_cannot_be_understood_is_a_failure() -> None:
    [(_, passed, detail)] = ask(Round((), (question("answers", malformed),)))
    assert not passed
    assert "cannot be understood" in detail


def test_mistake_of_netprov_itself_is_not_hidden() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(Round((), (question("c-echo", broken),)))


def test_node_that_is_down_refuses_nobody() -> None:
    """The gate fails, and no refusal behind it is asked for, let alone passed."""
    gate = question("https", wanting, WORKS)
    asked = ask(Round((), (question("no-certificate"), question("wrong-password")), gate))
    assert [(name, passed) for name, passed, _ in asked] == [
        ("https", False),
        ("no-certificate", False),
        ("wrong-password", False),
    ]
    assert "https does not work" in asked[1][2]


def test_gate_that_opens_is_an_answer_too() -> None:
    asked = ask(Round((), (question("no-certificate"),), question("https", seen, WORKS)))
    assert asked == [("https", True, "seen"), ("no-certificate", True, "seen")]


def test_round_with_a_silent_node_is_not_asked() -> None:
    def never() -> str:
        raise AssertionError

    asked = ask(Round(("RXA01", "RXB01"), (question("c-echo", never),)), silent={"RXB01": "down"})
    assert asked == [("c-echo", False, "not asked: node RXB01 does not answer")]


def test_every_round_is_closed_whatever_happens() -> None:
    closed: list[str] = []
    rounds = [
        Round((), (question("a", wanting),), end=lambda: closed.append("failed")),
        Round(("RXB01",), (question("b"),), end=lambda: closed.append("silent")),
    ]
    ask(*rounds, silent={"RXB01": "down"})
    assert sorted(closed) == ["failed", "silent"]


def test_failed_checks_are_those_that_did_not_pass() -> None:
    from provisioner.proving.verify import Report

    checks = tuple(Check("c-echo", "A", "B", WORKS, passed, "", 0.0) for passed in (True, False))
    assert Report("severn", checks).failed == (checks[1],)


@pytest.mark.parametrize(("size", "most"), [(0, 5), (3, 5), (5, 5), (41, 5), (239, 8), (7, 1)])
def test_sample_of_callers_is_even_and_without_repeats(size: int, most: int) -> None:
    every = [f"RX{n:03}" for n in range(size)]
    chosen = [_spread(every, most, start) for start in range(max(size, 1))]
    for sample in chosen:
        assert len(sample) == len(set(sample)) == min(size, most)
        assert set(sample) <= set(every)
    assert {name for sample in chosen for name in sample} == set(every)
