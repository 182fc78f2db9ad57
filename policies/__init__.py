"""Rules over the definition: a network in, findings out; no file, clock or socket.

A family is a module that ends in RULES; a rule is one generator whose docstring is its manual page.
"""

from collections.abc import Iterator
from datetime import date

from policies import (
    accountability,
    contractual,
    controllers,
    dicom,
    entities,
    exchange,
    governance,
    identifiers,
    outsourcing,
    ownership,
    recovery,
    reporters,
    residency,
    retention,
    safety,
    security,
    transfers,
    workforce,
)
from policies.rule import Fault, Rule
from policies.waivers import Judged, waive
from provisioner.choices import Environment
from provisioner.findings import Finding, Severity
from provisioner.network import Network

FAMILIES = (
    *("RES", "GOV", "COL", "ALL", "HOS", "LLP", "LTD", "CIC", "OUT", "JV"),
    *("IG", "CS", "SEC", "RET", "BKP", "CAP", "DCM", "WRK"),
)
"""The prefixes of ids, in the order in which rules are listed."""
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *accountability.RULES,
            *contractual.RULES,
            *controllers.RULES,
            *dicom.RULES,
            *entities.RULES,
            *exchange.RULES,
            *governance.RULES,
            *identifiers.RULES,
            *outsourcing.RULES,
            *ownership.RULES,
            *recovery.RULES,
            *reporters.RULES,
            *residency.RULES,
            *retention.RULES,
            *safety.RULES,
            *security.RULES,
            *transfers.RULES,
            *workforce.RULES,
        ),
        key=lambda rule: (FAMILIES.index(rule.family), rule.id),
    )
)

LIGHTER_WHEN_SYNTHETIC = ("RES", "IG", "CS")
NEVER_LIGHTER = ("RES-09",)
"""The declaration itself: a rule that it would make lighter could not ask for it."""


def evaluate(network: Network, today: date, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    """All that the rules and the waivers have to say, in the order of the rules."""
    judged = [found for rule in rules for found in _judge(rule, network)]
    return waive(judged, network, today)


def _judge(rule: Rule, network: Network) -> Iterator[Judged]:
    """What one rule finds. A rule that breaks is an error: it has not passed anything."""
    try:
        faults = tuple(rule.check(network))
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the others still speak
        message = f"the rule could not be evaluated ({type(error).__name__}: {error}), so nothing passed it"
        hint = "a fault of netprov, not of the definition: please report it"
        yield None, Finding(rule.id, Severity.ERROR, network.path, message, hint)
        return
    for fault in faults:
        yield fault.subject, _finding(rule, fault, network)


def _finding(rule: Rule, fault: Fault, network: Network) -> Finding:
    severity = rule.severity
    if _lighter(rule, network):
        severity = Severity(max(severity - 1, Severity.INFO))
    return Finding(rule.id, severity, fault.path, fault.message, fault.hint, fault.at_key)


def _lighter(rule: Rule, network: Network) -> bool:
    synthetic = network.network.environment is Environment.TEST and network.network.synthetic_data
    return synthetic and rule.family in LIGHTER_WHEN_SYNTHETIC and rule.id not in NEVER_LIGHTER
