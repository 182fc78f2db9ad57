"""Who may come in by the readers' door of a node on AWS: names and hashed passwords, in a secret of the node's own.

The node looks at it every quarter of a minute (site_templates/aws/readers.py). Two people who change it at once do not
undo each other: a new version becomes the current one only in the place of the one that it was made from.
"""

from dataclasses import dataclass
from typing import Any

from provisioner.credentials import fresh_password, htpasswd_line
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Topology
from provisioner.site.door import known, people
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.drawn import deployed
from stacks.aws.place import READERS

CURRENT, DRAFT = "AWSCURRENT", "netprov"
"""Stages of a secret's versions: AWS's own name of the one that is used, and ours of one that is not yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a node's secret holds."""

    client: Any
    node: str
    secret: str
    version: str
    """Empty where nobody has been let in yet."""
    lines: dict[str, str]


def readers(folder: NetworkFolder, topology: Topology, node: str) -> tuple[str, ...]:
    """The names of a node's readers, sorted."""
    return tuple(sorted(_held(folder, topology, node).lines))


def admit(folder: NetworkFolder, topology: Topology, node: str, person: str) -> str:
    """Give a reader a new password, and return it: it is written down nowhere else."""
    held, password = _held(folder, topology, node), fresh_password()
    _keep(held, {**held.lines, person: htpasswd_line(person, password)})
    return password


def dismiss(folder: NetworkFolder, topology: Topology, node: str, person: str) -> bool:
    """Whether there was such a reader; now there is none."""
    held = _held(folder, topology, node)
    if person not in held.lines:
        return False
    _keep(held, {name: line for name, line in held.lines.items() if name != person})
    return True


def _held(folder: NetworkFolder, topology: Topology, node: str) -> Held:
    design = deployed(folder, topology)
    placement = next(each for each in design.placements if each.node == node)
    with refusals(f"the readers of {node} cannot be asked for"):
        client = Cloud(design).client(placement.owner, "secretsmanager")
        secret = _secret(client, f"{topology.id}-{node.lower()}-{READERS}", dict(placement.tags), node)
        try:
            found = client.get_secret_value(SecretId=secret, VersionStage=CURRENT)
        except client.exceptions.ResourceNotFoundException:
            return Held(client, node, secret, "", {})
    return Held(client, node, secret, found["VersionId"], known(found["SecretString"]))


def _secret(client: Any, name: str, tags: dict[str, str], node: str) -> str:
    """Its ARN. The end of its name is the engine's, since a name that was deleted is not free for a week."""
    pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [name]}])
    for each in (each for page in pages for each in page["SecretList"]):
        held = {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}
        if (held.get("network"), held.get("site")) == (tags["network"], tags["site"]):
            return str(each["ARN"])
    raise NetprovError(f"node {node} has no readers' door yet", "run `netprov up` first")


def _keep(held: Held, lines: dict[str, str]) -> None:
    text = f"# readers at {held.node}\n{people(lines)}"
    client = held.client
    with refusals(f"the readers of {held.node} cannot be noted"):
        made = client.put_secret_value(SecretId=held.secret, SecretString=text, VersionStages=[DRAFT])
        if CURRENT in made["VersionStages"]:  # a secret's first version is current at once
            return
        before = {"RemoveFromVersionId": held.version} if held.version else {}
        try:
            client.update_secret_version_stage(
                SecretId=held.secret, VersionStage=CURRENT, MoveToVersionId=made["VersionId"], **before
            )
        except (client.exceptions.InvalidParameterException, client.exceptions.InvalidRequestException):
            raise NetprovError(
                f"somebody else has changed the readers of {held.node} at the same moment", "say it again"
            ) from None
