"""Who may come in by a node's readers' door: names, and hashed passwords that nginx looks up at each request."""

import secrets
from pathlib import Path

from provisioner.credentials import htpasswd_line
from provisioner.disk import place
from provisioner.errors import NetprovError
from provisioner.home import NodeFolder
from stacks.local.account import service_account
from stacks.local.ground import read
from stacks.local.service import guarded

PASSWORD_BYTES = 24


def readers(files: NodeFolder) -> tuple[str, ...]:
    """The names of a node's readers, sorted."""
    return tuple(sorted(_known(files)))


def admit(files: NodeFolder, person: str) -> str:
    """Give a reader a new password, and return it: it is written down nowhere else."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with guarded(_guard(files)):
        _keep(files, {**_known(files), person: htpasswd_line(person, password)})
    return password


def dismiss(files: NodeFolder, person: str) -> bool:
    """Whether there was such a reader; now there is none."""
    with guarded(_guard(files)):
        known = _known(files)
        if person not in known:
            return False
        _keep(files, {name: line for name, line in known.items() if name != person})
    return True


def _guard(files: NodeFolder) -> Path:
    if not files.people.parent.is_dir():
        raise NetprovError(f"node {files.root.name} has no readers' door yet", "run `netprov up` first")
    return files.people.with_suffix(".guard")


def _known(files: NodeFolder) -> dict[str, str]:
    return {line.partition(":")[0]: line for line in read(files.people).splitlines() if ":" in line}


def _keep(files: NodeFolder, lines: dict[str, str]) -> None:
    text = "".join(f"{lines[name]}\n" for name in sorted(lines))
    try:
        place(files.people, text, service_account())
    except OSError as error:
        raise NetprovError(f"the readers of {files.root.name} cannot be noted: {error.strerror}") from None
