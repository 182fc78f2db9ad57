"""Judged definitions as plain facts: what JSON prints, and what every other form of the report is made from."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict

from cli.examining import Examined
from cli.reporting.frameworks import Coverage, coverage
from policies.verdicts import Result, Verdict
from provisioner import VERSION
from provisioner.findings import Finding, Path, Severity, Span, pointer
from provisioner.report import place

if TYPE_CHECKING:
    from provisioner.definition.document import Document
    from provisioner.definition.network import Waiver
    from provisioner.definition.places import Tree

NAMES = ("ods", "id", "aet", "ref", "name")
EXPECTED = re.compile(
    r"expected (?P<expected>.+?)[,;] (?:and )?found (?P<actual>.+?)(?:; copies come by .*|$| \([a-z]+: [^()]*\)$)"
)
"""How every rule words what it finds."""
OTHER_NAMES = ("rule", "subject", "kind", "party", "member", "role", "from", "to")
"""What an element of a list is known by, so that its number does not count: the first of those, or all of these."""


class Waived(TypedDict):
    """Who set a finding aside, and for how long still."""

    subject: str
    author: str
    approved_by: str
    reason: str
    reference: str
    until: str
    days_left: int


class Found(TypedDict):
    """One finding; `weight` is its own severity, `severity` what it counts as: a waived one is a note.

    Beyond the definition `node` is the node or planned resource that was looked at, and `key` its setting or property.
    `expected` and `actual` are those of the message, empty where it does not say.
    """

    file: str
    line: int
    column: int
    end_column: int
    path: str
    rule: str
    severity: str
    weight: str
    message: str
    expected: str
    actual: str
    hint: str
    level: str
    node: str
    key: str
    waiver: Waived | None
    fingerprint: str


class Control(TypedDict):
    """One rule's verdict on one definition; `findings` are numbers into the report's own, `levels` where it looked."""

    file: str
    rule: str
    title: str
    basis: str
    severity: str
    result: str
    reason: str
    levels: list[str]
    findings: list[int]


class Defined(TypedDict):
    """One definition that was judged."""

    file: str
    sha256: str
    network: str
    name: str
    environment: str
    operating_model: str


class Facts(TypedDict):
    """The whole report; `only` says which rules were asked, and is empty where all were."""

    netprov: str
    date: str
    only: str
    errors: int
    warnings: int
    waived: int
    results: dict[str, int]
    definitions: list[Defined]
    controls: list[Control]
    frameworks: list[Coverage]
    findings: list[Found]


def digest(content: bytes) -> str:
    """What a definition is known by."""
    return hashlib.sha256(content).hexdigest()


def facts(
    results: Iterable[Examined], digests: Iterable[str], today: date, framework: str = "", only: str = ""
) -> Facts:
    """Everything that was looked at, passes included; findings in the order of each file."""
    definitions: list[Defined] = []
    controls: list[Control] = []
    findings: list[Found] = []
    for result, digest in zip(results, digests, strict=True):
        numbers: dict[str, list[int]] = {}
        for found in sorted(_findings(result, today), key=_in_file):
            numbers.setdefault(found["rule"], []).append(len(findings))
            findings.append(found)
        definitions.append(_defined(result, digest))
        verdicts = result.judgement.verdicts if result.judgement else ()
        controls += [_control(result.document.name, v, numbers.get(v.rule.id, [])) for v in verdicts]
    _number_repeated(findings)
    return {
        "netprov": VERSION,
        "date": today.isoformat(),
        "only": only,
        "errors": _count(findings, Severity.ERROR),
        "warnings": _count(findings, Severity.WARN),
        "waived": sum(1 for f in findings if f["waiver"]),
        "results": {result.value: sum(1 for c in controls if c["result"] == result) for result in Result},
        "definitions": definitions,
        "controls": controls,
        "frameworks": list(coverage(((c["file"], c["rule"], c["result"]) for c in controls), framework)),
        "findings": findings,
    }


def _findings(result: Examined, today: date) -> Iterator[Found]:
    """What the rules found, with its waivers, and what else is wrong with the definition."""
    verdicts = result.judgement.verdicts if result.judgement else ()
    told = set()
    for each in (each for verdict in verdicts for each in verdict.evidence):
        told.add(each.told)
        yield _found(result.document, each.finding, each.waiver, today)
    for finding in result.findings:
        if finding not in told:
            yield _found(result.document, finding, None, today)


def _found(document: "Document", finding: Finding, waiver: "Waiver | None", today: date) -> Found:
    span = place(document, finding)
    node, _, key = finding.key.partition(" ")
    told = EXPECTED.match(finding.message)
    return {
        "file": document.name,
        "line": span.line,
        "column": span.column,
        "end_column": max(span.end, span.column + 1),
        "path": pointer(finding.path),
        "rule": finding.rule,
        "severity": (Severity.INFO if waiver else finding.severity).word,
        "weight": finding.severity.word,
        "message": finding.message,
        "expected": told["expected"] if told else "",
        "actual": told["actual"] if told else "",
        "hint": finding.hint,
        "level": finding.level,
        "node": node,
        "key": key,
        "waiver": _waived(waiver, today) if waiver else None,
        "fingerprint": _fingerprint(document, finding, span),
    }


def _waived(waiver: "Waiver", today: date) -> Waived:
    return {
        "subject": waiver.subject,
        "author": waiver.author,
        "approved_by": waiver.approved_by,
        "reason": waiver.reason,
        "reference": waiver.reference,
        "until": waiver.until.isoformat(),
        "days_left": (waiver.until - today).days,
    }


def _control(name: str, verdict: Verdict, findings: list[int]) -> Control:
    return {
        "file": name,
        "rule": verdict.rule.id,
        "title": verdict.rule.title,
        "basis": verdict.rule.basis,
        "severity": verdict.severity.word,
        "result": verdict.result.value,
        "reason": verdict.reason,
        "levels": [level.value for level in verdict.levels],
        "findings": findings,
    }


def _defined(result: Examined, digest: str) -> Defined:
    network = result.network
    return {
        "file": result.document.name,
        "sha256": digest,
        "network": network.network.id if network else "",
        "name": network.network.name if network else "",
        "environment": network.network.environment.value if network else "",
        "operating_model": network.operating_model.value if network else "",
    }


def _in_file(found: Found) -> tuple[int, int, int, str]:
    return found["line"], found["column"], -Severity[found["weight"].upper()], found["rule"]


def _count(findings: list[Found], severity: Severity) -> int:
    return sum(1 for found in findings if found["severity"] == severity.word)


def _fingerprint(document: "Document", finding: Finding, span: Span) -> str:
    """The same when lines are put in above, or elements: by what stands there, not by where."""
    what = ("path", *_named(document.value, finding.path)) if finding.path else ("line", _line(document.text, span))
    beyond = (finding.level, finding.key) if finding.key else ()
    return hashlib.sha256("\0".join((finding.rule, *what, *beyond)).encode()).hexdigest()


@lru_cache(1)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def _line(text: str, span: Span) -> str:
    lines = _lines(text)
    return lines[span.line - 1].strip() if span.line <= len(lines) else ""


def _named(tree: "Tree", path: Path) -> Iterator[str]:
    """The path, with the name of each element of a list in place of its number."""
    for step in path:
        inner: Tree = None
        if isinstance(tree, dict) and isinstance(step, str):
            inner = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            inner = tree[step]
        yield step if isinstance(step, str) else _name(inner, step)
        tree = inner


def _name(element: "Tree", number: int) -> str:
    if isinstance(element, str):
        return element
    if not isinstance(element, dict):
        return str(number)
    own = next((str(element[key]) for key in NAMES if element.get(key)), "")
    return own or "/".join(str(element[key]) for key in OTHER_NAMES if element.get(key)) or str(number)


def _number_repeated(findings: list[Found]) -> None:
    """Two findings of one rule at one place are told apart by their order."""
    seen: Counter[tuple[str, str]] = Counter()
    for found in findings:
        key = (found["file"], found["fingerprint"])
        seen[key] += 1
        found["fingerprint"] += f":{seen[key]}"
