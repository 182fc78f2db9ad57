"""What the verdicts come to for the controls of a framework, and a check by one framework alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies import RULES
from policies.frameworks import FRAMEWORKS

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"


@pytest.fixture
def undirected(tmp_path: Path) -> str:
    """Without a DPIA's approval and without a legal hold, in production."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("environment: test", "environment: production")
    assert "    legal_hold_owner:" in text
    lines = [line for line in text.splitlines(keepends=True) if "legal_hold_owner:" not in line]
    path = tmp_path / "severn.yaml"
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def facts(netprov: Any, *arguments: str) -> Any:
    return json.loads(netprov("check", "--format", "json", *arguments).out)


def test_a_control_fails_with_any_rule_that_speaks_to_it(netprov: Any, undirected: str) -> None:
    found = facts(netprov, undirected)
    came_to = {(c["framework"], c["control"]): c["result"] for c in found["frameworks"]}
    assert came_to["ISO 27001:2022", "A.5.33 protection of records"] == "fail"
    assert came_to["ISO 27001:2022", "A.8.13 backup"] == "pass"
    assert set(came_to) == {(name, control) for name, asked in FRAMEWORKS.items() for control in asked}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_framework_is_judged_by_its_rules_alone(framework: str, netprov: Any, undirected: str) -> None:
    found = facts(netprov, undirected, "--framework", framework.lower())
    asked = {rule for rules in FRAMEWORKS[framework].values() for rule in rules}
    assert {c["rule"] for c in found["controls"]} == asked & {rule.id for rule in RULES}
    assert {c["framework"] for c in found["frameworks"]} == {framework}
    assert {f["rule"] for f in found["findings"]} <= asked


def test_a_framework_is_a_gate_of_its_own(netprov: Any, undirected: str) -> None:
    def code(framework: str) -> int:
        return int(netprov("check", undirected, "--framework", framework, "--fail-on", "warn").code)

    assert (code("ISO 27001:2022"), code("DCB0160")) == (1, 0)


def test_text_and_page_show_the_coverage(netprov: Any, undirected: str) -> None:
    told = netprov("check", "--passes", undirected).out
    assert any(line.split()[:3] == ["fail", "ISO", "27001:2022"] for line in told.splitlines())
    page = netprov("check", "--format", "html", undirected).out
    assert "<td>A.5.33 protection of records</td>" in page
    assert "Speaks to: ISO 27001:2022 A.5.33 protection of records" in page


@pytest.mark.parametrize("form", ["text", "html", "json", "oscal"])
def test_it_is_said_that_other_rules_were_not_asked(form: str, netprov: Any, undirected: str) -> None:
    """Accepted by DCB0160's rules alone is not accepted."""
    told = netprov("check", undirected, "--framework", "dcb0160", "--format", form).out
    words = "the rules that speak to DCB0160"
    said = f'"only": "{words}"' if form == "json" else f"by {words} and no others"
    assert said in told
    assert said not in netprov("check", undirected, "--format", form).out


def test_an_unknown_framework_is_told(netprov: Any, undirected: str) -> None:
    ended = netprov("check", undirected, "--framework", "SOC 2")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "netprov: error: there is no framework 'SOC 2'")
    assert "UK GDPR" in ended.err
