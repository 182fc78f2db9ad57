"""What is shipped is the tree, whole; what is installed is what the lock files say."""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from provisioner import VERSION

ROOT = Path(__file__).parents[1]
PACKAGES = ("provisioner", "stacks", "policies", "cli", "site_templates")
LOCKS = {"requirements.txt": (), "requirements-dev.txt": ("dev",)}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def run(*command: str | Path, folder: Path) -> str:
    """Its output; what it said on failure is in the test's own failure."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "NETPROV_HOME": str(folder / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, as an index would have it built."""
    shelf = tmp_path_factory.mktemp("shelf")
    run(sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", shelf, ROOT, folder=shelf)
    (built,) = shelf.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment with the wheel in it, and with the third-party packages of this one."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    (packages,) = place.glob("lib/python*/site-packages")
    # A path file's own folder is searched for path files, the folders that it names are not: our editable
    # installation stays out of sight.
    (packages / "third-party.pth").write_text(sysconfig.get_path("purelib"))
    pip = (sys.executable, "-m", "pip", "--python", place / "bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheel, folder=place)
    return place / "bin"


def locked(name: str) -> dict[str, str]:
    """Package -> version."""
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\$", (ROOT / name).read_text(), re.MULTILINE)
    return dict(pins)


def shipped_files() -> set[str]:
    """Every file of our packages that is not made by running them."""
    found = (path.relative_to(ROOT) for top in PACKAGES for path in (ROOT / top).rglob("*") if path.is_file())
    return {str(path) for path in found if not any(part.startswith((".", "__pycache__")) for part in path.parts)}


def test_nobody_else_owns_our_names() -> None:
    """The names are generic: another distribution with a `policies` would overwrite ours without a word."""
    owners = importlib.metadata.packages_distributions()
    assert {name: set(owners.get(name, ())) - {"netprov"} for name in PACKAGES} == {name: set() for name in PACKAGES}


def test_the_wheel_holds_the_tree(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == shipped_files()


def test_the_wheel_runs_in_an_empty_environment(installed: Path, tmp_path: Path) -> None:
    place = run(installed / "python", "-c", "import provisioner; print(provisioner.__file__)", folder=tmp_path)
    assert Path(place).is_relative_to(installed.parent)
    assert run(installed / "netprov", "--version", folder=tmp_path) == f"netprov {VERSION}\n"
    run(installed / "netprov", "check", ROOT / "examples/severn.yaml", folder=tmp_path)


def test_the_version_is_said_once() -> None:
    assert PROJECT["project"]["version"] == VERSION


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_every_package_by_hash(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(name))
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://|^-", text, re.MULTILINE) == [], (
        "a lock file names no index: that is the machine's choice"
    )


@pytest.mark.parametrize(("name", "extras"), LOCKS.items())
def test_a_lock_file_meets_the_project(name: str, extras: tuple[str, ...]) -> None:
    """Dependencies and the build backend, so that installing needs nothing unpinned."""
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in extras:
        wanted += PROJECT["project"]["optional-dependencies"][extra]
    pins = locked(name)
    asked = [Requirement(each) for each in wanted]
    assert [str(a) for a in asked if not a.specifier.contains(pins.get(canonicalize_name(a.name), "0"))] == []


def test_the_lock_files_agree() -> None:
    runtime, tests = locked("requirements.txt"), locked("requirements-dev.txt")
    assert runtime.items() <= tests.items()
