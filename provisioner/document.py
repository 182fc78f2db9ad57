"""Bytes -> Document: the tree of the file, the place of each value, and every mistake of syntax.

One pass over the parser's events. Scalars stay text, so that `country: NO` is Norway: whoever reads a value knows
its type. What would let one file say two things is refused: anchors, merge keys, tags, a key that stands twice.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, SequenceEndEvent, StreamEndEvent

from provisioner import mistakes
from provisioner.findings import Finding, Path, Severity, Span
from provisioner.places import NOWHERE, Places, Tree
from provisioner.quoting import quoted
from provisioner.record import record
from provisioner.source import START, UNSAFE, decode, span_at

MOST_DEEP = 40
MOST_VALUES = 400_000
MOST_FINDINGS = 1_000
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_ODD_KEYS = frozenset({"", "<<"})
# Any: the stubs know neither that a parsed event has its marks, nor libyaml's loader.
_Scalar: Any = yaml.events.ScalarEvent
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@record
class Document:
    """What a file says. `whole` is false where reading stopped early, so that more may follow than is here."""

    name: str
    text: str
    value: Tree
    findings: tuple[Finding, ...]
    whole: bool = True
    places: Places = NOWHERE

    def where(self, path: Path, at_key: bool = False) -> Span:
        """Line and columns of a value (or its key); of the nearest enclosing one, where the path leads nowhere."""
        return self.places.find(self.text, self.value, path, at_key)


def parse(name: str, data: bytes) -> Document:
    """Never raises: whatever is wrong with the bytes is a finding."""
    source = decode(data)
    if not source.legible:
        return Document(name, source.text, None, source.findings, whole=False)
    builder = _Builder(source.text)
    whole = builder.built()
    read = Document(name, source.text, builder.tree, (), whole, builder.places)
    later = [*_doubled(read, builder.doubled), *islice(_unsafe(read), MOST_FINDINGS)]
    findings = _in_order([*source.findings, *builder.findings, *later])
    return Document(name, source.text, builder.tree, findings, whole, builder.places)


def _in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """As they stand in the file. A tab that indents is told once, and not again in the parser's words."""
    if any(f.rule == mistakes.TAB for f in found):
        found = [f for f in found if f.rule != mistakes.SYNTAX]
    return tuple(sorted(found, key=lambda f: (f.span.line, f.span.column) if f.span else (0, 0)))


class _Stop(Exception):
    """Nothing that follows is worth reading; the finding that says why is already there."""


