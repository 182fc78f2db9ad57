"""WVR: a rule set aside for one subject, with a reason, by a named role, until a date."""

from collections.abc import Iterable, Iterator
from datetime import date

from provisioner.findings import Finding, Severity
from provisioner.network import Network, Waiver
from provisioner.record import changed, record

EXPIRED = "WVR-01"
UNUSED = "WVR-02"
UNSIGNED = "WVR-03"

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


def waive(judged: Iterable[Judged], network: Network, today: date) -> tuple[Finding, ...]:
    """The findings, those that a waiver in force covers as notes; then what is wrong with the waivers themselves."""
    evidence, faults = matched(judged, network, today)
    return (*(each.told for each in evidence), *faults)


def matched(
    judged: Iterable[Judged], network: Network, today: date
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Each finding with the waiver that covers it; and what is wrong with the waivers themselves."""
    waivers = network.policies.waivers if network.policies else ()
    used: set[Waiver] = set()
    evidence: list[Evidence] = []
    for subject, finding in judged:
        waiver = next((w for w in waivers if _in_force(w, today) and _covers(w, finding.rule, subject)), None)
        evidence.append(Evidence(finding, waiver))
        used.update((waiver,) if waiver else ())
    return tuple(evidence), tuple(f for w in waivers for f in _faults(w, used, today))


def _in_force(waiver: Waiver, today: date) -> bool:
    return waiver.until >= today and bool(waiver.approved_by.strip()) and bool(waiver.reason.strip())


def _covers(waiver: Waiver, rule: str, subject: str | None) -> bool:
    return subject is not None and waiver.rule == rule and waiver.subject in ("", subject)


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
