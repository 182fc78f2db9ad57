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
LINKS = {"plugins": "plugins", "door/web": "web"}
"""Folder of a node -> what it is a link to."""

_writing = threading.Lock()
"""All nodes come here at once; the first writes, the others find it done."""
_written: set[Path] = set()
"""The folders that this run has seen to."""


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


def share(ground: Ground, node: Path) -> bool:
    """Have a node's folder lead to the shared files; whether any of them was not there, or said something else."""
    root = ground.folder.root / FOLDER / edition()
    with _writing:
        mended = root not in _written and _mended(ground, root)
        _written.add(root)
    for name, target in LINKS.items():
        _link(node / name, root / target)
    return mended


def _mended(ground: Ground, root: Path) -> bool:
    for folder in (root.parent, root):
        folder.mkdir(mode=0o700, exist_ok=True)
    written = [place(root / path, text, ground.account, durable=False) for path, text in texts().items()]
    if any(written) and ground.account:
        give(root.parent, ground.account)
    return any(written)


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
