"""What rules look at beyond the definition: nodes as they are rendered or live, and resources before they exist.

A target gives planned resources without touching anything; the rules of the level "planned" judge them before `up`.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.record import record


@record
class Planned:
    """One resource of a plan.

    `kind` is its Pulumi type, as aws:s3/bucket:Bucket or orthanc:index:Node. `properties` are its inputs under the
    names that the provider knows (camelCase), as plain values; an output that is not known yet is None, a secret the
    word `secret`. `provider` names the account or machine that will hold it: a legal person's ODS code or name.
    """

    kind: str
    name: str
    properties: Mapping[str, Any]
    provider: str


@record
class NodeSettings:
    """One node's settings, as netprov renders them or as the running node says that it has loaded them."""

    node: str
    orthanc: Mapping[str, Any]
    """orthanc.json, or what the node answers for it."""
    nginx: str
    """nginx.conf of its front; empty where it has none that could be read."""
    modalities: Mapping[str, Mapping[str, Any]]
    """Each entry as REST has it."""
    peers: Mapping[str, Mapping[str, Any]]
    version: str = ""
    """Of Orthanc; only a running node has one."""
    certificate_days: int | None = None
    """Until its certificate ends; only a running node shows one."""
