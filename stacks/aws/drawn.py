"""A definition's text -> its Design: for what is to be deployed, and for what was."""

from provisioner.definition import document, reader
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from stacks.aws.design import Design, design


def designed(definition: str, topology: Topology) -> Design:
    """Raises NetprovError."""
    network, findings = reader.read(document.parse("definition.yaml", definition.encode()))
    if network is None:
        why = findings[0].message if findings else "it is empty"
        raise NetprovError(f"the definition of {topology.id} cannot be read: {why}", "netprov check says where")
    return design(network, topology)


def deployed(folder: NetworkFolder, topology: Topology) -> Design:
    """Of what was last deployed."""
    try:
        text = folder.definition.read_text(encoding="utf-8")
    except OSError as error:
        raise NetprovError(
            f"the definition of {topology.id} is not beside its state: {folder.definition}",
            "put the file there that it was deployed from",
        ) from error
    return designed(text, topology)
