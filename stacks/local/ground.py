"""What every resource of the local target stands on: one network's folder, topology, ports, secrets and account."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.credentials import Keys
from provisioner.disk import place
from provisioner.engine.plan import Endpoint
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder, NodeFolder
from provisioner.links.topology import Topology
from stacks.local.account import Account, give
from stacks.local.processes import Service

if TYPE_CHECKING:
    from provisioner.proving.orthanc import Orthanc

NGINX = ("nginx", "/usr/sbin/nginx")
ORTHANC = ("Orthanc", "/usr/sbin/Orthanc")
ORTHANC_GRACE_SECONDS = 6.0
"""It takes two or three seconds to stop; while images come in without a pause of 0.1 s it never does (1.10.1: its
queue of Lua events must run empty first). It is then killed, which loses nothing that it has acknowledged."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One run's view of one network on this machine."""

    folder: NetworkFolder
    topology: Topology
    endpoints: Mapping[str, Endpoint]
    keys: Keys
    account: Account | None
    preload: Path
    now: datetime
    delete_studies: bool = False
    dissolving: bool = False
    """The whole network is being taken away: links need not be taken out of nodes that go themselves."""

    def client(self, node: str, timeout: float = 5.0) -> "Orthanc":
        """A client of one node, past its front; slow to load, so a run that changes nothing goes without."""
        from provisioner.proving.orthanc import Orthanc

        endpoint = self.endpoint(node)
        address = f"http://{endpoint.host}:{endpoint.http_port}"
        login = self.keys.internal(node).used
        return Orthanc(address, login.user, login.password, node=node, timeout=timeout)

    def endpoint(self, node: str) -> Endpoint:
        try:
            return self.endpoints[node]
        except KeyError:
            raise NetprovError(f"node {node} has no ports", "run `netprov up` with the definition") from None

    def orthanc(self, node: str) -> Service:
        """The node's archive."""
        files = self.folder.node(node)
        # DCMTK waits for each packet's acknowledgement otherwise: 15 times slower C-STORE.
        environ = {"LD_PRELOAD": str(self.preload), "TCP_NODELAY": "1"}
        argv = (program(ORTHANC), str(files.config))
        archive = self._service("orthanc", argv, files, files.orthanc_log, environ)
        return replace(archive, grace_seconds=ORTHANC_GRACE_SECONDS)

    def front(self, node: str) -> Service:
        """The node's TLS front."""
        files = self.folder.node(node)
        argv = (program(NGINX), "-p", str(files.root), "-c", str(files.front), "-e", str(files.front_log))
        return self._service("front", argv, files, files.front_log, {})

    def _service(
        self, name: str, argv: tuple[str, ...], files: NodeFolder, log: Path, environ: Mapping[str, str]
    ) -> Service:
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **environ}
        return Service(name=name, argv=argv, folder=files.root, log=log, environ=clean, account=self.account)


def program(candidates: tuple[str, str]) -> str:
    """The path of a program that Debian keeps out of an ordinary user's PATH.

    It may have been removed since: what is to start is missed before (`refuse_missing`), what is to stop needs none.
    """
    name, path = candidates
    for folder in os.environ.get("PATH", "").split(":"):
        if folder and os.access(Path(folder) / name, os.X_OK):
            return str(Path(folder) / name)
    return path


def digest(files: Mapping[str, str]) -> str:
    """A short name for a set of files; changes with any byte of any of them."""
    return _sum(json.dumps({name: _sum(text) for name, text in files.items()}, sort_keys=True))[:16]


@lru_cache(maxsize=1024)  # every node has the same plugins
def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> str:
    """What a file says; empty if there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def claim(ground: Ground, node: str) -> NodeFolder:
    """The node's folder, with the note that says whose it is: there before anything of the node exists.

    Whatever a killed run leaves behind is found by these notes. Raises NetprovError if the folder is another
    network's.
    """
    files = ground.folder.node(node)
    note = {"network": ground.topology.id, "kind": "node", "name": node, "generation": ground.keys.identity}
    files.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        found = json.loads(files.identity.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = note
    if found != note:
        raise NetprovError(
            f"the folder of node {node} belongs to another deployment of network {found.get('network')}",
            f"move {files.root} away, or choose another NETPROV_HOME",
        )
    place(files.identity, json.dumps(note), ground.account, durable=False)
    if ground.account:
        give(files.root, ground.account)
    return files
