"""WVR: a rule set aside for one subject, with a reason, by a named role, until a date."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from policies.packs import TERMS, Terms
from provisioner.findings import Finding, Severity
from provisioner.network import Network, Waiver
from provisioner.record import changed, record

EXPIRED = "WVR-01"
UNUSED = "WVR-02"
UNSIGNED = "WVR-03"
TOO_LONG = "WVR-04"
OWN = "WVR-05"
NEVER = "WVR-06"
ROLES = "WVR-07"

Judged = tuple[str | None, Finding]
"""A finding beside the one thing that it is about; None where no waiver may cover it."""


@record
class Evidence:
    """A finding of a rule, beside the waiver that covers it."""

    finding: Finding
    waiver: Waiver | None = None

    @property
    def told(self) -> Finding:
        """A waived finding is never hidden: it stays, as a note that says who waived it."""
        if self.waiver is None:
            return self.finding
        by = f"waived until {self.waiver.until} by {self.waiver.approved_by}: {self.waiver.reason}"
        message = f"{self.finding.message} ({by})"
        return changed(self.finding, severity=Severity.INFO, message=message, hint="")


def waive(judged: Iterable[Judged], network: Network, today: date, terms: Terms = TERMS) -> tuple[Finding, ...]:
    """The findings, those that a waiver in force covers as notes; then what is wrong with the waivers themselves."""
    evidence, faults = matched(judged, network, today, terms)
    return (*(each.told for each in evidence), *faults)


def matched(
    judged: Iterable[Judged], network: Network, today: date, terms: Terms = TERMS
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Each finding with the waiver that covers it; and what is wrong with the waivers themselves."""
    waivers = network.policies.waivers if network.policies else ()
    wrong = {waiver: tuple(_faults(waiver, today, terms)) for waiver in waivers}
    used: set[Waiver] = set()
    evidence: list[Evidence] = []
    for subject, finding in judged:
        waiver = next((w for w in waivers if not wrong[w] and _covers(w, finding.rule, subject)), None)
        evidence.append(Evidence(finding, waiver))
        used.update((waiver,) if waiver else ())
    faults = (fault for w in waivers for fault in (wrong[w] or (() if w in used else (_unused(w),))))
    return tuple(evidence), tuple(faults)


def _covers(waiver: Waiver, rule: str, subject: str | None) -> bool:
    return subject is not None and waiver.rule == rule and waiver.subject in ("", subject)


def _what(waiver: Waiver) -> str:
    return f"the waiver of {waiver.rule}{f' for {waiver.subject}' if waiver.subject else ''}"


def _unused(waiver: Waiver) -> Finding:
    return Finding(UNUSED, Severity.WARN, (*waiver.path, "rule"), f"{_what(waiver)} matches no finding", "take it out")


def _faults(waiver: Waiver, today: date, terms: Terms) -> Iterator[Finding]:
    """Why a waiver is not in force."""
    for key, stated in (("approved_by", waiver.approved_by), ("reason", waiver.reason)):
        if not stated.strip():
            yield _error(UNSIGNED, waiver, key, f"expected {key}, found nothing", f"`{key}:`")
    if waiver.until < today:
        message = f"{_what(waiver)} ended on {waiver.until} and counts no more"
        yield Finding(EXPIRED, Severity.WARN, (*waiver.path, "until"), message, "mend the finding, or ask again")
    elif (waiver.until - today).days > terms.days:
        last = today + timedelta(terms.days)
        message = f"expected an end within {terms.days} days, found {waiver.until}"
        yield _error(TOO_LONG, waiver, "until", message, f"{last} at the latest; then ask again")
    if waiver.author and waiver.author.casefold() == waiver.approved_by.casefold():
        message = f"expected another approver than its author, found {waiver.approved_by} in both"
        yield _error(OWN, waiver, "approved_by", message, "the role of somebody else")
    if waiver.rule in terms.never:
        yield _error(
            NEVER, waiver, "rule", "expected a rule that may be waived, found one that may not", "mend the finding"
        )
    family, named = waiver.rule.partition("-")[0], waiver.approved_by.casefold()
    missing = [
        role for key, roles in terms.approvers if key == family for role in roles if role.casefold() not in named
    ]
    if missing and named.strip():
        message = f"expected the approval of {', '.join(missing)} too, found that of {waiver.approved_by}"
        yield _error(ROLES, waiver, "approved_by", message, "name every role that has approved")


def _error(rule: str, waiver: Waiver, key: str, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, (*waiver.path, key), f"{_what(waiver)} is not in force: {message}", hint)
