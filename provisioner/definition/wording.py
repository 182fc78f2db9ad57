"""The reader's sentences about keys: what was wanted, what was there, and what to write."""

from collections.abc import Iterable
from functools import cache

from provisioner.definition.formats import Range
from provisioner.definition.grammar import Field, Kind, occurrences, shape
from provisioner.definition.network import Network
from provisioner.definition.places import Tree
from provisioner.findings import Path


def kind_of(tree: Tree) -> str:
    """What stands in the file."""
    match tree:
        case None:
            return "nothing"
        case dict():
            return "keys and values"
        case list():
            return "a list"
        case _:
            return "one value"


def wanted(field: Field, item: bool) -> tuple[str, str]:
    """What should stand there (as an item of the list, or as the value), and how to write it."""
    if field.many and not item:
        example = "start each of its items with `- `" if field.kind is Kind.KEYS else f"write [{sample(field)}]"
        return "a list", example
    if field.kind is Kind.KEYS:
        return "keys and values", f"for instance {{{first_key(field)}}}"
    return "one value", f"for instance {sample(field)}"


def first_key(field: Field) -> str:
    """The first key of a value that has keys, as an example."""
    first = shape(field.type).fields[0]
    return f"{first.word}: {sample(first)}"


def sample(field: Field) -> str:
    """A value that this key could have."""
    if field.format:
        return field.format.example
    if field.range == Range(1, 1):
        return "1"
    if field.kind is Kind.CHOICE:
        return str(next(iter(field.type)))
    return _SAMPLES[field.kind]


_SAMPLES = {
    Kind.TEXT: "...",
    Kind.FLAG: "true",
    Kind.WHOLE: "3",
    Kind.DECIMAL: "2.5",
    Kind.DATE: "2027-03-31",
    Kind.KEYS: "...",
}


def addition(field: Field) -> str:
    """What to add where a key is missing."""
    if field.kind is Kind.CHOICE:
        return f"add `{field.word}:` and one of {', '.join(field.type)}"
    if field.kind is Kind.KEYS:
        return f"add `{field.word}:` and below it {'a list of ' if field.many else ''}{{{first_key(field)}, ...}}"
    what = lowered(field.words)
    return f"add `{field.word}: {sample(field)}`" + ("" if what == field.word else f" ({what})")


def lowered(words: str) -> str:
    """The words as they stand within a sentence; an abbreviation keeps its capitals."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def holder(path: Path) -> str:
    """The mapping at the path, as the subject of a sentence."""
    if not path:
        return "the definition"
    if isinstance(path[-1], str):
        return f"`{path[-1]}`"
    return f"this item of `{path[-2]}`" if len(path) > 1 else "this item"


def misplaced(word: str, close: str, known: Iterable[str]) -> str:
    """What to do about a key that does not belong where it stands."""
    if close:
        return f"did you mean `{close}`?"
    if word in whereabouts():
        where = [f"`{place}`" if place else "the top level" for place in whereabouts()[word]]
        return f"it belongs in {' or '.join(where[:3])}"
    return f"the keys here are {', '.join(known)}"


@cache
def whereabouts() -> dict[str, list[str]]:
    """Where each key of the grammar may stand."""
    return occurrences(Network)
