"""What netprov needs of this machine, what is there, and the command that mends what is not.

Debian's package names are the ones known here; `make` installs exactly these (.ci/install-packages.sh).
"""

import os
import platform
import pwd
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.engine.engine_install import ENGINE_VERSION, find, folder, go_found, go_needed
from provisioner.errors import NetprovError
from provisioner.home import home

ROOM = {"home": 1, "engine": 3}
"""Free gigabytes: for a network's state and test images, and for building the engine."""
PLUGINS = "usr/share/orthanc/plugins"
ELSEWHERE = {
    "orthanc": "Orthanc 1.10.1 or newer (the Orthanc Book links binaries that run on most distributions)",
    "orthanc-dicomweb": f"Orthanc's DICOMweb plugin, in /{PLUGINS}",
    "orthanc-python": f"Orthanc's Python plugin, in /{PLUGINS}",
    "orthanc-postgresql": f"Orthanc's PostgreSQL plugin, in /{PLUGINS}",
    "nginx-light": "nginx",
    "util-linux": "util-linux (setpriv)",
    "dcmtk": "DCMTK",
    "gcc": "a C compiler (gcc)",
    "libc6-dev": "the C library's headers (Fedora: glibc-devel)",
    "chromium": "Chromium, as /usr/bin/chromium, for the tests of the worklist's page",
    "postgresql": "the PostgreSQL server (Fedora: postgresql-server)",
}
"""Debian package -> what other distributions have to install."""
Asked = Callable[[str], str]
"""What a program says of its version."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that netprov needs, whether it is there, and what to do where it is not."""

    name: str
    found: str | None
    why: str
    mend: str
    required: bool = True
    packages: tuple[str, ...] = ()
    """Debian packages that bring it."""


def needs(environ: Mapping[str, str], system: Path = Path("/")) -> tuple[Need, ...]:
    """Everything, in the order in which it is used; `system` is the root of the machine looked at."""
    return (
        _python(),
        *software(environ, system),
        *_engine(environ),
        *_account(),
        _home(environ),
        *_state(environ),
    )


def _state(environ: Mapping[str, str]) -> tuple[Need, ...]:
    """Where states are that others share, if a variable or option names such a place."""
    from provisioner.engine.backend import chosen
    from provisioner.engine.safe import networks_in

    try:
        backend = chosen(environ)
        there = networks_in(backend) if backend.in_bucket else ()
    except NetprovError as error:
        return (Need("state", None, error.message, error.hint),)
    if not backend.url:
        return ()
    count = f"; networks: {len(there)}" if backend.in_bucket else ""
    return (Need("state", f"{backend.words()}{count}", "several people share it", ""),)


def software(environ: Mapping[str, str], system: Path = Path("/"), *, versions: bool = True) -> tuple[Need, ...]:
    """The programs and plugins that a distribution brings; without versions, none of them is started to see that."""
    programs = (
        ("Orthanc", ("Orthanc",), "orthanc", "each node is one Orthanc server"),
        ("nginx", ("nginx",), "nginx-light", "the TLS front of each node"),
        # pynetdicom brings a storescu of its own to a virtual environment, but no dcmdump.
        ("DCMTK", ("dcmdump", "storescu", "echoscu"), "dcmtk", "sends studies to a node by hand"),
        ("setpriv", ("setpriv",), "util-linux", "starts a node without root's rights"),
        ("C compiler", ("cc",), "gcc", "builds the library that keeps Orthanc on 127.0.0.1, once"),
    )
    plugins = (
        ("DICOMweb plugin", "libOrthancDicomWeb.so", "orthanc-dicomweb", "links over HTTPS", True),
        ("Python plugin", "libOrthancPython.so", "orthanc-python", "a node's identity, worklist and routing", True),
        ("PostgreSQL plugin", "libOrthancPostgreSQLIndex.so", "orthanc-postgresql", "`index: postgresql`", False),
    )
    asked: Asked = _version if versions else lambda _: ""
    found = [(n, _programs(files, environ, system, asked), (pack,), why, True) for n, files, pack, why in programs]
    headers = _file(system / "usr/include/stdlib.h")
    found.append(("C headers", headers, ("libc6-dev",), "go with the C compiler", True))
    found += [(n, _file(system / PLUGINS / f), (package,), why, req) for n, f, package, why, req in plugins]
    found.append(("PostgreSQL", _postgresql(environ, system, asked), ("postgresql",), "`index: postgresql`", False))
    return tuple(
        Need(name, there, why, install_command(packages, environ, system), required, packages)
        for name, there, packages, why, required in found
    )


def missing_packages(environ: Mapping[str, str], *, optional: bool) -> tuple[str, ...]:
    """Debian packages that would bring what is missing; with the optional ones, which the tests need, or without."""
    needed = software(environ, versions=False)
    missing = [need.packages for need in needed if not need.found and (need.required or optional)]
    return tuple(dict.fromkeys(package for packages in missing for package in packages))


def missing_of(packages: Collection[str], environ: Mapping[str, str], system: Path = Path("/")) -> tuple[Need, ...]:
    """What these Debian packages would bring and is not there, whoever should have brought it."""
    needed = software(environ, system, versions=False)
    return tuple(need for need in needed if not need.found and not {*packages}.isdisjoint(need.packages))


