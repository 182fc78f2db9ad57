"""What was last deployed, as one JSON file a network: `list`, `status` and `down` need nothing else."""

import json
from dataclasses import dataclass

from provisioner.disk import place, sync_folder
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.plain import revive, text


@dataclass(frozen=True, slots=True)
class Record:
    """One network as it was last deployed."""

    topology: Topology
    target: str
    when: str
    """ISO 8601, UTC."""
    digest: str
    """sha256 of the definition's text."""
    netprov: str
    """Version that deployed it."""


def save(folder: NetworkFolder, record: Record) -> None:
    """Replace the network's record; after a crash at any moment either the old or the new one is there, whole."""
    if place(folder.registry, text(record)):
        sync_folder(folder.root)


def load(folder: NetworkFolder) -> Record | None:
    """The network's record, or None where nothing was deployed."""
    try:
        return revive(Record, json.loads(folder.registry.read_bytes()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise NetprovError(
            f"the record of network {folder.id} cannot be read: {folder.registry}: {error}",
            "`netprov up` with the network's definition writes it anew; what runs is not touched by that",
        ) from error
