"""Who is called what, and who is meant: names declared twice, and names that nothing has."""

from collections.abc import Callable, Iterator
from itertools import chain

from provisioner.definition import mistakes
from provisioner.definition.consistency import inconsistencies
from provisioner.definition.formats import HUB
from provisioner.definition.grammar import Field
from provisioner.definition.hub import HUB as HUB_ID
from provisioner.definition.hub import home
from provisioner.definition.network import Network
from provisioner.definition.quoting import quoted
from provisioner.definition.spelling import closest
from provisioner.findings import Finding, Path, Severity

MOST_ADVISED = 50
"""Of so many unknown names, the nearest known one is looked for: in a large network that takes a while."""

Line = Callable[[Path], int]
"""The line on which a path stands."""


class Ledger:
    """Every name that the file declares, by the kind of its thing, and every name that it uses."""

    def __init__(self) -> None:
        self.declared: dict[str, dict[str, Path]] = {}
        self.malformed: set[str] = set()
        """Declared names that are not of their format, in capitals: who refers to what was meant is right."""
        self.again: list[tuple[str, str, Path]] = []
        self.used: list[tuple[Field, str, Path]] = []

    def note(self, field: Field, text: str, path: Path) -> None:
        """A value of a key that declares a name, or uses one; an empty one does neither."""
        if not text:
            return
        if field.names:
            self.used.append((field, text, path))
        if field.declares:
            kind = field.declares.kind
            if self.declared.setdefault(kind, {}).setdefault(text, path) is not path:
                self.again.append((kind, text, path))


def judge(network: Network, ledger: Ledger, line: Line) -> Iterator[Finding]:
    """Everything that is wrong between one part of the file and another."""
    if home(network) == HUB_ID:
        ledger.declared[HUB] = {HUB_ID: ()}
    return chain(_declared_again(ledger, line), _dangling(ledger), inconsistencies(network, line))


def _declared_again(ledger: Ledger, line: Line) -> Iterator[Finding]:
    for kind, text, path in ledger.again:
        message = f"{kind} {quoted(text)} is declared twice: first on line {line(ledger.declared[kind][text])}"
        yield Finding(mistakes.DECLARED, Severity.ERROR, path, message, "give it a code or name of its own")


def _dangling(ledger: Ledger) -> Iterator[Finding]:
    told = 0
    for field, text, path in ledger.used:
        kinds = field.names.kinds if field.names else ()
        if text.upper() not in ledger.malformed and not any(text in ledger.declared.get(k, ()) for k in kinds):
            known = [name for kind in kinds for name in ledger.declared.get(kind, ())] if told < MOST_ADVISED else []
            told += 1
            message = f"{quoted(text)} is no {_either(kinds)} of this definition"
            yield Finding(mistakes.DANGLING, Severity.ERROR, path, message, _advice(text, known, ledger, kinds))


def _advice(text: str, known: list[str], ledger: Ledger, kinds: tuple[str, ...]) -> str:
    if close := closest(text, known, 0.75):
        return f"did you mean {close}?"
    if not any(ledger.declared.get(kind) for kind in kinds):
        return f"the definition declares no {_either(kinds)}"
    if not known:
        return f"name a {_either(kinds)} that the definition declares"
    return f"one of {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}"


def _either(kinds: tuple[str, ...]) -> str:
    return " or ".join(part for part in (", ".join(kinds[:-1]), kinds[-1]) if part)
