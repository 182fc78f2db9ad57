"""Packs of the user's own, as files: what they find, and in which words one fails that cannot be asked."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PACK = (EXAMPLES / "packs/ours.py").read_text(encoding="utf-8")
HEAD = """\
from policies.packs import Pack
from policies.rule import Fault, rule
from provisioner.findings import Severity

@rule("OUR-01", Severity.ERROR, "our board, 2026")
def ours(network):
    \"\"\"It is ours.\"\"\"
    {body}

PACK = Pack("ours", "Ours", "our board, 2026", {weights}, rules=({rules},))
"""
Check = Callable[..., Any]
DEFINITION = (EXAMPLES / "severn.yaml").read_text(encoding="utf-8")
HERE = f"severn.yaml:{DEFINITION.count(chr(10)) + 3}:11: error: "
"""Where the definition names the pack."""


def pack(body: str = "yield from ()", weights: str = "{}", rules: str = "ours") -> str:
    return HEAD.format(body=body, weights=weights, rules=rules)


@pytest.fixture
def check(tmp_path: Path, netprov: Any) -> Check:
    """Check the example with this pack beside it; what is said, without the name of the folder."""

    def checked(source: str | None, *arguments: str, name: str = "./ours.py") -> Any:
        path = tmp_path / "severn.yaml"
        named = f"\npolicies:\n  packs: [{name}]\n"
        path.write_text(DEFINITION + named, encoding="utf-8")
        if source is not None:
            (tmp_path / "ours.py").write_text(source, encoding="utf-8")
        ended = netprov("check", str(path), *arguments)
        ended.out = ended.out.replace(f"{tmp_path}/", "")
        return ended

    return checked


def test_the_example_finds_what_it_is_for(check: Check) -> None:
    ended = check(PACK)
    assert ended.code == 1
    assert ended.out == (
        "severn.yaml:115:7: error: expected 14 days or less for pool general, found 28 [OUR-01]\n"
        "  115 |     - name: general\n"
        "      |       ^^^^\n"
        "   at reporting.pools[0].turnaround_days\n"
        "   try: `turnaround_days: 14`, or less\n"
        "\n"
        "severn.yaml: 1 error, no warning\n"
    )


def test_its_verdicts_are_in_the_facts_beside_netprovs_own(check: Check) -> None:
    found = json.loads(check(PACK, "--format", "json").out)
    own = {c["rule"]: c["result"] for c in found["controls"] if c["rule"].startswith("OUR")}
    assert own == {"OUR-01": "fail", "OUR-02": "pass"}
    (weighed,) = [c["severity"] for c in found["controls"] if c["rule"] == "DCM-02"]
    assert weighed == "error"


@pytest.mark.parametrize("form", ["sarif", "junit", "html", "oscal"])
def test_each_form_takes_rules_of_a_pack(check: Check, form: str) -> None:
    assert "OUR-01" in check(PACK, "--format", form).out


def test_nothing_is_left_beside_the_definition(check: Check, tmp_path: Path) -> None:
    check(PACK)
    assert {path.name for path in tmp_path.iterdir()} <= {"severn.yaml", "ours.py", "home"}


NO_PACK = "expected PACK = Pack(...) in ./ours.py, found"


@pytest.mark.parametrize(
    ("source", "rule_id", "said"),
    [
        (None, "PCK-03", "the pack ./ours.py cannot be read: no such file or directory"),
        ("def x(:\n", "PCK-03", "the pack ./ours.py is no Python: invalid syntax, line 1"),
        ("x = '\0'", "PCK-03", "the pack ./ours.py is no Python: source code string cannot contain null bytes"),
        ("\n\nraise OSError('no luck')", "PCK-03", "the pack ./ours.py cannot be loaded: OSError: no luck, line 3"),
        ("import nowhere", "PCK-03", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere', line 1"),
        ("raise SystemExit", "PCK-03", "the pack ./ours.py cannot be loaded: SystemExit, line 1"),
        ("x = 1", "PCK-03", f"{NO_PACK} none"),
        ("PACK = 1", "PCK-03", f"{NO_PACK} int"),
        ("#" * (1 << 20 | 1), "PCK-03", "the pack ./ours.py is larger than 1 MiB"),
        (pack(rules="1"), "PCK-04", "./ours.py: rule 1: expected what @rule(...) makes, found int"),
        (pack(rules="ours, ours"), "PCK-04", "./ours.py: rule OUR-01: expected each id once, found it again"),
        (pack().replace("OUR-01", "ours"), "PCK-04", "./ours.py: rule 1: expected an id as OUR-01, found 'ours'"),
        (
            pack().replace("OUR-01", "RES-01"),
            "PCK-04",
            "./ours.py: rule RES-01: expected a family of its own, found RES, which is netprov's",
        ),
        (
            pack().replace('"our board, 2026")\ndef', '" ")\ndef'),
            "PCK-04",
            "./ours.py: rule OUR-01: expected a basis, found none",
        ),
        (
            pack().replace("Severity.ERROR", "'error'"),
            "PCK-04",
            "./ours.py: rule OUR-01: expected a severity, found 'error'",
        ),
        *(
            (
                pack().replace('2026")\ndef', f'2026", levels={levels})\ndef'),
                "PCK-04",
                f"./ours.py: rule OUR-01: expected levels, found {levels}",
            )
            for levels in ("None", "()", "('live',)")
        ),
        (
            pack().replace('"""It is ours."""', ""),
            "PCK-04",
            "./ours.py: rule OUR-01: expected a page, found no docstring",
        ),
        (
            pack(weights='{"RES-01": Severity.INFO}'),
            "PCK-04",
            "./ours.py: expected a rule of netprov's, made heavier; found RES-01 as info",
        ),
        (
            pack(weights='{"CS-01": None}'),
            "PCK-04",
            "./ours.py: expected a rule of netprov's, made heavier; found CS-01 as None",
        ),
        (
            pack().replace("rules=", 'lighter=("RES",), rules='),
            "PCK-04",
            "./ours.py: expected a pack that adds rules or makes them heavier, found `lighter` or `instead_of`",
        ),
        (
            pack().replace('"Ours", "our board, 2026"', '"", ""'),
            "PCK-04",
            "./ours.py: expected a title and a source of the pack, found none",
        ),
    ],
)
def test_a_pack_that_cannot_be_asked_refuses_the_definition(
    source: str | None, rule_id: str, said: str, check: Check
) -> None:
    ended = check(source)
    assert ended.code == 1
    head = ended.out.splitlines()[0]
    assert head.startswith(HERE)
    assert head.endswith(f"{said} [{rule_id}]")
    assert (ended.err, "Traceback" in ended.out) == ("", False)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("yield 1 / 0", "ZeroDivisionError: division by zero, line 8 of ./ours.py"),
        ("import sys; sys.exit()", "SystemExit, line 8 of ./ours.py"),
        ("return 3", "TypeError: 'int' object is not iterable"),
        ("yield 'x'", "TypeError: expected a Fault, found str"),
        ("yield Fault('members', 'x')", "TypeError: expected a path of keys and numbers, as "),
        ("yield Fault((), '')", "TypeError: expected a Fault whose message, hint and subject are text"),
        ("yield Fault((), 'x', severity=9)", "TypeError: expected a Fault with a severity, found 9"),
        ("while True: yield Fault((), 'x')", "it found more than 10,000 faults"),
        ("return ours(network)", "TypeError: 'Rule' object is not callable, line 8 of ./ours.py"),
    ],
)
def test_a_rule_that_breaks_has_passed_nothing(body: str, said: str, check: Check) -> None:
    ended = check(pack(body))
    first, *_, hint = ended.out.split("\n\n")[0].splitlines()
    assert ended.code == 3
    assert first.startswith(f"{HERE}the rule could not be evaluated ({said}")
    assert first.endswith("), so nothing passed it [OUR-01]")
    assert hint == "   try: a fault of the pack ./ours.py: mend it"
    found = json.loads(check(pack(body), "--format", "json").out)
    assert [c["result"] for c in found["controls"] if c["rule"] == "OUR-01"] == ["not evaluated"]


def test_what_a_pack_prints_is_not_the_answer(check: Check) -> None:
    ended = check("print('hello')\n" + pack(), "--format", "json")
    assert json.loads(ended.out)["errors"] == 0
    assert ended.err == "hello\n"


def test_a_pack_may_only_make_the_terms_of_waivers_stricter(check: Check, tmp_path: Path) -> None:
    terms = "from policies.packs import Terms\n" + pack().replace("rules=", "terms=Terms(days=9999, never=()), rules=")
    waiver = "{rule: CS-01, reason: r, approved_by: Clinical Safety Officer, until: 2028-01-01}"
    ended = check(terms, name=f"./ours.py]\n  waivers: [{waiver}")
    assert {"[WVR-04]", "[WVR-06]"} <= set(ended.out.split())


def installed(tmp_path: Path, module: str) -> None:
    """A package that offers a pack, as pip leaves it."""
    (tmp_path / "acme.py").write_text(module)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[netprov.packs]\nacme-board = acme:PACK\n")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (PACK, "expected 14 days or less for pool general, found 28 [OUR-01]"),
        ("1 / 0", "the pack acme-board cannot be loaded: ZeroDivisionError: division by zero [PCK-03]"),
        ("PACK = 3", "expected PACK = Pack(...) in acme-board, found int [PCK-03]"),
    ],
)
def test_an_installed_package_offers_a_pack(
    module: str, said: str, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    installed(packages, module)
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    ended = check(None, name="acme-board")
    assert (ended.code, ended.out.splitlines()[0].endswith(said)) == (1, True), ended.out


def test_the_examples_on_a_packs_pages_are_run(netprov: Any) -> None:
    path = str(EXAMPLES / "packs/ours.py")
    ended = netprov("check", "--test", path)
    assert (ended.code, ended.out) == (0, f"{path}: 2 rules, 4 examples: every page says what its rule does\n")


def test_a_page_that_lies_is_told(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(PACK.replace("LONGEST_DAYS = 14", "LONGEST_DAYS = 7").replace("turnaround_days: 7", "x: 7"))
    ended = netprov("check", "--test", str(path))
    assert ended.code == 1
    assert ended.out == (
        f"{path}: error: OUR-01, PASS 1: expected findings in no line; "
        "found them in `pools: [{name: general, sites: [RXA01, RXB01]}]`\n"
        f"{path}: error: OUR-01, FAIL 1: the definition cannot be read\n"
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "error: expected PACK = Pack(...) in {path}, found none\n   try: see docs/own-rules.md\n"),
        (
            pack("yield 1 / 0").replace("It is ours.", "It is ours.\n\n    PASS:\n        netprov: 1\n"),
            (
                "error: OUR-01, PASS 1: the rule could not be evaluated "
                "(ZeroDivisionError: division by zero, line 12 of {path})\n"
                "{path}: error: OUR-01: its page has no FAIL\n"
            ),
        ),
    ],
)
def test_a_pack_that_breaks_is_told_when_tried(source: str, said: str, netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(source)
    ended = netprov("check", "--test", str(path))
    assert (ended.code, ended.out) == (1, f"{path}: {said.format(path=path)}")


def test_a_pack_to_try_that_is_nowhere_is_wrong_usage(netprov: Any) -> None:
    ended = netprov("check", "--test", "ours")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "netprov: error: there is no pack ours")


@pytest.mark.parametrize("name", ["./ours.py", "acme-board"])
def test_who_checks_strangers_definitions_runs_none_of_their_code(
    name: str, check: Check, netprov: Any, tmp_path: Path
) -> None:
    netprov.environ["NETPROV_OWN_PACKS"] = "refuse"
    ended = check(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + pack(), name=name)
    assert ended.code == 1
    said = f"the pack {name} is not loaded, as NETPROV_OWN_PACKS=refuse [PCK-03]"
    assert ended.out.splitlines()[0] == f"{HERE}{said}"
    assert not (tmp_path / "ran").exists()


BEYOND = """
from policies.level import SETTINGS, Seen
from policies.packs import Pack
from policies.rule import Fault, rule
from provisioner.findings import Severity

