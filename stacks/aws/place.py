"""Where a node is inside its task, and how others reach it."""

from pathlib import Path

from provisioner.credentials import INTERNAL_USER, Credential, Logins, host_name
from provisioner.definition.choices import Environment
from provisioner.engine.plan import Endpoint
from provisioner.home import NodeFolder
from provisioner.links.topology import Topology
from provisioner.site.render import Database, Site

FOLDER = Path("/node")
"""A volume of the task: the bootstrap writes it, Orthanc and its front read it."""
STATE = Path("/state")
"""What must outlive a task, and is neither image nor index: the worklist and the queue."""
HTTPS, DICOM, HTTP = 443, 2762, 8042
"""PS3.8: 2762 is DICOM over TLS."""
DOOR = 8445
"""Where readers with a browser come in, outside and inside the task."""
FRONT, HEALTH = 8443, 8444
"""Where the front listens inside the task: whoever is not root has no ports below 1024."""
USER = 10001
"""Whom Orthanc and its front run as."""
OURS = "site_templates/aws"
"""In its folder: what the containers beside Orthanc and its front run."""
ASKED = "asked"
"""Where in its bucket of settings questions to a node are, and their answers."""
READERS = "readers"
"""Part of the name of the secret that says who may come in by the door."""
LASTING = ("sharing.db", "worklist.db", "worklist-audit.log")


def word(name: str) -> str:
    """How a file names what is put in its place inside the task only: a secret, or what AWS decides."""
    return f"@netprov:{name}@"


def site_of(topology: Topology, node: str) -> Site:
    """What the templates need to know of a node; each secret is given by its name only."""
    internal = Credential(INTERNAL_USER, word("internal"))
    return Site(
        node=topology.node(node),
        network_id=topology.id,
        network_name=topology.name,
        endpoint=endpoint_of(topology, node),
        folder=NodeFolder(FOLDER),
        internal=Logins(internal, (internal,)),
        database=Database(word("database.host"), 5432, "orthanc", "orthanc", word("database.password")),
        generation="aws",
        keeps_worklist=topology.home == node,
        production=topology.environment == Environment.PRODUCTION,
    )


def endpoint_of(topology: Topology, node: str) -> Endpoint:
    """By the name that the node's certificate carries."""
    return Endpoint(host_name(topology.id, node), HTTPS, DICOM, HTTP, DOOR)
