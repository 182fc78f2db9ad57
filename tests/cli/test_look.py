"""list, status, outputs, verify, drift: the registry and the target's answers as tables, JSON and JUnit."""

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from provisioner.engine.plan import Drift, Kind
from provisioner.errors import Exit
from provisioner.links.topology import Topology

Expect = Callable[[str, str], None]
NetworkOf = Callable[..., Topology]
LOOKING = ("status", "outputs", "verify", "drift")


@pytest.mark.parametrize("name", LOOKING)
def test_a_healthy_network_is_told_whole(name: str, netprov: Any, severn: Topology, expect: Expect) -> None:
    ended = netprov(name, "severn")
    assert (ended.code, ended.err) == (Exit.DONE, "")
    expect(f"{name}.txt", ended.out)


@pytest.mark.parametrize("name", LOOKING)
def test_json_is_the_same_in_full(name: str, netprov: Any, severn: Topology, expect: Expect) -> None:
    ended = netprov(name, "severn", "--format", "json")
    assert (ended.code, ended.err) == (Exit.DONE, "")
    assert json.loads(ended.out)["network"] == "severn"
    expect(f"{name}.json", ended.out)


@pytest.mark.parametrize("name", LOOKING)
def test_the_only_network_need_not_be_named(name: str, netprov: Any, severn: Topology, network_of: NetworkOf) -> None:
    assert netprov(name).code == Exit.DONE
    netprov.folder("avon").root.mkdir()
    ended = netprov(name)
    assert ended.code == Exit.USAGE
    assert ended.err == (
        "netprov: error: which network? deployed: avon, severn\n  try: give its id, or its definition\n"
    )


@pytest.mark.parametrize("name", LOOKING)
def test_a_network_without_a_record_is_told_apart(name: str, netprov: Any) -> None:
    netprov.folder().root.mkdir(parents=True)
    ended = netprov(name, "severn")
    assert ended.code == Exit.FAILED
    assert "was never fully deployed" in ended.err


def test_a_node_that_is_down_is_exit_3(netprov: Any, severn: Topology, expect: Expect) -> None:
    netprov.target.stopped = ("RXA01",)
    ended = netprov("status")
    assert ended.code == Exit.FAILED
    expect("status-down.txt", ended.out)


def test_a_check_that_fails_is_exit_4(netprov: Any, severn: Topology, expect: Expect) -> None:
    netprov.target.refuted = ("RXB01",)
    ended = netprov("verify")
    assert ended.code == Exit.UNVERIFIED
    expect("verify-failed.txt", ended.out)
    expect("verify-all.txt", netprov("verify", "--all").out)


def test_junit_counts_as_the_table_does(netprov: Any, severn: Topology, expect: Expect) -> None:
    netprov.target.refuted = ("RXB01",)
    ended = netprov("verify", "--format", "junit")
    suite = ET.fromstring(ended.out)  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures")) == ("7", "2")
    expect("verify.xml", ended.out)


def test_drift_is_exit_5(netprov: Any, severn: Topology, expect: Expect) -> None:
    netprov.target.drifted = (
        Drift(Kind.LINKS, "RXA01", "modalities.HUB", "echo, store", "absent"),
        Drift(Kind.NODE, "HUB", "", "present", "gone"),
    )
    ended = netprov("drift", "severn")
    assert ended.code == Exit.CHANGES
    expect("drift-found.txt", ended.out)


def test_list_shows_every_network_even_a_torn_one(netprov: Any, severn: Topology, expect: Expect) -> None:
    netprov.folder("avon").root.mkdir()
    netprov.folder("wye").root.mkdir()
    netprov.folder("wye").registry.write_text("{")
    ended = netprov("list")
    assert ended.code == Exit.DONE
    expect("list.txt", ended.out.replace(str(netprov.home), "HOME"))
    networks = json.loads(netprov("list", "--format", "json").out)["networks"]
    assert [n["network"] for n in networks] == ["avon", "severn", "wye"]


def test_an_empty_home_is_no_error(netprov: Any) -> None:
    assert netprov("list").out == "no network is deployed here\n"
