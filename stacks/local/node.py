"""One node on this machine: an Orthanc process and its TLS front, with their files and their storage.

Everything goes through `_converge`, which compares what should run with what was started and does only what is
missing; so it makes no difference where a killed run had stopped.
"""

import json
import re
import shutil
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from provisioner.disk import place
from provisioner.engine.plan import Kind
from provisioner.engine.resource import Difference, Inputs
from provisioner.errors import NetprovError, Refused
from provisioner.home import NodeFolder
from provisioner.site.render import node_files
from stacks.local.account import give
from stacks.local.database import drop_database
from stacks.local.front import front_files, note_start, reload
from stacks.local.ground import Ground, claim, digest, read
from stacks.local.ports import holder_of, holder_when_settled, release
from stacks.local.processes import Service, running, start, stop, sweep, tail
from stacks.local.shared import Shared, edition, found, texts
from stacks.local.site import site_of
from stacks.local.studies import held, refuse_loss

READY_SECONDS = 60.0
PORT_SECONDS = 5.0
"""How long the kernel may take to free the ports of a process that it has killed."""
FRONT, SHARED = "nginx.conf", "shared"
BORN = "born"
"""A file that says that a node has been ready once."""
ROOM_BYTES = 4 << 20
"""Less than this, and a new node cannot even make its index."""

REASONS = {
    "title": "its name changed",
    "aet": "its AE title changed",
    "files": "its settings changed",
    "certificate": "its certificate is renewed",
    "orthanc": "its archive is not running",
    "front": "its front is not running",
    "started": "it runs with older settings",
}
PLUGINS = ("dicom-web", "python")
ERROR = re.compile(r"E\d{4} |\S+ \S+ \[(error|crit|alert|emerg)\]")
"""A line of Orthanc's log (E: error), or of nginx's."""
PREFIX = re.compile(r"[A-Z]\d{4} \S+ (\S+\] )?|\S+ \S+ \[\w+\] ")

_restart = threading.Lock()
"""Running nodes are restarted one at a time, so that a rotation interrupts one site only."""


def wanted(ground: Ground, name: str, certificate: str) -> dict[str, str | int]:
    """The inputs of a node: what it is called, where it listens, and digests of what it runs with."""
    node, endpoint = ground.topology.node(name), ground.endpoint(name)
    return {
        "title": node.name,
        "aet": node.aet,
        "kind": node.kind.value,
        "index": node.index.value,
        "https": f"{endpoint.host}:{endpoint.https_port}",
        "dicom": f"{endpoint.host}:{endpoint.dicom_port}",
        "http": f"{endpoint.host}:{endpoint.http_port}",
        "files": digest(own_files(ground, name) | {SHARED: edition()}),
        "certificate": certificate,
    }


def own_files(ground: Ground, name: str) -> dict[str, str]:
    """The files that a node starts with and shares with no other."""
    return {path: text for path, text in node_files(site_of(ground, name)).items() if path not in texts()}