class _Builder:
    """The tree as it grows. Each container hangs in the tree before it is filled, so what was read survives."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree: Tree = None
        self.places = Places()
        self.findings: list[Finding] = []
        self.doubled: list[tuple[Path, Span]] = []
        self.path: list[str | int] = []
        self.bare_next: Callable[[], Any] = _Loader(text).get_event
        self.next = self._looked_at if "&" in text or "!" in text else self.bare_next

    def built(self) -> bool:
        """Whether the file was read to its end."""
        try:
            self._document()
        except _Stop:
            return False
        except yaml.YAMLError as error:
            self.findings.append(_syntax_error(self.text, error))
            return False
        return True

    def _document(self) -> None:
        self.next()
        start = self.next()
        if type(start) is StreamEndEvent:
            raise self._empty()
        if start.version or start.tags:
            self._say(mistakes.DIRECTIVE, start, "a YAML directive", "remove the line that starts with `%`")
        event = self.next()
        self.tree = self._opened(event)
        self._fill(self.tree)
        if self.tree is None and not self.findings:
            raise self._empty()
        self.next()
        event = self.next()
        if type(event) is not StreamEndEvent:
            hint = "one file is one network: remove the line `---` and all that follows it"
            self._say(mistakes.DOCUMENTS, event, "a second document starts here", hint)

    def _mapping(self, out: dict[str, Tree]) -> None:
        following, place = self.next, self.places.starts.append
        while True:
            event = following()
            if type(event) is _Scalar and (key := event.value) not in out and key not in _ODD_KEYS:
                place(event.start_mark.index)
                event = following()
                if type(event) is _Scalar:
                    place(event.start_mark.index)
                    value = event.value
                    out[key] = None if value in NOTHING and not event.style else value
                else:
                    out[key] = child = self._opened(event, key)
                    self._descend(child, key)
            elif type(event) is MappingEndEvent:
                break
            else:
                self._refused_key(event, out)
            if len(self.places.starts) > MOST_VALUES:
                raise self._too_many(event)

    def _list(self, out: list[Tree]) -> None:
        following = self.next
        while type(event := following()) is not SequenceEndEvent:
            step = len(out)
            child = self._opened(event, step)
            out.append(child)
            if type(event) is not _Scalar:
                self._descend(child, step)
            if len(self.places.starts) > MOST_VALUES:
                raise self._too_many(event)

    def _opened(self, event: Any, *step: str | int) -> Tree:
        """A text; an empty list or mapping, to be filled; or nothing, for an alias."""
        self.places.starts.append(event.start_mark.index)
        kind = type(event)
        if kind is _Scalar:
            return None if event.value in NOTHING and not event.style else str(event.value)
        if kind is AliasEvent:
            self._say(mistakes.ANCHOR, event, f"{quoted('*' + event.anchor)} is an alias", "write the value out", *step)
            return None
        if len(self.path) + len(step) >= MOST_DEEP:
            hint = "a definition needs six levels"
            raise self._stop(mistakes.DEPTH, _span(event), f"values are nested more than {MOST_DEEP} deep", hint)
        return {} if kind is MappingStartEvent else []

    def _descend(self, child: Tree, step: str | int) -> None:
        self.path.append(step)
        self._fill(child)
        self.path.pop()

    def _fill(self, child: Tree) -> None:
        if not isinstance(child, dict | list):
            return
        number = len(self.places.starts) - 1
        self.places.numbers[id(child)] = number
        if isinstance(child, dict):
            self._mapping(child)
        else:
            self._list(child)
        self.places.sizes[id(child)] = len(self.places.starts) - number

    def _refused_key(self, event: Any, out: dict[str, Tree]) -> None:
        """Say what is wrong with the key, and read its value for mistakes of its own, but keep neither."""
        known = len(self.places.starts)
        if type(event) is not _Scalar or not event.value:
            self._say(mistakes.KEY, event, "a key must be a word", "write `key: value`")
        elif event.value in out:
            self.doubled.append(((*self.path, event.value), _span(event)))
            if len(self.doubled) >= MOST_FINDINGS:
                raise self._enough(event)
        else:
            self._say(mistakes.MERGE, event, "`<<` is a merge key", "write out what it would bring in")
        if type(event) is not _Scalar:
            self._descend(self._opened(event), "?")
        value = self.next()
        self._descend(self._opened(value), "?")
        del self.places.starts[known:]

    def _looked_at(self) -> Any:
        """The next event, looked at for an anchor and a tag: no definition needs either."""
        event = self.bare_next()
        if getattr(event, "anchor", None) and type(event) is not AliasEvent:
            self._say(mistakes.ANCHOR, event, f"{quoted('&' + event.anchor)} is an anchor", "remove it")
        if getattr(event, "tag", None):
            hint = "remove it: each key knows the type of its value"
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._say(mistakes.TAG, event, f"{quoted(tag)} is a tag", hint)
        return event

    def _say(self, rule: str, event: Any, message: str, hint: str, *step: str | int) -> None:
        self.findings.append(_error(rule, (*self.path, *step), message, hint, _span(event)))
        if len(self.findings) >= MOST_FINDINGS:
            raise self._enough(event)

    def _enough(self, event: Any) -> _Stop:
        message = f"{MOST_FINDINGS:,} mistakes are enough: the rest was not read"
        return self._stop(mistakes.MANY, _span(event), message, "correct these first")

    def _too_many(self, event: Any) -> _Stop:
        message = f"the file holds more than {MOST_VALUES:,} keys and values"
        return self._stop(mistakes.SIZE, _span(event), message, "split it into several networks")

    def _empty(self) -> _Stop:
        return self._stop(mistakes.EMPTY, START, "the file is empty", "`netprov init` writes a first definition")

    def _stop(self, rule: str, span: Span, message: str, hint: str) -> _Stop:
        self.findings.append(_error(rule, (), message, hint, span))
        return _Stop()


def _doubled(document: Document, doubled: list[tuple[Path, Span]]) -> Iterator[Finding]:
    for path, span in doubled:
        first = document.where(path, at_key=True).line
        message = f"{quoted(str(path[-1]))} stands twice: first on line {first}"
        yield _error(mistakes.TWICE, path, message, "keep one of the two", span)


def _unsafe(document: Document) -> Iterator[Finding]:
    """Values that Orthanc would rewrite, and what escapes can hide; both are rare enough to look for last."""
    if "${" not in document.text and "\\" not in document.text:
        return
    hint = "Orthanc would put an environment variable there: write it without `${`"
    for path, text, at_key in _texts(document.value, ()):
        span = document.where(path, at_key)
        if "${" in text:
            yield _error(mistakes.SUBSTITUTION, path, "`${` may stand in no value and no key", hint, span)
        if found := re.search(UNSAFE, text):
            message = f"the escape stands for U+{ord(found[0]):04X}, which is invisible or controls a terminal"
            yield _error(mistakes.CHARACTER, path, message, "remove it", span)


def _texts(tree: Tree, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Every key and every text, and whether it is a key."""
    if isinstance(tree, str):
        yield path, tree, False
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield (*path, key), key, True
            yield from _texts(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _texts(value, (*path, index))


def _syntax_error(text: str, error: yaml.YAMLError) -> Finding:
    index, start = (getattr(getattr(error, mark, None), "index", 0) for mark in ("problem_mark", "context_mark"))
    from provisioner.syntax import explain

    words = explain(str(getattr(error, "context", "")), str(getattr(error, "problem", "")), text[index : index + 1])
    index = start if words.at_start else index
    return _error(words.rule, (), words.message, words.hint, span_at(text, min(index, len(text))))


def _span(event: Any) -> Span:
    """The event's place on its first line."""
    start, end = event.start_mark, event.end_mark
    width = end.index - start.index if end.line == start.line else 1
    return Span(start.line + 1, start.column + 1, start.column + 1 + max(width, 1))


def _error(rule: str, path: Path, message: str, hint: str, span: Span) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, hint, span=span)
