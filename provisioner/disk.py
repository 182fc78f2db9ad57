"""Files that are there whole or not at all, whenever a run is killed or the power fails."""

import os
from pathlib import Path
from typing import Protocol

from provisioner.home import private


class Owner(Protocol):
    """Whom a file is for, where that is not the account that runs netprov."""

    @property
    def uid(self) -> int: ...

    @property
    def gid(self) -> int: ...


def place(path: Path, text: str, owner: Owner | None = None, *, durable: bool = True) -> bool:
    """Put a file in place, readable by its owner alone.

    False if it said so already. What the next run writes again anyway need not be durable: to wait for the disk
    is most of the work. A killed run's draft is written anew: one writer at a time is for callers to see to.
    """
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, ValueError):
        private(path.parent)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    write_new(draft, text.encode(), durable=durable)
    if owner:
        os.chown(draft, owner.uid, owner.gid)
    draft.replace(path)
    return True


def write_new(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file that nobody else may read. Raises FileExistsError, also where a link lies in wait."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Wait until what the file holds is on the disk for good."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """Make names that were just created or replaced in the folder survive a power cut."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
