"""`netprov check` beside conftest: the same file, ten equivalent rules, whole processes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from definition import RULES, definition, faults, one_of_many
from table import Row, missing, to_json
from timing import Run, interleaved, median_seconds, netprov, peak_mib, run

CONFTEST = "github.com/open-policy-agent/conftest@v0.71.1"
REGO = Path(__file__).with_name("rego")
CHECKOV = Path(__file__).with_name("checkov")
TIMES = 7
TEN = 10


def conftest(cache: Path) -> str:
    """conftest from PATH or the cache folder, built by Go if it is not there; empty if it cannot be had."""
    if found := which("conftest") or which("conftest", path=str(cache)):
        return found
    environ = os.environ | {"GOBIN": str(cache)}
    try:
        subprocess.run(["go", "install", CONFTEST], env=environ, check=True, capture_output=True, timeout=900)
    except (OSError, subprocess.SubprocessError):
        return ""
    return which("conftest", path=str(cache)) or ""


def agreed(ours: Path, theirs: Path | None, expected: int) -> str:
    """A note if the two did not find the planted faults: their times would then say nothing."""
    mine = [f for f in json.loads(ours.read_text())["findings"] if f["rule"] in RULES]
    found = {"netprov": len(mine)}
    if theirs:
        found["conftest"] = len(json.loads(theirs.read_text())[0]["failures"])
    wrong = [f"{name} found {count} of {expected} faults" for name, count in found.items() if count != expected]
    return "; ".join(wrong)


def side_by_side(folder: Path, other: str, size: int, times: int) -> tuple[tuple[tuple[Run, ...], ...], str]:
    """netprov with every rule and with the ten, and conftest if it is here, on a file of `size` times 240 sites."""
    source = folder / f"sites-{size}.yaml"
    source.write_text(definition(size))
    ours, few, theirs = (folder / f"{name}.json" for name in ("netprov", "ten", "conftest"))
    mine = [netprov(), "check", str(source), "--format", "json"]
    ten = [*mine, *(word for rule in sorted(RULES) for word in ("--rule", rule))]
    rego = [other, "test", "--no-color", "--policy", str(REGO), "--output", "json", str(source)]
    runs = [lambda: run(mine, output=ours), lambda: run(ten, output=few)]
    runs += [lambda: run(rego, output=theirs)] if other else []
    measured = interleaved(runs, times)
    notes = {agreed(each, theirs if other else None, faults(size)) for each in (ours, few)}
    return tuple(measured), "; ".join(sorted(notes - {""}))


def checkov() -> str:
    """checkov from PATH, or where `make judges` puts it; empty if there is none."""
    judges = Path(__file__).parent.parent / ".venv-judges/bin"
    return which("checkov") or which("checkov", path=str(judges)) or ""


def beside_checkov(folder: Path) -> Row:
    """Both on 240 sites; each of ten checks fails once there, whatever the number of faults."""
    what, program = "240 sites, every rule, beside checkov", checkov()
    if not program:
        return missing("check", what, "checkov is not installed: `make judges`")
    source, ours, theirs = folder / "sites-1.yaml", folder / "netprov.txt", folder / "checkov.json"
    source.write_text(definition(1))
    options = ["--framework", "yaml", "--external-checks-dir", str(CHECKOV), "--compact", "--quiet", "--skip-download"]
    other = [program, "--file", str(source), *options, "--output", "json"]
    mine, theirs_runs = interleaved(
        [lambda: run([netprov(), "check", str(source)], output=ours), lambda: run(other, output=theirs)], 3
    )
    failed = {each["check_id"] for each in json.loads(theirs.read_text())["results"]["failed_checks"]}
    note = "" if len(failed) == len(RULES) else f"checkov found faults of {len(failed)} of {len(RULES)} rules"
    return Row(
        "check", what, median_seconds(mine), median_seconds(theirs_runs), "s", "checkov, ten rules", 1 / 20, note
    )


def networks(folder: Path, many: int = 22) -> Path:
    """A folder of so many networks as England has, of 7 members each and none in common."""
    place = folder / "networks"
    place.mkdir(exist_ok=True)
    for number in range(many):
        (place / f"network-{number}.yaml").write_text(one_of_many(number))
    return place


def rows(folder: Path, cache: Path) -> list[Row]:
    other = conftest(cache)
    (mine, ten, *theirs), note = side_by_side(folder, other, 1, TIMES)
    (many, *_), note_many = side_by_side(folder, "", TEN, 3)
    (country,) = interleaved([lambda: run([netprov(), "check", str(networks(folder))])], 3)
    bare, version = interleaved([lambda: run([sys.executable, "-c", ""]), lambda: run([netprov(), "--version"])], 15)
    one, bare_seconds = median_seconds(mine), median_seconds(bare)
    return [
        *(_beside_conftest(mine, ten, theirs[0], note) if theirs else [_no_conftest()]),
        beside_checkov(folder),
        Row("check", "peak memory, 240 sites", peak_mib(mine), 1.0, "MiB", "", 40),
        Row("check", "22 networks, 154 members, in one call", median_seconds(country), 1.0, "s", "", 2.0),
        Row("check", "2,400 sites", median_seconds(many), one, "s", "240 sites", 10.0, note_many),
        Row("check", "netprov --version", median_seconds(version), bare_seconds, "s", "python -c ''", 3.0),
    ]


def _beside_conftest(mine: tuple[Run, ...], ten: tuple[Run, ...], theirs: tuple[Run, ...], note: str) -> list[Row]:
    against, seconds = "conftest, ten rules", median_seconds(theirs)
    return [
        Row("check", "240 sites, the same ten rules", median_seconds(ten), seconds, "s", against, 1.0, note),
        Row("check", "240 sites, every rule", median_seconds(mine), seconds, "s", against, 2.0, note),
    ]


def _no_conftest() -> Row:
    return missing("check", "240 sites beside conftest", f"`go install {CONFTEST}` did not work here")


if __name__ == "__main__":
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netprov/bench"
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(to_json(rows(Path(place), home)) + "\n")
