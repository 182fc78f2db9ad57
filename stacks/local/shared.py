"""What is the same at every node, once on the disk: the plugins and the worklist's page, with a link from each node.

The folder is named after its content, so that a node keeps what it has loaded until it is itself brought up to date.
"""

import shutil
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from provisioner.disk import place
from site_templates import plugins, web
from stacks.local.account import give
from stacks.local.ground import Ground, digest, read

FOLDER = "shared"
LOADED = "plugins"
LINKS = {LOADED: LOADED, "door/web": "web"}
"""Folder of a node -> what it is a link to."""


@cache
def texts() -> Mapping[str, str]:
    """By name relative to the shared folder."""
    return {**plugins(), **web()}


@cache
def edition() -> str:
    """A short name for all of it."""
    return digest(texts())


def found(node: Path) -> str:
    """The name of what a node's folder leads to; `edition()` if all is as it should be."""
    folders = {target: node / name for name, target in LINKS.items()}
    parted = ((path, *path.split("/", 1)) for path in texts())
    return digest({path: read(folders[top] / rest) for path, top, rest in parted})


class Shared:
    """The shared files in one run: all nodes come at once; the first sees to them, the others find it done."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._root = ground.folder.root / FOLDER / edition()
        self._seen = threading.Lock()
        self._mended: bool | None = None

    def lead(self, node: Path) -> bool:
        """Have a node's folder lead to the files; whether a plugin, which a node may have loaded, had to be mended."""
        with self._seen:
            if self._mended is None:
                self._mended = any(path.startswith(f"{LOADED}/") for path in self._mend())
        for name, target in LINKS.items():
            _link(node / name, self._root / target)
        return self._mended

    def _mend(self) -> list[str]:
        """The files that were not there, or said something else."""
        owner = self._ground.account
        for folder in (self._root.parent, self._root):
            folder.mkdir(mode=0o700, exist_ok=True)
        written = [path for path, text in texts().items() if place(self._root / path, text, owner, durable=False)]
        if written and owner:
            give(self._root.parent, owner)
        return written


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
