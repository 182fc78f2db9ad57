"""A node's files in one archive, the same bytes for the same definition: its digest is what the task is pinned to."""

import bz2
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from provisioner.definition.choices import Operation
from provisioner.links.linking import links_of
from provisioner.links.sharing import FILE as SHARING
from provisioner.links.sharing import sharing
from provisioner.links.topology import Topology
from provisioner.site.door import FOLDER as DOOR_FOLDER
from provisioner.site.door import Door, door_files
from provisioner.site.render import CALLERS, Front, callers_file, nginx_conf
from site_templates import plugins, text, web
from stacks.aws.confidential import caller
from stacks.aws.orthanc import settings
from stacks.aws.place import DICOM, DOOR, FRONT, HEALTH, HTTPS, OURS, endpoint_of, site_of, word

SCRIPTS = ("boot.py", "readers.py", "watch.py", "prove.py", "ask.py", "talk.py")


@dataclass(frozen=True, slots=True)
class Bundle:
    """One node's archive."""

    content: bytes
    sha256: str

    @property
    def key(self) -> str:
        """Its name in the bucket: each edition has its own, so that a task that is made anew finds what it ran with."""
        return f"bundle/{self.sha256}.tar.bz2"


def bundle(topology: Topology, node: str) -> Bundle:
    content = _shared() + _packed(_own(topology, node)) + bz2.compress(tarfile.NUL * 2 * tarfile.BLOCKSIZE)
    return Bundle(content, hashlib.sha256(content).hexdigest())


def files_of(topology: Topology, node: str) -> Mapping[str, str]:
    """Every file of a node but its secret ones, by name relative to its folder."""
    return {**_common(), **_own(topology, node)}


def _common() -> Mapping[str, str]:
    """The files that are every node's."""
    return {
        **{f"{OURS}/{name}": text(f"aws/{name}") for name in SCRIPTS},
        "site_templates/association.py": text("association.py"),
        **plugins(),
        **{f"{DOOR_FOLDER}/{name}": held for name, held in web().items()},
    }


def _own(topology: Topology, node: str) -> Mapping[str, str]:
    site, endpoint = site_of(topology, node), endpoint_of(topology, node)
    front = Front(str(FRONT), f"{endpoint.host}:{HTTPS}", "stderr", word("authorization"), HEALTH)
    return {
        "orthanc.json": _json(settings(topology, node)),
        "nginx.conf": nginx_conf(site, front),
        CALLERS: callers_file(topology.id, site, links_of(topology, node).callers, errands=node),
        SHARING: sharing(topology, node, lambda each: endpoint_of(topology, each).https, caller),
        **_door(topology, node),
        "asking.json": _json({"host": endpoint.host, "port": HTTPS, "dicom": DICOM, "login": word("operator")}),
        "questions.json": _json(questions(topology, node)),
    }


def _door(topology: Topology, node: str) -> dict[str, str]:
    """The readers' door; who may come in is no part of a definition."""
    home = endpoint_of(topology, topology.home).https if topology.home else ""
    door = Door(str(DOOR), home, word("door"), word("authorization"), word("resolver"))
    return door_files(topology, site_of(topology, node), door)


def questions(topology: Topology, node: str) -> list[dict[str, object]]:
    """What must be so as this node sees it: whom it reaches, for what, and who refuses it."""
    may = {flow.target: flow.operations for flow in topology.flows if flow.source == node}
    return [
        {
            "node": other.id,
            "host": endpoint_of(topology, other.id).host,
            "https": HTTPS,
            "dicom": DICOM,
            "linked": bool(may.get(other.id)),
            "find": Operation.FIND in may.get(other.id, ()),
            "user": caller(other.id).user,
            "password": caller(other.id).password if may.get(other.id) else "",
        }
        for other in topology.nodes
        if other.id != node
    ]


@cache
def _shared() -> bytes:
    """What is every node's is packed once: that takes ten times as long as a node's own part."""
    return _packed(_common())


def _packed(files: Mapping[str, str]) -> bytes:
    """A stream of tar's members, without its end: plain files that belong to nobody and were made at no time.

    bzip2, because its output has been the same for the same input for decades: deflate's differs between libraries,
    and another machine's `up` would restart every node. Its streams may follow one another.
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            content = files[name].encode()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
        return bz2.compress(tar.getvalue())


def _json(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
