"""A check by some rules alone."""

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"


@pytest.fixture
def faulty(tmp_path: Path) -> str:
    """Two rules have something to say, of which RET-01's is an error."""
    text = EXAMPLE.read_text(encoding="utf-8")
    path = tmp_path / "severn.yaml"
    path.write_text(text.replace("environment: test", "environment: production"), encoding="utf-8")
    return str(path)


def asked(netprov: Any, *arguments: str) -> tuple[int, set[str], set[str]]:
    """Exit code, rules with a verdict, rules with a finding."""
    told = netprov("check", "--format", "json", *arguments)
    found = json.loads(told.out)
    return told.code, {each["rule"] for each in found["controls"]}, {each["rule"] for each in found["findings"]}


def test_only_the_named_rules_are_asked(netprov: Any, faulty: str) -> None:
    _, every, findings = asked(netprov, faulty)
    wrong = min(findings)
    assert len(every) > 100
    assert asked(netprov, faulty, "--rule", wrong) == (1, {wrong}, {wrong})
    assert asked(netprov, faulty, "--rule", "gov-04", "--rule", "DCM-02") == (0, {"GOV-04", "DCM-02"}, set())


def test_click_and_the_quick_way_agree(netprov: Any, faulty: str) -> None:
    quick = netprov("check", faulty, "--rule", "GOV-04", "--format", "json")
    slow = netprov("check", faulty, "--rule", "gov-04", "--format", "json", "--fail-on", "error")
    assert (quick.code, quick.out) == (slow.code, slow.out)


def test_a_rule_within_a_framework_is_asked_if_it_speaks_to_that(netprov: Any, faulty: str) -> None:
    assert asked(netprov, faulty, "--rule", "IG-01", "--rule", "DCM-02", "--framework", "UK GDPR")[1] == {"IG-01"}


def test_waivers_of_other_rules_are_not_told_as_unused(netprov: Any, faulty: str) -> None:
    waiver = '{rule: GOV-04, reason: "none", approved_by: SIRO, until: 2026-12-31}'
    text = Path(faulty).read_text(encoding="utf-8") + f"policies: {{waivers: [{waiver}]}}\n"
    Path(faulty).write_text(text, encoding="utf-8")
    assert asked(netprov, faulty, "--rule", "DCM-02")[2] == set()
    assert asked(netprov, faulty, "--rule", "GOV-04")[2] == {"WVR-02"}


def test_a_rule_that_nobody_has_is_refused(netprov: Any, faulty: str) -> None:
    told = netprov("check", faulty, "--rule", "RES-99")
    assert (told.code, told.out) == (2, "")
    assert "there is no rule RES-99" in told.err


def test_it_is_said_that_no_others_were_asked(netprov: Any, faulty: str) -> None:
    told = netprov("check", faulty, "--rule", "GOV-04", "--rule", "DCM-02").out.splitlines()[-1]
    assert told == "judged from the definition alone, by GOV-04, DCM-02 and no others"
