"""Addresses: nobody shares any, nobody is moved by who comes later."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import NetprovError
from stacks.aws.addresses import blocks, shared_block, spaces, subnets

POOL = "100.64.0.0/10"
NAMES = st.lists(st.text("ABCDEFGHR0123456789", min_size=3, max_size=5), unique=True, min_size=1, max_size=25)
TAKEN = st.lists(
    st.tuples(st.integers(0, (1 << 22) - 1), st.integers(12, 28)).map(
        lambda each: str(IPv4Network((0x64400000 + each[0], each[1]), strict=False))
    ),
    max_size=6,
)


def apart(networks: list[str]) -> bool:
    return not any(IPv4Network(a).overlaps(IPv4Network(b)) for a, b in combinations(networks, 2))


@given(NAMES, TAKEN)
def test_no_two_overlap_and_none_is_taken(names: list[str], taken: list[str]) -> None:
    found = spaces(POOL, [(name, "") for name in names], taken)
    assert list(found) == names
    assert apart(list(found.values()))
    assert all(apart([here, there]) for here in found.values() for there in taken)
    assert all(IPv4Network(POOL).supernet_of(IPv4Network(each)) for each in found.values())


@given(NAMES, st.data())
def test_who_joins_at_the_end_moves_nobody(names: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(names)))
    before = spaces(POOL, [(name, "") for name in names[:first]], ())
    after = spaces(POOL, [(name, "") for name in names], ())
    assert {name: after[name] for name in before} == dict(before)


@given(NAMES)
def test_every_node_has_a_block_of_its_own(names: list[str]) -> None:
    found = blocks("100.64.16.0/20", names)
    everything = [shared_block("100.64.16.0/20"), *found.values()]
    assert apart(everything)
    zones = ("a", "b", "c")
    cut = [cidr for block in everything for _, cidr in subnets(block, zones)]
    assert apart(cut)
    assert len(cut) == 3 * (len(names) + 1)
    assert all(IPv4Network("100.64.16.0/20").supernet_of(IPv4Network(each)) for each in cut)


def test_given_addresses_are_kept_and_left_alone_by_the_others() -> None:
    pool = "100.64.0.0/19"  # of two: the one that is given leaves one
    assert spaces(pool, [("RXA", ""), ("RXB", "100.64.0.0/20")], ()) == {
        "RXA": "100.64.16.0/20",
        "RXB": "100.64.0.0/20",
    }


@pytest.mark.parametrize(
    ("wanted", "taken", "words"),
    [
        ([("RXA", "10.0.0.0/24")], [], "no VPC of ours"),
        ([("RXA", "10.0.0.1/20")], [], "no whole network"),
        ([("RXA", "10.0.0.0/20")], ["10.0.0.0/8"], "overlap 10.0.0.0/8"),
        ([("RXA", "10.0.0.0/19"), ("RXB", "10.0.16.0/20")], [], "overlap 10.0.0.0/19"),
        ([(name, "") for name in "ABC"], [], "no room left for C"),
    ],
)
def test_what_cannot_be_is_refused(wanted: list[tuple[str, str]], taken: list[str], words: str) -> None:
    with pytest.raises(NetprovError, match=words):
        spaces("100.64.0.0/19", wanted, taken)


def test_a_member_has_at_most_31_nodes() -> None:
    names = [f"RX{each:03d}" for each in range(32)]
    assert len(blocks("100.64.0.0/20", names[:31])) == 31
    with pytest.raises(NetprovError, match="no room left for RX031"):
        blocks("100.64.0.0/20", names)
