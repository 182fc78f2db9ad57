"""Network -> plain JSON: the definition with every default filled in, what netprov makes of it, and where it stands.

For rules in other languages (OPA, conftest). The form is stable: `FORM` changes when a key changes its meaning or
leaves; new keys may come at any time.
"""

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any

from provisioner import VERSION
from provisioner.definition.document import Document
from provisioner.definition.grammar import Kind, shape
from provisioner.definition.network import Network
from provisioner.definition.places import Tree
from provisioner.findings import Path
from provisioner.links.linking import derive
from provisioner.links.reach import reaching
from provisioner.plain import plain

FORM = 1


def exported(document: Document, network: Network) -> dict[str, Any]:
    """Everything, in keys that the schema of `netprov schema --of export` names."""
    topology = plain(derive(network))
    topology.pop("logo")
    return {
        "netprov": VERSION,
        "form": FORM,
        "file": document.name,
        "definition": stated(network),
        "topology": topology,
        "reach": _reach(network),
        "positions": dict(_positions(document)),
    }


def stated(value: Any) -> Any:
    """A part of the definition in the words of the file: every key is there, with its default where it was left out."""
    owner: Any = type(value)
    return {field.word: _stated(getattr(value, field.name), field.kind) for field in shape(owner).fields}


def _stated(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        return [_stated(each, kind) for each in value]
    if kind is Kind.KEYS:
        return stated(value)
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _reach(network: Network) -> dict[str, Any]:
    """Who can hold a copy, and the steps between them: what is in reach of what follows (`graph.reachable` in Rego)."""
    known = reaching(network)
    steps = [
        {"source": source, "target": target, "means": means.value, "pools": list(pools)}
        for source, targets in known.onward.items()
        for target, (means, pools) in targets.items()
    ]
    return {"holders": plain(known.holders), "steps": steps, "origins": plain(known.origins)}


def _positions(document: Document) -> Iterator[tuple[str, str]]:
    """line:column of each value that the file states, by its JSON pointer within `definition`."""
    for path in _paths(document.value, ()):
        span = document.where(path)
        yield "".join(f"/{_token(step)}" for step in path), f"{span.line}:{span.column}"


def _paths(tree: Tree, path: Path) -> Iterator[Path]:
    yield path
    steps: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, below in steps:
        yield from _paths(below, (*path, step))


def _token(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
