"""Numbers that say whose they are: never two patients under one, always the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sharing.identity import LONGEST, nhs_number, parted, prefix, qualified

ISSUERS = st.from_regex(r"\A[A-Z0-9][A-Z0-9._:-]{0,63}\Z")
NUMBERS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), min_size=1, max_size=64)


def text(issuer: str, number: str, study: str = "1.2.3") -> str:
    return qualified(issuer, number.encode(), study).decode()


def test_a_number_says_who_issued_it() -> None:
    assert text("RXA", "123") == "RXA:123"
    assert text("RXA", " 123 ") == "RXA:123"
    assert text("URN:X", "123") == "URN;X:123"


@given(ISSUERS, NUMBERS)
def test_the_way_back(issuer: str, number: str) -> None:
    made = text(issuer, number)
    assert len(made) <= LONGEST
    found = parted(made)
    assert found is not None
    assert found[0] == prefix(issuer)
    assert found[1] in (number, "")
    assert found[1] == number or len(number) + len(prefix(issuer)) + 2 > LONGEST


@given(st.tuples(ISSUERS, NUMBERS), st.tuples(ISSUERS, NUMBERS))
def test_two_patients_never_become_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (text(*one) == text(*other)) == (one == other)


def test_patients_without_a_number_are_kept_apart() -> None:
    assert text("RXA", "", "1.2.3") != text("RXA", "", "1.2.4")
    assert parted(text("RXA", "")) == ("RXA", "")


@pytest.mark.parametrize("plain", ["123", "rxa:123", ":123", "RXA:", ""])
def test_a_local_number_is_no_qualified_one(plain: str) -> None:
    assert parted(plain) is None


@pytest.mark.parametrize("number", ["9990000018", "999 000 0018", "999-000-0018", "9434765919"])
def test_valid_nhs_numbers(number: str) -> None:
    assert nhs_number(number) == number.replace(" ", "").replace("-", "")


@pytest.mark.parametrize("number", ["9990000019", "999000001", "99900000180", "0000000000", "999000001X", "", "A"])
def test_what_is_no_nhs_number(number: str) -> None:
    assert nhs_number(number) == ""


def test_one_wrong_digit_or_two_exchanged_are_seen() -> None:
    good = "9990000018"
    for place in range(10):
        for digit in "0123456789":
            changed = good[:place] + digit + good[place + 1 :]
            assert (nhs_number(changed) == "") == (changed != good)
