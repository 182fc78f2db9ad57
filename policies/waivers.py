"""WVR: a rule set aside for one subject, with a reason, by a named role, until a date."""

from collections.abc import Iterable, Iterator
from datetime import date

from provisioner.findings import Finding, Severity
from provisioner.network import Network, Waiver
from provisioner.record import changed

EXPIRED = "WVR-01"
UNUSED = "WVR-02"
UNSIGNED = "WVR-03"

Judged = tuple[str | None, Finding]
"""A finding beside the one thing that it is about; None where no waiver may cover it."""


def waive(judged: Iterable[Judged], network: Network, today: date) -> tuple[Finding, ...]:
    """The findings, those that a waiver in force covers as notes; then what is wrong with the waivers themselves."""
    waivers = network.policies.waivers if network.policies else ()
    used: set[Waiver] = set()
    findings: list[Finding] = []
    for subject, finding in judged:
        waiver = next((w for w in waivers if _in_force(w, today) and _covers(w, finding.rule, subject)), None)
        findings.append(_noted(finding, waiver) if waiver else finding)
        used.update((waiver,) if waiver else ())
    return (*findings, *(f for w in waivers for f in _faults(w, used, today)))


def _in_force(waiver: Waiver, today: date) -> bool:
    return waiver.until >= today and bool(waiver.approved_by.strip()) and bool(waiver.reason.strip())


def _covers(waiver: Waiver, rule: str, subject: str | None) -> bool:
    return subject is not None and waiver.rule == rule and waiver.subject in ("", subject)


def _noted(finding: Finding, waiver: Waiver) -> Finding:
    """A waived finding is never hidden: it stays, as a note that says who waived it."""
    by = f"waived until {waiver.until} by {waiver.approved_by}: {waiver.reason}"
    return changed(finding, severity=Severity.INFO, message=f"{finding.message} ({by})", hint="")


def _faults(waiver: Waiver, used: set[Waiver], today: date) -> Iterator[Finding]:
    subject = f" for {waiver.subject}" if waiver.subject else ""
    for key in ("approved_by", "reason"):
        if not (waiver.approved_by if key == "approved_by" else waiver.reason).strip():
            message = f"the waiver of {waiver.rule}{subject} is not in force: expected {key}, found nothing"
            yield Finding(UNSIGNED, Severity.ERROR, (*waiver.path, key), message)
    if waiver.until < today:
        message = f"the waiver of {waiver.rule}{subject} ended on {waiver.until} and counts no more"
        yield Finding(EXPIRED, Severity.WARN, (*waiver.path, "until"), message, "mend the finding, or ask again")
    elif _in_force(waiver, today) and waiver not in used:
        message = f"the waiver of {waiver.rule}{subject} matches no finding"
        yield Finding(UNUSED, Severity.WARN, (*waiver.path, "rule"), message, "take it out")
