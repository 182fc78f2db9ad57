"""What the text of a file does not show but its values hold: escapes that stand for odd characters, and `${`."""

import re
from collections.abc import Callable, Iterator

from provisioner.definition.mistakes import CHARACTER, SUBSTITUTION
from provisioner.definition.places import Tree
from provisioner.definition.source import UNSAFE
from provisioner.findings import Finding, Path, Severity, Span

Where = Callable[[Path, bool], Span]


def hidden(text: str, tree: Tree, where: Where) -> Iterator[Finding]:
    """Both are rare: most files are cleared by two looks at their text."""
    if "${" not in text and "\\" not in text:
        return
    unsafe = re.compile(UNSAFE).search
    for path, value, at_key in _texts(tree, ()):
        if "${" in value:
            hint = "Orthanc would put an environment variable there: write it without `${`"
            yield _error(SUBSTITUTION, path, "`${` may stand in no value and no key", hint, where(path, at_key))
        if found := unsafe(value):
            message = f"the escape stands for U+{ord(found[0]):04X}, which is invisible or controls a terminal"
            yield _error(CHARACTER, path, message, "remove it", where(path, at_key))


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


def _error(rule: str, path: Path, message: str, hint: str, span: Span) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, hint, span=span)
