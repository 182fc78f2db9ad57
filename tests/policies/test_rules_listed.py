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
from policies.pages import SOUND
from policies.rule import Rule
from provisioner.definition.choices import OperatingModel
from provisioner.definition.document import parse
from provisioner.definition.reader import read

NO_FAMILIES = (
    "frameworks",
    "level",
    "models",
    "own",
    "packs",
    "pages",
    "rule",
    "sources",
    "regions",
    "resources",
    "stated",
    "verdicts",
    "waivers",
)
FAMILIES = [name for _, name, _ in pkgutil.iter_modules(policies.__path__) if name not in NO_FAMILIES]
BASES = r"(law|national guidance|seed article|professional|engineering)\b"
YEAR = re.compile(r"\b(?:19|20)\d\d\b")


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


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_each_source_of_a_basis_has_a_date(rule: Rule) -> None:
    """Its own, or that on which it was read. An engineering basis cites nobody."""
    sources = [each for each in rule.basis.split(";") if not each.strip().startswith("engineering")]
    assert [each for each in sources if not YEAR.search(each)] == []


def test_each_source_on_the_page_has_a_date() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", PAGE.read_text().partition("## Sources")[2], re.MULTILINE)
    assert len(rows) > 40
    assert [row for row in rows[1:] if not all(YEAR.search(date) for date in row[1].split(";"))] == []


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


SITE, PLATFORM = "{ods: RXA01, name: Aldermoor General", "\nplatform:"
PORTAL = "external: [{name: portal, kind: archive, country: GB, protocol: portal}]"


@pytest.mark.parametrize(
    ("left_out", "refusal", "sound", "wrong"),
    [
        ("GOV-01", "SHP-06", "operating_model: hosted", "operating_model: franchise"),
        ("DCM-01", "SHP-05", SITE, f"{SITE}, aet: 'A\\B'"),
        ("DCM-01", "SHP-05", SITE, f"{SITE}, aet: A2345678901234567"),
        ("DCM-05", "REF-02", "ods: RXB01", "ods: RXA01"),
        ("DCM-05", "REF-02", "ods: RXB,", "ods: RXA,"),
        ("DCM-06", "SHP-01", PLATFORM, f"\nsites: [{{ods: RXC01, name: Lost}}]{PLATFORM}"),
        ("DCM-19", "SHP-06", PLATFORM, f"\n{PORTAL}{PLATFORM}"),
    ],
)
def test_what_was_left_out_as_refused_before_is_refused(left_out: str, refusal: str, sound: str, wrong: str) -> None:
    assert f"\n| {left_out} |" in PAGE.read_text().partition("## Left out")[2]
    document = parse("snippet", SOUND.replace(sound, wrong, 1).encode())
    network, mistakes = read(document)
    assert network is None
    assert [found.rule for found in (*document.findings, *mistakes)] == [refusal]
