"""Document -> Network, with every mistake of shape on the way.

Nothing here knows a key of the grammar: what may stand where is read from the annotations of network.
A mistake never stops the reading. What is wrong keeps its text, or stands empty, so that the rest of the file, and
what refers to what, can still be judged; but a network with an error in it is given to nobody.
"""

from functools import cache
from typing import Any

from provisioner.definition import mistakes
from provisioner.definition.document import Document
from provisioner.definition.grammar import Field, Kind, shape
from provisioner.definition.network import Network
from provisioner.definition.places import Tree
from provisioner.definition.quoting import quoted
from provisioner.definition.references import Ledger, judge
from provisioner.definition.spelling import closest
from provisioner.definition.values import Convert, Mistake, converter
from provisioner.definition.wording import addition, holder, kind_of, misplaced, wanted, whereabouts
from provisioner.findings import Finding, Path, Severity
from provisioner.record import changed, filled

MOST_FINDINGS = 1_000
"""Enough to mend for a day; without an end, a hostile file could ask for millions."""
_TOLD_BEFORE = (mistakes.ANCHOR, mistakes.SUBSTITUTION, mistakes.CHARACTER)
"""Syntax that leaves a value of no use: that it then is no value of its type goes without saying."""
_TOO_LARGE = {mistakes.SIZE, mistakes.MANY}
"""What was read before is no definition that anyone would mend."""
_LIKELY, _SURE = 0.7, 0.85
"""How alike a misspelt key must be to a known one; more so where the key exists elsewhere as it is."""


def read(document: Document) -> tuple[Network | None, tuple[Finding, ...]]:
    """The network, unless there is any error; and what is wrong beyond the document's own findings, in file order."""
    reader = _Reader(document)
    network = reader.network()
    placed = sorted(((_order(document, finding), finding) for finding in reader.findings), key=lambda pair: pair[0])
    found = tuple(finding for order, finding in placed if order[:2] < _legible_until(document))
    refused = any(f.severity is Severity.ERROR for f in (*document.findings, *reader.findings))
    return None if refused else network, found


def _legible_until(document: Document) -> tuple[float, int]:
    """Where the file stopped being YAML: what was read after it is guesswork."""
    broken = [(f.span.line, f.span.column) for f in document.findings if f.rule == mistakes.SYNTAX and f.span]
    return min(broken, default=(float("inf"), 0))


def _order(document: Document, finding: Finding) -> tuple[int, int, str]:
    span = document.where(finding.path, finding.at_key)
    return span.line, span.column, finding.rule


_Slot = tuple[str, Convert | None, Convert | None, bool, Field]
"""A key, ready to read: its attribute, how one text is read where it takes one, how each of several is, whether the
value is a name that declares or refers, and the rest."""


@cache
def _slots(owner: Any) -> dict[str, _Slot]:
    return {field.word: _slot(field) for field in shape(owner).fields}


def _slot(field: Field) -> _Slot:
    alone = each = None
    if field.kind is not Kind.KEYS and field.many:
        # An empty item stands for nothing, so it may not be empty.
        each = converter(changed(field, required=True))
    elif field.kind is not Kind.KEYS:
        alone = converter(field)
    return field.name, alone, each, bool(field.names or field.declares), field


@cache
def _required(owner: Any) -> tuple[Field, ...]:
    return tuple(field for field in shape(owner).fields if field.required)


def _nothing(field: Field) -> object:
    """What stands for a value that could not be read."""
    if not field.required:
        return field.default
    return () if field.many else "" if field.kind is Kind.TEXT else None


class _Enough(Exception):
    """There are too many mistakes to go on."""


