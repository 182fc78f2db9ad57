"""What a rule is: one pure generator over a Network, whose docstring is its manual page."""

from collections.abc import Callable, Generator, Iterator
from datetime import date

from policies.level import Level, Seen, looked_at, unseen
from provisioner.definition.network import Network
from provisioner.findings import Path, Severity
from provisioner.record import record


@record
class Fault:
    """One place where a network breaks a rule: what was expected and what stands there.

    `subject` names the one thing at fault (an ODS code, an AE title, a place), so that a waiver can be for it alone.
    `severity` is stated where this weighs less than its rule.
    """

    path: Path
    message: str
    hint: str = ""
    subject: str = ""
    at_key: bool = False
    severity: Severity | None = None
    level: Level = Level.DEFINITION
    key: Path = ()
    """Beyond the definition: a node and its setting, or a resource and its property."""


Judging = Generator[Fault, None, str | None]
"""What a rule that may not apply is: it yields faults, and returns why it does not apply to this network, or None."""
Check = Callable[..., Iterator[Fault]]
"""Takes the network, or all that is Seen if it looks beyond the definition; a dated rule the day too."""
DEFINITION_ALONE = (Level.DEFINITION,)


@record
class Rule:
    """A rule: its id, how much it weighs, on what authority, and how it is checked."""

    id: str
    severity: Severity
    basis: str
    check: Check
    dated: bool = False
    pack: str = ""
    """The pack of a user's own that brings it, as the definition names that."""
    levels: tuple[Level, ...] = DEFINITION_ALONE

    @property
    def manual(self) -> str:
        """The rule's page: its sentence, what it looks at, what passes and what fails."""
        from inspect import cleandoc  # an eighth of a `check`, which prints no page

        return cleandoc(self.check.__doc__ or "")

    @property
    def title(self) -> str:
        """The sentence that it checks."""
        return (self.check.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    def faults(self, network: Network, today: date, seen: Seen | None = None) -> Iterator[Fault]:
        """What it finds on that day; beyond the definition, in what was seen of that."""
        material = network if self.levels == DEFINITION_ALONE else seen or Seen(network)
        return self.check(material, today) if self.dated else self.check(material)

    def judge(self, network: Network, today: date, seen: Seen | None = None) -> tuple[tuple[Fault, ...], str]:
        """Its faults, and why it does not apply; an empty reason where it has looked."""
        if not looked_at(seen or Seen(network), self.levels):
            return (), unseen(self.levels)
        found, faults = self.faults(network, today, seen), list[Fault]()
        while True:
            try:
                faults.append(next(found))
            except StopIteration as end:
                return tuple(faults), "" if end.value is None else str(end.value)

    @property
    def family(self) -> str:
        """The prefix of the id: RES, GOV, DCM ..."""
        return self.id.partition("-")[0]


def rule(
    rule_id: str,
    severity: Severity,
    basis: str,
    *,
    dated: bool = False,
    levels: tuple[Level, ...] = DEFINITION_ALONE,
) -> Callable[[Check], Rule]:
    """Make a Rule of a generator function; it is registered nowhere but in its family's RULES.

    A dated rule is asked on a day: what was in order then may be overdue on another. A rule that looks beyond the
    definition says at which levels, and takes all that is Seen.
    """

    def made(check: Check) -> Rule:
        return Rule(rule_id, severity, basis, check, dated, levels=levels)

    return made
