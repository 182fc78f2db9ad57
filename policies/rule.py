"""What a rule is: one pure generator over a Network, whose docstring is its manual page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc

from provisioner.findings import Path, Severity
from provisioner.network import Network


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a network breaks a rule: what was expected and what stands there.

    `subject` names the one thing at fault (an ODS code, an AE title, a place), so that a waiver can be for it alone.
    """

    path: Path
    message: str
    hint: str = ""
    subject: str = ""
    at_key: bool = False


Check = Callable[[Network], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, how much it weighs, on what authority, and how it is checked."""

    id: str
    severity: Severity
    basis: str
    title: str
    manual: str
    check: Check

    @property
    def family(self) -> str:
        """The prefix of the id: RES, GOV, DCM ..."""
        return self.id.partition("-")[0]


def rule(rule_id: str, severity: Severity, basis: str) -> Callable[[Check], Rule]:
    """Make a Rule of a generator function; it is registered nowhere but in its family's RULES."""

    def made(check: Check) -> Rule:
        manual = cleandoc(check.__doc__ or "")
        title = manual.partition("\n")[0].rstrip(".")
        return Rule(rule_id, severity, basis, title, manual, check)

    return made