class _Reader:
    """One reading: the mistakes so far, and who is called what."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.ledger = Ledger()
        self.excused = {f.path for f in document.findings if f.rule in _TOLD_BEFORE}

    def network(self) -> Network | None:
        tree = self.document.value
        told = {finding.rule for finding in self.document.findings}
        if (tree is None and told) or told & _TOO_LARGE:
            return None
        try:
            if not isinstance(tree, dict):
                message = f"a definition is made of keys and values, and this is {kind_of(tree)}"
                self._say(mistakes.KIND, (), message, "`netprov init` writes a first definition")
                return None
            network: Network = self._keys(Network, tree, ())
            if self.document.whole:
                self._judged(network)
        except _Enough:
            return None
        return network

    def _judged(self, network: Network) -> None:
        """References, unless what they would blame is blamed already."""
        blamed = {f.path for f in self.findings if f.rule != mistakes.UNKNOWN} | self.excused
        for finding in judge(network, self.ledger, lambda path: self.document.where(path).line):
            if not any(finding.path[:depth] in blamed for depth in range(1, len(finding.path) + 1)):
                self._add(finding)

    def _keys(self, owner: Any, tree: dict[str, Tree], path: Path) -> Any:
        """One mapping of the file as the class it stands for."""
        slots = _slots(owner)
        values: dict[str, object] = {"path": path}
        for word, item in tree.items():
            slot = slots.get(word) or self._unknown(owner, word, tree, path)
            if slot is None:
                continue
            name, convert, each, is_name, field = slot
            if convert is None or type(item) is not str:
                values[name] = self._other(field, each, item, (*path, word))
                continue
            try:
                values[name] = convert(item)
            except Mistake as mistake:
                values[name] = self._wrong(field, mistake, (*path, word))
            if is_name:
                self.ledger.note(field, item, (*path, word))
        for field in _required(owner):
            if field.name not in values:
                values[field.name] = self._missing(field, path)
        return filled(owner, values)

    def _other(self, field: Field, each: Convert | None, item: Tree, path: Path) -> object:
        """A value that is not one text, or stands where no text belongs."""
        if item is None:
            if path not in self.excused:
                hint = "this key needs a value" if field.required else "write a value, or leave the key out"
                self._say(mistakes.BLANK, path, f"`{field.word}` has no value", hint, at_key=True)
            return _nothing(field)
        if field.many:
            return self._many(field, each, item, path)
        if field.kind is Kind.KEYS and isinstance(item, dict):
            return self._keys(field.type, item, path)
        return self._misfit(field, item, path)

    def _many(self, field: Field, each: Convert | None, items: Tree, path: Path) -> tuple[object, ...]:
        if not isinstance(items, list):
            self._misfit(field, items, path)
            return ()
        if each is None:
            read = [self._keyed_item(field, item, (*path, index)) for index, item in enumerate(items)]
        else:
            read = [self._item(field, each, item, (*path, index)) for index, item in enumerate(items)]
            self._repeated(field, items, path)
        return tuple([value for value in read if value is not None])

    def _keyed_item(self, field: Field, item: Tree, path: Path) -> object:
        return self._keys(field.type, item, path) if isinstance(item, dict) else self._misfit(field, item, path)

    def _item(self, field: Field, each: Convert, item: Tree, path: Path) -> object:
        if not isinstance(item, str):
            return self._misfit(field, item, path)
        if field.names:
            self.ledger.note(field, item, path)
        try:
            return each(item)
        except Mistake as mistake:
            return self._wrong(field, mistake, path)

    def _repeated(self, field: Field, items: list[Tree], path: Path) -> None:
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            if isinstance(item, str) and first.setdefault(item, index) != index:
                message = f"`{field.word}` names {quoted(item)} twice"
                self._say(mistakes.REPEATED, (*path, index), message, "keep one of the two")

    def _misfit(self, field: Field, item: Tree, path: Path) -> object:
        """A list, keys or one value where another of the three belongs; an alias in a list is excused."""
        in_list = isinstance(path[-1], int)
        if path not in self.excused:
            need, hint = wanted(field, in_list)
            subject = f"an item of `{field.word}`" if in_list else f"`{field.word}`"
            self._say(mistakes.KIND, path, f"{subject} must be {need}, and this is {kind_of(item)}", hint)
        return None if in_list else _nothing(field)

    def _wrong(self, field: Field, mistake: Mistake, path: Path) -> object:
        if path not in self.excused:
            self._say(mistake.rule, path, mistake.message, mistake.hint)
        if field.declares:
            self.ledger.malformed.add(str(mistake.kept).upper())
        return _nothing(field) if mistake.kept is None else mistake.kept

    def _missing(self, field: Field, path: Path) -> object:
        if self.document.whole:
            self._say(mistakes.MISSING, (*path, field.word), f"{holder(path)} has no `{field.word}`", addition(field))
        return _nothing(field)

    def _unknown(self, owner: Any, word: str, tree: dict[str, Tree], path: Path) -> _Slot | None:
        """Say so; and read a misspelt key as what was meant, so that its absence is not blamed too."""
        known = _slots(owner)
        close = closest(word, known, _SURE if word in whereabouts() else _LIKELY)
        hint = misplaced(word, close, known)
        self._say(mistakes.UNKNOWN, (*path, word), f"there is no key {quoted(word)} here", hint, at_key=True)
        return known[close] if close and close not in tree else None

    def _say(self, rule: str, path: Path, message: str, hint: str, at_key: bool = False) -> None:
        self._add(Finding(rule, Severity.ERROR, path, message, hint, at_key))

    def _add(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) >= MOST_FINDINGS:
            message = f"{MOST_FINDINGS:,} mistakes are enough: the rest was not looked at"
            self.findings.append(Finding(mistakes.MANY, Severity.ERROR, finding.path, message, "correct these first"))
            raise _Enough