class NodeResource:
    """Creates, adopts, updates and deletes nodes."""

    kind = Kind.NODE

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._shared = Shared(ground)

    # -- what differs -------------------------------------------------------------------------------------------

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        if not old:
            return Difference((), f"{new['title']} joins")
        changed = [key for key in sorted(new) if old.get(key) != new[key]]
        if "index" in changed and held(self._ground, name) != 0:
            raise Refused(
                f"node {name} holds studies in its {old.get('index')} index, which cannot become {new['index']}",
                f"keep `index: {old.get('index')}`, or send its studies elsewhere and remove the site first",
            )
        restarts = bool({*changed} - {"title", "kind"})
        for key, service in (("orthanc", self._ground.orthanc(name)), ("front", self._ground.front(name))):
            if not running(service):
                changed.append(key)
        if not changed and self._started(name) != self._edition(new):
            changed, restarts = ["started"], True
        reasons = dict.fromkeys(REASONS.get(key, f"its {key} changed") for key in changed)
        starts = bool(changed) and {*changed} <= {"orthanc", "front"}
        return Difference(tuple(changed), ", ".join(reasons), restarts and "orthanc" not in changed, starts)

    # -- what is done -------------------------------------------------------------------------------------------

    def create(self, name: str, inputs: Inputs) -> None:
        self._converge(name, inputs)

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self._converge(name, new)

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        files = self._ground.folder.node(name)
        if not files.identity.exists():
            return None
        if name not in {node.id for node in self._ground.topology.nodes}:
            return inputs  # it leaves the network in this run: nobody asks how it is
        actual = dict(inputs)
        if not running(self._ground.orthanc(name)):
            return {**actual, "orthanc": "not running"}
        if not running(self._ground.front(name)):
            actual["front"] = "not running"
        system = self._ground.client(name).system()
        actual["title"], actual["aet"] = str(system["Name"]), str(system["DicomAet"])
        actual["dicom"] = f"{self._ground.endpoint(name).host}:{system['DicomPort']}"
        wanted_files = own_files(self._ground, name)
        there = {path: read(files.root / path) for path in wanted_files} | {SHARED: found(files.root)}
        wanted_files |= {SHARED: edition()}
        if there != wanted_files:
            actual["files"] = digest(there)
        return actual

    def delete(self, name: str, inputs: Inputs) -> None:
        self.remove(name)

    def remove(self, name: str) -> None:
        """Stop and forget a node. Raises Refused while it holds studies and nobody has said to delete them."""
        ground, files = self._ground, self._ground.folder.node(name)
        if files.root.exists():
            refuse_loss(ground, name)
            for service in (ground.front(name), ground.orthanc(name)):
                # Nothing that it could still write is wanted: no need for its three seconds of goodbye.
                stop(replace(service, grace_seconds=0.0))
            refuse_loss(ground, name)  # one may have arrived since it was asked
            sweep(files.root)
            drop_database(ground, files)
            for client in (*ground.folder.clients.glob(f"{name}.*"), *ground.folder.clients.glob(f"{name}-*")):
                client.unlink()
            gone = files.root.with_name(f".gone-{name}")
            shutil.rmtree(gone, ignore_errors=True)
            files.root.rename(gone)
            shutil.rmtree(gone)
        if not ground.dissolving:  # else they go with the network's folder
            release(ground.folder, name)

    # -- how ----------------------------------------------------------------------------------------------------

    def _converge(self, name: str, inputs: Inputs) -> None:
        ground = self._ground
        files = claim(ground, name)
        mended = self._write(name, files)
        orthanc, front = ground.orthanc(name), ground.front(name)
        edition = self._edition(inputs)
        # Files that had to be mended may have been loaded as they were: by hand, or by a service that was restarted.
        outdated = self._started(name) != edition or bool(mended - {FRONT})
        if running(orthanc) and outdated:
            with _restart:
                self._launch(name, orthanc, edition)
                self._ready(name, orthanc)
            reload(front)
        elif FRONT in mended:
            reload(front)
        if not running(orthanc):
            self._launch(name, orthanc, edition)
        if running(front) is None:
            note_start(ground, name)
        start(front)
        self._ready(name, orthanc)
        self._ready_front(name, front)

    def _write(self, name: str, files: NodeFolder) -> frozenset[str]:
        """Which of the files that a node starts with were not there, or said something else."""
        ground = self._ground
        own, callers = own_files(ground, name), front_files(ground, name)
        mended = {path for path, text in own.items() if place(files.root / path, text, ground.account, durable=False)}
        mended |= {SHARED} if self._shared.lead(files.root) else set()
        for path, text in callers.items():
            place(files.root / path, text, ground.account, durable=False)
        for folder in (files.index, files.storage, files.root / "tmp"):
            folder.mkdir(mode=0o700, exist_ok=True)
        if ground.account:
            give(files.root, ground.account)
        return frozenset(mended)

    def _launch(self, name: str, orthanc: Service, edition: str) -> None:
        stop(orthanc)  # one that a killed run has left in the middle of its goodbye still holds the ports
        self._free_ports(name)
        drop_unborn_index(self._ground.folder.node(name))
        # Noted first: if netprov dies in between, the next run finds no process, or this one.
        place(self._ground.folder.node(name).root / "started.json", json.dumps({"edition": edition}), durable=False)
        start(orthanc)

    def _free_ports(self, name: str) -> None:
        endpoint = self._ground.endpoint(name)
        for use, port in (("DICOM", endpoint.dicom_port), ("HTTP", endpoint.http_port)):
            holder = holder_when_settled(port, PORT_SECONDS)
            if holder:
                raise NetprovError(
                    f"port {port}, which node {name} uses for {use}, is taken by {holder}",
                    "stop that process, then run `netprov up` again",
                )

    def _ready(self, name: str, orthanc: Service) -> None:
        from provisioner.proving.orthanc import wait_ready

        ground = self._ground
        try:
            with closing(ground.client(name)) as client:
                system = wait_ready(client, READY_SECONDS, lambda: running(orthanc) is not None)
                check_settings(ground, name, system, client.plugins(), client.identity())
            place(ground.folder.node(name).root / BORN, "", durable=False)
        except NetprovError as error:
            refuse_full_disk(orthanc.folder)
            raise NetprovError(f"{error.message}{_last_words(orthanc)}", error.hint) from None

    def _ready_front(self, name: str, front: Service) -> None:
        from provisioner.proving.orthanc import wait_port

        endpoint = self._ground.endpoint(name)
        try:
            wait_port(endpoint.host, endpoint.https_port, READY_SECONDS, lambda: running(front) is not None)
        except NetprovError:
            holder = holder_of(endpoint.https_port) if running(front) is None else ""
            why = f": port {endpoint.https_port} is taken by {holder}" if holder else _last_words(front)
            raise NetprovError(f"the front of node {name} does not start{why}", f"see {front.log}") from None

    def _started(self, name: str) -> str:
        try:
            return str(json.loads(read(self._ground.folder.node(name).root / "started.json"))["edition"])
        except (ValueError, KeyError):
            return ""

    def _edition(self, inputs: Inputs) -> str:
        return f"{inputs['files']} {inputs['certificate']}"


