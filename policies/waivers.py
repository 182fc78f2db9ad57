"""WVR: a rule set aside for one subject, with a reason, by a named role, until a date."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from policies.packs import TERMS, Terms
from provisioner.definition.choices import Environment
from provisioner.definition.network import Network, Waiver
from provisioner.findings import Finding, Severity
from provisioner.record import changed, record

EXPIRED = "WVR-01"
UNUSED = "WVR-02"
UNSIGNED = "WVR-03"
TOO_LONG = "WVR-04"
OWN = "WVR-05"
NEVER = "WVR-06"
ROLES = "WVR-07"
INCOMPLETE = "WVR-08"

Judged = tuple[str | None, Finding]
"""A finding beside the one thing that it is about; None where no waiver may cover it."""
Asked = Callable[[], Mapping[str, bool]]
"""Gives every rule there is, and whether it has looked; asked only where something is waived."""


@record
class Evidence:
    """A finding of a rule, beside the waiver that covers it."""

    finding: Finding
    waiver: Waiver | None = None
    days_left: int = 0

    @property
    def told(self) -> Finding:
        """A waived finding is never hidden: it stays, as a note that says who waived it."""
        if self.waiver is None:
            return self.finding
        by = words(
            approved_by=self.waiver.approved_by,
            author=self.waiver.author,
            reference=self.waiver.reference,
            until=self.waiver.until.isoformat(),
            days_left=self.days_left,
            reason=self.waiver.reason,
        )
        message = f"{self.finding.message}; waived, {by}"
        return changed(self.finding, severity=Severity.INFO, message=message, hint="")


def words(*, approved_by: str, author: str, reference: str, until: str, days_left: int, reason: str) -> str:
    """Who set something aside, on what paper, for how long still, and why."""
    asked = f" (asked for by {author})" if author else ""
    paper = f", reference {reference}" if reference else ""
    left = f"{days_left} {'day' if days_left == 1 else 'days'} left" if days_left else "its last day"
    return f"approved by {approved_by}{asked}{paper}, until {until} ({left}): {reason}"


def waive(
    judged: Iterable[Judged], network: Network, today: date, terms: Terms = TERMS, asked: Asked = dict
) -> tuple[Finding, ...]:
    """The findings, those that a waiver in force covers as notes; then what is wrong with the waivers themselves."""
    if not network.policies or not network.policies.waivers:
        return tuple(finding for _, finding in judged)
    evidence, faults = matched(judged, network, today, terms, asked)
    return (*(each.told for each in evidence), *faults)


def matched(
    judged: Iterable[Judged], network: Network, today: date, terms: Terms = TERMS, asked: Asked = dict
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Each finding with the waiver that covers it; and what is wrong with the waivers themselves."""
    waivers = network.policies.waivers if network.policies else ()
    wrong = {waiver: tuple(_faults(waiver, today, terms)) for waiver in waivers}
    used: set[Waiver] = set()
    evidence: list[Evidence] = []
    for subject, finding in judged:
        waiver = next((w for w in waivers if not wrong[w] and _covers(w, finding.rule, subject)), None)
        evidence.append(Evidence(finding, waiver, (waiver.until - today).days if waiver else 0))
        used.update((waiver,) if waiver else ())
    known = asked() if waivers else {}
    faults = (f for w in waivers for f in (wrong[w] or (_left_out(w, network) if w in used else _unused(w, known))))
    return tuple(evidence), tuple(faults)


def _covers(waiver: Waiver, rule: str, subject: str | None) -> bool:
    return subject is not None and waiver.rule == rule and waiver.subject in ("", subject)


def _what(waiver: Waiver) -> str:
    return f"the waiver of {waiver.rule}{f' for {waiver.subject}' if waiver.subject else ''}"


def _unused(waiver: Waiver, asked: Mapping[str, bool]) -> Iterator[Finding]:
    """A waiver of a rule that did not look this time may have its use at another level."""
    path = (*waiver.path, "rule")
    if asked and waiver.rule not in asked:
        from difflib import get_close_matches  # a waiver with a mistake alone pays for it

        close = get_close_matches(waiver.rule, asked, 1)
        hint = f"did you mean {close[0]}?" if close else "`netprov rules` lists them"
        yield Finding(UNUSED, Severity.WARN, path, f"{_what(waiver)} waives nothing: there is no such rule", hint)
    elif asked.get(waiver.rule, True):
        yield Finding(UNUSED, Severity.WARN, path, f"{_what(waiver)} matches no finding", "take it out")


def _left_out(waiver: Waiver, network: Network) -> Iterator[Finding]:
    """What one that is in force should have said, where patients' images are."""
    stated = {"subject": waiver.subject, "reference": waiver.reference, "author": waiver.author}
    missing = [key for key, value in stated.items() if not value.strip()]
    if missing and network.network.environment is Environment.PRODUCTION:
        message = f"{_what(waiver)} is in force; expected its {', '.join(missing)} too, found none"
        hint = f"`{':`, `'.join(missing)}:`: the one thing that it is for, on what paper, who asked"
        yield Finding(INCOMPLETE, Severity.WARN, (*waiver.path, "rule"), message, hint)


def _faults(waiver: Waiver, today: date, terms: Terms) -> Iterator[Finding]:
    """Why a waiver is not in force."""
    for key, stated in (("approved_by", waiver.approved_by), ("reason", waiver.reason)):
        if not stated.strip():
            yield _error(UNSIGNED, waiver, key, f"expected {key}, found nothing", f"`{key}:`")
    if waiver.until < today:
        by = f", approved by {waiver.approved_by}," if waiver.approved_by.strip() else ""
        message = f"{_what(waiver)}{by} ended on {waiver.until} and counts no more"
        yield Finding(
            EXPIRED, Severity.WARN, (*waiver.path, "until"), message, "mend what it was for, or ask for a new one"
        )
    elif (waiver.until - today).days > terms.days:
        last = today + timedelta(terms.days)
        message = f"expected an end within {terms.days} days, found {waiver.until}"
        yield _error(TOO_LONG, waiver, "until", message, f"{last} at the latest; then ask again")
    if waiver.author.strip() and _same(waiver.author, waiver.approved_by):
        message = f"expected another approver than its author, found {waiver.approved_by} in both"
        yield _error(OWN, waiver, "approved_by", message, "the role of somebody else")
    if waiver.rule in terms.never:
        yield _error(
            NEVER, waiver, "rule", "expected a rule that may be waived, found one that may not", "mend the finding"
        )
    family, named = waiver.rule.partition("-")[0], waiver.approved_by.casefold()
    missing = [
        role
        for key, roles in terms.approvers
        if key == family
        for role in roles
        if not re.search(rf"\b{re.escape(role.casefold())}\b", named)
    ]
    if missing and named.strip():
        message = f"expected the approval of {', '.join(missing)} too, found that of {waiver.approved_by}"
        yield _error(ROLES, waiver, "approved_by", message, "name every role that has approved")


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()


def _error(rule: str, waiver: Waiver, key: str, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, (*waiver.path, key), f"{_what(waiver)} is not in force: {message}", hint)
