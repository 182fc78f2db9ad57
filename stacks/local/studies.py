"""How many studies a node holds, running or not: the guard between a removal and the images."""

import sqlite3
from contextlib import closing

from provisioner.errors import NetprovError, Refused
from stacks.local.ground import Ground
from stacks.local.processes import running

STUDY = 2
"""Orthanc's resource type of a study, in its index."""


def held(ground: Ground, name: str) -> int | None:
    """How many studies a node holds: asked of the node, or else read from its index; None if nobody can tell."""
    if running(ground.orthanc(name)):
        try:
            return int(ground.client(name).statistics()["CountStudies"])
        except (NetprovError, KeyError, ValueError):
            pass
    files = ground.folder.node(name)
    index = files.index / "index"
    if not index.exists():
        return None if any(files.storage.glob("*/*/*")) else 0
    try:
        with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True, timeout=2)) as database:
            row = database.execute("SELECT COUNT(*) FROM Resources WHERE resourceType=?", (STUDY,)).fetchone()
            return int(row[0])
    except sqlite3.Error:
        return None


def refuse_loss(ground: Ground, name: str) -> None:
    """Raises Refused if a node holds studies, or may hold some, and nobody has said to delete them."""
    if ground.delete_studies:
        return
    count = held(ground, name)
    if count != 0:
        what = f"{count} {'study' if count == 1 else 'studies'}" if count else "studies that cannot be counted"
        raise Refused(
            f"node {name} holds {what}, and removing it would delete them",
            "send them elsewhere first, or say --delete-studies",
        )
