"""A node's files as its task has them, run on this machine: the real nginx, and Debian's Orthanc for the image's.

What is left out of Orthanc's settings is what that Orthanc does not have: the two plugins that need AWS, and the keys
of 1.12. All else is as the bundle says, but for ports and addresses.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from vacant import vacant_port

from provisioner.home import cache
from site_templates.aws import boot
from stacks.aws import bundle as bundling
from stacks.aws import place
from stacks.aws.confidential import confidential
from stacks.local.loopback import library
from tests.stacks.aws_node.conftest import Severn

NEWER = ("HttpBindAddresses", "DicomTlsMinimumProtocolVersion", "DicomTlsCiphersAccepted")
NOT_HERE = ("AwsS3Storage", "PostgreSQL")
PLUGINS = ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so", "/usr/share/orthanc/plugins/libOrthancPython.so"]
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
AS_ROOT = ("-g", "user root;") if os.geteuid() == 0 else ()
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Ports:
    """Free ones."""

    front: int
    health: int
    dicom: int
    http: int
    door: int


@dataclass
class Running:
    """One node of the network, on loopback."""

    node: str
    folder: Path
    ports: Ports
    orthanc: subprocess.Popen[bytes]
    front: subprocess.Popen[bytes]


def free_ports() -> Ports:
    return Ports(*(vacant_port() for _ in range(5)))


def unpacked(severn: Severn, node: str, folder: Path, ports: Ports) -> None:
    """All that the boot script does once it has the bundle."""
    (folder / "state").mkdir(parents=True)
    secret = confidential(severn.topology, severn.papers, node)
    environment = {
        "AWS_REGION": "eu-west-2",
        "NETPROV_BUCKET": "images",
        "NETPROV_BUNDLE_SHA256": "0" * 64,
        "NETPROV_DATABASE_HOST": "index.example",
        "NETPROV_DATABASE": '{"password": "unused"}',
        "NETPROV_SECRET": json.dumps(secret),
        "NETPROV_FOLDER": str(folder),
        "NETPROV_STATE": str(folder / "state"),
        "NETPROV_LASTING": " ".join(place.LASTING),
        "NETPROV_UID": str(os.getuid()),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "FOLDER", folder)
        patch.setattr(place, "HTTP", ports.http)
        patch.setattr(bundling, "FRONT", f"127.0.0.1:{ports.front}")
        patch.setattr(bundling, "HEALTH", f"127.0.0.1:{ports.health}")
        patch.setattr(bundling, "DOOR", f"127.0.0.1:{ports.door}")
        content = bundling.bundle(severn.topology, node).content
        patch.setattr(boot, "bundle", lambda _: content)
        boot.main(environment)


def downgraded(folder: Path, ports: Ports) -> None:
    """Orthanc's settings as Debian's can take them."""
    path = folder / "orthanc.json"
    config: dict[str, Any] = json.loads(path.read_text())
    known = {key: value for key, value in config.items() if key not in (*NEWER, *NOT_HERE)}
    path.write_text(json.dumps(known | {"Plugins": PLUGINS, "DicomPort": ports.dicom}))


@contextmanager
def running(
    severn: Severn,
    node: str,
    folder: Path,
    elsewhere: Mapping[str, str] | None = None,
    *,
    ports: Ports | None = None,
    changed: Callable[[Path], None] = lambda _: None,
) -> Iterator[Running]:
    """`elsewhere` says by what an address in the door's settings is replaced; `changed` changes the node's files."""
    ports = ports or free_ports()
    unpacked(severn, node, folder, ports)
    downgraded(folder, ports)
    changed(folder)
    door = folder / "door/front.conf"
    for named, real in (elsewhere or {}).items():
        assert named in door.read_text()
        door.write_text(door.read_text().replace(named, real))
    preload = {"LD_PRELOAD": str(library(cache(os.environ))), "TCP_NODELAY": "1"}
    orthanc = _started([ORTHANC, str(folder / "orthanc.json")], folder, preload)
    front = _started(nginx(folder), folder, {})
    try:
        for port in (ports.http, ports.dicom, ports.front, ports.health, ports.door):
            _wait(port, folder)
        yield Running(node, folder, ports, orthanc, front)
    finally:
        for process in (front, orthanc):
            process.kill() if process is orthanc else process.terminate()
            process.wait()


def nginx(folder: Path, *more: str) -> list[str]:
    return [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr", *AS_ROOT, *more]


def _started(argv: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(argv, env={"PATH": os.environ["PATH"], **environment}, stdout=log, stderr=log)


def _wait(port: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            return
