"""Sites with a scanner each and a hub that all studies go to, for the benchmarks of routing."""

import base64
import http.client
import json
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from network import Bench, home
from recipe import ground_of
from transfer import element

HUB = "HUB"
STABLE_SECONDS = 1
PATIENCE_SECONDS = 600.0
SECONDARY_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7"
EXPLICIT_LITTLE = b"1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class Node:
    """One node's Orthanc, past its front, as netprov itself comes to it."""

    name: str
    port: int
    login: str

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        word = base64.b64encode(self.login.encode()).decode()
        headers = {"Authorization": f"Basic {word}", "X-Netprov-Caller": "operator"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path} at {self.name}: {answer.status} {text[:300]!r}")
        return text

    def get(self, path: str) -> Any:
        return json.loads(self.ask("GET", path))

    def instances(self) -> int:
        """How many it holds; none while it is not there."""
        try:
            return int(self.get("/statistics")["CountInstances"])
        except (OSError, http.client.HTTPException):
            return 0

    def depth(self) -> int:
        """Studies that are still to be sent; one at least while it is not there."""
        try:
            return int(self.get("/netprov/sharing/queue")["depth"])
        except (OSError, http.client.HTTPException):
            return 1

    def empty(self) -> None:
        for study in self.get("/studies"):
            self.ask("DELETE", f"/studies/{study}")


@dataclass(frozen=True, slots=True)
class Study:
    """Its UID, and its files by SOP Instance UID."""

    uid: str
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Routed:
    """The network that is up."""

    bench: Bench
    sites: tuple[str, ...]
    definition: str

    def up(self) -> None:
        self.bench.run("up", self.definition, "--yes", "--no-verify")

    def node(self, name: str) -> Node:
        ground = ground_of(self.bench.folder)
        return Node(name, ground.endpoint(name).http_port, f"netprov:{ground.keys.password(f'orthanc:{name}')}")

    def kill(self, name: str) -> None:
        os.kill(self.bench.services()[f"{name}/orthanc"], 9)

    def scan(self, site: str, study: Study) -> None:
        """The site's scanner sends a study, and sends it again until the node has taken all of it."""
        config = json.loads(self.bench.folder.node(site).config.read_text())
        clients = self.bench.folder.root / "clients"
        box = self.bench.path / f"scanner-{study.uid}"
        box.mkdir()
        for uid, file in study.files.items():
            (box / f"{uid}.dcm").write_bytes(file)
        command = [
            "storescu",
            "-to",
            "30",
            "+tls",
            *(str(clients / f"{site}-{scanner(site)}.{k}") for k in ("key", "crt")),
        ]
        command += ["+cf", str(clients / "trust.crt"), "-aet", scanner(site), "-aec", site, "+sd"]
        command += ["127.0.0.1", str(config["DicomPort"]), str(box)]
        environ = {**os.environ, "TCP_NODELAY": "1"}
        until(
            lambda: not subprocess.run(command, check=False, capture_output=True, env=environ).returncode,
            f"{site} takes it",
        )
        shutil.rmtree(box)


def scanner(site: str) -> str:
    return f"CT_{site}"


def defined(sites: tuple[str, ...]) -> str:
    """A collaboration: the lead has a hub of its own, and each site a scanner."""
    lines = [
        "netprov: 1",
        "network: {id: bench, name: Bench, environment: test, synthetic_data: true}",
        "operating_model: collaboration",
        f"lead: {sites[0][:3]}",
        "reporting: {worklist: {turnaround_days: 28}}",
        f"deployment: {{local: {{stable_seconds: {STABLE_SECONDS}}}}}",
        "members:",
    ]
    for member in sorted({site[:3] for site in sites}):
        lines += [f"  - ods: {member}", f"    name: Trust {member}", "    kind: foundation_trust", "    sites:"]
        lines += [_site(site, 11112 + sites.index(site)) for site in sites if site.startswith(member)]
    return "\n".join(lines) + "\n"


def _site(site: str, port: int) -> str:
    facts = f"{{aet: {scanner(site)}, kind: CT, address: 127.0.0.1, port: {port}}}"
    return f"      - {{ods: {site}, name: Hospital {site}, modalities: [{facts}]}}"


@contextmanager
def deployed(sites: tuple[str, ...]) -> Iterator[Routed]:
    with home() as bench:
        path = bench.path / "routed.yaml"
        path.write_text(defined(sites))
        network = Routed(bench, sites, str(path))
        network.up()
        yield network
        bench.down()


def study(number: int, count: int, size: int) -> Study:
    """So many instances of so many random bytes, of a patient that nobody is."""
    uid = f"2.25.88{number}"
    return Study(uid, {f"{uid}.{n}": _image(uid, n, number, os.urandom(size)) for n in range(1, count + 1)})


def _image(study: str, number: int, patient: int, pixels: bytes) -> bytes:
    uid = f"{study}.{number}".encode()
    meta = element(2, 2, "UI", SECONDARY_CAPTURE) + element(2, 3, "UI", uid)
    meta += element(2, 0x10, "UI", EXPLICIT_LITTLE) + element(2, 0x12, "UI", b"2.25.1")
    body = (
        *(element(8, 0x16, "UI", SECONDARY_CAPTURE), element(8, 0x18, "UI", uid), element(8, 0x20, "DA", b"20261124")),
        *(element(8, 0x30, "TM", b"101500"), element(8, 0x50, "SH", f"A{patient}".encode())),
        *(element(8, 0x60, "CS", b"CT"), element(0x10, 0x10, "PN", b"BENCH^SYNTHETIC")),
        *(element(0x10, 0x20, "LO", f"B{patient}".encode()), element(0x20, 0xD, "UI", study.encode())),
        *(element(0x20, 0xE, "UI", f"{study}.0".encode()), element(0x20, 0x13, "IS", str(number).encode())),
        element(0x7FE0, 0x10, "OW", pixels),
    )
    head = element(2, 0, "UL", struct.pack("<L", len(meta)))
    return b"\0" * 128 + b"DICM" + head + meta + b"".join(body)


def until(true: Callable[[], object], what: str, tick: float = 0.05) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(OSError, http.client.HTTPException):
            if true():
                return
        if time.monotonic() > end:
            raise SystemExit(f"it did not come to pass: {what}")
        time.sleep(tick)
