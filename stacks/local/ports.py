"""Ports of nodes on this machine: four a node, allocated once, kept beside the network's state, and never doubled.

Every allocation reads all networks of all homes of this account under one lock, so that two networks that come up at
once never clash, be they of two CI jobs that know nothing of each other.
"""

import fcntl
import json
import os
import re
import socket
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TextIO

from provisioner.disk import place, sync_folder
from provisioner.engine.plan import Endpoint
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder, NodeFolder, cache, networks
from stacks.local import procfs

HOST = "127.0.0.1"
FIRST, LAST = 1024, 65535
BASE, SPREAD = 20000, 10000
"""Where ports are looked for by default: each home begins at its own place, so that even two accounts seldom meet."""
POLL_SECONDS = 0.005
LOCK = "ports.lock"
"""In the cache folder, which homes share: who has it allocates, and its lines are the homes that have ports."""
DATABASE = "data/postgresql.conf"


@dataclass(frozen=True, slots=True)
class Ports:
    """What one network has."""

    nodes: dict[str, Endpoint] = field(default_factory=dict)
    database: int = 0
    """Of its private PostgreSQL; 0 where it has none."""

    def numbers(self) -> Iterator[int]:
        """Every port of the network."""
        yield self.database
        for endpoint in self.nodes.values():
            yield from (endpoint.https_port, endpoint.dicom_port, endpoint.http_port, endpoint.web_port)


def allocate(home: Path, folder: NetworkFolder, node_ids: Sequence[str], first_port: int) -> dict[str, Endpoint]:
    """The ports of these nodes: those that they have, or new ones from `first_port` on, in the order given."""
    with _locked(home) as homes:
        ports = _read(folder)
        missing = [node for node in node_ids if node not in ports.nodes]
        if missing:
            free = _free(home, homes, folder, first_port)
            fresh = {node: Endpoint(HOST, next(free), next(free), next(free), next(free)) for node in missing}
            ports = Ports({**ports.nodes, **fresh}, ports.database)
        _keep(folder, ports)
        return {node: ports.nodes[node] for node in node_ids}


def allocate_database(home: Path, folder: NetworkFolder, first_port: int) -> int:
    """The port of the network's private PostgreSQL."""
    with _locked(home) as homes:
        ports = _read(folder)
        if not ports.database:
            ports = Ports(ports.nodes, next(_free(home, homes, folder, first_port)))
            _keep(folder, ports)
        return ports.database


def recorded(folder: NetworkFolder) -> dict[str, Endpoint]:
    """The ports that nodes have; nothing is allocated."""
    return _read(folder).nodes


def release(folder: NetworkFolder, node_id: str) -> None:
    """Give a node's ports back."""
    if not folder.root.is_dir():
        return
    with _locked(folder.root.parent.parent):
        ports = _read(folder)
        if node_id in ports.nodes:
            left = {node: endpoint for node, endpoint in ports.nodes.items() if node != node_id}
            _keep(folder, Ports(left, ports.database))


def holder_of(port: int) -> str:
    """Who listens on a port of this machine, in words; empty if nobody does."""
    inode = procfs.listener(port)
    if inode is None:
        return ""
    pids = procfs.socket_holders(inode)
    return f"pid {pids[0]} ({procfs.name(pids[0])})" if pids else "a process of another user"


def holder_when_settled(port: int, seconds: float) -> str:
    """Who keeps a port from being listened on, in words; empty if nobody does.

    A killed process closes its files one by one and can no longer be seen meanwhile: a holder without a name is
    waited for.
    """
    deadline = time.monotonic() + seconds
    while not unused(port):
        holder = holder_of(port)
        if holder.startswith("pid ") or time.monotonic() > deadline:
            return holder or "another program"
        time.sleep(POLL_SECONDS)
    return ""


@contextmanager
def _locked(home: Path) -> Iterator[tuple[Path, ...]]:
    """Alone among all that this account runs, whatever their homes; gives these homes, this one included."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared = cache(os.environ)
        shared.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(shared / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8", errors="surrogateescape") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield _homes(file, str(home.resolve()))
    except OSError as error:
        raise NetprovError(f"ports cannot be noted in {home}: {error.strerror}") from None


def _homes(file: TextIO, mine: str) -> tuple[Path, ...]:
    """The homes that the lock's own file names, those that are gone left out, with this one added."""
    noted = file.read().splitlines()
    known = sorted({mine, *(home for home in noted if Path(home, "networks").is_dir())})
    if known != noted:
        file.seek(0)
        file.truncate()
        file.write("".join(f"{home}\n" for home in known))
        file.flush()
    return tuple(map(Path, known))


