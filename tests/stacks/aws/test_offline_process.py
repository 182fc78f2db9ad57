"""The process that a plan without an account is made with: it ends with the plan, however that ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.linking import derive
from stacks.aws import target
from stacks.local import procfs
from stacks.target import Request
from tests.stacks.aws.conftest import EXAMPLES

pytestmark = pytest.mark.live
FILE = EXAMPLES / "severn.yaml"


def eventually(ready: Callable[[], bool]) -> bool:
    """Whether it is so within half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if ready():
            return True
        time.sleep(0.02)
    return False


def helpers(pid: int) -> list[int]:
    """Children of this process: the provider, and the engine once it runs."""
    return [each for each in procfs.children(pid) if procfs.process(each)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_nothing_is_left_of_a_plan_that_is_ended(tmp_path: Path, number: signal.Signals, code: int) -> None:
    program = "import sys; from cli.main import program; sys.exit(program())"
    command = [sys.executable, "-c", program, "plan", str(FILE), "--target", "aws", "--offline"]
    environ = os.environ | {"NETPROV_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as netprov:
        assert eventually(lambda: len(helpers(netprov.pid)) == 2)
        left = helpers(netprov.pid)
        netprov.send_signal(number)
        said, _ = netprov.communicate()
        assert netprov.returncode == code
        assert "Traceback" not in said
    assert eventually(lambda: not any(procfs.process(each) for each in left))


def test_one_that_does_not_start_is_said_in_a_sentence(tmp_path: Path) -> None:
    text = FILE.read_text()
    network, findings = read(parse("network.yaml", text.encode()))
    assert network is not None, findings
    topology = derive(network)
    environ = os.environ | {"PYTHONHOME": str(tmp_path)}
    with pytest.raises(NetprovError, match=r"what a plan without an account is made with did not start: ."):
        target.forecast(Request(topology, text, NetworkFolder(tmp_path / topology.id), environ))
