"""Rules over the definition: a network in, findings out; no file, clock or socket.

A family is a module that ends in RULES; a rule is one generator whose docstring is its manual page.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from policies import (
    accountability,
    change,
    clouds,
    contractual,
    controllers,
    copies,
    dicom,
    entities,
    exchange,
    governance,
    identifiers,
    networks,
    outsourcing,
    ownership,
    recovery,
    reporters,
    residency,
    retention,
    running,
    safety,
    security,
    settings,
    transfers,
    workforce,
)
from policies.level import Level, Seen, looked_at
from policies.packs import PACKS, Pack, in_force, mistakes, terms, weight
from policies.rule import Fault, Rule
from policies.waivers import Judged, waive
from provisioner.definition.network import Network
from provisioner.findings import Finding, Severity

FAMILIES = (
    *("RES", "GOV", "COL", "ALL", "HOS", "LLP", "LTD", "CIC", "OUT", "JV"),
    *("IG", "CS", "SEC", "RET", "BKP", "CAP", "DCM", "WRK"),
)
"""The prefixes of ids, in the order in which rules are listed."""
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *accountability.RULES,
            *change.RULES,
            *clouds.RULES,
            *contractual.RULES,
            *controllers.RULES,
            *copies.RULES,
            *dicom.RULES,
            *entities.RULES,
            *exchange.RULES,
            *governance.RULES,
            *identifiers.RULES,
            *networks.RULES,
            *outsourcing.RULES,
            *ownership.RULES,
            *recovery.RULES,
            *reporters.RULES,
            *residency.RULES,
            *retention.RULES,
            *running.RULES,
            *safety.RULES,
            *security.RULES,
            *settings.RULES,
            *transfers.RULES,
            *workforce.RULES,
        ),
        key=lambda rule: (FAMILIES.index(rule.family), rule.id),
    )
)

UNEVALUATED = "the rule could not be evaluated"
"""How the finding of a rule that broke begins."""


def evaluate(
    network: Network,
    today: date,
    rules: tuple[Rule, ...] = RULES,
    packs: tuple[Pack, ...] = PACKS,
    seen: Seen | None = None,
) -> tuple[Finding, ...]:
    """All that the packs, the rules and the waivers have to say, in the order of the rules."""
    chosen = in_force(network, packs)
    asked = (*rules, *(rule for pack in chosen for rule in pack.rules))
    judged: list[Judged] = [(None, finding) for finding in mistakes(network, packs)]
    for rule in asked:
        severity = weight(rule, chosen)
        if severity is not None:
            judged.extend(_judge(rule, severity, seen or Seen(network), today))
    return waive(judged, network, today, terms(chosen), lambda: looking(asked, seen or Seen(network)))


def looking(rules: Iterable[Rule], seen: Seen) -> dict[str, bool]:
    """Every rule that was asked, and whether it had anything to look at."""
    return {rule.id: bool(looked_at(seen, rule.levels)) for rule in rules}


def _judge(rule: Rule, severity: Severity, seen: Seen, today: date) -> Iterator[Judged]:
    """What one rule finds where it looks. A rule that breaks is an error: it has not passed anything."""
    if not looked_at(seen, rule.levels):
        return
    try:
        faults = tuple(rule.faults(seen.network, today, seen))
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the others still speak
        yield None, broken(rule, seen.network, error)
        return
    for fault in faults:
        yield fault.subject, found(rule, severity, fault)


def found(rule: Rule, severity: Severity, fault: Fault) -> Finding:
    """A fault as a finding of its rule."""
    weighs = severity if fault.severity is None else min(severity, fault.severity)
    if fault.level is Level.DEFINITION:
        return Finding(rule.id, weighs, fault.path, fault.message, fault.hint, fault.at_key)
    key = " ".join(str(step) for step in fault.key)
    message = f"{fault.message} ({fault.level}: {key})"
    return Finding(rule.id, weighs, fault.path, message, fault.hint, fault.at_key, None, fault.level.value, key)


def broken(rule: Rule, network: Network, error: Exception) -> Finding:
    """A rule that could not be evaluated, in netprov or in a pack of the user's own."""
    if rule.pack:
        named = network.policies.packs if network.policies else ()
        path = (*network.path, "policies", "packs", *(number for number, name in enumerate(named) if name == rule.pack))
        message, hint = f"{UNEVALUATED} ({error}), so nothing passed it", f"a fault of the pack {rule.pack}: mend it"
        return Finding(rule.id, Severity.ERROR, path, message, hint)
    message = f"{UNEVALUATED} ({type(error).__name__}: {error}), so nothing passed it"
    hint = "a fault of netprov, not of the definition: please report it"
    return Finding(rule.id, Severity.ERROR, network.path, message, hint)


def broke(finding: Finding) -> bool:
    """Whether this is of a rule that could not be evaluated: a fault of the rule, and nothing that it found."""
    return finding.message.startswith(UNEVALUATED)
