"""`netprov readers`: who may come in at a site."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def site(netprov: Any, severn: object) -> str:  # severn deploys the network
    (Path(netprov.home) / "networks/severn/nodes/RXB01").mkdir(parents=True, exist_ok=True)
    return "RXB01"


def test_a_reader_is_let_in_listed_and_let_in_no_more(netprov: Any, site: str) -> None:
    assert "nobody may come in at RXB01 yet" in netprov("readers", "list", site).out
    said = netprov("readers", "add", site.lower(), "a.reader").out
    assert "/worklist/" in said
    assert "a-new-password" in said
    assert "a.reader" in netprov("readers", "list", site).out
    assert '"a.reader"' in netprov("readers", "list", site, "--format", "json").out
    assert netprov("readers", "remove", site, "a.reader").code == 0
    ended = netprov("readers", "remove", site, "a.reader")
    assert (ended.code, ended.out) == (2, "")
    assert "has no reader 'a.reader'" in ended.err


def test_a_script_gets_the_new_password_as_json(netprov: Any, site: str) -> None:
    facts = json.loads(netprov("readers", "add", site, "a.reader", "--format", "json").out)
    assert facts.keys() == {"page", "name", "password"}
    assert facts["password"] == "a-new-password"


@pytest.mark.parametrize("name", ["", "A.Reader", "a:b", "../x", "a b", "é", "-a", "a" * 65])
def test_a_name_that_would_be_more_than_a_name_is_refused(netprov: Any, site: str, name: str) -> None:
    ended = netprov("readers", "add", site, "--", name)
    assert ended.code == 2
    assert "cannot be a reader's name" in ended.err


def test_a_node_that_is_not_there_is_told(netprov: Any, site: str) -> None:
    ended = netprov("readers", "list", "RXZ99")
    assert ended.code == 2
    assert "there is no node RXZ99 here" in ended.err
