"""A network of three real nodes for the tests of verification, and the means to break it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reloaded import reloaded

from provisioner.credentials import load_master, password
from provisioner.engine.registry import load
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.proving.orthanc import Orthanc
from provisioner.proving.synthetic import Run
from provisioner.proving.verify import Check, Report
from stacks.local.ports import recorded
from stacks.local.target import verify

NETPROV = Path(sys.executable).with_name("netprov")
HUB, SITE, NARROW = "RXA01", "RXA02", "RXB01"
DEFINITION = f"""netprov: 1
network: {{id: severn, name: Severn Imaging, environment: test, synthetic_data: true}}
operating_model: hosted
host: RXA
reporting: {{worklist: {{home: {HUB}}}}}
links:
  - {{from: {SITE}, to: {HUB}, operations: [echo, store, find, get, move, worklist]}}
  - {{from: {NARROW}, to: {HUB}, operations: [echo, find, worklist], one_way: true}}
members:
  - ods: RXA
    name: Trust A
    kind: foundation_trust
    sites:
      - {{ods: {HUB}, name: Hospital A, modalities: [{{aet: CT1, kind: CT}}]}}
      - {{ods: {SITE}, name: Hospital B}}
  - ods: RXB
    name: Trust B
    kind: foundation_trust
    sites: [{{ods: {NARROW}, name: Hospital C}}]
policies:
  waivers:
    - rule: DCM-13
      subject: {NARROW}
      reason: it reads and sends nothing, so that a proof of what is refused has a subject
      approved_by: SIRO
      until: {(datetime.now(UTC) + timedelta(days=30)).date()}
"""


@dataclass(frozen=True)
class Network:
    """A deployed network, and the means to break it."""

    folder: NetworkFolder
    environ: dict[str, str]
    topology: Topology

    def verify(self) -> Report:
        return verify(self.folder, self.topology)

    def client(self, node: str) -> Orthanc:
        endpoint = recorded(self.folder)[node]
        return Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", self.password(f"orthanc:{node}"))

    def password(self, label: str) -> str:
        return password(load_master(self.folder.secrets), label)

    def netprov(self, *arguments: str) -> None:
        done = subprocess.run(
            [NETPROV, *arguments], env=self.environ, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def pids(self, word: str) -> list[int]:
        """Processes whose arguments hold the word and this network's folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if word in line and str(self.folder.root) in line:
                    found.append(int(folder.name))
        return found

    def reload_front(self, node: str) -> None:
        """As `up` does after it has changed who may call; waits until the new worker serves."""
        reloaded(int((self.folder.node(node).root / "nginx.pid").read_text()))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module", name="network")
def deployed() -> Iterator[Network]:
    home = Path(tempfile.mkdtemp(prefix="netprov-verify-test-", dir="/tmp"))
    home.chmod(0o711)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("NETPROV_", "PULUMI_"))}
    environ |= {"NETPROV_HOME": str(home / "state"), "CI": "1"}
    file = home / "network.yaml"
    file.write_text(DEFINITION)
    folder = NetworkFolder(home / "state/networks/severn")
    try:
        done = subprocess.run(
            [NETPROV, "up", str(file), "--yes", "--no-verify"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        record = load(folder)
        assert record
        yield Network(folder, environ, record.topology)
    finally:
        subprocess.run(
            [NETPROV, "down", "severn", "--yes", "--delete-studies"],
            env=environ,
            capture_output=True,
            timeout=600,
            check=False,
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(name="mended")
def broken(network: Network) -> Iterator[Network]:
    """The network, to be broken: `up` mends it afterwards, and it is sound again."""
    yield network
    network.netprov("up", str(network.folder.root.parents[2] / "network.yaml"), "--yes", "--refresh", "--no-verify")
    assert failed(network.verify()) == set()


def failed(report: Report) -> set[tuple[str, str, str]]:
    return {(c.name, c.source, c.target) for c in report.failed}


def names(report: Report, source: str, target: str) -> set[str]:
    return {c.name for c in report.checks if (c.source, c.target) == (source, target)}


def only(report: Report, name: str, target: str) -> Check:
    return next(c for c in report.checks if (c.name, c.target) == (name, target))


def patients(node: Orthanc) -> set[str]:
    found = node.post("/tools/find", {"Level": "Patient", "Query": {"PatientID": "*"}, "Expand": True})
    return {p["MainDicomTags"]["PatientID"] for p in found}


def leave(node: Orthanc, run: Run) -> str:
    """A synthetic study, as a verification that was killed leaves it; gives its patient ID."""
    study = run.study("RXA02", "dicom")
    for image in study.instances:
        node.post("/instances", image.file)
    return study.patient


@contextmanager
def edited(network: Network, node: str, file: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """A file of a node's front as another hand would leave it, for a while."""
    kept = file.read_text()
    changed = edit(kept)
    assert changed != kept
    try:
        file.write_text(changed)
        network.reload_front(node)
        yield
    finally:
        file.write_text(kept)
        network.reload_front(node)
