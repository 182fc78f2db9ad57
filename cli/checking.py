"""`check` without click: a definition in, all that is wrong with it out."""

import sys
from collections.abc import Iterator

from cli.examining import Examined, examined, read_bytes
from cli.session import Session
from cli.terminal import counted, say, style_of
from provisioner.errors import Exit
from provisioner.findings import Severity, pointer


def check(names: tuple[str, ...], form: str, session: Session, strict: bool = False) -> int:
    """Check each definition; all of them are read, whatever the first holds."""
    results = tuple(examined(name, read_bytes(name), session) for name in names)
    if form == "json":
        import json

        say(json.dumps(_facts(results), indent=2, ensure_ascii=False))
    elif form == "junit":
        say(_junit(results))
    else:
        _say_text(results, session)
    refused = any(r.refused or (strict and r.count(Severity.WARN)) for r in results)
    return Exit.REFUSED if refused else Exit.DONE


def _say_text(results: tuple[Examined, ...], session: Session) -> None:
    from provisioner.report import text

    colour = style_of(sys.stdout, session.environ).colour
    told = [text(result.document, result.findings, colour) for result in results if result.findings]
    say("\n\n".join([*told, tally(results)]))


def _facts(results: tuple[Examined, ...]) -> dict[str, object]:
    return {
        "errors": sum(r.count(Severity.ERROR) for r in results),
        "warnings": sum(r.count(Severity.WARN) for r in results),
        "findings": [fact for result in results for fact in _each(result)],
    }


def _each(result: Examined) -> Iterator[dict[str, object]]:
    from provisioner.report import place

    placed = [(place(result.document, finding), finding) for finding in result.findings]
    for span, finding in sorted(placed, key=lambda p: (p[0].line, p[0].column, -p[1].severity, p[1].rule)):
        yield {
            "file": result.document.name,
            "line": span.line,
            "column": span.column,
            "path": pointer(finding.path),
            "rule": finding.rule,
            "severity": finding.severity.word,
            "message": finding.message,
            "hint": finding.hint,
        }


def _junit(results: tuple[Examined, ...]) -> str:
    """One case for each finding that is more than a note; a definition without any is one case that passes."""
    from cli.junit import junit

    cases: list[tuple[str, str, float, str, str]] = []
    for result in results:
        faults = [fact for fact in _each(result) if fact["severity"] != Severity.INFO.word]
        name = result.document.name
        cases += [(name, f"{f['rule']} {f['path']}".strip(), 0.0, str(f["severity"]), _told(f)) for f in faults]
        cases += [] if faults else [(name, "no findings", 0.0, "", "")]
    return junit("netprov check", cases)


def _told(fact: dict[str, object]) -> str:
    where = f"{fact['file']}:{fact['line']}:{fact['column']}: {fact['severity']}: {fact['message']} [{fact['rule']}]"
    return where + (f"\ntry: {fact['hint']}" if fact["hint"] else "")


def tally(results: tuple[Examined, ...]) -> str:
    """network.yaml: 2 errors, 1 warning."""
    names = results[0].document.name if len(results) == 1 else f"{len(results)} definitions"
    errors = sum(r.count(Severity.ERROR) for r in results)
    warnings = sum(r.count(Severity.WARN) for r in results)
    return f"{names}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
