"""Homes and moments that are not usual: each gives a network, or a sentence."""

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

SITES = ("RXA01", "RXA02")


def test_a_home_with_blanks_and_umlauts_is_a_home(home: "Home") -> None:
    odd = str(home.path / "ein süßes Heim")
    file = home.hosted("severn", SITES, "nördlich gelegen.yaml")
    home.netprov("up", file, "--yes", NETPROV_HOME=odd, LC_ALL="C")
    refused = home.netprov("outputs", "severn", "--curl", "RXA01", code=2, NETPROV_HOME=odd)
    assert "a shell would not take" in refused.stderr, "it would be split into words that mean something else"
    assert home.netprov("outputs", "severn", "--format", "json", NETPROV_HOME=odd).stdout
    home.netprov("down", "severn", "--yes", NETPROV_HOME=odd)
    assert home.processes() == ()


@pytest.mark.parametrize("name", ["file", "file/below", "/proc/of-no-process"])
def test_a_home_that_cannot_be_one_is_told(home: "Home", name: str) -> None:
    (home.path / "file").touch()
    file = home.hosted("severn", SITES)
    for command in (("plan", file), ("up", file, "--yes")):
        told(home.netprov(*command, code=3, NETPROV_HOME=str(home.path / name)))


def test_a_home_that_may_only_be_read_is_told(home: "Home") -> None:
    place = home.path / "readonly"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=711", "tmpfs", place], check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        file = home.hosted("severn", SITES)
        for command in (("plan", file), ("up", file, "--yes")):
            said = told(home.netprov(*command, code=3, NETPROV_HOME=str(place)))
            assert "read-only file system" in said
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def told(ended: subprocess.CompletedProcess[str]) -> str:
    """One sentence and what to do, and no talk of a bug."""
    said = ended.stderr
    assert said.startswith("netprov: error: ")
    assert "NETPROV_HOME" in said
    assert "bug" not in said
    return said


def test_a_plan_of_a_network_that_is_not_there_leaves_no_trace(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    assert "RXA01 and RXA02 join" in home.netprov("plan", file).stdout
    assert home.facts("list")["networks"] == []
    Path(file).write_text(Path(file).read_text().replace("RXA02", "RXA03"))
    home.netprov("plan", file)
    assert list((home.path / "state/networks").iterdir()) == []
    home.netprov("up", file, "--yes", "--no-verify")
    kept = (home.network("severn") / "ports.json").read_bytes()
    home.netprov("plan", file)
    assert (home.network("severn") / "ports.json").read_bytes() == kept
    assert home.processes()


def test_without_home_in_the_environment_the_account_says_where_it_is(home: "Home") -> None:
    environ = {key: value for key, value in home.environ.items() if key != "HOME"}
    done = subprocess.run(
        [home_program(), "list"], env=environ, capture_output=True, text=True, check=False, cwd=home.path
    )
    assert (done.returncode, done.stdout) == (0, "no network is deployed here\n"), done.stderr


def home_program() -> str:
    from conftest import NETPROV

    return os.fspath(NETPROV)
