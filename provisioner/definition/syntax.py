"""What libyaml says of a broken file, in words for the person who wrote it."""

from provisioner.definition.mistakes import DEPTH, SYNTAX
from provisioner.record import record


@record
class Words:
    """What is wrong and what to do; `at_start` where the place to look at is the start of what was being read."""

    message: str
    hint: str
    at_start: bool = False
    rule: str = SYNTAX


_UNCLOSED = "close it; a text that holds quotes itself is best written in the other kind of quotes"
_BACKSLASH = "in double quotes a backslash starts an escape: use single quotes"
_KNOWN: tuple[tuple[str, str, Words], ...] = (
    # a part of what was being read, a part of the problem, our words
    ("quoted scalar", "unexpected end of stream", Words("this quotation is never closed", _UNCLOSED, True)),
    ("quoted scalar", "unexpected document indicator", Words("this quotation is never closed", _UNCLOSED, True)),
    ("quoted scalar", "escape", Words("this escape is none of YAML's", _BACKSLASH)),
    ("quoted scalar", "hexdecimal", Words("this escape is none of YAML's", _BACKSLASH)),
    ("flow sequence", "did not find", Words("this list is not closed, or lacks a comma", "add `]` or `,`", True)),
    ("flow mapping", "did not find", Words("these braces are not closed, or lack a comma", "add `}` or `,`", True)),
    (
        "block mapping",
        "did not find expected key",
        Words("this is no `key: value`", "check the indentation of this line"),
    ),
    (
        "block collection",
        "did not find",
        Words("this is no item of the list above", "start it with `- `, or indent it less"),
    ),
    ("simple key", "could not find expected ':'", Words("this is no `key: value`", "add `: ` and the value", True)),
    (
        "",
        "mapping values are not allowed",
        Words("a colon may not stand here", "put a text that holds `: ` in quotes, or check the indentation"),
    ),
    ("", "sequence entries are not allowed", Words("a list may not start here", "put `- ` on a line of its own")),
    (
        "",
        "expected node content",
        Words("a key or a value is missing here", "write it, or remove what asks for it"),
    ),
    ("", "nesting depth", Words("values are nested more than 40 deep", "a definition needs six levels", rule=DEPTH)),
)


def explain(context: str, problem: str, character: str) -> Words:
    """Words for one error; `character` is the one that stands where libyaml gave up."""
    if "cannot start any token" in problem:
        if character == "\t":
            return Words("a tab may not stand here", "use spaces")
        return Words(f"a value cannot start with `{character}`", "put it in quotes")
    for reading, part, words in _KNOWN:
        if reading in context and part in problem:
            return words
    return Words(f"this is not YAML: {problem or 'unreadable'}", "check this line and the one above it")
