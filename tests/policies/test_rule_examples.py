"""A manual cannot lie: what a rule's page shows is judged by that rule, and what it says is held word for word."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.reporting.facts import EXPECTED
from cli.trial import read_snippet
from policies import RULES, evaluate
from policies.models import owing
from policies.pages import DAY, complaints, laid_over, looked, snippets
from policies.rule import Fault, Rule
from provisioner.definition.choices import OperatingModel
from provisioner.definition.document import Document, parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.findings import Severity, pointer

TODAY = DAY
EXAMPLES = Path(__file__).parents[2] / "examples"
KNOWN = {"kennet": {"WRK-06": Severity.WARN, "OUT-05": Severity.INFO}}
"""Outsourcing to a private supplier cannot be done without a word; it needs no waiver."""
BARE = """\
members:
  - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: Aldermoor General}]}
  - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Brackenfield Royal}]}
platform: {}
legal_entity: {}
supplier: {}
ownership: [{member: RXA, share: 60}, {member: RXB, share: 40}]
external: [{name: night-reporting, kind: teleradiology, country: GB}, {name: nir, kind: registry, country: GB}]
"""
"""What a production network may leave out, to the reader."""
AS_PRODUCTION = (
    ("environment: test", "environment: production"),
    ("synthetic_data: true", "synthetic_data: false"),
    ("region: local", "region: eu-west-2"),
    ("^platform:", "platform:\n  zones: 2"),
)


def sound(text: str) -> tuple[Document, Network]:
    """A definition that the reader has nothing to say against."""
    document = parse("snippet", text.encode())
    network, shape = read(document)
    assert network is not None, (document.findings, shape)
    assert not [f for f in (*document.findings, *shape) if f.severity is Severity.ERROR], text
    return document, network


def faults(rule: Rule, text: str) -> tuple[Fault, ...]:
    _, seen = looked(read_snippet, text)
    assert seen is not None, text
    return tuple(rule.faults(seen.network, TODAY, seen))


def found(text: str) -> dict[str, Severity]:
    """What a whole definition is found to break, and how much that weighs."""
    return {finding.rule: finding.severity for finding in evaluate(sound(text)[1], TODAY)}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rules_page_is_right(rule: Rule) -> None:
    assert list(complaints(rule, read_snippet)) == []


EDGES = re.findall(
    r"^== (\S+) ?(.*?) ?\| (.*)\n((?:(?!==).*\n?)*)", (Path(__file__).parent / "edges.txt").read_text(), re.MULTILINE
)


@pytest.mark.parametrize(("rule_id", "places", "why", "snippet"), EDGES, ids=lambda value: value.partition("\n")[0])
def test_a_rule_begins_and_ends_where_it_should(rule_id: str, places: str, why: str, snippet: str) -> None:
    (rule,) = (rule for rule in RULES if rule.id == rule_id)
    found = faults(rule, laid_over(snippet.strip() + "\n"))
    assert sorted(pointer(fault.path) for fault in found) == sorted(places.split()), why


def spoken(rule: Rule, text: str) -> Iterator[str]:
    """What the rule says of a network, and what a waiver for it alone would have to name."""
    for fault in faults(rule, text):
        lighter = "" if fault.severity is None else f" ({fault.severity.word})"
        key = f" ({fault.level}: {' '.join(map(str, fault.key))})" if fault.key else ""
        yield f"{rule.id}{lighter} {pointer(fault.path)}{key}: {fault.message} | {fault.hint} | {fault.subject}\n"


def test_every_rule_speaks_in_these_words() -> None:
    """Of its page, its edges, and networks that state nothing. With NETPROV_REWRITE=1 they are written anew."""
    told: dict[str, None] = {}
    for rule in RULES:
        shown = [*snippets(rule, "FAIL"), *(f"{edge[3].strip()}\n" for edge in EDGES if edge[0] == rule.id)]
        for text in (*map(laid_over, shown), *(under(model, BARE) for model in OperatingModel)):
            told.update(dict.fromkeys(spoken(rule, text)))
    page = Path(__file__).parent / "words.txt"
    if os.environ.get("NETPROV_REWRITE"):
        page.write_text("".join(told))
    assert "".join(told) == page.read_text()


def under(model: OperatingModel, snippet: str) -> str:
    """The sound network and the snippet, as they would be under another operating model."""
    rest = re.sub(r"^operating_model:.*\n", "", snippet, flags=re.MULTILINE)
    return laid_over(f"operating_model: {model}\n{rest}")


@pytest.mark.parametrize("model", OperatingModel)
@pytest.mark.parametrize("rule", [r for r in RULES if len(owing(r)) < len(OperatingModel)], ids=lambda r: r.id)
def test_what_some_models_owe_is_asked_of_no_other(rule: Rule, model: OperatingModel) -> None:
    assert any(faults(rule, under(model, snippet)) for snippet in snippets(rule, "FAIL")) == (model in owing(rule))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_break_no_rule(path: Path) -> None:
    assert found(path.read_text()) == KNOWN.get(path.stem, {})


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_would_break_none_as_production_networks(path: Path) -> None:
    """A test network may leave paper out; these leave out nothing."""
    text = path.read_text()
    for test, production in AS_PRODUCTION:
        text = re.sub(test, production, text, flags=re.MULTILINE)
    assert found(text) == KNOWN.get(path.stem, {})


def test_every_finding_says_what_was_expected_what_was_found_and_what_to_do() -> None:
    """In words that reports can take apart."""
    lines = (Path(__file__).parent / "words.txt").read_text().splitlines()
    assert [line for line in lines if not line.split(" | ")[-2].strip()] == []
    messages = [line.partition(": ")[2].rpartition(" | ")[0].rpartition(" | ")[0] for line in lines]
    assert len(messages) > 300
    assert [message for message in messages if not EXPECTED.search(message)] == []
