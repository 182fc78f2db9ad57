"""Checkov, which is not ours: it reads a plan in Terraform's form and says what fails which of its checks."""

import json
import os
import shutil
import subprocess
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


def judged(plan: dict[str, object], folder: Path) -> Verdict:
    """Run all of its checks; none needs the network."""
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    done = subprocess.run(
        [checkov(), "-f", str(path), "--framework", "terraform_plan", "--compact", "--quiet", "--skip-download",
         "--output", "json"],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"LOG_LEVEL": "ERROR"},
    )  # fmt: skip
    found: Any = json.loads(done.stdout)
    summary = found["summary"]
    assert not summary["parsing_errors"], done.stdout
    failing = (
        Failing(each["check_id"], each["resource"], each["check_name"]) for each in found["results"]["failed_checks"]
    )
    return Verdict(summary["resource_count"], summary["passed"], tuple(sorted(failing)))


def checkov() -> str:
    """Its program; a suite that went on without it would judge nothing."""
    ours = ROOT / ".venv-judges/bin/checkov"
    found = str(ours) if ours.is_file() else shutil.which("checkov")
    assert found, MISSING
    return found
