"""Each finding points at the value at fault, or at the key that encloses what is missing; also after re-indenting."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies import evaluate
from provisioner.definition.document import Document, parse
from provisioner.definition.reader import read
from provisioner.findings import Finding
from provisioner.findings import Path as Place

TODAY = date(2026, 11, 24)
EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.yaml"))
BREAKING = (
    (r"^  environment: test", "  environment: production"),
    (r"^    (quorum|copies|rpo_minutes): \d+", r"    \1: 1"),
    (r"(region): local", r"\1: eu-west-1"),
    (r"kind: foundation_trust", "kind: independent"),
    (r"turnaround_days: 28", "turnaround_days: 56"),
    (r"^  (\w*terms|new_starters): agenda_for_change", r"  \1: local"),
    (r"^ +(fallback|ico|sro|dated|mfa|trained|ref|signed):.*\n", ""),
    (r"review: 20\d\d", "review: 2025"),
    (r"share: \d+", "share: 7"),
)


def broken(path: Path) -> str:
    text = path.read_text()
    for sound, wrong in BREAKING:
        text = re.sub(sound, wrong, text, flags=re.MULTILINE)
    return text


def indented(text: str) -> str:
    """The same definition with twice the indentation; what follows a dash stays in line with what comes below."""
    return re.sub(r"^( +)(- )?", lambda m: m[1] * 2 + ("-   " if m[2] else ""), text, flags=re.MULTILINE)


def found(text: str) -> tuple[Document, list[Finding]]:
    document = parse("broken", text.encode())
    network, mistakes = read(document)
    assert network is not None, mistakes
    return document, list(evaluate(network, TODAY))


def nearest(tree: Any, place: Place, at_key: bool) -> str:
    """What a finding has to point at: a text of the file, or the bracket or the key where a list or mapping starts."""
    last: str | int = ""
    for step in place:
        there = step in tree if isinstance(tree, dict) else isinstance(tree, list) and int(step) < len(tree)
        if not there:
            at_key = True
            break
        last, tree = step, tree[step]
    if at_key and isinstance(last, str):
        return last
    while isinstance(tree, dict | list):
        tree = next(iter(tree))
    return str(tree)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", [str, indented], ids=["as it is", "indented"])
def test_a_finding_points_at_its_value(path: Path, form: Any) -> None:
    document, findings = found(form(broken(path)))
    lines = document.text.splitlines()
    assert len(findings) > 20
    for finding in findings:
        span = document.where(finding.path, finding.at_key)
        shown = lines[span.line - 1][span.column - 1 :].lstrip("\"'[{- ")
        assert shown.startswith(nearest(document.value, finding.path, finding.at_key)), (finding, shown)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_same_is_found_after_re_indenting(path: Path) -> None:
    assert found(broken(path))[1] == found(indented(broken(path)))[1]
