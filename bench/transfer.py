"""A study of 100 MB from a site to its hub through both TLS layers, beside two plain Orthancs."""

import base64
import http.client
import json
import os
import statistics
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from network import Bench, home, sites
from recipe import ground_of
from table import Row, to_json

INSTANCES, SIDE = 200, 512
ROUNDS = 9
AT_MOST = 1.3
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Archive:
    """One Orthanc's own REST interface."""

    port: int
    login: str

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        secret = base64.b64encode(self.login.encode()).decode()
        connection.request(method, path, body, {"Authorization": f"Basic {secret}"})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != http.client.OK:
            raise RuntimeError(f"{method} {path}: {response.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def instances(self) -> int:
        return int(self.ask("GET", "/statistics")["CountInstances"])

    def empty(self) -> None:
        for study in self.ask("GET", "/studies"):
            self.ask("DELETE", f"/studies/{study}")


def element(group: int, number: int, kind: str, value: bytes) -> bytes:
    """One DICOM element, explicit VR, little endian."""
    value += b"\0" * (len(value) % 2) if kind in ("UI", "OW") else b" " * (len(value) % 2)
    head = struct.pack("<HH2s", group, number, kind.encode())
    return head + (struct.pack("<HL", 0, len(value)) if kind == "OW" else struct.pack("<H", len(value))) + value


def image(number: int) -> bytes:
    """One synthetic slice of 512 kB, of a patient that nobody is."""
    uid = f"2.25.77{number}".encode()
    meta = element(2, 2, "UI", b"1.2.840.10008.5.1.4.1.1.7") + element(2, 3, "UI", uid)
    meta += element(2, 0x10, "UI", b"1.2.840.10008.1.2.1") + element(2, 0x12, "UI", b"2.25.1")
    size = struct.pack("<H", SIDE)
    pixels = (os.urandom(SIDE) * SIDE * 2)[: SIDE * SIDE * 2]
    body = (
        *(element(8, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.7"), element(8, 0x18, "UI", uid)),
        *(
            element(8, 0x60, "CS", b"OT"),
            element(0x10, 0x10, "PN", b"BENCH^SYNTHETIC"),
            element(0x10, 0x20, "LO", b"B1"),
        ),
        *(element(0x20, 0xD, "UI", b"2.25.771"), element(0x20, 0xE, "UI", b"2.25.772")),
        *(element(0x20, 0x13, "IS", str(number).encode()), element(0x28, 2, "US", struct.pack("<H", 1))),
        *(element(0x28, 4, "CS", b"MONOCHROME2"), element(0x28, 0x10, "US", size), element(0x28, 0x11, "US", size)),
        *(element(0x28, 0x100, "US", struct.pack("<H", 16)), element(0x28, 0x101, "US", struct.pack("<H", 16))),
        *(element(0x28, 0x102, "US", struct.pack("<H", 15)), element(0x28, 0x103, "US", struct.pack("<H", 0))),
        element(0x7FE0, 0x10, "OW", pixels),
    )
    head = element(2, 0, "UL", struct.pack("<L", len(meta)))
    return b"\0" * 128 + b"DICM" + head + meta + b"".join(body)


def send(source: Archive, target: Archive, how: str, alias: str) -> float:
    """Seconds until the whole study has arrived; the target is emptied again."""
    (study,) = source.ask("GET", "/studies")
    began = time.perf_counter()
    source.ask("POST", f"/{how}/{alias}/store", json.dumps({"Resources": [study], "Synchronous": True}).encode())
    seconds = time.perf_counter() - began
    arrived = target.instances()
    if arrived != INSTANCES:
        raise RuntimeError(f"{arrived} of {INSTANCES} instances arrived")
    target.empty()
    return seconds


def plain(bench: Bench, port: int, name: str, rendered: Path) -> Archive:
    """A plain Orthanc: a node's own settings without TLS, without passwords, without a front and plugins."""
    folder = bench.path / name
    folder.mkdir()
    settings = json.loads(rendered.read_text())
    settings = {k: v for k, v in settings.items() if not k.startswith(("DicomTls", "Ssl", "Plugins", "Python"))}
    settings |= {"HttpPort": port, "DicomPort": port + 1, "DicomAet": name, "Name": name}
    settings |= {"StorageDirectory": str(folder), "IndexDirectory": str(folder), "Plugins": []}
    settings |= {"AuthenticationEnabled": False, "RegisteredUsers": {}, "PidFile": ""}
    (folder / "orthanc.json").write_text(json.dumps(settings))
    environ = {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8", "TCP_NODELAY": "1"}
    with (folder / "log").open("wb") as log:
        subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], env=environ, stdout=log, stderr=log, cwd=folder)
    archive = Archive(port, "none:none")
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            archive.ask("GET", "/system")
        except OSError:
            if time.monotonic() > end:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return archive


def plain_pair(bench: Bench, rendered: Path) -> tuple[Archive, Archive]:
    """Two of them that know each other."""
    first, second = plain(bench, 18242, "PLAINA", rendered), plain(bench, 18252, "PLAINB", rendered)
    modality = {"AET": "PLAINB", "Host": "127.0.0.1", "Port": 18253}
    first.ask("PUT", "/modalities/other", json.dumps(modality).encode())
    known = {"AET": "PLAINA", "Host": "127.0.0.1", "Port": 18243, "AllowStore": True}
    second.ask("PUT", "/modalities/other", json.dumps(known).encode())
    first.ask("PUT", "/peers/other", json.dumps({"Url": "http://127.0.0.1:18252/"}).encode())
    return first, second


def rows() -> list[Row]:
    with home() as bench:
        bench.up(2)
        hub, site = sites(2)
        ground = ground_of(bench.folder)
        nodes = [
            Archive(ground.endpoint(name).http_port, f"netprov:{ground.keys.password(f'orthanc:{name}')}")
            for name in (site, hub)
        ]
        pair = plain_pair(bench, bench.folder.node(site).config)
        for number in range(INSTANCES):
            for archive in (nodes[0], pair[0]):
                archive.ask("POST", "/instances", image(number))
        ways = (("peers", "HTTPS between nodes, as peers"), ("modalities", "DICOM TLS between nodes, C-STORE"))
        measured = [_compared(nodes, pair, hub, how, words) for how, words in ways]
        bench.down()
    return measured


def _compared(nodes: list[Archive], pair: tuple[Archive, Archive], hub: str, how: str, words: str) -> Row:
    secure, bare = [], []
    for _ in range(ROUNDS + 1):
        secure.append(send(nodes[0], nodes[1], how, hub))
        bare.append(send(pair[0], pair[1], how, "other"))
    against = f"the same between two plain Orthancs, {how}"
    ours, theirs = statistics.median(secure[1:]), statistics.median(bare[1:])
    return Row("transfer", f"100 MB in 200 instances: {words}", ours, theirs, "s", against, AT_MOST)


if __name__ == "__main__":
    sys.stdout.write(to_json(rows()) + "\n")
