"""`rules`: the manual of every id that a report may show."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.reporting.others import OTHERS
from policies import RULES

ROOT = Path(__file__).parents[2]


def test_every_rule_is_listed(netprov: Any) -> None:
    lines = netprov("rules").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [rule.id for rule in RULES]


def test_a_rule_is_explained_by_any_case(netprov: Any) -> None:
    told = netprov("rules", "res-01").out
    assert told == netprov("rules", "RES-01").out
    for part in ("basis: national guidance", "looks at: definition, planned", "speaks to: UK GDPR", "PASS:", "FAIL:"):
        assert part in told


def test_every_other_id_that_netprov_can_say_is_explained_too(netprov: Any) -> None:
    """An auditor who reads [WVR-01] can ask what that is."""
    sources = [p for folder in ("provisioner", "policies", "cli") for p in (ROOT / folder).rglob("*.py")]
    said = {found for p in sources for found in re.findall(r'"((?:LNK|PCK|WVR|SYN|SHP|REF)-\d\d)"', p.read_text())}
    assert said == set(OTHERS)
    assert netprov("rules", "wvr-01").out == f"WVR-01\n\n{OTHERS['WVR-01']}\n"
    assert json.loads(netprov("rules", "WVR-01", "--format", "json").out)["rules"][0]["title"] == OTHERS["WVR-01"]


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("RES-1", "did you mean RES-14?"), ("WVR-1", "did you mean WVR-01?"), ("?", "netprov rules lists them")],
)
def test_a_rule_that_does_not_exist_is_told_with_what_may_be_meant(asked: str, hint: str, netprov: Any) -> None:
    ended = netprov("rules", asked)
    assert (ended.code, ended.err) == (2, f"netprov: error: there is no rule {asked}\n  try: {hint}\n")
