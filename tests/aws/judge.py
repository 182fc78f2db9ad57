"""Checkov, which is not ours: it reads a plan in Terraform's form and says what fails which of its checks."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MISSING = "checkov, an independent judge of the plan, is not installed: `make judges` puts it into .venv-judges"


@dataclass(frozen=True, order=True)
class Failing:
    """One check that one resource does not pass."""

    check: str
    resource: str
    name: str

    def __str__(self) -> str:
        return f"{self.check} {self.resource}: {self.name}"


@dataclass(frozen=True)
class Verdict:
    """What it has looked at, and found."""

    resources: int
    passed: int
    failing: tuple[Failing, ...]


def judged(plans: Mapping[str, dict[str, object]], folder: Path) -> dict[str, Verdict]:
    """Run all of its checks on each plan; none needs the network. To load itself takes it as long as a plan does."""
    files = []
    for name, plan in plans.items():
        files += ["-f", str(folder / f"{name}.json")]
        (folder / f"{name}.json").write_text(json.dumps(plan), encoding="utf-8")
    done = subprocess.run(
        [checkov(), *files, "--framework", "terraform_plan", "--compact", "--skip-download", "--output", "json"],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"LOG_LEVEL": "ERROR"},
    )  # fmt: skip
    found: Any = json.loads(done.stdout)
    assert not found["summary"]["parsing_errors"], done.stdout
    return {name: _verdict(found["results"], f"/{name}.json") for name in plans}


def _verdict(results: Any, file: str) -> Verdict:
    passed = [each for each in results["passed_checks"] if each["file_path"].endswith(file)]
    failed = [each for each in results["failed_checks"] if each["file_path"].endswith(file)]
    failing = (Failing(each["check_id"], each["resource"], each["check_name"]) for each in failed)
    return Verdict(len({each["resource"] for each in (*passed, *failed)}), len(passed), tuple(sorted(failing)))


def checkov() -> str:
    """Its program; a suite that went on without it would judge nothing."""
    ours = ROOT / ".venv-judges/bin/checkov"
    found = str(ours) if ours.is_file() else shutil.which("checkov")
    assert found, MISSING
    return found
