"""Where each value of a document stands: one number a value while parsing, a line and a column when asked."""

from array import array
from itertools import accumulate

from provisioner.findings import Path, Span

Tree = dict[str, "Tree"] | list["Tree"] | str | None
"""What a file says: mappings, lists, and text; None where a key has no value."""

_BLOCK = 4096
Container = dict[str, Tree] | list[Tree]


class Places:
    """Where every key and value starts, numbered as they stand in the file.

    A mapping is numbered before its keys, a key before its value: so the tree itself tells which number a child
    has, once the number of its container and the sizes of its siblings are known. The parser notes these.
    """

    __slots__ = ("_breaks", "_children", "numbers", "sizes", "starts")

    def __init__(self) -> None:
        self.starts = array("I")
        self.numbers: dict[int, int] = {}
        """Number of each container, by its identity."""
        self.sizes: dict[int, int] = {}
        """How many numbers each container takes, its own included."""
        self._children: dict[int, dict[str | int, int]] = {}
        self._breaks: list[int] = []
        """How many lines end before each block of the text, once somebody has asked for a place."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and self.starts == other.starts

    __hash__ = None  # type: ignore[assignment]  # it grows while the file is read

    def __repr__(self) -> str:
        return f"Places({len(self.starts)})"

    def find(self, text: str, tree: Tree, path: Path, at_key: bool) -> Span:
        """The place of the value, or of its key; of the nearest that is there, where the path leads nowhere."""
        holder: Tree = None
        last: str | int | None = None
        for step in path:
            if not _holds(tree, step):
                at_key = True
                break
            holder, last, tree = tree, step, tree[step]  # type: ignore[index]
        if not self.starts:
            return Span(1, 1, 2)
        if last is None or not isinstance(holder, dict | list):
            return self.span(text, 0, tree)
        number = self._number(holder, last)
        if at_key and isinstance(last, str):
            return self.span(text, number - 1, last)
        return self.span(text, number, tree)

    def _number(self, holder: Container, step: str | int) -> int:
        """Number of a child's value; its key, if it has one, comes just before."""
        if id(holder) not in self._children:
            at, key_too = self.numbers.get(id(holder), 0), int(isinstance(holder, dict))
            numbers: dict[str | int, int] = {}
            for name, child in holder.items() if isinstance(holder, dict) else enumerate(holder):
                at += 1 + key_too
                numbers[name] = at
                at += self.sizes.get(id(child), 1) - 1 if isinstance(child, dict | list) else 0
            self._children[id(holder)] = numbers
        return self._children[id(holder)][step]

    def span(self, text: str, number: int, value: Tree) -> Span:
        """The place of a number, given what stands there."""
        start = self.starts[min(number, len(self.starts) - 1)]
        if not self._breaks:
            blocks = range(0, len(text), _BLOCK)
            self._breaks = [0, *accumulate(text.count("\n", at, at + _BLOCK) for at in blocks)]
        block = start // _BLOCK
        line = self._breaks[block] + text.count("\n", block * _BLOCK, start) + 1
        column = start - text.rfind("\n", 0, start)
        left = (len(text) if (end := text.find("\n", start)) < 0 else end) - start
        return Span(line, column, column + max(min(_width(text, start, value), left), 1))


NOWHERE = Places()
"""The places of a document that was never parsed."""


def _holds(tree: Tree, step: str | int) -> bool:
    if isinstance(tree, dict):
        return step in tree
    return isinstance(tree, list) and isinstance(step, int) and 0 <= step < len(tree)


def _width(text: str, start: int, value: Tree) -> int:
    """How far a value goes on its line; for a mapping without braces, how far its first key does."""
    if isinstance(value, dict) and value and text[start : start + 1] != "{":
        value = next(iter(value))
    if not isinstance(value, str):
        return 1
    if text.startswith(value, start):
        return len(value.partition("\n")[0])
    if text.startswith(value, start + 1):
        return len(value.partition("\n")[0]) + 2
    line_end = text.find("\n", start)
    return (line_end if line_end >= 0 else len(text)) - start
