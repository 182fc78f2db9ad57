"""`down`: state alone is enough, and nobody loses an image by a slip of the finger."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import Exit, Refused
from provisioner.links.topology import Topology

Expect = Callable[[str, str], None]
Typed = Callable[[str], None]


def test_a_network_is_taken_down_by_its_id(netprov: Any, severn: Topology, expect: Expect) -> None:
    ended = netprov("down", "severn", "--yes")
    assert ended.code == Exit.DONE
    ((what, request),) = netprov.target.asked
    assert (what, request.topology, request.delete_studies) == ("down", severn, False)
    expect("down.txt", ended.out)


@pytest.mark.parametrize(
    "text",
    [
        "netprov: 1\nnetwork: {id: severn}\n",
        "network:\n  name: x\n  id: severn\nmembers: [broken\n",
        '{"network": {"id": "severn", "name": 3}, "operating_model": "no such"}',
    ],
)
def test_a_definition_needs_no_more_than_its_id(text: str, netprov: Any, severn: Topology, tmp_path: Path) -> None:
    (tmp_path / "edited.yaml").write_text(text)
    assert netprov("down", str(tmp_path / "edited.yaml"), "--yes").code == Exit.DONE


def test_a_lost_definition_is_told_what_to_do_instead(netprov: Any, severn: Topology, tmp_path: Path) -> None:
    ended = netprov("down", str(tmp_path / "lost.yaml"), "--yes")
    assert ended.code == Exit.USAGE
    assert "give the network's id: netprov list" in ended.err
    assert netprov.target.asked == []


def test_a_run_that_was_killed_before_its_record_can_be_taken_down(netprov: Any) -> None:
    netprov.folder().root.mkdir(parents=True)
    assert netprov("down", "severn", "--yes").code == Exit.DONE
    assert [what for what, _ in netprov.target.asked] == ["down"]


def test_a_torn_record_does_not_keep_a_network_up(netprov: Any) -> None:
    netprov.folder().root.mkdir(parents=True)
    netprov.folder().registry.write_text("{")
    ended = netprov("down", "severn", "--yes")
    assert ended.code == Exit.DONE
    assert "going on without it" in ended.err


def test_without_a_terminal_it_asks_for_yes(netprov: Any, severn: Topology) -> None:
    ended = netprov("down", "severn")
    assert (ended.code, netprov.target.asked) == (Exit.USAGE, [])
    assert "--yes" in ended.err


@pytest.mark.parametrize(("answer", "code"), [("y\n", Exit.DONE), ("n\n", Exit.INTERRUPTED), ("\n", Exit.INTERRUPTED)])
def test_it_asks_first(answer: str, code: Exit, netprov: Any, severn: Topology, typed: Typed) -> None:
    typed(answer)
    assert netprov("down", "severn").code == code
    assert bool(netprov.target.asked) == (code is Exit.DONE)


@pytest.mark.parametrize(("answer", "code"), [("severn\n", Exit.DONE), ("y\n", Exit.REFUSED)])
def test_studies_are_deleted_only_for_who_types_the_id(
    answer: str, code: Exit, netprov: Any, severn: Topology, typed: Typed
) -> None:
    typed(answer)
    assert netprov("down", "severn", "--delete-studies").code == code
    assert [request.delete_studies for _, request in netprov.target.asked] == [True] * (code is Exit.DONE)


def test_a_refusal_is_told_with_its_hint(netprov: Any, severn: Topology) -> None:
    netprov.target.trouble = Refused("RXA01 holds 3 studies", "netprov down severn --delete-studies")
    ended = netprov("down", "severn", "--yes")
    assert ended.code == Exit.REFUSED
    assert ended.err == "netprov: error: RXA01 holds 3 studies\n  try: netprov down severn --delete-studies\n"
