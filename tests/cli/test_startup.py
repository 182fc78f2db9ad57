"""What starting costs: the commands that are run most import next to nothing."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from provisioner import VERSION

ROOT = Path(__file__).parents[2]
NOWHERE = {**os.environ, "NETPROV_HOME": "/nonexistent"}
START = "import sys; from cli.main import main; code = main(); "
HEAVY = {
    "pulumi",
    "grpc",
    "requests",
    "jinja2",
    "cryptography",
    "orthanc_api_client",
    "stacks",
    "ssl",
    "http",
}


def imported(*arguments: str) -> set[str]:
    """Top-level modules in the process once netprov has run."""
    program = f"{START}print('|', *sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=NOWHERE,
    )
    return set(done.stdout.rpartition("|")[2].split())


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_version_imports_nothing_of_ours_beyond_itself() -> None:
    assert imported("--version") - imported_by_python() <= {"cli", "provisioner"}


def imported_by_python() -> set[str]:
    program = "import sys; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("form", [(), ("--format", "json"), ("--format", "junit")])
def test_check_imports_yaml_and_no_click(form: tuple[str, ...]) -> None:
    modules = imported("check", "examples/severn.yaml", *form)
    assert "yaml" in modules
    assert modules & (HEAVY | {"click", "pathlib"}) == set()


def test_nothing_waits_for_the_end_of_a_check() -> None:
    """So that the process may end without taking itself apart."""
    assert imported("check", "examples/severn.yaml") & {"atexit", "threading", "asyncio"} == set()


def test_check_with_options_imports_click_and_no_more() -> None:
    modules = imported("check", "examples/severn.yaml", "--passes")
    assert "click" in modules
    assert modules & HEAVY == set()


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["rules"], ["schema"], ["up", "--help"]])
def test_commands_that_deploy_nothing_import_no_engine(arguments: list[str]) -> None:
    assert imported(*arguments) & {"pulumi", "grpc", "stacks"} == set()


def test_version_takes_at_most_three_times_a_bare_python() -> None:
    bare = quickest("pass")
    assert quickest(START + "sys.exit(code)", "--version") <= 3 * bare


def quickest(program: str, *arguments: str) -> float:
    """Seconds of processor time, the best of several: other load on the machine does not count."""
    command = [sys.executable, "-P", "-c", program, *arguments]
    times = []
    for _ in range(9):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)
