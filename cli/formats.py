"""Facts as JSON and JUnit: the same values that the tables show, for scripts and CI."""

import json
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from provisioner.registry import plain

if TYPE_CHECKING:
    from provisioner.verify import Check, Report

NOT_IN_XML = {code: None for code in range(32) if chr(code) not in "\n\t"}


def as_json(value: object) -> str:
    """Indented JSON, in the order of the fields."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def junit(suite: str, cases: Iterable[tuple[str, str, float, str, str]]) -> str:
    """A JUnit file of (class, name, seconds, type of failure or empty, message) cases."""
    listed = list(cases)
    failures = sum(1 for case in listed if case[3])
    total = sum(case[2] for case in listed)
    head = f'<testsuite name="{escape(suite)}" tests="{len(listed)}" failures="{failures}" time="{total:.3f}">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *map(_case, listed), "</testsuite>"])


def _case(case: tuple[str, str, float, str, str]) -> str:
    owner, name, duration, kind, message = case
    message = message.translate(NOT_IN_XML)
    head = f'  <testcase classname="{escape(owner)}" name="{escape(name)}" time="{duration:.3f}"'
    if not kind:
        return f"{head}/>"
    first = escape(message.partition("\n")[0])
    failure = f'    <failure type="{escape(kind)}" message="{first}">{escape(message)}</failure>'
    return f"{head}>\n{failure}\n  </testcase>"


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
