"""The grammar as a page for people: docs/definition.md, written from the same annotations that the reader obeys."""

from collections.abc import Callable, Iterator

from provisioner.definition.document import MOST_DEEP, MOST_VALUES
from provisioner.definition.formats import Range
from provisioner.definition.grammar import Field, Kind, Shape, shape
from provisioner.definition.mistakes import MISTAKES
from provisioner.definition.network import Network
from provisioner.definition.source import MOST_BYTES
from provisioner.definition.values import MOST_TEXT

_HEAD = f"""\
# The definition

One YAML file says what a network is. This page lists every key; `netprov schema` prints the same for editors.
It is written by `provisioner/definition/manual.py` from the annotations in `provisioner/definition/network.py` and
`provisioner/definition/organisation.py`: change those, then run the tests with `NETPROV_REWRITE=1`.

## How it is read

- YAML 1.2 in UTF-8, one document, at most {MOST_BYTES // 1024 // 1024} MiB, {MOST_VALUES:,} keys and values,
  {MOST_DEEP} levels deep. JSON is YAML too.
- Each key knows the type of its value, so no value is guessed at: `country: NO` is Norway, and `012` is a code where
  a code belongs and a mistake where a number does. `true` and `false` are the only truth values; numbers are plain
  decimals; days are YYYY-MM-DD. Quotes change nothing, but editors that check against the schema want them around a
  code that looks like a number.
- A text is one line of at most {MOST_TEXT} characters without control characters. An optional text may be empty, as
  if it were not there.
- Anchors, aliases, merge keys, tags, directives, tabs as indentation, a key that stands twice, a key that is not on
  this page, and `${{` anywhere are refused.
- Every mistake is told in one run, with its place. Where one mistake hides another, the first is told.

## Keys
"""

_TAIL = """\
## Mistakes

What the reader refuses, by the id that ends the first line of each message. `LNK` ids come from the link compiler;
`netprov rules` lists the policies.

| Id | Mistake |
|---|---|
"""


def page() -> str:
    """The whole page."""
    mistakes = "".join(f"| {rule} | {words} |\n" for rule, words in MISTAKES.items())
    return f"{_HEAD}\n{''.join(_sections())}{_TAIL}{mistakes}"


def _sections() -> Iterator[str]:
    for where, each in _stations():
        title = f"`{where}`" if where else "The file"
        words = each.words.partition("\n")[0]
        rows = "".join(map(_row, each.fields))
        yield f"### {title}\n\n{words}\n\n| Key | Value | |\n|---|---|---|\n{rows}\n"


def _stations() -> Iterator[tuple[str, Shape]]:
    """Every class of the grammar once, at the places where it may stand."""
    places: dict[Shape, list[str]] = {}
    waiting = [("", shape(Network))]
    while waiting:
        where, each = waiting.pop(0)
        places.setdefault(each, []).append(where)
        below = [(_below(where, field), shape(field.type)) for field in each.fields if field.kind is Kind.KEYS]
        waiting = below + waiting
    for each, found in places.items():
        yield "`, `".join(found), each


def _below(where: str, field: Field) -> str:
    return f"{where}.{field.word}".lstrip(".") + ("[]" if field.many else "")


def _row(field: Field) -> str:
    return f"| `{field.word}` | {_value(field)} | {field.words.rstrip('.')}.{_presence(field)} |\n"


def _presence(field: Field) -> str:
    if field.required:
        return " **Required.**"
    match field.default:
        case None | "" | ():
            return ""
        case bool(flag):
            return f" By default `{str(flag).lower()}`."
        case tuple(items):
            return f" By default `[{', '.join(map(str, items))}]`."
        case value:
            return f" By default `{value}`."


def _value(field: Field) -> str:
    one = _KINDS[field.kind](field)
    return f"list: {one}" if field.many else one


def _text(field: Field) -> str:
    if field.names:
        kinds = " or ".join(f"`{kind.upper()}`" if kind == "hub" else kind for kind in field.names.kinds)
        return f"name of a {kinds}" if field.format is None else f"{field.format.words} of a {kinds}"
    return f"{field.format.words}: `{field.format.example}`" if field.format else "text"


def _number(field: Field) -> str:
    kind = "whole number" if field.kind is Kind.WHOLE else "number"
    if field.range is None:
        return kind
    if field.range == Range(1, 1):
        return "1"
    return f"{kind}, {field.range.least} to {field.range.most}"


_KINDS: dict[Kind, Callable[[Field], str]] = {
    Kind.TEXT: _text,
    Kind.FLAG: lambda _: "`true` or `false`",
    Kind.WHOLE: _number,
    Kind.DECIMAL: _number,
    Kind.DATE: lambda _: "day",
    Kind.CHOICE: lambda field: ", ".join(f"`{member.value}`" for member in field.type),
    Kind.KEYS: lambda _: "keys, below",
}
