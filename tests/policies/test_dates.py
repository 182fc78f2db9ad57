"""Rules that are asked on a day: the last on which all is in order, and the first on which it is not."""

from datetime import date

import pytest

from policies import RULES, evaluate
from policies.pages import laid_over
from provisioner.definition.document import parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.findings import Severity

DSPT = """
members:
  - {ods: RXA, name: A, kind: nhs_trust, dspt: Standards Met, dspt_year: 2025-26, sites: [{ods: RXA01, name: B}]}
"""
REVIEW = "governance: {dsa: {ref: DSA-1, dated: 2026-01-01, members: [RXA], review: 2027-03-01}}"
CIC = "operating_model: cic\nlegal_entity: {name: Severn CIC, cic34: 2026-09-14}"
RESTORE = "platform: {backup: {last_restore_test: 2026-10-06}}"
AGREED = """
governance:
  agreements: [{kind: sla, parties: [RXA, RXB], signed: 2026-01-01, review: 2027-03-01}]
"""
STANDARD = "governance: {quality_standard: {ref: QSI, approved_by: Manager, review: 2027-03-01}}"
TEST = "network: {id: severn, name: Severn, environment: test, synthetic_data: true}"


def network(snippet: str) -> Network:
    given, mistakes = read(parse("snippet", laid_over(snippet.strip() + "\n").encode()))
    assert given is not None, mistakes
    return given


def weighs(rule_id: str, snippet: str, today: date, ending: str) -> list[Severity]:
    """What is found at the place whose path ends so."""
    rules = tuple(rule for rule in RULES if rule.id == rule_id)
    return [f.severity for f in evaluate(network(snippet), today, rules) if f.path[-1] == ending]


@pytest.mark.parametrize(
    ("rule_id", "snippet", "ending", "last", "first", "severity"),
    [
        ("IG-10", DSPT, "dspt_year", date(2027, 4, 30), date(2027, 5, 1), Severity.WARN),
        ("IG-10", DSPT, "dspt_year", date(2027, 6, 30), date(2027, 7, 1), Severity.ERROR),
        ("IG-10", DSPT, "dspt_year", date(2027, 4, 30), date(2027, 6, 30), Severity.WARN),
        ("IG-06", REVIEW, "review", date(2027, 3, 1), date(2027, 3, 2), Severity.ERROR),
        ("GOV-10", AGREED, "review", date(2027, 3, 1), date(2027, 3, 2), Severity.WARN),
        ("WRK-08", STANDARD, "review", date(2027, 3, 1), date(2027, 3, 2), Severity.WARN),
        ("CIC-03", CIC, "cic34", date(2027, 9, 15), date(2027, 9, 16), Severity.WARN),
        ("CIC-03", CIC, "cic34", date(2026, 9, 14), date(2026, 9, 13), Severity.WARN),
        ("BKP-04", RESTORE, "last_restore_test", date(2027, 10, 7), date(2027, 10, 8), Severity.WARN),
    ],
)
def test_what_is_in_order_one_day_is_overdue_on_the_next(
    rule_id: str, snippet: str, ending: str, last: date, first: date, severity: Severity
) -> None:
    assert severity not in weighs(rule_id, snippet, last, ending)
    assert weighs(rule_id, snippet, first, ending) == [severity]
    assert weighs(rule_id, f"{TEST}\n{snippet}", first, ending) == []
