"""How many studies a node holds, running or not: the guard between a removal and the images."""

import sqlite3
from contextlib import closing

from provisioner.errors import NetprovError, Refused
from provisioner.home import NodeFolder
from stacks.local.ground import Ground
from stacks.local.processes import running

COUNT = """SELECT COUNT(*) FROM Resources s WHERE s.resourceType=2 AND NOT (
  EXISTS (SELECT 1 FROM MainDicomTags t WHERE t.id=s.parentId AND t.tagGroup=16 AND t.tagElement=16 AND t.value=?)
  AND EXISTS (SELECT 1 FROM MainDicomTags t WHERE t.id=s.parentId AND t.tagGroup=16 AND t.tagElement=32
              AND (t.value LIKE ? OR t.value LIKE ?)))"""
"""Studies (Orthanc's resource type 2) in an index, less the synthetic ones that a killed verification has left."""


def held(ground: Ground, name: str) -> int | None:
    """How many studies a node holds: asked of the node, or else read from its index; None if nobody can tell."""
    from provisioner.proving import synthetic

    if running(ground.orthanc(name)):
        try:
            with closing(ground.client(name)) as client:
                synthetic.sweep(client)
                return int(client.statistics()["CountStudies"])
        except (NetprovError, KeyError, ValueError):
            pass
    files = ground.folder.node(name)
    index = files.index / "index"
    if not index.exists():
        return _without_index(files)
    try:
        with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True, timeout=2)) as database:
            row = database.execute(
                COUNT, (synthetic.PATIENT_NAME, f"{synthetic.PREFIX}-%", f"%{synthetic.PROOF}-%")
            ).fetchone()
            return int(row[0])
    except sqlite3.Error:
        return _without_index(files)


def _without_index(files: NodeFolder) -> int | None:
    """No study is without a file: a node that was killed as it first started has an index that nobody can read."""
    return None if any(files.storage.glob("*/*/*")) else 0


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
