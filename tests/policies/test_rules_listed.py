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
from policies.models import owing
from policies.rule import Rule
from provisioner.definition.choices import OperatingModel

NO_FAMILIES = (
    "frameworks",
    "level",
    "models",
    "own",
    "packs",
    "pages",
    "rule",
    "regions",
    "resources",
    "stated",
    "verdicts",
    "waivers",
)
FAMILIES = [name for _, name, _ in pkgutil.iter_modules(policies.__path__) if name not in NO_FAMILIES]
ALLOWED = {
    *(
        "policies",
        "provisioner",
        "collections",
        "dataclasses",
        "enum",
        "functools",
        "datetime",
        "difflib",
        "inspect",
        "itertools",
        "json",
        "re",
        "textwrap",
        "types",
        "typing",
    ),
}
BASES = r"(law|national guidance|seed article|professional|engineering)\b"
OURS = re.compile(
    r"policies(\.\w+)?|provisioner\.(findings|record|site\.planned|links\.(reach|flows)"
    r"|definition\.(choices|network|organisation|formats|countries|hub))"
)


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
    assert re.match(BASES, rule.basis)
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


PAGE = (Path(policies.__path__[0]).parent / "docs/policies.md").resolve()
HEAD = "| rule | severity | looks at | what it asks for |\n|---|---|---|---|\n"
MODELS = "".join(f" `{model}` |" for model in OperatingModel)
OWED = f"| rule | what it asks for |{MODELS}\n|---|---|{'---|' * len(OperatingModel)}\n"


def _owed(rule: Rule) -> str:
    marks = "".join(f" {'yes' if model in owing(rule) else ''} |" for model in OperatingModel)
    return f"| {rule.id} | {rule.title} |{marks}\n"


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (HEAD, [f"| {r.id} | {r.severity.word} | {', '.join(r.levels)} | {r.title} |\n" for r in RULES]),
        (OWED, [_owed(r) for r in RULES if len(owing(r)) < len(OperatingModel)]),
    ],
    ids=["every rule", "what each model owes"],
)
def test_the_page_has_the_table(head: str, rows: list[str]) -> None:
    """With NETPROV_REWRITE=1 it is written anew."""
    before, found, rest = PAGE.read_text().partition(head)
    text = before + found + "".join(rows) + re.sub(r"\A(?:\| [A-Z]+-\d\d \|.*\n)*", "", rest)
    if os.environ.get("NETPROV_REWRITE"):
        PAGE.write_text(text)
    assert found
    assert PAGE.read_text() == text


def test_the_page_names_what_was_left_out() -> None:
    """No id was forgotten: those thought of are rules or are there, each with its reason."""
    listed = re.findall(r"^\| (.*?) \| .+ \| .+ \|$", PAGE.read_text().partition("## Left out")[2], re.MULTILINE)
    left_out = [rule_id for row in listed for rule_id in re.findall(r"[A-Z]+-\d\d", row)]
    assert not set(left_out) & {rule.id for rule in RULES}
    assert f"The rules are {len(RULES)} of {len(RULES) + len(left_out)} that were thought of." in PAGE.read_text()
