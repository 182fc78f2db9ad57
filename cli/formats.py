"""Facts as JSON and JUnit, from the same values that the tables show."""

import json
from typing import TYPE_CHECKING

from cli.junit import junit
from provisioner.plain import plain

if TYPE_CHECKING:
    from provisioner.proving.verify import Check, Report


def as_json(value: object) -> str:
    """Indented JSON, in the order of the fields."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def report_as_json(report: "Report") -> dict[str, object]:
    """A verification, with its verdict."""
    return {
        "network": report.network,
        "passed": not report.failed,
        "checks": report.checks,
    }


def report_as_junit(report: "Report") -> str:
    """A verification as one test suite."""
    return junit(f"netprov verify {report.network}", map(_verified, report.checks))


def between(check: "Check") -> str:
    """The ends of a check: some have but one."""
    return " -> ".join(end for end in (check.source, check.target) if end)


def _verified(check: "Check") -> tuple[str, str, float, str, str]:
    name = f"{check.name} {between(check)}"
    failure = "" if check.passed else f"must be {check.expected}" if check.expected == "refused" else "must work"
    return f"netprov.{check.expected}", name, check.seconds, failure, check.detail
