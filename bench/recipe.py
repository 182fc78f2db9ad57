"""What a running network consists of, as a recipe that the floor script can follow: files, processes, entries.

Taken from the live network itself, so that the floor starts the same programs with the same files.
"""

import json
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.engine.registry import load
from provisioner.home import NetworkFolder
from stacks.local import ports
from stacks.local.account import service_account
from stacks.local.entries import desired
from stacks.local.ground import Ground
from stacks.local.processes import Service
from stacks.local.trust import keys_of

MADE_WHILE_RUNNING = ("index", "storage", "*.log", "*.pid", "*.lock", "*.guard", "tmp", "temp", "cache", "*.sock")


def ground_of(folder: NetworkFolder) -> Ground:
    """netprov's own view of a deployed network."""
    record = load(folder)
    assert record is not None
    return Ground(
        folder=folder,
        topology=record.topology,
        endpoints=ports.recorded(folder),
        keys=keys_of(folder),
        account=service_account(),
        preload=preloaded(folder),
        now=datetime.now(UTC),
    )


def preloaded(folder: NetworkFolder) -> Path:
    """The library that the running nodes were started with."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder.root) in (process / "cmdline").read_text():
                for pair in (process / "environ").read_text().split("\0"):
                    if pair.startswith("LD_PRELOAD="):
                        return Path(pair.partition("=")[2])
        except OSError:
            continue
    return Path("/nonexistent")


def save(folder: NetworkFolder, place: Path) -> Path:
    """Copy the files of the network's nodes to `place`, and write the recipe there."""
    ground = ground_of(folder)
    shutil.copytree(folder.nodes, place / "nodes", ignore=shutil.ignore_patterns(*MADE_WHILE_RUNNING))
    nodes = [_node(ground, node.id) for node in ground.topology.nodes]
    recipe = place / "recipe.json"
    recipe.write_text(json.dumps({"nodes": nodes}))
    recipe.chmod(0o600)
    return recipe


def restore(folder: NetworkFolder, place: Path) -> None:
    """Put the files back where they were, for a floor that starts from nothing."""
    shutil.rmtree(folder.nodes, ignore_errors=True)
    shutil.copytree(place / "nodes", folder.nodes)
    for path in (folder.root.parent.parent, folder.root.parent, folder.root):
        path.chmod(0o711)
    account = service_account()
    for path in (folder.nodes, *folder.nodes.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if account:
            shutil.chown(path, account.uid, account.gid)


def clear(folder: NetworkFolder) -> None:
    """Take them away again."""
    shutil.rmtree(folder.root, ignore_errors=True)


def _node(ground: Ground, node: str) -> dict[str, Any]:
    return {
        "http_port": ground.endpoint(node).http_port,
        "password": ground.keys.password(f"orthanc:{node}"),
        "services": [_service(ground.orthanc(node)), _service(ground.front(node))],
        "entries": asdict(desired(ground, node)),
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "argv": list(service.argv),
        "environ": dict(service.environ),
        "folder": str(service.folder),
        "log": str(service.log),
        "uid": service.account.uid if service.account else None,
        "gid": service.account.gid if service.account else None,
    }