# -- choosing --------------------------------------------------------------------------------------------------------


def _free(home: Path, homes: tuple[Path, ...], folder: NetworkFolder, first_port: int) -> Iterator[int]:
    """Ports that no network of these homes has and nobody uses now, from `first_port` on.

    Those that the kernel hands out to outgoing connections come last: such a one may be taken by the time it is used.
    """
    taken = {number for each in homes for other in networks(each) for number in _numbers(other, folder)}
    first = first_port or BASE + zlib.crc32(bytes(home.resolve())) % SPREAD
    low, high = _ephemeral()
    order = (*range(first, LAST + 1), *range(BASE, first), *range(FIRST, min(BASE, first)))
    fixed = (port for port in order if not low <= port <= high)
    handed_out = (port for port in order if low <= port <= high)
    for port in chain(fixed, handed_out):
        if port not in taken and unused(port):
            yield port
    raise NetprovError("this machine has no free port left", "stop what uses them: `ss -ltnp` shows it")


def _numbers(other: NetworkFolder, mine: NetworkFolder) -> tuple[int, ...]:
    """The ports of a network; one of another home whose ports are lost must not stop this one."""
    try:
        return tuple(_read(other).numbers())
    except NetprovError:
        if other.root.parent == mine.root.parent:
            raise
        return ()


def _ephemeral() -> tuple[int, int]:
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
        return int(low), int(high)
    except (OSError, ValueError):
        return 32768, 60999


def unused(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers bind: a connection that ended a moment ago is no obstacle, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


# -- keeping ---------------------------------------------------------------------------------------------------------


def _keep(folder: NetworkFolder, ports: Ports) -> None:
    """On the disk, whole, before anything listens."""
    nodes = {
        node: {"https": e.https_port, "dicom": e.dicom_port, "http": e.http_port, "web": e.web_port}
        for node, e in ports.nodes.items()
    }
    text = json.dumps({"nodes": nodes, "database": ports.database}, indent=1) + "\n"
    if place(folder.ports, text):
        sync_folder(folder.root)


def _read(folder: NetworkFolder) -> Ports:
    """What a network has, from its file; where that is lost or torn, from what its nodes were configured with."""
    try:
        kept = json.loads(folder.ports.read_text(encoding="utf-8"))
        nodes = {
            str(node): Endpoint(HOST, *(int(each[use]) for use in ("https", "dicom", "http", "web")))
            for node, each in kept["nodes"].items()
        }
        return Ports(nodes, int(kept["database"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return _rebuilt(folder)


def _rebuilt(folder: NetworkFolder) -> Ports:
    configured = sorted(path.parent for path in folder.nodes.glob("[!.]*/orthanc.json"))
    nodes = {path.name: _endpoint(folder, NodeFolder(path)) for path in configured}
    port = _found(r"^port = (\d+)$", folder.postgres / DATABASE)
    return Ports(nodes, port or 0)


def _endpoint(folder: NetworkFolder, node: NodeFolder) -> Endpoint:
    https = _found(rf"\blisten\s+{re.escape(HOST)}:(\d+)", node.front)
    dicom = _found(r'"DicomPort"\s*:\s*(\d+)', node.config)
    http = _found(r'"HttpPort"\s*:\s*(\d+)', node.config)
    web = _found(rf"\blisten\s+{re.escape(HOST)}:(\d+)", node.door)
    if not (https and dicom and http and web):
        raise NetprovError(
            f"the ports of network {folder.id} are lost: {folder.ports} cannot be read, nor those of node "
            f"{node.root.name} be found in its settings",
            f"remove {node.config} if that node holds no studies that you need, then run `netprov up` again",
        )
    return Endpoint(HOST, https, dicom, http, web)


def _found(pattern: str, path: Path) -> int | None:
    try:
        found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
