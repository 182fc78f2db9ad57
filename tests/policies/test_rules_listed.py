"""The list of rules: complete, unique, documented, and pure."""

import ast
import importlib
import os
import pkgutil
import re
from pathlib import Path

import pytest

import policies
from policies import RULES
from policies.rule import Rule

NO_FAMILIES = ("rule", "regions", "stated", "waivers")
FAMILIES = [name for _, name, _ in pkgutil.iter_modules(policies.__path__) if name not in NO_FAMILIES]
ALLOWED = {
    *("policies", "provisioner", "collections", "dataclasses", "datetime", "inspect", "itertools", "re", "typing"),
}
OURS = re.compile(r"policies(\.\w+)?|provisioner\.(choices|network|organisation|formats|findings|record)")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_rule_of_a_family_is_in_its_list(family: str) -> None:
    module = importlib.import_module(f"policies.{family}")
    made = [value for value in vars(module).values() if isinstance(value, Rule)]
    assert sorted(r.id for r in module.RULES) == sorted(r.id for r in made)
    assert set(module.RULES) <= set(RULES)


def test_ids_are_unique() -> None:
    ids = [r.id for r in RULES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rule_has_a_title_a_basis_and_a_manual_with_both_examples(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{2,3}-\d\d", rule.id)
    assert rule.title
    assert len(rule.title) <= 120
    assert rule.basis
    assert "\nPASS:\n" in rule.manual
    assert "\nFAIL:\n" in rule.manual


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted(Path(policies.__path__[0]).glob("*.py")), ids=lambda p: p.stem)
def test_policies_import_the_model_and_nothing_that_touches_the_world(path: Path) -> None:
    for module in _imported(path):
        assert module.split(".")[0] in ALLOWED, module
        if module.split(".")[0] in ("policies", "provisioner"):
            assert OURS.fullmatch(module), module


@pytest.mark.parametrize("path", sorted(Path(policies.__path__[0]).glob("*.py")), ids=lambda p: p.stem)
def test_policies_read_no_clock_and_no_file(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {c.func.id if isinstance(c.func, ast.Name) else getattr(c.func, "attr", "") for c in calls}
    assert not names & {"today", "now", "open", "print", "input", "eval", "exec", "getattr", "read_text"}


ROWS = re.compile(r"(?:\| [A-Z]+-\d\d \| .* \|\n)*")


def test_the_documentation_lists_every_rule() -> None:
    """With NETPROV_REWRITE=1 the list is written anew."""
    page = (Path(policies.__path__[0]).parent / "docs/policies.md").resolve()
    before, head, rest = page.read_text().partition("| rule | severity | what it asks for |\n|---|---|---|\n")
    listed = "".join(f"| {r.id} | {r.severity.word} | {r.title} |\n" for r in RULES)
    text = before + head + listed + ROWS.sub("", rest, count=1)
    if os.environ.get("NETPROV_REWRITE"):
        page.write_text(text)
    assert page.read_text() == text
