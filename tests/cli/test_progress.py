"""What people see while a run goes on."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest

from cli.board import block, board, farewell
from cli.progress import Lines, Live, write
from cli.terminal import PLAIN, Style
from provisioner.engine.plan import Action, Event, Kind, State
from provisioner.links.topology import Topology

Expect = Callable[[str, str], None]
NetworkOf = Callable[..., Topology]
ASCII = Style(colour=False, live=True, unicode=False)
SITES = tuple(f"R{chr(65 + n // 10)}{n % 10}{n:02}" for n in range(41))


def event(state: State, kind: Kind, name: str, action: Action = Action.CREATE, detail: str = "") -> Event:
    return Event(state, action, kind, name, detail)


def test_a_block_shows_every_node_and_counts_links_by_both_ends(network_of: NetworkOf, expect: Expect) -> None:
    now = board(network_of("RXA01", "RXB01", "RXC01"))
    for node_id in ("HUB", "RXA01"):
        now.take(event(State.DONE, Kind.LINKS, node_id))
    now.take(event(State.STARTED, Kind.NODE, "RXB01"))
    now.take(event(State.FAILED, Kind.NODE, "RXC01", detail="port 104 is taken"))
    lines = block(now, 3.2, (80, 24), ASCII)
    expect("block.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("room", [(80, 24), (40, 12), (200, 50), (20, 5), (8, 4)])
def test_a_block_of_42_nodes_never_leaves_the_screen(network_of: NetworkOf, room: tuple[int, int]) -> None:
    now = board(network_of(*SITES))
    lines = block(now, 100.0, room, PLAIN)
    assert len(lines) < room[1]
    assert all(len(line) < room[0] for line in lines)


def test_a_block_that_does_not_fit_keeps_what_failed(network_of: NetworkOf) -> None:
    now = board(network_of(*SITES))
    now.take(event(State.FAILED, Kind.NODE, SITES[-1]))
    assert any(f"! {SITES[-1]} failed" in line for line in block(now, 1.0, (40, 6), ASCII))


def test_a_node_that_goes_is_gone_with_its_node(network_of: NetworkOf) -> None:
    now = farewell(network_of("RXA01"))
    now.take(event(State.DONE, Kind.LINKS, "RXA01", Action.DELETE))
    assert now.nodes["RXA01"] == "waiting"
    now.take(event(State.DONE, Kind.NODE, "RXA01", Action.DELETE))
    assert now.nodes["RXA01"] == "gone"


def test_a_node_that_was_there_is_unchanged_until_something_happens_to_it(
    network_of: NetworkOf, expect: Expect
) -> None:
    now = board(network_of("RXA01", "RXB01"), frozenset({"HUB", "RXA01"}))
    assert now.settled == {"HUB", "RXA01"}
    now.take(event(State.STARTED, Kind.LINKS, "HUB", Action.UPDATE))
    expect("block-joining.txt", "\n".join(block(now, 0.4, (80, 24), ASCII)) + "\n")
    now.take(event(State.DONE, Kind.LINKS, "HUB", Action.UPDATE))
    assert now.nodes == {"HUB": "ready", "RXA01": "unchanged", "RXB01": "waiting"}


def test_the_bar_moves_before_the_first_node_is_ready(network_of: NetworkOf) -> None:
    now = board(network_of("RXA01"))
    now.take(event(State.DONE, Kind.CERTIFICATE, "RXA01"))
    now.take(event(State.DONE, Kind.NODE, "RXA01"))
    assert (now.settled, round(now.share, 2)) == (frozenset(), 0.33)


def test_lines_say_what_is_done_and_what_failed_and_why(expect: Expect) -> None:
    stream, seconds = StringIO(), iter((0.0, 0.3, 1.25, 12.0))
    lines = Lines(stream, lambda: next(seconds))
    done = event(State.DONE, Kind.NODE, "RXA01")
    lines.listen(replace(done, state=State.STARTED))
    lines.listen(done)
    lines.listen(event(State.FAILED, Kind.NODE, "RXB01", detail="port 104 is taken"))
    lines.listen(event(State.DONE, Kind.LINKS, "RXA01", Action.SAME))
    lines.listen(event(State.DONE, Kind.LINKS, "HUB", Action.UPDATE))
    expect("lines.txt", stream.getvalue())


def test_a_live_block_takes_itself_away_and_leaves_its_notes() -> None:
    stream = StringIO()
    live = Live(stream, lambda _: ["one", "two"], lambda _: None)
    live.start()
    live.note("stopping")
    live.stop()
    assert "stopping\n" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[J\x1b[?25h")


def test_a_stream_that_has_gone_away_does_not_stop_a_run() -> None:
    stream = StringIO()
    stream.close()
    write(stream, "anything")
