"""Cases as a JUnit file, which CI servers show."""

from collections.abc import Iterable
from html import escape

SKIPPED = "skipped"
"""The kind of a case that was not looked at, or set aside; its message says why."""
NOT_IN_XML = {code: None for code in range(32) if chr(code) not in "\n\t"}


def junit(suite: str, cases: Iterable[tuple[str, str, float, str, str]]) -> str:
    """A JUnit file of (class, name, seconds, type of failure or empty, message) cases."""
    listed = list(cases)
    skipped = sum(1 for case in listed if case[3] == SKIPPED)
    failures = sum(1 for case in listed if case[3]) - skipped
    total = sum(case[2] for case in listed)
    counts = f'tests="{len(listed)}" failures="{failures}"' + (f' skipped="{skipped}"' if skipped else "")
    head = f'<testsuite name="{escape(suite)}" {counts} time="{total:.3f}">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *map(_case, listed), "</testsuite>"])


def _case(case: tuple[str, str, float, str, str]) -> str:
    owner, name, duration, kind, message = case
    message = message.translate(NOT_IN_XML)
    head = f'  <testcase classname="{escape(owner)}" name="{escape(name)}" time="{duration:.3f}"'
    if not kind:
        return f"{head}/>"
    first = escape(message.partition("\n")[0])
    if kind == SKIPPED:
        return f'{head}>\n    <skipped message="{first}">{escape(message)}</skipped>\n  </testcase>'
    failure = f'    <failure type="{escape(kind)}" message="{first}">{escape(message)}</failure>'
    return f"{head}>\n{failure}\n  </testcase>"
