"""The mapping to frameworks names rules that exist, and docs/policies.md has it as a table."""

import os
import re
from pathlib import Path

import policies
from policies import RULES
from policies.frameworks import FRAMEWORKS, controls

PAGE = (Path(policies.__path__[0]).parent / "docs/policies.md").resolve()
HEAD = "| framework | control | rules |\n|---|---|---|\n"


def test_controls_name_rules_that_exist_and_each_once() -> None:
    known = {rule.id for rule in RULES}
    for asked in FRAMEWORKS.values():
        for control, rules in asked.items():
            assert rules, control
            assert set(rules) <= known
            assert len(set(rules)) == len(rules)


def test_a_rule_knows_its_controls() -> None:
    assert controls("IG-08") == (
        ("UK GDPR", "Art. 37, data protection officer"),
        ("DSPT", "accountable roles"),
        ("Caldicott", "a Guardian in every organisation"),
        ("ISO 27001:2022", "A.5.2 roles and responsibilities"),
    )
    assert controls("DCM-02") == ()


def test_the_page_has_the_table() -> None:
    """With NETPROV_REWRITE=1 it is written anew."""
    rows = "".join(
        f"| {framework} | {control} | {', '.join(rules)} |\n"
        for framework, asked in FRAMEWORKS.items()
        for control, rules in asked.items()
    )
    before, found, rest = PAGE.read_text().partition(HEAD)
    text = before + found + rows + re.sub(r"\A(?:\|.*\|\n)*", "", rest)
    if os.environ.get("NETPROV_REWRITE"):
        PAGE.write_text(text)
    assert found
    assert PAGE.read_text() == text
