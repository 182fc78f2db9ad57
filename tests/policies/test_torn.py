"""Definitions that have lost or swapped parts: whatever the reader lets through, each rule can judge."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies import RULES
from provisioner.definition.document import parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read

TODAY = date(2026, 11, 24)
# Any: a tree of texts, as deep as the file.
EXAMPLES: list[Any] = [
    parse(p.name, p.read_bytes()).value for p in sorted(Path(__file__).parents[2].glob("examples/*.yaml"))
]
TREES = [{**tree, "network": {**tree["network"], "environment": "production"}} for tree in EXAMPLES]


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value."""
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for step, value in steps for found in ((*path, step), *places(value, (*path, step)))]


def holder(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        tree = tree[step]
    return tree


@st.composite
def torn(draw: st.DrawFn) -> Network | None:
    """An example without some of its parts, and with others in the place of their like."""
    tree = copy.deepcopy(draw(st.sampled_from(TREES)))
    for _ in range(draw(st.integers(1, 6))):
        path = draw(st.sampled_from(places(tree)))
        inside = holder(tree, path)
        alike = [p for p in places(tree) if p[-1] == path[-1]]
        other = draw(st.sampled_from(alike))
        if draw(st.booleans()):
            del inside[path[-1]]
        else:
            inside[path[-1]] = copy.deepcopy(holder(tree, other)[other[-1]])
    network, _ = read(parse("torn", json.dumps(tree).encode()))
    return network


@given(torn())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_rule_breaks_on_what_the_reader_lets_through(network: Network | None) -> None:
    for rule in RULES:
        if network is not None:
            assert all(fault.message for fault in rule.faults(network, TODAY))
