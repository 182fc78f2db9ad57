"""Bytes -> Document: the tree of the file, the place of each value, and every mistake of syntax.

One pass over the parser's events. Scalars stay text, so that `country: NO` is Norway: whoever reads a value knows
its type. What would let one file say two things is refused: anchors, merge keys, tags, a key that stands twice.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from provisioner.definition import mistakes
from provisioner.definition.hidden import hidden
from provisioner.definition.libyaml import (
    AliasEvent,
    Lent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
    lends,
    parser,
)
from provisioner.definition.places import NOWHERE, Container, Places, Tree
from provisioner.definition.quoting import quoted
from provisioner.definition.source import START, decode, span_at
from provisioner.findings import Finding, Path, Severity, Span
from provisioner.record import record

MOST_DEEP = 40
MOST_VALUES = 400_000
MOST_FINDINGS = 1_000
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_END = object()
"""What stands where a container ends."""
_ODD_KEYS = frozenset({None, "", "<<"})


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
    later = [*_doubled(read, builder.doubled), *islice(hidden(source.text, builder.tree, read.where), MOST_FINDINGS)]
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
    """The tree as it grows. Each container hangs in the tree before it is filled, so what was read survives.

    What the parser gives is a part of the tree already, where it would be the event of one (see `Lent`): a text or
    nothing, an empty container, or the end of one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree: Tree = None
        self.places = Places()
        self.findings: list[Finding] = []
        self.doubled: list[tuple[Path, Span]] = []
        self.path: list[str | int] = []
        self.event = parser(text)
        self.parts = self._parts()
        self.next = self.event if lends() else self._converted

    def built(self) -> bool:
        """Whether the file was read to its end."""
        try:
            with Lent({kind.__name__: part for kind, part in self.parts.items()}):
                self._document()
        except _Stop:
            return False
        except YAMLError as error:
            self.findings.append(_syntax_error(self.text, error))
            return False
        return True

    def _converted(self) -> Any:
        """The same of a parser that does not lend its classes."""
        event = self.event()
        if type(event) not in self.parts:
            return event
        if type(event) in (MappingEndEvent, SequenceEndEvent):
            return _END
        told = (event.start_mark, event.end_mark)
        given = (event.value, *told, event.style) if type(event) is ScalarEvent else told
        return self.parts[type(event)](event.anchor, event.tag, None, *given)

    def _parts(self) -> dict[type, Callable[..., Any]]:
        """What is called in the place of each event's class; the parameters are the parser's."""
        place = self.places.starts.append

        def value(
            anchor: Any, tag: Any, _: Any, text: str, start_mark: Any = None, end_mark: Any = None, style: Any = None
        ) -> str | None:
            place(start_mark.index)
            if anchor or tag:
                self._anchor_or_tag(anchor, tag, _between(start_mark, end_mark))
            return None if text in NOTHING and not style else text

        def opened(kind: type) -> Callable[..., Container]:
            def container(
                anchor: Any, tag: Any, _: Any, start_mark: Any, end_mark: Any, *_style: Any, **_how: Any
            ) -> Any:
                place(start_mark.index)
                if anchor or tag:
                    self._anchor_or_tag(anchor, tag, _between(start_mark, end_mark))
                return kind()

            return container

        def ended(*_: Any) -> object:
            return _END

        return {
            ScalarEvent: value,
            MappingStartEvent: opened(dict),
            MappingEndEvent: ended,
            SequenceStartEvent: opened(list),
            SequenceEndEvent: ended,
        }

    def _document(self) -> None:
        self.next()
        start = self.next()
        if type(start) is StreamEndEvent:
            raise self._empty()
        if start.version or start.tags:
            self._say(mistakes.DIRECTIVE, _span(start), "a YAML directive", "remove the line that starts with `%`")
        self.tree = self._known(self.next())
        self._fill(self.tree)
        if self.tree is None and not self.findings:
            raise self._empty()
        self.next()
        event = self.next()
        if type(event) is not StreamEndEvent:
            hint = "one file is one network: remove the line `---` and all that follows it"
            self._say(mistakes.DOCUMENTS, _span(event), "a second document starts here", hint)

    def _mapping(self, out: dict[str, Tree]) -> None:
        following, starts = self.next, self.places.starts
        while (key := following()) is not _END:
            if type(key) is not str or key in out or key in _ODD_KEYS:
                self._refused_key(key, out)
                continue
            value = following()
            if type(value) is str or value is None:
                out[key] = value
            else:
                out[key] = child = self._known(value, key)
                self._descend(child, key)
            if len(starts) > MOST_VALUES:
                raise self._too_many()

    def _list(self, out: list[Tree]) -> None:
        following, starts = self.next, self.places.starts
        while (value := following()) is not _END:
            step = len(out)
            child = self._known(value, step)
            out.append(child)
            self._descend(child, step)
            if len(starts) > MOST_VALUES:
                raise self._too_many()

    def _known(self, part: Any, *step: str | int) -> Any:
        """A part of the tree as it is; nothing for an alias."""
        if type(part) is not AliasEvent:
            return part
        start: Any = part.start_mark
        self.places.starts.append(start.index)
        alias = quoted(f"*{part.anchor}")
        self._say(mistakes.ANCHOR, _span(part), f"{alias} is an alias", "write the value out", *step)
        return None

    def _descend(self, child: Tree, step: str | int) -> None:
        if child is not None and type(child) is not str:
            if len(self.path) + 1 >= MOST_DEEP:
                span, hint = self._here(child), "a definition needs six levels"
                raise self._stop(mistakes.DEPTH, span, f"values are nested more than {MOST_DEEP} deep", hint)
            self.path.append(step)
            self._fill(child)
            self.path.pop()

    def _fill(self, child: Tree) -> None:
        number = len(self.places.starts) - 1
        self.places.numbers[id(child)] = number
        if type(child) is dict:
            self._mapping(child)
        elif type(child) is list:
            self._list(child)
        self.places.sizes[id(child)] = len(self.places.starts) - number

    def _here(self, part: Tree) -> Span:
        """Where the part stands that was read last."""
        return self.places.span(self.text, len(self.places.starts) - 1, part)

    def _refused_key(self, key: Any, out: dict[str, Tree]) -> None:
        """Say what is wrong with the key, and read its value for mistakes of its own, but keep neither."""
        known = len(self.places.starts) - (type(key) is not AliasEvent)
        if key is None or type(key) is str:
            self._odd_word(key, self._here(key), out)
        else:
            span = _span(key) if type(key) is AliasEvent else self._here(key)
            self._say(mistakes.KEY, span, "a key must be a word", "write `key: value`")
            self._descend(self._known(key), "?")
        self._descend(self._known(self.next()), "?")
        del self.places.starts[known:]

    def _odd_word(self, key: str | None, span: Span, out: dict[str, Tree]) -> None:
        if not key:
            self._say(mistakes.KEY, span, "a key must be a word", "write `key: value`")
        elif key not in out:
            self._say(mistakes.MERGE, span, "`<<` is a merge key", "write out what it would bring in")
        else:
            self.doubled.append(((*self.path, key), span))
            if len(self.doubled) >= MOST_FINDINGS:
                raise self._enough(span)

    def _anchor_or_tag(self, anchor: str | None, tag: str | None, span: Span) -> None:
        if anchor:
            self._say(mistakes.ANCHOR, span, f"{quoted('&' + anchor)} is an anchor", "remove it")
        if tag:
            hint = "remove it: each key knows the type of its value"
            self._say(mistakes.TAG, span, f"{quoted(tag.replace('tag:yaml.org,2002:', '!!'))} is a tag", hint)

    def _say(self, rule: str, span: Span, message: str, hint: str, *step: str | int) -> None:
        self.findings.append(_error(rule, (*self.path, *step), message, hint, span))
        if len(self.findings) >= MOST_FINDINGS:
            raise self._enough(span)

    def _enough(self, span: Span) -> _Stop:
        message = f"{MOST_FINDINGS:,} mistakes are enough: the rest was not read"
        return self._stop(mistakes.MANY, span, message, "correct these first")

    def _too_many(self) -> _Stop:
        span = self._here("")
        message = f"the file holds more than {MOST_VALUES:,} keys and values"
        return self._stop(mistakes.SIZE, span, message, "split it into several networks")

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


def _syntax_error(text: str, error: YAMLError) -> Finding:
    index, start = (getattr(getattr(error, mark, None), "index", 0) for mark in ("problem_mark", "context_mark"))
    from provisioner.definition.syntax import explain

    words = explain(str(getattr(error, "context", "")), str(getattr(error, "problem", "")), text[index : index + 1])
    index = start if words.at_start else index
    return _error(words.rule, (), words.message, words.hint, span_at(text, min(index, len(text))))


def _span(event: Any) -> Span:
    return _between(event.start_mark, event.end_mark)


def _between(start: Any, end: Any) -> Span:
    """From one mark to the other, on the first line."""
    width = end.index - start.index if end.line == start.line else 1
    return Span(start.line + 1, start.column + 1, start.column + 1 + max(width, 1))


def _error(rule: str, path: Path, message: str, hint: str, span: Span) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, hint, span=span)
