"""`graph`: what it draws of which network, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"


@pytest.mark.parametrize(("form", "begins"), [("svg", "<svg "), ("mermaid", "---\n")])
def test_a_definition_is_drawn(form: str, begins: str, netprov: Any) -> None:
    ended = netprov("graph", str(EXAMPLE), "--format", form)
    assert (ended.code, ended.out.startswith(begins)) == (0, True)


@pytest.mark.parametrize(
    ("form", "begins"),
    [("svg", "<svg "), ("mermaid", "---\n"), ("dot", 'digraph "severn" {'), ("text", "Where copies of images of ")],
)
def test_reach_is_drawn(form: str, begins: str, netprov: Any) -> None:
    ended = netprov("graph", str(EXAMPLE), "--reach", "rxb", "--format", form)
    assert (ended.code, ended.out.startswith(begins)) == (0, True)


def test_reach_is_facts_for_programs(netprov: Any) -> None:
    told = json.loads(netprov("graph", str(EXAMPLE), "--reach", "RXB", "--format", "json").out)
    assert (told["network"], told["member"]) == ("severn", "RXB")
    (night,) = [each for each in told["reach"] if each["holder"] == "night-reporting"]
    assert night == {
        "member": "RXB",
        "holder": "night-reporting",
        "kind": "place",
        "name": "Lantern Teleradiology Ltd",
        "owner": "Lantern Teleradiology Ltd",
        "owner_name": "Lantern Teleradiology Ltd",
        "country": "GB",
        "region": "",
        "path": ["RXB01", "RXA01", "night-reporting"],
        "means": ["sent", "sent"],
        "pools": ["general"],
    }


def test_reach_of_a_definition_that_policies_refuse_is_drawn(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "severn.yaml"
    path.write_text(EXAMPLE.read_text().replace("host: RXA", "host: RXB"))
    assert netprov("graph", str(path)).code == 1
    assert netprov("graph", str(path), "--reach", "RXA").code == 0


def test_reach_of_what_is_deployed_goes_by_the_definition_that_is_kept(netprov: Any, severn: Any) -> None:
    netprov.folder().definition.write_text(EXAMPLE.read_text())
    assert "RXA01 -> RXC01" in netprov("graph", severn.id, "--reach", "RXA", "--format", "text").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("--reach", "RXZ"),
            2,
            "netprov: error: there is no member RXZ in severn\n  try: its members: RXA, RXB and RXC\n",
        ),
        (
            ("--format", "dot"),
            2,
            (
                "netprov: error: dot is a form of --reach\n"
                "  try: --format svg or mermaid; or --reach with a member's code\n"
            ),
        ),
        (("-o", "/nowhere/x.svg"), 2, "netprov: error: cannot write /nowhere/x.svg: no such file or directory\n"),
    ],
)
def test_what_cannot_be_drawn(arguments: tuple[str, ...], code: int, said: str, netprov: Any) -> None:
    ended = netprov("graph", str(EXAMPLE), *arguments)
    assert (ended.code, ended.out, ended.err) == (code, "", said)


def test_what_cannot_be_read_is_told(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "torn.yaml"
    path.write_text("a: [")
    ended = netprov("graph", str(path), "--reach", "RXA")
    assert ended.code == 1
    assert ended.err.endswith(f"in {path}: it cannot be read\n")
    assert "[SYN-05]" in ended.err