def install_command(
    packages: Iterable[str], environ: Mapping[str, str], system: Path = Path("/"), euid: int | None = None
) -> str:
    """The command, or the sentence, that brings these Debian packages to this machine."""
    names = tuple(packages)
    if not _which("apt-get", environ, system):
        wanted = "; ".join(ELSEWHERE[name] for name in names)
        return f"this is not Debian or Ubuntu: install by this system's own means {wanted}"
    command = f"apt-get install -y {' '.join(names)}"
    if (os.geteuid() if euid is None else euid) == 0:
        return command
    if _which("sudo", environ, system):
        return f"sudo {command}"
    return f"ask the administrator of this machine to run: {command}"


def _python() -> Need:
    here = f"{platform.python_version()}, {sys.executable}" if sys.version_info >= (3, 11) else None
    return Need("Python", here, "netprov runs on Python 3.11 or newer", "install Python 3.11 or newer")


def _engine(environ: Mapping[str, str]) -> Iterable[Need]:
    engine = find(environ)
    shown = f"{engine.version} ({engine.origin}), {engine.path}" if engine else None
    yield Need("Pulumi engine", shown, "plans and deploys", "netprov engine install")
    if engine:
        return
    go, oldest = go_found(environ), go_needed()
    fits = go is not None and go[1] >= oldest
    yield Need(
        "Go",
        "{}.{}, {}".format(*go[1], go[0]) if go and fits else None,
        f"builds the engine {ENGINE_VERSION} from source where its download is refused",
        "install Go {}.{} or newer from go.dev".format(*oldest),
        required=False,
    )
    yield _room("room for the engine", folder(environ), ROOM["engine"], "set XDG_CACHE_HOME to a folder")


def _account() -> Iterable[Need]:
    """root does not run servers that listen: nodes run as Debian's account of Orthanc."""
    if os.geteuid() != 0:
        return
    try:
        there = f"user {pwd.getpwnam('orthanc').pw_uid}"
    except KeyError:
        there = None
    yield Need(
        "account orthanc",
        there,
        "runs the nodes when netprov is started by root",
        "useradd --system --shell /usr/sbin/nologin orthanc",
    )


def _home(environ: Mapping[str, str]) -> Need:
    try:
        place = home(environ)
    except NetprovError as error:
        return Need("home folder", None, error.message, error.hint)
    base = _existing(place)
    if not os.access(base, os.W_OK | os.X_OK) or not base.is_dir():
        return Need("home folder", None, f"{place} cannot be written", "set NETPROV_HOME to a folder of yours")
    # netprov opens its own home for that account, not the folders above it.
    closed = [p for p in place.parents if p.exists() and not p.stat().st_mode & stat.S_IXOTH]
    if os.geteuid() == 0 and closed:
        why = f"the nodes run as account orthanc, which may not enter {closed[-1]}"
        return Need("home folder", None, why, f"set NETPROV_HOME to a folder outside {closed[-1]}")
    return _room("home folder", place, ROOM["home"], "set NETPROV_HOME to a folder")


def _room(name: str, place: Path, gigabytes: int, mend: str) -> Need:
    free = shutil.disk_usage(_existing(place)).free / 1e9
    enough = free >= gigabytes
    why = f"{gigabytes} GB free are wanted at {place}" + ("" if enough else f", {free:.1f} are there")
    return Need(name, f"{place}, {free:.0f} GB free" if enough else None, why, f"{mend} with {gigabytes} GB free")


def _existing(place: Path) -> Path:
    return next(p for p in (place, *place.parents) if p.exists())


def _programs(names: tuple[str, ...], environ: Mapping[str, str], system: Path, version: Asked) -> str | None:
    """Version and place of the first, if all are there."""
    paths = [_which(name, environ, system) for name in names]
    if not all(paths):
        return None
    return ", ".join(word for word in (version(str(paths[0])), str(paths[0])) if word)


def _which(name: str, environ: Mapping[str, str], system: Path) -> str | None:
    """A program on PATH, or where Debian keeps servers, which is on no ordinary user's PATH."""
    places = [*environ.get("PATH", "").split(":"), str(system / "usr/sbin"), str(system / "sbin")]
    return shutil.which(name, path=":".join(p for p in places if p))


def _postgresql(environ: Mapping[str, str], system: Path, version: Asked) -> str | None:
    """`initdb`, which Debian keeps apart for each version."""
    debian = sorted((system / "usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    program = str(debian[-1]) if debian else _which("initdb", environ, system)
    return ", ".join(word for word in (version(program), program) if word) if program else None


def _file(path: Path) -> str | None:
    return str(path) if path.is_file() else None


def _version(program: str) -> str:
    """What the program says of its version; nginx knows -v alone and says it on stderr."""
    option = "-v" if Path(program).name == "nginx" else "--version"
    quiet = {"LC_ALL": "C", "PATH": os.defpath}
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=10, env=quiet, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    words = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout.partition("\n")[0] or done.stderr)
    return words[0] if words else ""
