"""Packs are data: what a definition names decides how much each rule weighs, and never by accident that none does."""

import contextlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import policies
from policies import RULES, evaluate
from policies.own import MOST_FAULTS, Broke, watched
from policies.packs import PACKS, SYNTHETIC, TERMS, Pack, in_force, weight
from policies.rule import Fault, rule
from provisioner.definition.choices import Environment, MemberKind, OperatingModel
from provisioner.definition.network import Identity, Member, Network
from provisioner.definition.network import Policies as Stated
from provisioner.findings import Finding, Severity, pointer

TODAY = date(2026, 11, 24)
ALL = (*PACKS, SYNTHETIC)


def network(*packs: str, environment: Environment = Environment.PRODUCTION) -> Network:
    identity = Identity(("network",), id="severn", name="Severn", environment=environment, synthetic_data=True)
    member = Member(("members", 0), ods="RXA", name="Aldermoor", kind=MemberKind.NHS_TRUST)
    stated = Stated(("policies",), packs=packs)
    return Network((), 1, identity, OperatingModel.HOSTED, (member,), host="RXA", policies=stated)


def names(*packs: str, environment: Environment = Environment.PRODUCTION) -> list[str]:
    return [pack.name for pack in in_force(network(*packs, environment=environment))]


def test_residency_is_decided_even_where_nothing_is_named() -> None:
    assert names() == ["uk-only"]
    assert names("nhs-only") == ["nhs-only", "uk-only"]
    assert names("offshoring-2022", "nhs-only") == ["offshoring-2022", "nhs-only"]


def test_only_a_test_network_on_synthetic_data_is_lighter() -> None:
    assert names(environment=Environment.TEST) == ["uk-only", "synthetic"]
    assert names("synthetic") == ["uk-only"]


@pytest.mark.parametrize("packs", [("uk-only", "offshoring-2022"), ("offshoring-2022", "uk-only")])
def test_of_two_that_contradict_each_other_the_stricter_is_in_force(packs: tuple[str, str]) -> None:
    assert names(*packs) == ["uk-only"]
    assert told(network(*packs)) == [("PCK-02", "policies.packs[1]")]


def told(given: Network) -> list[tuple[str, str]]:
    return [(f.rule, pointer(f.path)) for f in evaluate(given, TODAY, rules=()) if f.severity is Severity.ERROR]


def test_a_pack_that_does_not_exist_is_an_error() -> None:
    assert told(network("nhs-only", "nhs-onyl")) == [("PCK-01", "policies.packs[1]")]


def test_what_is_said_of_packs() -> None:
    assert [(f.message, f.hint) for f in evaluate(network("ours", "offshoring-2022", "uk-only"), TODAY, rules=())] == [
        (
            "expected the name of a pack, found ours",
            "one of uk-only, offshoring-2022, nhs-only; or a file beside the definition, as ./ours.py",
        ),
        ("expected one pack that decides residency, found offshoring-2022 and uk-only", "keep one of the two"),
    ]


@pytest.mark.parametrize(
    ("rule_id", "packs", "severity"),
    [
        ("RES-01", (), Severity.ERROR),
        ("RES-01", ("offshoring-2022",), None),
        ("RES-02", (), None),
        ("RES-02", ("offshoring-2022",), Severity.ERROR),
        ("RES-06", ("offshoring-2022",), Severity.WARN),
        ("WRK-06", (), Severity.WARN),
        ("WRK-06", ("nhs-only",), Severity.ERROR),
        ("GOV-05", ("nhs-only", "offshoring-2022"), Severity.ERROR),
    ],
)
def test_a_pack_weighs_rules(rule_id: str, packs: tuple[str, ...], severity: Severity | None) -> None:
    (asked,) = (r for r in RULES if r.id == rule_id)
    assert weight(asked, in_force(network(*packs))) is severity


def test_under_every_pack_some_rule_asks_where_images_are() -> None:
    for packs in ((), ("uk-only",), ("offshoring-2022",), ("uk-only", "offshoring-2022")):
        residency = [r for r in RULES if r.family == "RES" and weight(r, in_force(network(*packs))) is Severity.ERROR]
        assert {"RES-01", "RES-02"} & {r.id for r in residency}


def test_packs_weigh_rules_that_exist_and_cite_a_source() -> None:
    for pack in ALL:
        assert set(pack.weights) <= {r.id for r in RULES}
        assert set(pack.lighter) <= {r.family for r in RULES}
        assert re.search(r"\b20\d\d\b", pack.source), "a source has a date"


def test_a_pack_may_bring_rules_of_its_own() -> None:
    @rule("OUR-01", Severity.WARN, "our board, 2026")
    def the_network_is_ours(network: Network) -> Iterator[Fault]:
        """The network is ours."""
        yield Fault(("network", "id"), f"expected ours, found {network.network.id}", "", "ours")

    ours = Pack("./ours.py", "Our own", "our board, 2026", {"OUR-01": Severity.ERROR}, rules=(the_network_is_ours,))
    expected = Finding("OUR-01", Severity.ERROR, ("network", "id"), "expected ours, found severn")
    assert evaluate(network("./ours.py"), TODAY, rules=(), packs=(*PACKS, ours)) == (expected,)
    assert evaluate(network(), TODAY, rules=(), packs=(*PACKS, ours)) == ()


@pytest.mark.parametrize("more", [0, 1])
def test_a_rule_may_find_so_many_faults_and_no_more(more: int) -> None:
    @rule("OUR-01", Severity.WARN, "our board, 2026")
    def everything_is_wrong(network: Network) -> Iterator[Fault]:
        """Everything is wrong."""
        yield from (Fault((), "expected another, found this") for _ in range(MOST_FAULTS + more))

    ended = pytest.raises(Broke, match="more than 10,000") if more else contextlib.nullcontext()
    with ended:
        assert len(list(watched(everything_is_wrong, "./ours.py").faults(network(), TODAY))) == MOST_FAULTS


def test_the_page_lists_every_pack() -> None:
    page = (Path(policies.__path__[0]).parent / "docs/policies.md").read_text()
    for pack in ALL:
        assert f"| `{pack.name}` | {pack.title} | {pack.source} |\n" in page


def test_the_page_says_of_each_rule_why_nobody_may_waive_it() -> None:
    page = (Path(policies.__path__[0]).parent / "docs/policies.md").read_text()
    table = page.partition("### Never waived\n")[2].partition("\n\nOther rules")[0]
    assert tuple(re.findall(r"^\| ([A-Z]+-\d\d) \| \S.{40}", table, re.MULTILINE)) == TERMS.never
