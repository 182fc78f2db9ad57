"""OSCAL assessment results: every control observed, only what was judged a finding, waivers as approved deviations.

compliance-trestle's own models read the document too.
"""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from policies import RULES

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"
NAMESAKE = ("name: Severn Imaging Network", "name: Aldermoor NHS Foundation Trust")
WAIVER = """
policies:
  waivers:
    - {rule: GOV-02, reason: a new name in May, approved_by: SRO, until: 2027-05-01, reference: SEV-W-1}
    - {rule: GOV-07, reason: unused, approved_by: SRO, until: 2027-05-01}
"""
WAIVED = EXAMPLE.read_text(encoding="utf-8").replace(*NAMESAKE, 1).replace("host: RXA", "host: RXB") + WAIVER

Oscal = Callable[[str], Any]


@pytest.fixture
def oscal(tmp_path: Path, netprov: Any) -> Oscal:
    def made(text: str) -> Any:
        path = tmp_path / "severn.yaml"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "oscal.json").write_text(netprov("check", "--format", "oscal", str(path)).out, encoding="utf-8")
        return json.loads((tmp_path / "oscal.json").read_text(encoding="utf-8"))["assessment-results"]

    return made


def identifiers(value: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "uuid":
            yield inner
        yield from identifiers(inner)
    for inner in value if isinstance(value, list) else ():
        yield from identifiers(inner)


def test_every_control_is_observed_and_what_was_judged_is_a_finding(oscal: Oscal) -> None:
    (result,) = oscal(WAIVED)["results"]
    (selection,) = result["reviewed-controls"]["control-selections"]
    assert {c["control-id"] for c in selection["include-controls"]} == {rule.id for rule in RULES}
    came_to = {o["title"]: o["props"][0]["value"] for o in result["observations"] if o["props"][0]["name"] == "result"}
    assert len(came_to) == len(RULES)
    states = {f["title"]: f["target"]["status"] for f in result["findings"]}
    assert set(states) == {rule for rule, value in came_to.items() if value in ("pass", "fail", "waived")}
    assert states["GOV-04"] == {"state": "satisfied", "reason": "pass"}
    assert states["HOS-03"] == {"state": "not-satisfied", "reason": "fail"}
    assert {o["title"] for o in result["observations"]} >= {"LNK-05", "WVR-02"}


def test_a_waiver_is_a_risk_whose_deviation_was_approved(oscal: Oscal) -> None:
    (result,) = oscal(WAIVED)["results"]
    (risk,) = result["risks"]
    assert risk["status"] == "deviation-approved"
    assert risk["deadline"] == "2027-05-01T23:59:59+00:00"
    assert {p["name"]: p["value"] for p in risk["props"]} == {
        "approved-by": "SRO",
        "reason": "a new name in May",
        "reference": "SEV-W-1",
        "until": "2027-05-01",
        "days-left": "158",
    }
    (finding,) = [f for f in result["findings"] if f["title"] == "GOV-02"]
    assert finding["target"]["status"]["state"] == "not-satisfied"
    assert finding["related-risks"] == [{"risk-uuid": risk["uuid"]}]


@pytest.mark.parametrize("text", [WAIVED, EXAMPLE.read_text(encoding="utf-8"), "a: ["], ids=["waived", "sound", "torn"])
def test_it_is_well_formed(text: str, oscal: Oscal, tmp_path: Path) -> None:
    document = oscal(text)
    found = list(identifiers(document))
    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", u) for u in found)
    (result,) = document["results"]
    for finding in result.get("findings", []):
        assert {each["observation-uuid"] for each in finding["related-observations"]} <= set(found)
    assert document["import-ap"]["href"].removeprefix("#") in found
    assert oscal(text) == document


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("text", [WAIVED, EXAMPLE.read_text(encoding="utf-8"), "a: ["], ids=["waived", "sound", "torn"])
def test_compliance_trestle_reads_it(text: str, oscal: Oscal, tmp_path: Path) -> None:
    results: Any = import_module("trestle.oscal.assessment_results")  # its own modules take a second to load
    oscal(text)
    read = results.AssessmentResults.oscal_read(tmp_path / "oscal.json")
    assert len(read.results[0].observations) >= len(RULES)
