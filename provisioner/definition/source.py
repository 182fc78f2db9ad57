"""Bytes -> text that is safe to parse and to show, with what is wrong with the bytes.

Refused here: what no parser should see (size, encoding), and what would make a person read something else than the
machine does (control characters, invisible ones, and marks that turn the direction of text: CVE-2021-42574).
"""

import re

from provisioner.definition.mistakes import CHARACTER, ENCODING, SIZE, TAB
from provisioner.findings import Finding, Severity, Span
from provisioner.record import record

MOST_BYTES = 4 * 1024 * 1024
START = Span(1, 1, 2)
UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
REPLACEMENT = "\ufffd"
_PLAIN = bytes((10, *range(32, 127)))
"""Line ends and what ASCII prints: most definitions are of nothing else, and that is told in no time."""
_TAB = r"(?m)^ *(\t)"
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@record
class Source:
    """The text; `legible` is false where nothing in it can be relied on."""

    text: str
    findings: tuple[Finding, ...]
    legible: bool = True


def decode(data: bytes) -> Source:
    """UTF-8, with or without a byte order mark, with either kind of line end."""
    if len(data) > MOST_BYTES:
        return _illegible("", SIZE, START, "the file is larger than 4 MiB", "a definition is text for people: split it")
    if data.startswith(_WIDE) or _alternates(data):
        text = data.decode("utf-16", "replace")
        return _illegible(text, ENCODING, START, "the file is UTF-16 or UTF-32, not UTF-8", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error.start)
    if not data.translate(None, _PLAIN):
        return Source(text, ())
    text = text.replace("\r\n", "\n")
    if text.replace("\n", "").isprintable():
        return Source(text, ())
    found = (*_unsafe(text), *_tabs(text))
    return Source(re.sub(UNSAFE, REPLACEMENT, text) if found else text, found)


def span_at(text: str, index: int, length: int = 1) -> Span:
    """The place of a character, as people count."""
    line_start = text.rfind("\n", 0, index) + 1
    column = index - line_start + 1
    return Span(text.count("\n", 0, index) + 1, column, column + length)


def _unsafe(text: str) -> list[Finding]:
    """One finding for all, at the first: a binary file has thousands."""
    first = re.search(UNSAFE, text)
    if first is None:
        return []
    more = len(re.findall(UNSAFE, text)) - 1
    also = f", and {more} more such" if more else ""
    message = f"the character U+{ord(first[0]):04X} is invisible or controls a terminal{also}"
    return [_error(CHARACTER, span_at(text, first.start()), message, "delete it")]


def _tabs(text: str) -> list[Finding]:
    """YAML forbids them, libyaml takes some; in JSON they mean nothing."""
    if "\t" not in text or text.lstrip()[:1] in ("{", "["):
        return []
    places = [match.start(1) for match in re.finditer(_TAB, text)]
    if not places:
        return []
    also = f", and {len(places) - 1} more" if len(places) > 1 else ""
    return [_error(TAB, span_at(text, places[0]), f"a tab indents this line{also}", "indent with spaces")]


def _alternates(data: bytes) -> bool:
    """UTF-16 without a mark: each other byte of its ASCII characters is zero."""
    head = data[:4]
    return len(head) == 4 and (head[::2] == b"\0\0") != (head[1::2] == b"\0\0")


def _not_utf8(data: bytes, start: int) -> Source:
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    index = len(data[:start].decode("utf-8-sig").replace("\r\n", "\n"))
    message = f"the byte 0x{data[start]:02X} is not UTF-8"
    return _illegible(text, ENCODING, span_at(text, index), message, "save the file as UTF-8")


def _illegible(text: str, rule: str, span: Span, message: str, hint: str) -> Source:
    return Source(re.sub(UNSAFE, REPLACEMENT, text), (_error(rule, span, message, hint),), legible=False)


def _error(rule: str, span: Span, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, (), message, hint, span=span)
