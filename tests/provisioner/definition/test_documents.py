"""Whole files: what is good is read without a word, and what is bad is told in exactly these words.

The words stand beside each bad file; `NETPROV_REWRITE=1 pytest tests/provisioner/definition/test_documents.py` writes
them anew.
"""

import os
import re
from pathlib import Path

import pytest

from provisioner.definition.document import parse
from provisioner.definition.manual import page
from provisioner.definition.mistakes import MANY, MISTAKES, SIZE
from provisioner.definition.reader import read
from provisioner.report import text

ROOT = Path(__file__).parents[3]
GOOD = sorted((ROOT / "tests/documents/good").iterdir())
BAD = sorted(file for file in (ROOT / "tests/documents/bad").iterdir() if file.suffix != ".txt")
REWRITE = os.environ.get("NETPROV_REWRITE") == "1"


def told(file: Path) -> str:
    document = parse(file.name, file.read_bytes())
    network, found = read(document)
    assert (network is None) is bool(document.findings or found)
    return text(document, (*document.findings, *found)) + "\n"


def same(expected: Path, words: str) -> None:
    if REWRITE:
        expected.write_text(words)
    assert words == expected.read_text()


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_a_good_file_is_read_without_a_word(file: Path) -> None:
    assert told(file) == "\n"


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name)
def test_a_bad_file_is_told_in_these_words(file: Path) -> None:
    same(file.with_suffix(".txt"), told(file))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name)
def test_every_mistake_says_where_and_what_to_do(file: Path) -> None:
    for paragraph in told(file).rstrip("\n").split("\n\n"):
        assert re.match(rf"{re.escape(file.name)}:\d+:\d+: error: .+ \[[A-Z]{{3}}-\d\d]\n", paragraph)
        assert re.search(r"^   try: .", paragraph, re.MULTILINE)


def test_every_mistake_has_a_bad_file() -> None:
    """But two: their files would be large, so the hostile ones have them."""
    words = "".join(file.with_suffix(".txt").read_text() for file in BAD)
    assert {rule for rule in MISTAKES if f"[{rule}]" not in words} == {SIZE, MANY}


def test_the_page_of_the_definition_is_current() -> None:
    same(ROOT / "docs/definition.md", page())
