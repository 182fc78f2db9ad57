"""`make bench`: every piece in a process of its own, then one table of ratios. `--full` adds 10 to 160 sites.

Nothing here is a promise about seconds: each ratio was measured side by side in one run, on one machine.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from table import Row, from_json, markdown, missing, to_json

HERE = Path(__file__).parent
PIECES: dict[str, tuple[str, ...]] = {
    "check": (),
    "up": ("5", "20", "42"),
    "offline": (),
    "grow": (),
    "transfer": (),
    "worklist": (),
    "storm": (),
    "routing": (),
}
FULL = {"up": ("5", "10", "20", "40", "42", "80", "160")}


def piece(name: str, arguments: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of one piece; a piece that breaks is a row that says so, and the others still run."""
    script = [sys.executable, str(HERE / f"{name}.py"), *arguments]
    paths = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH"))))
    # Users' Python keeps what it has compiled: one that may not would compile each file in each run.
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": paths}
    done = subprocess.run(script, capture_output=True, text=True, check=False, env=environ, cwd=HERE)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return (missing(name, "all of it", (done.stderr.strip().splitlines() or ["it said nothing"])[-1]),)
    return from_json(done.stdout)


def page(rows: tuple[Row, ...]) -> str:
    """bench/results.md: the last table, and the machine that it is of."""
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = f"# Last run of `make bench`\n\n{when}; {machine}. Ratios of figures taken side by side in one run.\n\n"
    return head + markdown(rows) + "\n"


def main(arguments: list[str]) -> int:
    pieces = PIECES | (FULL if "--full" in arguments else {})
    chosen = [word for word in arguments if not word.startswith("--")] or list(pieces)
    rows: tuple[Row, ...] = ()
    for name in chosen:
        rows += piece(name, pieces[name])
    if chosen == list(pieces):
        (HERE / "results.md").write_text(page(rows))
    print(to_json(rows) if "--json" in arguments else markdown(rows))
    missed = [row.what for row in rows if not row.kept]
    if missed:
        print(f"missed: {json.dumps(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
