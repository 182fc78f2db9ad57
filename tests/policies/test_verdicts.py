"""One verdict a rule: pass, fail, not applicable, not evaluated, waived; and findings as `evaluate` has them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from policies import RULES, evaluate
from policies.rule import Fault, Judging, Rule, rule
from policies.verdicts import Result, Verdict, judge, unread
from provisioner.definition.document import parse
from provisioner.definition.network import Network, Policies, Waiver
from provisioner.definition.reader import read
from provisioner.findings import Severity
from provisioner.record import changed

TODAY = date(2026, 11, 24)
EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.yaml"))


def network(name: str = "severn", *waivers: Waiver) -> Network:
    path = Path(__file__).parents[2] / f"examples/{name}.yaml"
    found, mistakes = read(parse(path.name, path.read_bytes()))
    assert found is not None, mistakes
    return changed(found, policies=Policies(("policies",), waivers=waivers)) if waivers else found


@rule("DCM-97", Severity.ERROR, "engineering: a test")
def each_site_is_wrong(network: Network) -> Iterator[Fault]:
    """Each site is wrong."""
    for _, site in network.sites():
        yield Fault(site.path, f"expected nothing, found {site.ods}", "", site.ods)


@rule("DCM-98", Severity.ERROR, "engineering: a test")
def only_castles(network: Network) -> Judging:
    """Castles have a moat."""
    yield from ()
    return "no site is a castle"


@rule("DCM-99", Severity.WARN, "engineering: a test")
def a_rule_that_breaks(network: Network) -> Iterator[Fault]:
    """A rule that breaks after it has found something."""
    yield Fault((), "found")
    raise ZeroDivisionError


def only(rule: Rule, *waivers: Waiver) -> Verdict:
    (verdict,) = judge(network("severn", *waivers), TODAY, (rule,)).verdicts
    return verdict


def waived(subject: str = "") -> Waiver:
    return Waiver(("policies", "waivers", 0), "DCM-97", "moving", "SIRO", date(2027, 1, 31), subject)


def test_a_rule_that_found_something_fails_with_evidence() -> None:
    verdict = only(each_site_is_wrong)
    assert (verdict.result, verdict.severity) == (Result.FAIL, Severity.ERROR)
    assert [each.finding.message[:27] for each in verdict.evidence[:1]] == ["expected nothing, found RXA"]


def test_a_rule_says_why_it_does_not_apply() -> None:
    verdict = only(only_castles)
    assert (verdict.result, verdict.reason, verdict.evidence) == (Result.NOT_APPLICABLE, "no site is a castle", ())


def test_what_breaks_has_not_been_evaluated_and_is_an_error() -> None:
    verdict = only(a_rule_that_breaks)
    assert verdict.result is Result.NOT_EVALUATED
    assert verdict.evidence[0].finding.severity is Severity.ERROR
    assert "ZeroDivisionError" in verdict.reason


def test_only_if_all_that_it_finds_is_waived_a_rule_is_waived() -> None:
    assert only(each_site_is_wrong, waived()).result is Result.WAIVED
    partly = only(each_site_is_wrong, waived("RXA01"))
    assert partly.result is Result.FAIL
    assert [each.waiver is not None for each in partly.evidence].count(True) == 1


def test_a_waived_finding_keeps_its_own_weight_beside_the_note_that_is_told() -> None:
    (first, *_) = only(each_site_is_wrong, waived()).evidence
    assert (first.finding.severity, first.told.severity) == (Severity.ERROR, Severity.INFO)


def test_what_no_pack_asks_does_not_apply() -> None:
    verdicts = {v.rule.id: v for v in judge(network(), TODAY).verdicts}
    assert verdicts["RES-02"].result is Result.NOT_APPLICABLE
    assert verdicts["RES-02"].reason == "the pack uk-only does not ask it"


def test_nothing_is_evaluated_of_what_cannot_be_read() -> None:
    verdicts = unread("the file is not YAML").verdicts
    assert {v.result for v in verdicts} == {Result.NOT_EVALUATED}
    assert len(verdicts) == len(RULES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
@pytest.mark.parametrize("environment", ["test", "production"])
def test_the_findings_are_those_of_evaluate(path: Path, environment: str) -> None:
    text = path.read_text().replace("environment: test", f"environment: {environment}")
    found, _ = read(parse(path.name, text.replace("eu-west-2", "us-east-1").encode()))
    assert found is not None
    judgement = judge(found, TODAY)
    assert judgement.findings == evaluate(found, TODAY)
    assert len(judgement.verdicts) == len(RULES)
