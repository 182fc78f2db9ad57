"""What is missing is named, each with the command that mends it on this kind of machine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from provisioner.doctor import ELSEWHERE, Need, install_command, missing_packages, needs, software
from provisioner.engine.engine_install import ENGINE_VERSION

ROOT = os.geteuid() == 0
PLUGINS = ("libOrthancDicomWeb.so", "libOrthancPython.so", "libOrthancPostgreSQLIndex.so")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A machine with nothing on it."""
    (tmp_path / "bin").mkdir()
    return tmp_path


@pytest.fixture
def environ(system: Path) -> dict[str, str]:
    return {"PATH": f"{system}/bin", "HOME": str(system), "NETPROV_HOME": str(system / "home")}


def program(path: Path, says: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def named(all_needs: tuple[Need, ...], name: str) -> Need:
    return next(need for need in all_needs if need.name == name)


def test_an_empty_machine_lacks_all_software(system: Path, environ: dict[str, str]) -> None:
    found = software(environ, system)
    assert [need.name for need in found if need.found] == []
    assert all(need.mend and need.why for need in found)


def test_a_machine_with_everything_lacks_nothing(system: Path, environ: dict[str, str]) -> None:
    program(system / "usr/sbin/Orthanc", "Orthanc 1.10.1")
    program(system / "usr/sbin/nginx", "nginx version: nginx/1.22.1")
    for name in ("dcmdump", "storescu", "echoscu", "cc", "setpriv"):
        program(system / "bin" / name, f"{name} 12.2.0 (Debian 12.2.0-14)")
    program(system / "usr/lib/postgresql/9/bin/initdb", "initdb (PostgreSQL) 9.6")
    program(system / "usr/lib/postgresql/15/bin/initdb", "initdb (PostgreSQL) 15.18")
    for name in PLUGINS:
        program(system / "usr/share/orthanc/plugins" / name)
    program(system / "usr/include/stdlib.h")
    found = software(environ, system)
    assert [need.name for need in found if not need.found] == []
    assert named(found, "Orthanc").found == f"1.10.1, {system}/usr/sbin/Orthanc"
    assert named(found, "nginx").found == f"1.22.1, {system}/usr/sbin/nginx", "servers are on no user's PATH"
    assert named(found, "PostgreSQL").found == f"15.18, {system}/usr/lib/postgresql/15/bin/initdb", "15 is newer than 9"


def test_the_storescu_of_a_python_package_is_not_dcmtk(system: Path, environ: dict[str, str]) -> None:
    program(system / "bin/storescu", "storescu.py v0.3.0")
    program(system / "bin/echoscu", "echoscu.py v0.7.0")
    assert named(software(environ, system), "DCMTK").found is None


def test_only_postgresql_and_go_are_optional(system: Path, environ: dict[str, str]) -> None:
    optional = {need.name for need in needs(environ, system) if not need.required}
    assert optional == {"PostgreSQL", "PostgreSQL plugin", "Go"}


def test_root_is_given_the_bare_command(system: Path, environ: dict[str, str]) -> None:
    program(system / "bin/apt-get")
    program(system / "bin/sudo")
    assert install_command(["orthanc", "dcmtk"], environ, system, euid=0) == "apt-get install -y orthanc dcmtk"


def test_a_user_is_given_sudo_or_the_administrators_command(system: Path, environ: dict[str, str]) -> None:
    program(system / "bin/apt-get")
    assert "ask the administrator" in install_command(["orthanc"], environ, system, euid=1000)
    program(system / "bin/sudo")
    assert install_command(["orthanc"], environ, system, euid=1000) == "sudo apt-get install -y orthanc"


def test_another_distribution_is_told_what_to_install(system: Path, environ: dict[str, str]) -> None:
    words = install_command(["libc6-dev"], environ, system)
    assert words == (
        "this is not Debian or Ubuntu: install by this system's own means the C library's headers (Fedora: glibc-devel)"
    )


def test_every_package_has_words_for_other_distributions(system: Path, environ: dict[str, str]) -> None:
    packages = {package for need in software(environ, system) for package in need.packages}
    assert packages | {"chromium"} == set(ELSEWHERE), "Chromium is for the tests alone: netprov itself does without"


def test_the_engine_is_named_with_its_place(system: Path, environ: dict[str, str]) -> None:
    assert named(needs(environ, system), "Pulumi engine").mend == "netprov engine install"
    program(system / "bin/pulumi", f"v{ENGINE_VERSION}")
    found = needs(environ, system)
    assert named(found, "Pulumi engine").found == f"{ENGINE_VERSION} (PATH), {system}/bin/pulumi"
    assert not [need for need in found if need.name in ("Go", "room for the engine")], (
        "asked for only without an engine"
    )


def test_go_is_looked_for_where_there_is_no_engine(system: Path, environ: dict[str, str]) -> None:
    program(system / "bin/go", "go version go1.19.8 linux/amd64")
    go = named(needs(environ, system), "Go")
    assert go.found is None
    assert re.fullmatch(r"install Go 1\.\d+ or newer from go\.dev", go.mend)
    program(system / "bin/go", "go version go99.1 linux/amd64")
    assert named(needs(environ, system), "Go").found == f"99.1, {system}/bin/go"


def test_a_home_that_can_be_made_is_found_and_not_made(system: Path, environ: dict[str, str]) -> None:
    system.chmod(0o755)
    if ROOT:
        environ["NETPROV_HOME"] = "/var/tmp/no-such-folder/netprov"
    home = named(needs(environ, system), "home folder")
    assert home.found
    assert "GB free" in home.found
    assert not Path(environ["NETPROV_HOME"]).exists()


def test_a_home_under_a_file_is_refused(system: Path, environ: dict[str, str]) -> None:
    (system / "file").write_text("")
    home = named(needs({**environ, "NETPROV_HOME": f"{system}/file/home"}, system), "home folder")
    assert home.found is None
    assert "set NETPROV_HOME" in home.mend


@pytest.mark.skipif(not ROOT, reason="only root's nodes run as another account")
def test_a_home_out_of_reach_for_the_nodes_account_is_refused(system: Path, environ: dict[str, str]) -> None:
    closed = system / "closed"
    closed.mkdir(mode=0o700)
    home = named(needs({**environ, "NETPROV_HOME": f"{closed}/home"}, system), "home folder")
    assert home.found is None
    assert "which may not enter" in home.why


@pytest.mark.live
def test_this_machine_has_all_that_the_tests_need() -> None:
    assert missing_packages(os.environ, optional=True) == ()
    broken = [need for need in needs(os.environ) if need.required and not need.found]
    assert broken == []


def test_doctor_starts_without_the_project_installed() -> None:
    """`.ci/install-packages.sh` asks it before there is a virtual environment."""
    source = Path(__file__).parents[2]
    script = f"import sys; sys.path.insert(0, {str(source)!r}); import provisioner.doctor"
    subprocess.run(["python3", "-I", "-S", "-c", script], check=True)
