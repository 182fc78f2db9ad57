"""SARIF: valid by the standard's own schema, within what code hosts take, and the same after an edit above.

`sarif-2.1.0.json` is the schema that OASIS publishes with the standard.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests/documents/standards/sarif-2.1.0.json").read_text(encoding="utf-8"))
TWIN = (ROOT / "examples/severn.yaml").read_text(encoding="utf-8")
BROKEN = (
    ("host: RXA", "host: RXB"),
    ("    network_director: Severn network manager\n", ""),
    ("        cidr: 10.23.1.0/24", "        cidr: 10.23.1.0/24\n        region: us-west-2"),
    ("        cidr: 10.22.2.0/24", "        cidr: 0.0.0.0/0\n        region: ap-south-1"),
    ("environment: test", "environment: production"),
)
WAIVERS = """
policies:
  waivers:
    - {rule: GOV-08, reason: "she starts in May", approved_by: SRO, until: 2027-05-01, reference: SEV-W-1}
    - {rule: GOV-07, reason: "unused", approved_by: SRO, until: 2027-05-01}
"""

Sarif = Callable[[str], Any]


def broken() -> str:
    text = TWIN
    for old, new in BROKEN:
        assert old in text
        text = text.replace(old, new, 1)
    return text + WAIVERS


@pytest.fixture
def sarif(tmp_path: Path, netprov: Any, monkeypatch: pytest.MonkeyPatch) -> Sarif:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "networks").mkdir()

    def made(text: str) -> Any:
        Path("networks/the severn.yaml").write_text(text, encoding="utf-8")
        log = json.loads(netprov("check", "--format", "sarif", "networks/the severn.yaml").out)
        Draft7Validator(SCHEMA).validate(log)
        (run,) = log["runs"]
        return run

    return made


def test_it_is_valid_whatever_it_is_about(sarif: Sarif) -> None:
    assert sarif(broken())["results"]
    assert sarif(TWIN)["results"] == []
    torn = sarif("a: [")
    assert [r["ruleId"] for r in torn["results"]] == ["SHP-01", "SYN-05"]
    assert torn["invocations"] == [{"executionSuccessful": False}]


def test_each_result_has_what_code_hosts_want(sarif: Sarif) -> None:
    run = sarif(broken())
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "networks/the%20severn.yaml"}
        assert place["region"]["startLine"] >= 1
        assert place["region"]["endColumn"] > place["region"]["startColumn"] >= 1
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for rule in rules:
        assert 0 < float(rule["properties"]["security-severity"]) < 10
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["help"]["markdown"]


def test_a_rule_is_explained_with_its_examples(sarif: Sarif) -> None:
    (rule,) = [r for r in sarif(TWIN)["tool"]["driver"]["rules"] if r["id"] == "RES-01"]
    page = rule["help"]["markdown"]
    assert page.startswith("**Images are kept in the UK.**\n\nBasis: national guidance")
    assert "This passes:\n\n```yaml\nplatform: " in page
    assert page.count("```") == 2 * page.count("```yaml")


def test_what_is_no_policy_is_explained_too(sarif: Sarif) -> None:
    rules = {r["id"]: r["help"]["text"] for r in sarif(broken())["tool"]["driver"]["rules"]}
    assert rules["WVR-02"] == "A waiver matches no finding, or names no rule: it can go."
    assert rules["LNK-05"] == "The hub stands at a site of another member than its owner."


def test_a_result_says_what_is_wrong_and_what_to_do(sarif: Sarif) -> None:
    results = {r["ruleId"]: r["message"]["text"] for r in sarif(broken())["results"]}
    assert results["HOS-03"] == "expected the host (RXB) as owner, found RXA. Try: the host contracts for all"


def test_a_waiver_is_a_suppression_with_its_approver(sarif: Sarif) -> None:
    results = {r["ruleId"]: r for r in sarif(broken())["results"]}
    assert results["GOV-08"]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "approved by SRO, reference SEV-W-1, until 2027-05-01 (158 days left): she starts in May",
        }
    ]
    assert results["GOV-08"]["level"] == "warning"
    assert results["WVR-02"]["suppressions"] == []


def fingerprints(run: Any) -> list[tuple[str, str]]:
    return sorted((r["ruleId"], r["partialFingerprints"]["primaryLocationLineHash"]) for r in run["results"])


def test_fingerprints_stay_when_lines_are_put_in_above(sarif: Sarif) -> None:
    before = sarif(broken())
    after = sarif("# a line of comment\n" * 100 + broken())
    assert fingerprints(before) == fingerprints(after)
    assert len(set(fingerprints(before))) == len(before["results"]) > 5


def test_fingerprints_stay_when_a_waiver_is_put_in_first(sarif: Sarif) -> None:
    more = "  waivers:\n    - {rule: GOV-09, reason: unused too, approved_by: SRO, until: 2027-05-01}\n"
    before = set(fingerprints(sarif(broken())))
    assert before < set(fingerprints(sarif(broken().replace("  waivers:\n", more))))


def test_fingerprints_stay_when_a_site_is_renamed_and_a_member_is_put_in_first(sarif: Sarif) -> None:
    before = set(fingerprints(sarif(broken())))
    more = "members:\n  - {ods: RXZ, name: Zeal, kind: nhs_trust, sites: [{ods: RXZ01, name: Zeal General}]}\n"
    text = broken().replace("members:\n", more, 1)
    assert "        name: Ferry Lane Community" in text
    text = text.replace("        name: Ferry Lane Community", "        name: Ferry Road Community", 1)
    kept = before & set(fingerprints(sarif(text)))
    assert {rule for rule, _ in before - kept} == set()
