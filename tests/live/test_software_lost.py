"""What nodes run on is uninstalled under a running network: said in a sentence, and no obstacle to taking it away."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"))
PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
HIDE = 'for program in $1; do mount --bind "$2" "$program" || exit 99; done; shift 2; exec "$@"'


def without(
    home: "Home", programs: tuple[str, ...], *arguments: str, instead: str = "/dev/null"
) -> subprocess.CompletedProcess[str]:
    """netprov on a machine where these programs are no longer there."""
    from conftest import NETPROV

    hidden = ("unshare", "--mount", "sh", "-c", HIDE, "sh", " ".join(programs), instead)
    done = subprocess.run(
        [*hidden, str(NETPROV), *arguments], env=home.environ, capture_output=True, text=True, check=False, timeout=600
    )
    if done.stderr.startswith("unshare: "):
        pytest.skip("hiding a program needs root")
    assert done.returncode != 99, done.stderr
    return done


@contextmanager
def up(home: "Home", index: str) -> Iterator[str]:
    file = Path(home.hosted("severn", ("RXA01", "RXA02")))
    file.write_text(file.read_text() + f"platform: {{storage: {{index: {index}}}}}\n")
    home.netprov("up", str(file), "--yes", "--no-verify")
    yield str(file)
    assert home.processes() == ()
    assert list((home.path / "state/networks").iterdir()) == []


def test_what_is_missing_is_said_before_anything_is_made(home: "Home") -> None:
    file = home.hosted("severn", ("RXA01", "RXA02"))
    for command in (("plan", file), ("up", file, "--yes")):
        refused = without(home, ("/usr/sbin/nginx",), *command)
        assert refused.returncode == 3
        assert "this machine lacks nginx, which this network's nodes run on\n  try: apt-get install" in refused.stderr
    assert home.facts("list")["networks"] == []


def test_why_a_node_does_not_start_is_one_line_from_its_log(home: "Home") -> None:
    file = home.hosted("severn", ("RXA01", "RXA02"))
    (home.path / "damaged").write_text("no library")
    failed = without(home, (PLUGIN,), "up", file, "--yes", instead=str(home.path / "damaged"))
    assert failed.returncode == 3
    told = [line for line in failed.stdout.splitlines() if " RXA02 node: " in line]
    assert len(told) == 1, failed.stdout
    assert "stopped while starting; its log says: dlopen(" in told[0]
    home.netprov("down", "severn", "--yes")


def test_a_network_whose_programs_are_gone_is_taken_away_all_the_same(home: "Home") -> None:
    with up(home, "sqlite") as file:
        gone = ("/usr/sbin/nginx", "/usr/sbin/Orthanc", "/usr/bin/cc")
        assert without(home, gone, "up", file, "--yes").returncode == 3
        assert without(home, gone, "status", "severn").returncode == 0, "it runs on"
        done = without(home, gone, "down", "severn", "--yes")
        assert done.returncode == 0, done.stderr


def test_a_database_whose_program_is_gone_is_stopped_all_the_same(home: "Home") -> None:
    with up(home, "postgresql"):
        gone = tuple(str(POSTGRES / name) for name in ("postgres", "initdb", "psql"))
        done = without(home, gone, "down", "severn", "--yes")
        assert done.returncode == 0, done.stderr