@rule("OUR-05", Severity.WARN, "our PACS managers, 2026", levels=SETTINGS)
def queries_are_short(seen: Seen):
    \"\"\"A node answers a query with 50 studies at most.

    PASS:
        rendered:
          RXA01: {orthanc.json: {LimitFindResults: 50}}

    FAIL:
        rendered:
          RXA01:
            orthanc.json:
              LimitFindResults: 100  # here
    \"\"\"
    for level, node in seen.nodes():
        if node.orthanc.get("LimitFindResults", 0) > 50:
            key = (node.node, "orthanc.json", "LimitFindResults")
            yield Fault(seen.place_of(node.node), "expected 50 or less", "", node.node, level=level, key=key)

PACK = Pack("ours", "Ours", "our board, 2026", {}, rules=(queries_are_short,))
"""


def test_a_rule_of_ones_own_may_look_beyond_the_definition(check: Check, netprov: Any, tmp_path: Path) -> None:
    assert "[OUR-05]" not in check(BEYOND).out
    ended = check(BEYOND, "--level", "rendered")
    assert ended.out.count("[OUR-05]") == 5
    line = "warn: expected 50 or less (rendered: RXA01 orthanc.json LimitFindResults) [OUR-05]"
    assert ended.out.splitlines()[0].endswith(line)
    tried = netprov("check", "--test", str(tmp_path / "ours.py"))
    assert (tried.code, tried.out.endswith(": 1 rule, 2 examples: every page says what its rule does\n")) == (0, True)
