"""What is laid into a bundle: the plan, the proof and the audit log, each held against what it should be."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"
PACK = Path(__file__).parents[2] / "examples/packs/ours.py"
PLAN = {"network": "severn", "summary": "2 sites join", "steps": []}
PROOF = {"network": "severn", "passed": True, "checks": [{"name": "c-echo", "passed": True}]}


def chain(many: int) -> list[dict[str, Any]]:
    """Lines as the worklist's audit log has them."""
    lines: list[dict[str, Any]] = []
    for number in range(1, many + 1):
        previous = lines[-1]["hash"] if lines else "0" * 64
        line = {"number": number, "action": "claim", "person": "Dr Example", "previous": previous}
        text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        lines.append({**line, "hash": hashlib.sha256(text.encode()).hexdigest()})
    return lines


def audit(lines: list[dict[str, Any]], whole: bool = True) -> dict[str, Any]:
    return {"whole": whole, "fault": "" if whole else "line 2 is not the next", "lines": len(lines), "entries": lines}


@pytest.fixture
def bundle(netprov: Any, tmp_path: Path) -> Any:
    def made(**papers: object) -> Any:
        words = []
        for kind, facts in papers.items():
            path = tmp_path / f"{kind}.json"
            path.write_text(facts if isinstance(facts, str) else json.dumps(facts))
            words += [f"--{kind}", str(path)]
        return netprov("report", str(EXAMPLE), "-o", str(tmp_path / "audit"), *words)

    return made


def test_what_is_given_is_enclosed_and_sealed(bundle: Any, netprov: Any, tmp_path: Path) -> None:
    ended = bundle(plan=PLAN, proof=PROOF, audit=audit(chain(3)))
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == [
        "  the plan: 2 sites join",
        "  the proof: 1 check of the running network, none failed",
        "  the audit log: 3 lines, a whole chain",
    ]
    folder = tmp_path / "audit"
    assert json.loads((folder / "proof.json").read_text()) == PROOF
    assert "the audit log: 3 lines, a whole chain\n" in (folder / "report.txt").read_text()
    enclosed = json.loads((folder / "manifest.json").read_text())["enclosed"]
    assert enclosed["proof"] == {"sound": True, "said": "the proof: 1 check of the running network, none failed"}
    assert netprov("report", "--verify", str(folder)).code == 0
    (folder / "audit.json").write_text("{}")
    assert netprov("report", "--verify", str(folder)).code == 4


FAILED = {**PROOF, "passed": False, "checks": [{"passed": True}, {"passed": False}]}
CHANGED = [*chain(3)[:1], {**chain(3)[1], "person": "Somebody else"}, *chain(3)[2:]]
SWAPPED = [{**chain(2)[0], "previous": "1"}, *chain(2)[1:]]


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        ({"proof": FAILED}, "the proof: 2 checks of the running network, 1 failed: NOT SOUND"),
        ({"proof": {**PROOF, "checks": []}}, "the proof: no check of the running network, none failed: NOT SOUND"),
        ({"audit": audit(CHANGED)}, "the audit log: 3 lines, broken at line 2: NOT SOUND"),
        ({"audit": audit(SWAPPED)}, "the audit log: 2 lines, broken at line 1: NOT SOUND"),
        ({"audit": audit(chain(2), whole=False)}, "the audit log: 2 lines, line 2 is not the next: NOT SOUND"),
        ({"audit": audit([*chain(3)[:1], *chain(3)[2:]])}, ""),
    ],
)
def test_what_is_not_sound_is_enclosed_and_told(papers: dict[str, object], said: str, bundle: Any) -> None:
    """A site's own lines are not one after the other, so a gap alone breaks nothing."""
    ended = bundle(**papers)
    if said:
        assert (ended.code, ended.out.splitlines()[1:]) == (4, [f"  {said}"])
    else:
        assert ended.code == 0


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        ({"plan": "torn {"}, "plan.json is no JSON"),
        ({"plan": PROOF}, "plan.json is no plan: it has no steps"),
        ({"proof": []}, "proof.json is no proof: it has no checks"),
        ({"proof": {**PROOF, "network": "wye"}}, "proof.json is of network wye, and the report of severn"),
    ],
)
def test_what_is_something_else_is_refused(papers: dict[str, object], said: str, bundle: Any, tmp_path: Path) -> None:
    ended = bundle(**papers)
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"netprov: error: {tmp_path}/{said}")
    assert not (tmp_path / "audit").exists()


def test_what_is_not_there_is_refused(netprov: Any, tmp_path: Path) -> None:
    ended = netprov("report", str(EXAMPLE), "-o", str(tmp_path / "audit"), "--plan", str(tmp_path / "no.json"))
    assert (ended.code, "cannot read" in ended.err) == (2, True)


def test_the_packs_by_which_it_was_judged_are_evidence_too(netprov: Any, tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_bytes(PACK.read_bytes())
    path = tmp_path / "severn.yaml"
    path.write_text(f"{EXAMPLE.read_text()}\npolicies:\n  packs: [./ours.py]\n")
    assert netprov("report", str(path), "-o", str(tmp_path / "audit")).code == 1
    assert (tmp_path / "audit/pack-1-ours.py").read_bytes() == PACK.read_bytes()
    manifest = json.loads((tmp_path / "audit/manifest.json").read_text())
    assert manifest["packs"] == {"pack-1-ours.py": hashlib.sha256(PACK.read_bytes()).hexdigest()}


def test_reach_and_what_is_rendered_are_in_every_report(bundle: Any, tmp_path: Path) -> None:
    bundle()
    folder = tmp_path / "audit"
    assert (folder / "reach.txt").read_text().count("Where copies of images of ") == 3
    assert "from the definition and what is rendered" in (folder / "report.html").read_text()
    controls = {c["rule"]: c for c in json.loads((folder / "report.json").read_text())["controls"]}
    assert (controls["SEC-06"]["result"], controls["SEC-06"]["levels"]) == ("pass", ["rendered"])
