"""netprov as its users run it: a process of its own, in a home of its own, with everything that it leaves behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NETPROV = Path(sys.executable).with_name("netprov")


@dataclass(frozen=True)
class Process:
    """One process that has to do with a home: its arguments or an open file lie there."""

    pid: int
    parent: int
    argv: str
    folder: str

    @property
    def orthanc(self) -> bool:
        return "Orthanc" in self.argv.partition(" ")[0]

    @property
    def front(self) -> bool:
        """nginx's master."""
        return self.argv.startswith("nginx: master")


@dataclass(frozen=True)
class Home:
    """A NETPROV_HOME, and netprov in it."""

    path: Path
    environ: dict[str, str] = field(repr=False)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(NETPROV), *arguments],
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.path,
        )

    def netprov(self, *arguments: str, code: int | None = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run to the end; the exit code must be `code`, unless that is None."""
        process = self.start(*arguments, **environ)
        out, err = process.communicate(timeout=600)
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        if code is not None and done.returncode != code:
            pytest.fail(f"netprov {' '.join(arguments)}: exit {done.returncode}, not {code}\n{out}\n{err}")
        return done

    def facts(self, *arguments: str, code: int | None = 0) -> dict[str, object]:
        """What a command says with --format json."""
        facts: dict[str, object] = json.loads(self.netprov(*arguments, "--format", "json", code=code).stdout)
        return facts

    def define(self, text: str, name: str = "network.yaml") -> str:
        """Write a definition beside the home's state; gives its path."""
        path = self.path / name
        path.write_text(text)
        return str(path)

    def hosted(self, network: str, sites: tuple[str, ...], name: str = "network.yaml") -> str:
        """Write a hosted test network of these sites (`RXA01` is one of the trust `RXA`); the first is its hub."""
        return self.define(definition(network, sites), name)

    def network(self, network: str) -> Path:
        return self.path / "state/networks" / network

    def processes(self, *, at_a_glance: bool = False) -> tuple[Process, ...]:
        """Every process of this home, however it came to be: children of a killed nginx as well.

        At a glance, only those whose arguments or folder say so: without a look at every open file of the machine.
        """
        here = str(self.path)
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - asked many times a second
        found = (_process(pid, here, at_a_glance) for pid in pids)
        return tuple(p for p in found if p is not None)

    def cut_power(self) -> tuple[Process, ...]:
        """Kill everything at once; gives what was there. Some of it ends by itself when another has ended."""
        found = self.processes()
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        return found

    def sweep(self) -> None:
        """End what a failed test has left, by pid, and remove the home."""
        for _ in range(50):
            if not self.cut_power():
                break
            time.sleep(0.1)
        shutil.rmtree(self.path, ignore_errors=True)


def _process(pid: int, home: str, at_a_glance: bool) -> Process | None:
    """The process, if its arguments, its folder or an open file lie under `home`."""
    root = f"/proc/{pid}"
    try:
        argv = Path(f"{root}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        places = [argv, _target(f"{root}/cwd")]
        if not at_a_glance and not any(home in place for place in places):
            places += [_target(f"{root}/fd/{number}") for number in os.listdir(f"{root}/fd")]  # noqa: PTH208
        place = next((place for place in places if home in place), "")
        if not place or pid == os.getpid():
            return None
        state, parent = Path(f"{root}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else Process(pid, int(parent), argv, place)


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115
    except OSError:
        return ""


@pytest.fixture
def home() -> Iterator[Home]:
    """A fresh home that the unprivileged account can pass through; nothing of it survives the test."""
    with _made() as made:
        yield made


@pytest.fixture
def other_home() -> Iterator[Home]:
    """A second one, as another user of the machine has."""
    with _made() as made:
        yield made


@pytest.fixture(scope="module")
def lasting_home() -> Iterator[Home]:
    """One home for all tests of a module."""
    with _made() as made:
        yield made


@contextmanager
def _made() -> Iterator[Home]:
    path = Path(tempfile.mkdtemp(prefix="netprov-", dir="/tmp"))
    path.chmod(0o711)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("NETPROV_", "PULUMI_", "AWS_"))}
    made = Home(path, environ | {"NETPROV_HOME": str(path / "state"), "CI": "1"})
    try:
        yield made
    finally:
        made.sweep()


def definition(network: str, sites: tuple[str, ...]) -> str:
    """The text of such a network."""
    members = sorted({site[:3] for site in sites} | {"RXA", "RXB"})
    lines = [
        "netprov: 1",
        f"network: {{id: {network}, name: {network.title()} Imaging, environment: test, synthetic_data: true}}",
        "operating_model: hosted",
        f"host: {sites[0][:3]}",
        f"reporting: {{worklist: {{home: {sites[0]}}}}}",
        "members:",
    ]
    for member in members:
        lines.append(f"  - ods: {member}")
        lines.append(f"    name: Trust {member}")
        lines.append("    kind: foundation_trust")
        own = [site for site in sites if site.startswith(member)]
        lines += ["    sites:", *(f"      - {{ods: {site}, name: Hospital {site}}}" for site in own)] if own else []
    return "\n".join(lines) + "\n"
