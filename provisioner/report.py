"""Findings and the Document they are about -> text for people: where, what, the line itself, and what to do."""

from provisioner.definition.document import Document
from provisioner.definition.quoting import starred, visible
from provisioner.findings import Finding, Severity, Span, pointer

WIDEST = 160
"""Of a longer line (JSON is often one), this much around the place is shown."""
AROUND = 400
TAB = "→"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARN: "\x1b[1;33m", Severity.INFO: "\x1b[1;36m"}
_BOLD, _FAINT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def text(document: Document, findings: tuple[Finding, ...], colour: bool = False) -> str:
    """Every finding in the order of the file, one paragraph each."""
    placed = [(place(document, finding), finding) for finding in findings]
    placed.sort(key=lambda pair: (pair[0].line, pair[0].column, -pair[1].severity, pair[1].rule))
    lines = document.text.split("\n")
    return "\n\n".join(_paragraph(document.name, lines, span, finding, colour) for span, finding in placed)


def place(document: Document, finding: Finding) -> Span:
    """Where a finding points."""
    return finding.span or document.where(finding.path, finding.at_key)


def _paragraph(name: str, lines: list[str], span: Span, finding: Finding, colour: bool) -> str:
    paint = _painted if colour else _bare
    word = paint(f"{finding.severity.word}:", _COLOURS[finding.severity])
    where = paint(f"{visible(name)}:{span.line}:{span.column}:", _BOLD)
    parts = [f"{where} {word} {visible(finding.message)} {paint(f'[{finding.rule}]', _FAINT)}"]
    if span.line <= len(lines) and lines[span.line - 1].strip():
        source, before, width = _window(lines[span.line - 1], span)
        parts.append(f"{span.line:>5} | {source}")
        parts.append(f"      | {' ' * before}{paint('^' * width, _COLOURS[finding.severity])}")
    if finding.path:
        parts.append(f"   at {visible(pointer(finding.path))}")
    if finding.hint:
        parts.append(f"   try: {visible(finding.hint)}")
    return "\n".join(parts)


def _window(line: str, span: Span) -> tuple[str, int, int]:
    """What is shown of the line, and the columns before and under the carets."""
    start, end = span.column - 1, max(span.end - 1, span.column)
    left, right = 0, len(line)
    if right > WIDEST:
        left = max(0, min(start - WIDEST // 4, len(line) - WIDEST))
        right = left + WIDEST
    head, tail = "…" if left else "", "…" if right < len(line) else ""
    # What is cut off counts too: a password is known by what stands around it.
    margin = max(0, left - AROUND)
    clean = starred(visible(line[margin : right + AROUND].replace("\t", TAB)))
    shown = clean[left - margin : right - margin]
    before, under = head + shown[: start - left], shown[start - left : max(min(end, right) - left, 0)]
    return f"{head}{shown}{tail}", _columns(before), max(1, _columns(under))


def _columns(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _painted(words: str, code: str) -> str:
    return f"{code}{words}{_PLAIN}"


def _bare(words: str, _: str) -> str:
    return words