def check_settings(
    ground: Ground, name: str, system: dict[str, object], plugins: list[str], identity: dict[str, object]
) -> None:
    """Compare what a started node says of itself with what it was given: Orthanc passes over a misspelt setting."""
    node, endpoint = ground.topology.node(name), ground.endpoint(name)
    expected: dict[str, object] = {"Name": node.name, "DicomAet": node.aet, "DicomPort": endpoint.dicom_port}
    wrong = [
        f"{key} is {system.get(key)!r}, not {value!r}" for key, value in expected.items() if system.get(key) != value
    ]
    wrong += [f"plugin {plugin} is not loaded" for plugin in PLUGINS if plugin not in plugins]
    if identity.get("node") != name or identity.get("network") != ground.topology.id:
        wrong.append(f"it says that it is {identity.get('network')}/{identity.get('node')}")
    if wrong:
        raise NetprovError(f"node {name} started with other settings than it was given: {'; '.join(wrong)}")


def drop_unborn_index(files: NodeFolder) -> None:
    """Remove the index of a node that was never ready and holds no file: a full disk may have left it half made."""
    if not (files.root / BORN).exists() and not any(files.storage.glob("*/*/*")):
        for path in files.index.glob("*"):
            path.unlink()


def refuse_full_disk(folder: Path) -> None:
    """Raises NetprovError where a node that fails has no room: its own words for that are a number."""
    if shutil.disk_usage(folder).free < ROOM_BYTES:
        raise NetprovError(f"no space left on the disk of {folder}", "make room, then run `netprov up` again")


def _last_words(service: Service) -> str:
    """Why it stopped, as far as its log says: the first of its last errors, or else its last line; times left out."""
    lines = tail(service.log, 12).strip().splitlines()
    errors = [line for line in lines if ERROR.match(line)]
    said = PREFIX.sub("", (errors or lines[-1:] or [""])[0])
    return f"; its log says: {said}" if said else ""
