"""`check --live`: real nodes are judged by what they say of themselves, by the rules that judge what is rendered."""

import json
import os
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from provisioner.credentials import load_master, password
from provisioner.home import NetworkFolder
from provisioner.proving.orthanc import Orthanc
from stacks.local.ports import recorded

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live
SITES = ("RXA01", "RXB01")


def test_running_nodes_pass_until_somebody_changes_one(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    assert found(home, file) == []
    folder = NetworkFolder(home.network("severn"))
    endpoint, secret = recorded(folder)["RXA01"], password(load_master(folder.secrets), "orthanc:RXA01")
    with closing(Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", secret)) as client:
        client.put_modality("STRANGER", {"AET": "STRANGER", "Host": "127.0.0.1", "Port": 1, "AllowMove": True})
    rules = {(each["rule"], each["node"], each["key"]) for each in found(home, file)}
    assert ("SEC-01", "RXA01", "modalities STRANGER UseDicomTls") in rules
    assert ("SEC-08", "RXA01", "modalities STRANGER AllowMove") in rules


def test_a_node_that_does_not_answer_has_not_passed(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    for process in home.processes():
        if process.orthanc and "RXB01" in process.argv:
            os.kill(process.pid, signal.SIGKILL)
    told = home.netprov("check", "--live", file, code=3)
    assert "node RXB01" in told.stderr
    assert told.stdout == ""


def found(home: "Home", file: str) -> list[dict[str, str]]:
    """What is found beyond the definition; the definition of a test network may be warned of."""
    facts = json.loads(home.netprov("check", "--live", "--format", "json", file, code=None).stdout)
    looked = {c["rule"]: c["result"] for c in facts["controls"] if "live" in c["levels"]}
    assert {"SEC-01", "SEC-08", "SEC-16", "SEC-18"} <= looked.keys()
    return [each for each in facts["findings"] if each["level"] == "live"]
