"""Where each value of a document stands: one number a value while parsing, a line and a column when asked."""

from array import array

from provisioner.findings import Path, Span

Tree = dict[str, "Tree"] | list["Tree"] | str | None
"""What a file says: mappings, lists, and text; None where a key has no value."""

_Node = tuple[int, str | None, Tree]
"""Number of a key or value, the key if it has one, and the value."""


class Places:
    """Where every key and value starts, numbered as they stand in the file.

    A mapping is numbered before its keys, a key before its value: so the tree itself tells which number a path
    has, and the parser keeps one number a value. What is worked out for one question is kept for the next.
    """

    __slots__ = ("_children", "_last", "_sizes", "starts")

    def __init__(self) -> None:
        self.starts = array("I")
        self._sizes: dict[int, int] = {}
        self._children: dict[int, dict[str | int, int]] = {}
        self._last = (0, 1)

    def find(self, text: str, tree: Tree, path: Path, at_key: bool) -> Span:
        """The place of the value, or of its key; of the nearest that is there, where the path leads nowhere."""
        number, key, value = 0, None, tree
        if not self.starts:
            return Span(1, 1, 2)
        for step in path:
            node = self._child(number, value, step)
            if node is None:
                at_key = True
                break
            number, key, value = node
        if key is not None and at_key:
            return self._span(text, number - 1, key)
        return self._span(text, number, value)

    def _child(self, number: int, tree: Tree, step: str | int) -> _Node | None:
        if not isinstance(tree, dict | list):
            return None
        if id(tree) not in self._children:
            self._children[id(tree)] = self._numbered(tree)
        offset = self._children[id(tree)].get(step)
        if offset is None:
            return None
        if isinstance(tree, dict):
            return number + offset, str(step), tree[str(step)]
        return number + offset, None, tree[int(step)]

    def _numbered(self, tree: dict[str, Tree] | list[Tree]) -> dict[str | int, int]:
        """How far after its container each child's value is numbered."""
        offsets: dict[str | int, int] = {}
        at, key_too = 1, int(isinstance(tree, dict))
        for step, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            offsets[step] = at + key_too
            at += key_too + (self._size(child) if isinstance(child, dict | list) else 1)
        return offsets

    def _size(self, tree: dict[str, Tree] | list[Tree]) -> int:
        """How many numbers a container takes, its own included."""
        size = self._sizes.get(id(tree), 0)
        if not size:
            children, each = (tree.values(), 2) if isinstance(tree, dict) else (tree, 1)
            size = 1 + each * len(tree) + sum([self._size(c) - 1 for c in children if isinstance(c, dict | list)])
            self._sizes[id(tree)] = size
        return size

    def _span(self, text: str, number: int, value: Tree) -> Span:
        start = self.starts[min(number, len(self.starts) - 1)]
        at, line = self._last
        # Questions mostly come in the order of the file, so each counts on from the one before.
        line += text.count("\n", at, start) if start >= at else -text.count("\n", start, at)
        self._last = (start, line)
        column = start - text.rfind("\n", 0, start)
        return Span(line, column, column + max(_width(text, start, value), 1))


def _width(text: str, start: int, value: Tree) -> int:
    """How far a value goes on its line; for a mapping without braces, how far its first key does."""
    if isinstance(value, dict) and value and text[start : start + 1] != "{":
        value = next(iter(value))
    if not isinstance(value, str):
        return 1
    line_end = text.find("\n", start)
    line = text[start : line_end if line_end >= 0 else len(text)]
    if line.startswith(value):
        return len(value)
    return len(value) + 2 if line.startswith(value, 1) else len(line)
