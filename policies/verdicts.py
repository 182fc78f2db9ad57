"""One verdict a rule: what an auditor asks for beside findings, namely what was looked at and passed, and what was not.

`evaluate` gives the same findings and is quicker; this is for reports.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from policies import RULES, broken, found, looking
from policies.level import Level, Seen, looked_at
from policies.models import owing
from policies.packs import PACKS, Pack, in_force, mistakes, terms, weight
from policies.rule import Rule
from policies.waivers import Evidence, Judged, matched
from provisioner.definition.choices import Environment
from provisioner.definition.network import Network
from provisioner.findings import Finding, Severity
from provisioner.record import changed, record


class Result(StrEnum):
    """How a rule ended. What was not evaluated has not passed."""

    FAIL = "fail"
    NOT_EVALUATED = "not evaluated"
    WAIVED = "waived"
    PASSED = "pass"
    NOT_APPLICABLE = "not applicable"


@record
class Verdict:
    """What one rule came to, on what evidence; the reason says why it does not apply or was not evaluated."""

    rule: Rule
    severity: Severity
    result: Result
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    levels: tuple[Level, ...] = ()
    """At which levels it has looked."""


@record
class Judgement:
    """A verdict for each rule, and what is wrong with the packs and waivers that a definition names."""

    verdicts: tuple[Verdict, ...]
    packs: tuple[Finding, ...] = ()
    waivers: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What `evaluate` finds, in the same order."""
        told = (each.told for verdict in self.verdicts for each in verdict.evidence)
        return (*self.packs, *told, *self.waivers)


@record
class _Asked:
    """What a rule answered, before the waivers are looked at."""

    rule: Rule
    severity: Severity
    judged: tuple[Judged, ...] = ()
    unevaluated: bool = False
    reason: str = ""
    levels: tuple[Level, ...] = ()


def judge(
    network: Network,
    today: date,
    rules: tuple[Rule, ...] = RULES,
    packs: tuple[Pack, ...] = PACKS,
    seen: Seen | None = None,
    only: frozenset[str] | None = None,
) -> Judgement:
    """Each rule of netprov and of the packs in force, or of those some only, with its verdict on all that was seen."""
    chosen, all_seen = in_force(network, packs), seen or Seen(network)
    asked = _some((*rules, *(r for pack in chosen for r in pack.rules)), only)
    answers = [_ask(rule, chosen, all_seen, today) for rule in asked]
    judged = (j for answer in answers for j in answer.judged)
    evidence, waivers = matched(judged, network, today, terms(chosen), lambda: looking(asked, all_seen))
    return Judgement(tuple(_verdicts(answers, evidence)), tuple(mistakes(network, packs)), waivers)


def unread(reason: str, only: frozenset[str] | None = None) -> Judgement:
    """No rule can be evaluated where the definition cannot be read."""
    verdicts = (Verdict(rule, rule.severity, Result.NOT_EVALUATED, (), reason) for rule in _some(RULES, only))
    return Judgement(tuple(verdicts))


def _some(rules: tuple[Rule, ...], only: frozenset[str] | None) -> tuple[Rule, ...]:
    return rules if only is None else tuple(rule for rule in rules if rule.id in only)


def _ask(rule: Rule, packs: tuple[Pack, ...], seen: Seen, today: date) -> _Asked:
    network, levels = seen.network, looked_at(seen, rule.levels)
    severity = weight(rule, packs)
    if severity is None:
        names = " and ".join(pack.name for pack in packs if rule.id in pack.weights)
        return _Asked(rule, rule.severity, reason=f"the pack {names} does not ask it", levels=levels)
    try:
        faults, reason = rule.judge(network, today, seen)
        reason = "" if faults else reason or _exempt(rule, seen, today)
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the others still speak
        finding = broken(rule, network, error)
        return _Asked(rule, severity, ((None, finding),), True, finding.message, levels)
    return _Asked(rule, severity, tuple((f.subject, found(rule, severity, f)) for f in faults), False, reason, levels)


def _exempt(rule: Rule, seen: Seen, today: date) -> str:
    """Why a rule that found nothing was not asked of this network; nothing, if it was."""
    models, network = owing(rule), seen.network
    if network.operating_model not in models:
        return f"it is asked of {', '.join(models)} networks alone"
    identity = network.network
    if identity.environment is Environment.PRODUCTION:
        return ""
    as_production = changed(network, network=changed(identity, environment=Environment.PRODUCTION))
    found = rule.judge(as_production, today, changed(seen, network=as_production))[0]
    return "let pass in a test network; a production network would fail it" if found else ""


def _verdicts(answers: Iterable[_Asked], evidence: Iterable[Evidence]) -> Iterator[Verdict]:
    """Evidence is in the order of the rules' answers."""
    left = iter(evidence)
    for answer in answers:
        own = tuple(next(left) for _ in answer.judged)
        yield Verdict(answer.rule, answer.severity, _result(answer, own), own, answer.reason, answer.levels)


def _result(answer: _Asked, evidence: tuple[Evidence, ...]) -> Result:
    if answer.unevaluated:
        return Result.NOT_EVALUATED
    if evidence:
        return Result.FAIL if any(each.waiver is None for each in evidence) else Result.WAIVED
    return Result.NOT_APPLICABLE if answer.reason else Result.PASSED
