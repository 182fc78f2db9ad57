"""Forty waivers on one day: which count, which do not, and what is said of each."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from policies import evaluate
from policies.level import Level, Seen
from policies.packs import PACKS, Pack, Terms
from policies.rule import Fault, Judging, rule
from provisioner.definition.choices import Environment, MemberKind, OperatingModel
from provisioner.definition.network import Identity, Member, Network, Policies, Site, Waiver
from provisioner.findings import Severity
from provisioner.record import changed

TODAY = date(2026, 9, 1)
THREE = "SIRO, DPO and Caldicott Guardian"
SOUND: dict[str, Any] = {
    "rule": "RES-01",
    "reason": "moves to London in May",
    "approved_by": THREE,
    "until": date(2026, 12, 31),
    "subject": "RXA01",
    "reference": "RISK-17",
    "author": "Ward manager",
}
OPEN, WAIVED = "RES-01 error", "RES-01 info"
BOARD = {"rule": "GOV-97", "approved_by": "SRO"}


@rule("RES-01", Severity.ERROR, "a test")
def each_site_is_wrong(network: Network) -> Iterator[Fault]:
    """Each site is wrong."""
    for _, site in network.sites():
        yield Fault((*site.path, "ods"), f"expected nothing, found {site.ods}", "leave", site.ods)


@rule("GOV-97", Severity.ERROR, "a test")
def nothing_is_wrong(network: Network) -> Iterator[Fault]:
    """Nothing is wrong."""
    yield from ()


@rule("SEC-97", Severity.ERROR, "a test", levels=(Level.LIVE,))
def what_runs_is_looked_at(seen: Seen) -> Judging:
    """What runs is looked at."""
    yield from ()
    return None


RULES = (each_site_is_wrong, nothing_is_wrong, what_runs_is_looked_at)


def network(*stated: dict[str, Any], sites: tuple[str, ...] = ("RXA01",), **identity: Any) -> Network:
    own: dict[str, Any] = {"environment": Environment.PRODUCTION, "synthetic_data": False} | identity
    found = tuple(Site(("members", 0, "sites", number), ods, ods) for number, ods in enumerate(sites))
    waivers = tuple(Waiver(("policies", "waivers", n), **SOUND | each) for n, each in enumerate(stated))
    return Network(
        path=(),
        netprov=1,
        network=Identity(("network",), id="severn", name="Severn", **own),
        operating_model=OperatingModel.HOSTED,
        members=(Member(("members", 0), ods="RXA", name="Aldermoor", kind=MemberKind.NHS_TRUST, sites=found),),
        host="RXA",
        policies=Policies(("policies",), waivers=waivers),
    )


def told(held: Network, **more: Any) -> list[str]:
    return [f"{f.rule} {f.severity.word}" for f in evaluate(held, TODAY, RULES, **more)]


COUNTING: list[tuple[str, dict[str, Any], list[str]]] = [
    ("a sound one", {}, [WAIVED]),
    ("its last day", {"until": TODAY}, [WAIVED]),
    ("the day before its last", {"until": date(2026, 9, 2)}, [WAIVED]),
    ("180 days", {"until": date(2027, 2, 28)}, [WAIVED]),
    ("the roles in another order and case", {"approved_by": "caldicott guardian; dpo; siro"}, [WAIVED]),
    ("more than the roles", {"approved_by": f"{THREE} and the board"}, [WAIVED]),
    ("an author who is one of several", {"author": "DPO"}, [WAIVED]),
    ("no author", {"author": ""}, [WAIVED, "WVR-08 warn"]),
    ("a blank author", {"author": " "}, [WAIVED, "WVR-08 warn"]),
    ("no reference", {"reference": ""}, [WAIVED, "WVR-08 warn"]),
    ("no subject", {"subject": ""}, [WAIVED, "WVR-08 warn"]),
    ("none of the three", {"subject": "", "reference": "", "author": ""}, [WAIVED, "WVR-08 warn"]),
]
NOT_COUNTING: list[tuple[str, dict[str, Any], list[str]]] = [
    ("ended yesterday", {"until": date(2026, 8, 31)}, ["WVR-01 warn"]),
    ("ended years ago", {"until": date(2020, 1, 1)}, ["WVR-01 warn"]),
    ("another site", {"subject": "RXB01"}, ["WVR-02 warn"]),
    ("the subject in another case", {"subject": "rxa01"}, ["WVR-02 warn"]),
    ("another rule, which finds nothing", BOARD, ["WVR-02 warn"]),
    ("a rule that does not exist", {"rule": "RES-99"}, ["WVR-02 warn"]),
    ("a family that does not exist", {**BOARD, "rule": "XYZ-99"}, ["WVR-02 warn"]),
    ("a rule that looks where nobody looked", {**BOARD, "rule": "SEC-97"}, []),
    ("a rule in small letters", {"rule": "res-01", "approved_by": THREE}, ["WVR-02 warn"]),
    ("no reason", {"reason": ""}, ["WVR-03 error"]),
    ("a blank reason", {"reason": "  "}, ["WVR-03 error"]),
    ("no approver", {"approved_by": ""}, ["WVR-03 error"]),
    ("a blank approver", {"approved_by": " "}, ["WVR-03 error"]),
    ("neither", {"approved_by": "", "reason": ""}, ["WVR-03 error", "WVR-03 error"]),
    ("181 days", {"until": date(2027, 3, 1)}, ["WVR-04 error"]),
    ("for ever", {"until": date(9999, 12, 31)}, ["WVR-04 error"]),
    ("its author approves", {"author": THREE}, ["WVR-05 error"]),
    ("its author approves, in capitals", {"author": THREE.upper()}, ["WVR-05 error"]),
    ("its author approves, with more spaces", {"author": THREE.replace(" ", "  ")}, ["WVR-05 error"]),
    ("what nobody may waive", {"rule": "RES-04"}, ["WVR-06 error"]),
    ("one role", {"approved_by": "SIRO"}, ["WVR-07 error"]),
    ("two roles of three", {"approved_by": "SIRO and DPO"}, ["WVR-07 error"]),
    ("a role that is part of a word", {"approved_by": "SIRO, DPOs' clerk and Caldicott Guardian"}, ["WVR-07 error"]),
    ("the wrong role of a family", {"rule": "IG-01", "approved_by": "SIRO"}, ["WVR-07 error"]),
    ("the wrong role of another", {"rule": "CS-02", "approved_by": "Medical Director"}, ["WVR-07 error"]),
    ("four mistakes", {"reason": "", "approved_by": "SRO", "author": "SRO", "until": date(2028, 1, 1)},
     ["WVR-03 error", "WVR-04 error", "WVR-05 error", "WVR-07 error"]),
    ("what nobody may waive, without its role", {"rule": "CS-01"}, ["WVR-06 error", "WVR-07 error"]),
    ("ended, and never signed", {"until": date(2026, 1, 1), "reason": ""}, ["WVR-03 error", "WVR-01 warn"]),
]  # fmt: skip


def test_there_are_forty() -> None:
    assert len(COUNTING) + len(NOT_COUNTING) == 40


@pytest.mark.parametrize(
    ("why", "stated", "expected"), COUNTING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_waiver_counts(why: str, stated: dict[str, Any], expected: list[str]) -> None:
    assert told(network(stated)) == expected


@pytest.mark.parametrize(
    ("why", "stated", "own"), NOT_COUNTING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_waiver_counts_no_more_or_not_yet(why: str, stated: dict[str, Any], own: list[str]) -> None:
    assert told(network(stated)) == [OPEN, *own]


def test_one_that_is_in_force_is_told_with_everything_that_it_says() -> None:
    (finding,) = evaluate(network({}), TODAY, RULES)
    assert finding.message == (
        "expected nothing, found RXA01; waived, approved by SIRO, DPO and Caldicott Guardian (asked for by "
        "Ward manager), reference RISK-17, until 2026-12-31 (121 days left): moves to London in May"
    )
    assert finding.hint == ""


@pytest.mark.parametrize(
    ("until", "left"), [(TODAY, "its last day"), (date(2026, 9, 2), "1 day left"), (date(2026, 9, 3), "2 days left")]
)
def test_the_days_that_are_left_are_told(until: date, left: str) -> None:
    (finding,) = evaluate(network({"until": until}), TODAY, RULES)
    assert f"until {until} ({left}): moves" in finding.message


@pytest.mark.parametrize(("approved_by", "said"), [("SRO", ", approved by SRO,"), ("", ""), (" ", "")])
def test_one_that_has_ended_says_who_had_approved_it(approved_by: str, said: str) -> None:
    given = network({**BOARD, "until": date(2026, 8, 31), "approved_by": approved_by})
    (message,) = [f.message for f in evaluate(given, TODAY, RULES) if f.rule == "WVR-01"]
    assert message == f"the waiver of GOV-97 for RXA01{said} ended on 2026-08-31 and counts no more"


def test_one_site_is_waived_and_the_other_is_not() -> None:
    assert told(network({"subject": "RXA02"}, sites=("RXA01", "RXA02"))) == [OPEN, WAIVED]


def test_one_without_a_subject_covers_all_that_its_rule_finds() -> None:
    assert told(network({"subject": ""}, sites=("RXA01", "RXA02"))) == [WAIVED, WAIVED, "WVR-08 warn"]


def test_a_test_network_need_not_say_it_all() -> None:
    assert told(network({"subject": "", "reference": ""}, environment=Environment.TEST)) == [WAIVED]


def test_what_is_left_out_is_named() -> None:
    _, own = evaluate(network({"reference": "", "author": ""}), TODAY, RULES)
    assert (own.message, own.hint) == (
        "the waiver of RES-01 for RXA01 is in force; expected its reference, author too, found none",
        "`reference:`, `author:`: the one thing that it is for, on what paper, who asked",
    )


@pytest.mark.parametrize(
    ("rule_id", "hint"), [("RES-91", "did you mean RES-01?"), ("ABC-12", "`netprov rules` lists them")]
)
def test_a_rule_that_does_not_exist_is_told_from_one_that_finds_nothing(rule_id: str, hint: str) -> None:
    _, own = evaluate(network({"rule": rule_id}), TODAY, RULES)
    assert own.message == f"the waiver of {rule_id} for RXA01 waives nothing: there is no such rule"
    assert own.hint == hint


def test_a_waiver_of_what_runs_is_unused_once_somebody_looked() -> None:
    held = network({**BOARD, "rule": "SEC-97"})
    assert told(held, seen=Seen(held, levels=(Level.DEFINITION, Level.LIVE))) == [OPEN, "WVR-02 warn"]


def test_a_pack_forbids_and_shortens() -> None:
    strict = Pack("strict", "a test", "a test", {}, terms=Terms(days=30, never=("RES-01",), approvers=()))
    held = network({})
    named = changed(held, policies=changed(held.policies, packs=("strict",)))
    assert told(named, packs=(*PACKS, strict)) == [OPEN, "WVR-04 error", "WVR-06 error"]
