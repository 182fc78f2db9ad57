"""What evaluation adds to the rules: severity, waivers, and that nothing passes by accident."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from policies import evaluate
from policies.level import Level, Seen
from policies.packs import PACKS, Pack, Terms
from policies.rule import Fault, Rule, rule
from provisioner.definition.choices import Environment, MemberKind, OperatingModel
from provisioner.definition.network import Identity, Member, Network, Site, Waiver
from provisioner.definition.network import Policies as Waived
from provisioner.findings import Finding, Severity

TODAY = date(2026, 9, 1)
THREE = "SIRO, DPO and Caldicott Guardian"


def network(environment: Environment = Environment.TEST, synthetic: bool = True, *waivers: Waiver) -> Network:
    identity = Identity(("network",), id="severn", name="Severn", environment=environment, synthetic_data=synthetic)
    site = Site(("members", 0, "sites", 0), ods="RXA01", name="General")
    member = Member(("members", 0), ods="RXA", name="Aldermoor", kind=MemberKind.NHS_TRUST, sites=(site,))
    policies = Waived(("policies",), waivers=waivers)
    return Network((), 1, identity, OperatingModel.HOSTED, (member,), host="RXA", policies=policies)


def broken(rule_id: str) -> Rule:
    """A rule of that id which each site breaks."""

    @rule(rule_id, Severity.ERROR, "a test")
    def every_site_is_wrong(network: Network) -> Iterator[Fault]:
        """Every site is wrong."""
        for _, site in network.sites():
            yield Fault((*site.path, "ods"), f"expected nothing, found {site.ods}", "leave", site.ods)

    return every_site_is_wrong


def waiver(rule_id: str = "RES-01", subject: str = "RXA01", until: date = TODAY, approved_by: str = THREE) -> Waiver:
    path = ("policies", "waivers", 0)
    return Waiver(path, rule_id, "moving in May", approved_by, until, subject, "R-1", "PACS manager")


def only(findings: tuple[Finding, ...]) -> Finding:
    (finding,) = findings
    return finding


def test_a_finding_carries_rule_severity_path_message_and_hint() -> None:
    expected = Finding(
        "DCM-99", Severity.ERROR, ("members", 0, "sites", 0, "ods"), "expected nothing, found RXA01", "leave"
    )
    assert only(evaluate(network(), TODAY, (broken("DCM-99"),))) == expected


def test_a_rule_that_raises_is_an_error_and_the_others_still_speak() -> None:
    @rule("RES-98", Severity.INFO, "a test")
    def this_rule_breaks(network: Network) -> Iterator[Fault]:
        """This rule breaks, after it has found something."""
        yield Fault((), "found")
        raise ZeroDivisionError(network.network.id)

    crash, other = evaluate(network(Environment.TEST, True), TODAY, (this_rule_breaks, broken("DCM-99")))
    assert (crash.rule, crash.severity, other.rule) == ("RES-98", Severity.ERROR, "DCM-99")
    assert crash.message == ("the rule could not be evaluated (ZeroDivisionError: severn), so nothing passed it")
    assert crash.hint == "a fault of netprov, not of the definition: please report it"


def test_a_rule_that_looks_where_nobody_looked_is_not_asked() -> None:
    @rule("GOV-98", Severity.ERROR, "a test", levels=(Level.NETWORKS,))
    def several_are_compared(seen: Seen) -> Iterator[Fault]:
        """Several are compared."""
        yield Fault(seen.network.path, "found")

    assert evaluate(network(), TODAY, (several_are_compared,)) == ()
    seen = Seen(network(), levels=(Level.DEFINITION, Level.NETWORKS))
    assert only(evaluate(network(), TODAY, (several_are_compared,), seen=seen)).rule == "GOV-98"


def test_a_waiver_does_not_cover_a_rule_that_raises() -> None:
    @rule("RES-98", Severity.INFO, "a test")
    def this_rule_breaks(network: Network) -> Iterator[Fault]:
        """This rule breaks."""
        raise ZeroDivisionError
        yield Fault((), network.network.id)

    crash, unused = evaluate(network(Environment.TEST, True, waiver("RES-98")), TODAY, (this_rule_breaks,))
    assert crash.severity is Severity.ERROR
    assert unused.rule == "WVR-02"


@pytest.mark.parametrize(
    ("rule_id", "environment", "synthetic", "severity"),
    [
        ("RES-98", Environment.TEST, True, Severity.WARN),
        ("IG-98", Environment.TEST, True, Severity.WARN),
        ("CS-98", Environment.TEST, True, Severity.WARN),
        ("RES-09", Environment.TEST, True, Severity.ERROR),
        ("DCM-98", Environment.TEST, True, Severity.ERROR),
        ("RES-98", Environment.TEST, False, Severity.ERROR),
        ("RES-98", Environment.PRODUCTION, True, Severity.ERROR),
    ],
)
def test_only_some_rules_weigh_less_on_synthetic_data(
    rule_id: str, environment: Environment, synthetic: bool, severity: Severity
) -> None:
    assert only(evaluate(network(environment, synthetic), TODAY, (broken(rule_id),))).severity is severity


def test_the_lightest_severity_stays() -> None:
    light = replace(broken("RES-98"), severity=Severity.INFO)
    assert only(evaluate(network(), TODAY, (light,))).severity is Severity.INFO


@pytest.mark.parametrize("rule_id", ["RES-04", "RES-09", "RES-11", "CS-01", "JV-05"])
def test_some_rules_nobody_may_waive(rule_id: str) -> None:
    everyone = f"{THREE}, Clinical Safety Officer"
    held = network(Environment.PRODUCTION, False, waiver(rule_id, approved_by=everyone))
    own = [f for f in evaluate(held, TODAY, ()) if f.rule.startswith("WVR")]
    assert [(f.rule, f.severity, f.path[-1]) for f in own] == [("WVR-06", Severity.ERROR, "rule")]


@pytest.mark.parametrize(
    ("rule_id", "approved_by"), [("IG-98", "Board and DPO"), ("CS-98", "clinical safety officer"), ("DCM-98", "SRO")]
)
def test_a_family_has_its_approvers(rule_id: str, approved_by: str) -> None:
    held = network(Environment.PRODUCTION, False, waiver(rule_id, approved_by=approved_by))
    assert only(evaluate(held, TODAY, (broken(rule_id),))).severity is Severity.INFO


def test_a_pack_sets_terms_of_its_own() -> None:
    strict = Pack("strict", "a test", "a test", {}, terms=Terms(days=30, never=("DCM-99",), approvers=()))
    months = waiver("DCM-98", until=date(2026, 10, 15))
    held = network(Environment.PRODUCTION, False, months, waiver("DCM-99"))
    named = replace(held, policies=Waived(("policies",), packs=("strict",), waivers=(months, waiver("DCM-99"))))
    told = [f.rule for f in evaluate(named, TODAY, (broken("DCM-98"),), packs=(*PACKS, strict))]
    assert told == ["DCM-98", "WVR-04", "WVR-06"]
    assert [f.rule for f in evaluate(held, TODAY, (broken("DCM-98"),))] == ["DCM-98", "WVR-02"]


def test_what_is_said_of_a_waiver() -> None:
    given = (
        waiver(subject="RXA01", until=date(2027, 3, 1), approved_by="DPO"),
        waiver("RES-04", ""),
        waiver("DCM-01", ""),
        waiver("DCM-02", "", until=date(2026, 8, 31)),
        replace(waiver("DCM-03", "", approved_by="SRO"), author="SRO"),
        replace(waiver("DCM-04", ""), reason=""),
    )
    told = [
        (f.message, f.hint)
        for f in evaluate(network(Environment.PRODUCTION, False, *given), TODAY, (broken("DCM-98"),))
    ][1:]
    head = "the waiver of RES-01 for RXA01 is not in force"
    assert told == [
        (f"{head}: expected an end within 180 days, found 2027-03-01", "2027-02-28 at the latest; then ask again"),
        (
            f"{head}: expected the approval of SIRO, Caldicott Guardian too, found that of DPO",
            "name every role that has approved",
        ),
        (
            "the waiver of RES-04 is not in force: expected a rule that may be waived, found one that may not",
            "mend the finding",
        ),
        ("the waiver of DCM-01 waives nothing: there is no such rule", "did you mean DCM-98?"),
        (
            f"the waiver of DCM-02, approved by {THREE}, ended on 2026-08-31 and counts no more",
            "mend what it was for, or ask for a new one",
        ),
        (
            "the waiver of DCM-03 is not in force: expected another approver than its author, found SRO in both",
            "the role of somebody else",
        ),
        ("the waiver of DCM-04 is not in force: expected reason, found nothing", "`reason:`"),
    ]
