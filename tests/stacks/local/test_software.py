"""What nodes run on is missed before anything is made, all of it at once, with the command that brings it."""

from pathlib import Path

import pytest

from provisioner.definition import document, reader
from provisioner.errors import NetprovError
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from stacks.local.account import Account
from stacks.local.software import refuse_missing

ACCOUNT = Account("orthanc", "orthanc", 103, 103, (103,))
PLUGINS = "usr/share/orthanc/plugins"
NODE = ("usr/sbin/Orthanc", "usr/sbin/nginx", f"{PLUGINS}/libOrthancDicomWeb.so", f"{PLUGINS}/libOrthancPython.so")
POSTGRES_PLUGIN = f"{PLUGINS}/libOrthancPostgreSQLIndex.so"


def topology(storage: str) -> Topology:
    text = f"""
netprov: 1
network: {{id: severn, name: Severn, environment: test}}
operating_model: hosted
host: RXA
platform: {{storage: {storage}}}
members:
  - {{ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{{ods: RXA01, name: Aldermoor General}}]}}
  - {{ods: RXB, name: Brackenfield, kind: nhs_trust}}
"""
    network, found = reader.read(document.parse("network.yaml", text.encode()))
    assert network is not None, found
    return derive(network)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A machine with apt-get and nothing else on it."""
    put(tmp_path, "bin/apt-get")
    return tmp_path


def put(system: Path, *names: str) -> None:
    for name in names:
        path = system / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\nexit 9\n")
        path.chmod(0o755)


def refused(system: Path, storage: str = "{index: sqlite}", account: Account | None = None) -> NetprovError:
    with pytest.raises(NetprovError) as caught:
        refuse_missing(topology(storage), account, {"PATH": f"{system}/bin"}, system)
    return caught.value


def test_all_that_is_missing_is_said_at_once(system: Path) -> None:
    error = refused(system)
    said = "this machine lacks Orthanc, nginx, DICOMweb plugin, Python plugin, which this network's nodes run on"
    assert error.message == said
    assert error.hint.endswith("apt-get install -y orthanc nginx-light orthanc-dicomweb orthanc-python")


def test_nothing_is_said_where_all_is_there(system: Path) -> None:
    put(system, *NODE)
    refuse_missing(topology("{index: sqlite}"), None, {"PATH": f"{system}/bin"}, system)


def test_root_needs_what_starts_a_node_without_its_rights(system: Path) -> None:
    put(system, *NODE)
    assert refused(system, account=ACCOUNT).hint.endswith("apt-get install -y util-linux")


def test_an_index_in_postgresql_needs_its_plugin_and_a_server_that_is_not_given(system: Path) -> None:
    put(system, *NODE)
    own, given = "{index: postgresql}", "{index: postgresql, postgresql: 'postgresql://boss@db.example.org/'}"
    assert refused(system, own).hint.endswith("apt-get install -y orthanc-postgresql postgresql")
    assert refused(system, given).hint.endswith("apt-get install -y orthanc-postgresql")
    put(system, POSTGRES_PLUGIN)
    refuse_missing(topology(given), None, {"PATH": f"{system}/bin"}, system)


def test_what_a_network_does_not_use_is_not_missed(system: Path) -> None:
    put(system, *NODE)
    error = refused(system, "{index: postgresql}")
    assert "DCMTK" not in error.message
    assert "C compiler" not in error.message
