"""Who may come in by a node's readers' door: names, and hashed passwords that nginx looks up at each request."""

from pathlib import Path

from provisioner.credentials import fresh_password, htpasswd_line
from provisioner.disk import place
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder, NodeFolder
from provisioner.links.topology import Topology
from provisioner.site.door import known, people
from stacks.local.account import service_account
from stacks.local.ground import read
from stacks.local.service import guarded


def readers(folder: NetworkFolder, topology: Topology, node: str) -> tuple[str, ...]:  # noqa: ARG001 - the Protocol's
    """The names of a node's readers, sorted."""
    return tuple(sorted(known(read(folder.node(node).people))))


def admit(folder: NetworkFolder, topology: Topology, node: str, person: str) -> str:  # noqa: ARG001 - the Protocol's
    """Give a reader a new password, and return it: it is written down nowhere else."""
    files, password = folder.node(node), fresh_password()
    with guarded(_guard(files)):
        _keep(files, {**known(read(files.people)), person: htpasswd_line(person, password)})
    return password


def dismiss(folder: NetworkFolder, topology: Topology, node: str, person: str) -> bool:  # noqa: ARG001 - the Protocol's
    """Whether there was such a reader; now there is none."""
    files = folder.node(node)
    with guarded(_guard(files)):
        lines = known(read(files.people))
        if person not in lines:
            return False
        _keep(files, {name: line for name, line in lines.items() if name != person})
    return True


def _guard(files: NodeFolder) -> Path:
    if not files.people.parent.is_dir():
        raise NetprovError(f"node {files.root.name} has no readers' door yet", "run `netprov up` first")
    return files.people.with_suffix(".guard")


def _keep(files: NodeFolder, lines: dict[str, str]) -> None:
    try:
        place(files.people, people(lines), service_account())
    except OSError as error:
        raise NetprovError(f"the readers of {files.root.name} cannot be noted: {error.strerror}") from None
