"""What nodes of this machine run on: said once, before anything is made, where it is missing."""

from collections.abc import Mapping
from pathlib import Path

from provisioner.definition.choices import IndexKind
from provisioner.doctor import install_command, missing_of
from provisioner.errors import NetprovError
from provisioner.links.topology import Topology
from stacks.local.account import Account

NODE = ("orthanc", "orthanc-dicomweb", "orthanc-python", "nginx-light")
"""Debian packages without which no node runs."""


def refuse_missing(
    topology: Topology, account: Account | None, environ: Mapping[str, str], system: Path = Path("/")
) -> None:
    """Raises NetprovError if a program or plugin is missing that a node of this network runs on.

    Not asked before a network is taken away: what has run needs nothing in order to be stopped.
    """
    packages = [*NODE, *(("util-linux",) if account else ())]
    if any(node.index is IndexKind.POSTGRESQL for node in topology.nodes):
        packages += ["orthanc-postgresql", *(() if topology.postgresql else ("postgresql",))]
    missing = missing_of(packages, environ, system)
    if missing:
        brought = dict.fromkeys(package for need in missing for package in need.packages)
        raise NetprovError(
            f"this machine lacks {', '.join(need.name for need in missing)}, which this network's nodes run on",
            install_command(brought, environ, system),
        )
