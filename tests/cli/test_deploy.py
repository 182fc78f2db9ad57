"""`plan` and `up`: checked, asked, watched, proved, told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.engine.plan import Action, Event, Kind, State
from provisioner.errors import Exit, Locked

Expect = Callable[[str, str], None]
Typed = Callable[[str], None]

DEFINITION = """\
netprov: 1
network: {id: severn, name: Severn Imaging Network, environment: test, synthetic_data: true}
operating_model: hosted
host: RXA
members:
  - {ods: RXA, name: Anytown Trust, kind: foundation_trust, sites: [{ods: RXA01, name: Anytown General}]}
  - {ods: RXB, name: Bourne Trust, kind: nhs_trust, sites: [{ods: RXB01, name: Bourne Royal}]}
reporting: {worklist: {turnaround_days: 28}}
"""
FAILED = Event(State.FAILED, Action.CREATE, Kind.NODE, "RXB01", "port 4242 is taken by sshd; try: free it", 0.2)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "network.yaml"
    path.write_text(DEFINITION)
    return str(path)


def test_plan_says_it_in_a_sentence_and_then_step_by_step(netprov: Any, file: str, expect: Expect) -> None:
    ended = netprov("plan", file)
    assert (ended.code, ended.err) == (Exit.DONE, "")
    expect("plan.txt", ended.out)
    as_json = netprov("plan", file, "--format", "json")
    assert json.loads(as_json.out)["summary"] in ended.out
    expect("plan.json", as_json.out)


def test_plan_can_tell_ci_that_something_would_change(netprov: Any, file: str) -> None:
    assert netprov("plan", file, "--exit-code").code == Exit.CHANGES
    netprov.target.changes = False
    ended = netprov("plan", file, "--exit-code")
    assert (ended.code, ended.out) == (Exit.DONE, "Severn Imaging Network (severn): nothing changes\n")


def test_options_reach_the_target(netprov: Any, file: str) -> None:
    assert (
        netprov("up", file, "-y", "--refresh", "--delete-studies", "--rotate", "authority", "--parallel", "3").code == 0
    )
    ((what, request),) = netprov.target.asked
    assert (what, request.refresh, request.delete_studies, request.parallel) == ("up", True, True, 3)
    assert request.rotate == "authority"
    assert request.definition == DEFINITION
    assert request.folder == netprov.folder()


def test_up_tells_progress_apart_from_the_answer(netprov: Any, file: str, expect: Expect) -> None:
    ended = netprov("up", file, "--yes")
    assert ended.code == Exit.DONE
    assert [what for what, _ in netprov.target.asked] == ["up"]
    expect("up.txt", ended.out)
    lines = [line.partition(" s  ")[2] for line in ended.err.splitlines()]
    assert lines[:3] == ["HUB: certificate issued", "HUB: node started", "HUB: links set"]
    assert len(lines) == 9


def test_up_as_json_is_the_whole_run(netprov: Any, file: str, expect: Expect) -> None:
    ended = netprov("up", file, "--yes", "--format", "json")
    assert set(json.loads(ended.out)) == {"network", "summary", "outcome", "verification", "outputs", "exit_code"}
    expect("up.json", ended.out)


@pytest.mark.parametrize(("answer", "done"), [("y\n", ["plan", "up"]), ("n\n", ["plan"])])
def test_up_shows_the_plan_and_asks(answer: str, done: list[str], netprov: Any, file: str, typed: Typed) -> None:
    typed(answer)
    ended = netprov("up", file)
    assert [what for what, _ in netprov.target.asked] == done
    assert ended.code == (Exit.DONE if "up" in done else Exit.INTERRUPTED)
    assert "HUB, RXA01 and RXB01 join" in ended.err


def test_up_without_changes_asks_nothing_and_still_brings_back_the_dead(netprov: Any, file: str, typed: Typed) -> None:
    netprov.target.changes = False
    typed("")
    ended = netprov("up", file)
    assert ended.code == Exit.DONE
    assert [what for what, _ in netprov.target.asked] == ["plan", "up"]
    assert "no change" in ended.out


def test_up_without_a_terminal_asks_for_yes(netprov: Any, file: str) -> None:
    ended = netprov("up", file)
    assert (ended.code, netprov.target.asked) == (Exit.USAGE, [])
    assert "--yes" in ended.err


def test_a_refused_definition_stops_before_anything(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_text(DEFINITION.replace("host: RXA", "host: RXZ"))
    ended = netprov("up", str(path), "--yes")
    assert (ended.code, ended.out, netprov.target.asked) == (Exit.REFUSED, "", [])
    assert "RXZ" in ended.err
    assert "nothing was changed" in ended.err


def test_a_node_that_fails_is_exit_3_and_nothing_is_claimed(netprov: Any, file: str, expect: Expect) -> None:
    netprov.target.failing = (FAILED,)
    ended = netprov("up", file, "--yes")
    assert ended.code == Exit.FAILED
    expect("up-failed.txt", ended.out)


def test_what_was_not_proved_is_exit_4(netprov: Any, file: str, expect: Expect) -> None:
    netprov.target.refuted = ("RXB01",)
    ended = netprov("up", file, "--yes")
    assert ended.code == Exit.UNVERIFIED
    expect("up-unverified.txt", ended.out)
    assert netprov("up", file, "--yes", "--no-verify").code == Exit.DONE


def test_an_interrupted_run_says_what_is_and_is_not_done(netprov: Any, file: str, expect: Expect) -> None:
    netprov.target.interrupted = True
    ended = netprov("up", file, "--yes")
    assert ended.code == Exit.INTERRUPTED
    expect("up-interrupted.txt", ended.out)


def test_a_locked_network_is_exit_6(netprov: Any, file: str) -> None:
    netprov.target.trouble = Locked(
        "network severn is being changed by `netprov up` of ada (pid 7) since 09:00", "wait"
    )
    ended = netprov("up", file, "--yes")
    assert ended.code == Exit.LOCKED
    assert ended.err.startswith("netprov: error: network severn is being changed by")


def test_an_unknown_target_is_wrong_usage(netprov: Any, file: str) -> None:
    ended = netprov("plan", file, "--target", "moon")
    assert (ended.code, ended.err) == (
        Exit.USAGE,
        "netprov: error: there is no target 'moon'\n  try: one of: local\n",
    )


def test_whoever_names_a_network_in_place_of_its_definition_is_told_where_that_is(netprov: Any, severn: object) -> None:
    kept = netprov.folder().definition
    kept.write_text(DEFINITION)
    ended = netprov("up", "severn", "--yes")
    assert ended.code == Exit.USAGE
    assert ended.err.endswith(f"  try: severn is deployed; the definition that it was made of: {kept}\n")
    assert netprov("up", str(kept), "--yes").code == Exit.DONE
