"""list, status, outputs, verify, drift: the registry and the target's answers as tables, JSON and JUnit."""

from collections.abc import Callable
from typing import Any

import pytest

from provisioner.topology import Topology

Expect = Callable[[str, str], None]


@pytest.mark.parametrize("command", ["list", "status", "outputs", "verify", "drift"])
def test_a_healthy_network_is_told_whole(command: str, netprov: Any, severn: Topology, expect: Expect) -> None:
    ended = netprov(command) if command == "list" else netprov(command, "severn")
    assert ended.code == 0
    assert ended.err == ""
    expect(f"{command}.txt", ended.out.replace(str(netprov.home), "HOME"))
