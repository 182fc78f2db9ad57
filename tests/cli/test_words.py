"""Plans, outcomes and findings as sentences."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cli import words
from cli.terminal import Style, counted, listed, seconds, table
from provisioner.doctor import Need
from provisioner.engine.plan import Action, Event, Kind, Outcome, Plan, State, Step
from provisioner.links.topology import Topology

Expect = Callable[[str, str], None]
NetworkOf = Callable[..., Topology]

JOINING = (
    Step(Action.SAME, Kind.AUTHORITY, "severn"),
    Step(Action.SAME, Kind.NODE, "HUB"),
    Step(Action.UPDATE, Kind.LINKS, "HUB", "RXB02 joins", ("+RXB02",)),
    Step(Action.CREATE, Kind.CERTIFICATE, "RXB02", "a new node needs one"),
    Step(Action.CREATE, Kind.NODE, "RXB02", "Bourne Infirmary joins the network"),
    Step(Action.CREATE, Kind.LINKS, "RXB02", "linked with HUB and RXA01", ("+HUB", "+RXA01")),
    Step(Action.UPDATE, Kind.LINKS, "RXA01", "RXB02 joins", ("+RXB02",)),
)
CHANGING = (
    Step(Action.UPDATE, Kind.NODE, "RXA01", "its AE title changes", ("aet",), restarts=True),
    Step(Action.REPLACE, Kind.NODE, "RXA02", "its index moves to PostgreSQL", ("index",), restarts=True),
    Step(Action.DELETE, Kind.NODE, "RXC01"),
    Step(Action.DELETE, Kind.LINKS, "RXC01"),
    Step(Action.UPDATE, Kind.LINKS, "HUB", "RXC01 leaves", ("-RXC01", "~RXA01")),
    Step(Action.UPDATE, Kind.CERTIFICATE, "RXA01", "due in 20 days"),
    Step(Action.UPDATE, Kind.CERTIFICATE, "RXA02", "due in 20 days"),
)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((), "nothing changes"),
        ((Step(Action.UPDATE, Kind.NODE, "RXA01", "its name changed"),), "RXA01 changes; no node restarts"),
        ((Step(Action.UPDATE, Kind.NODE, "RXA01", starts=True),), "RXA01 starts again; no other node restarts"),
        (JOINING[:2], "nothing changes"),
        (JOINING, "RXB02 joins; 2 links added; no node restarts"),
        (
            CHANGING,
            "RXC01 leaves; 1 link removed; 1 link changed; 2 certificates renewed; RXA01 and RXA02 restart",
        ),
        (
            tuple(Step(Action.CREATE, Kind.NODE, f"RXA{n:02}") for n in range(42)),
            "RXA00, RXA01, RXA02, RXA03, RXA04, RXA05 and 36 more join",
        ),
    ],
)
def test_a_headline_says_who_comes_and_goes_and_what_restarts(steps: tuple[Step, ...], sentence: str) -> None:
    assert words.headline(steps) == sentence


def test_steps_say_why_and_leave_out_what_stays(expect: Expect) -> None:
    text = words.steps(Plan("severn", (*JOINING, *CHANGING)))
    ascii_only = words.steps(Plan("severn", CHANGING), Style(colour=False, live=False, unicode=False))
    expect("steps.txt", f"{text}\n\n{ascii_only}\n")


DONE = Event(State.DONE, Action.CREATE, Kind.NODE, "RXA01")
WHOLE = (DONE, replace(DONE, kind=Kind.LINKS))
BEGUN = replace(DONE, name="RXB01")


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("outcome-done.txt", Outcome("severn", (DONE, replace(DONE, kind=Kind.LINKS)), (), seconds=2.31)),
        ("outcome-same.txt", Outcome("severn", (), (), seconds=0.9)),
        (
            "outcome-failed.txt",
            Outcome(
                "severn",
                (DONE,),
                (replace(DONE, state=State.FAILED, name="RXB01", detail="port 104 is taken by sshd"),),
                notices=("taking over from a dead run",),
                seconds=65,
            ),
        ),
        ("outcome-interrupted.txt", Outcome("severn", (*WHOLE, BEGUN), (), interrupted=True, seconds=1.5)),
    ],
)
def test_an_outcome_says_what_was_and_was_not_done(
    name: str, outcome: Outcome, network_of: NetworkOf, expect: Expect
) -> None:
    expect(name, words.outcome(outcome, network_of("RXA01", "RXB01"), "up") + "\n")


def test_an_interruption_counts_what_was_right_before(network_of: NetworkOf) -> None:
    """A node whose links alone were set is done; one that is as it should be is neither done nor missing."""
    right = tuple(Step(Action.SAME, kind, name) for kind in words.PARTS for name in ("HUB", "RXB01"))
    steps = (*right, Step(Action.SAME, Kind.NODE, "RXA01"), Step(Action.UPDATE, Kind.LINKS, "RXA01"))
    outcome = Outcome("severn", (replace(DONE, kind=Kind.LINKS),), (), interrupted=True, steps=steps)
    told = words.outcome(outcome, network_of("RXA01", "RXB01"), "up").splitlines()
    assert told[1:3] == ["  done:     RXA01", "  not done: none"]


def test_a_node_that_has_left_is_done_without_links(network_of: NetworkOf) -> None:
    gone = replace(DONE, action=Action.DELETE)
    outcome = Outcome("severn", (gone, replace(gone, kind=Kind.LINKS, name="RXB01")), (), interrupted=True)
    told = words.outcome(outcome, network_of("RXA01", "RXB01"), "gone").splitlines()
    assert told[1:4] == ["  done:     RXA01", "  begun:    RXB01", "  not done: HUB"]


def test_needs_are_listed_with_what_mends_them(expect: Expect) -> None:
    needs = (
        Need("Python", "3.11.7", "netprov runs on it", "install Python"),
        Need("Orthanc", None, "each node is one", "apt-get install -y orthanc"),
        Need("PostgreSQL", None, "`index: postgresql`", "apt-get install -y postgresql", required=False),
    )
    expect("needs.txt", words.needs(needs) + "\n")


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        (0, "node   AE title  state    name"),
        (40, "node   AE title  state    name"),
        (33, "node   state    name"),
        (24, "node   name"),
        (9, "node   name"),
    ],
)
def test_a_table_leaves_out_what_a_narrow_terminal_can_spare(columns: int, first: str) -> None:
    rows = [("RXA01", "RXA01", "running", "Aldermoor General Hospital")]
    lines = table(
        ("node", "AE title", "state", "name"), rows, columns=columns, spare=("AE title", "state")
    ).splitlines()
    assert lines[0] == first
    assert columns < 16 or all(len(line) < columns for line in lines)
    assert lines[1].split()[0] == "RXA01"


def test_colours_do_not_move_columns() -> None:
    style = Style(colour=True, live=True, unicode=True)
    plain = table(("", "name"), [("✓", "a")])
    painted = table(("", "name"), [(style.mark(True), "a")])
    assert painted.replace("\x1b[32m", "").replace("\x1b[0m", "") == plain


def test_numbers_are_words() -> None:
    assert [counted(n, "node") for n in (0, 1, 2)] == ["no node", "1 node", "2 nodes"]
    assert [seconds(s) for s in (0.82, 12.4, 125.9)] == ["0.8 s", "12 s", "2 min 5 s"]
    assert [listed(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]
