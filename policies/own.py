"""A user's own pack, made fit to be judged by: what is malformed is an error, and no rule of it can pass by accident.

A rule of a user's own is watched while it judges: whatever it raises, and whatever it yields that is no Fault, is an
error of that rule, with the line of the pack's file.
"""

import re
from collections.abc import Iterator
from datetime import date
from types import TracebackType

from policies.level import Level
from policies.packs import MALFORMED, TERMS, Pack, Terms, Trouble
from policies.rule import Fault, Judging, Rule
from provisioner.findings import Severity
from provisioner.record import changed

ID = re.compile(r"[A-Z]{2,8}-[0-9]{2,3}")
KEPT = ("SYN", "SHP", "REF", "LNK", "PCK", "WVR")
"""Prefixes of netprov's own findings that are no policies."""
MOST_FAULTS = 10_000
"""Of one rule: who yields more never ends."""


class Broke(Exception):
    """A rule of a user's own has raised, or yielded what is no Fault."""


def own_pack(made: Pack, name: str, netprovs: tuple[Rule, ...]) -> Pack:
    """The pack under the name that a definition uses, without what is malformed, and with all that is wrong with it."""
    troubles = [*made.troubles, *_stated(made, name, netprovs)]
    rules: list[Rule] = []
    for number, rule in enumerate(made.rules, 1):
        wrong = tuple(_malformed(rule, number, [r.id for r in rules], netprovs))
        troubles += [Trouble(f"{name}: {words}", hint, MALFORMED) for words, hint in wrong]
        if not wrong:
            rules.append(watched(rule, name))
    return Pack(
        name=name,
        title=made.title,
        source=made.source,
        weights={rule_id: weight for rule_id, weight in made.weights.items() if _heavier(rule_id, weight, netprovs)},
        terms=_stricter(made.terms) if made.terms else None,
        rules=tuple(rules),
        troubles=tuple(troubles),
    )


def _stated(made: Pack, name: str, netprovs: tuple[Rule, ...]) -> Iterator[Trouble]:
    """What is wrong with a pack apart from its rules."""
    if not (made.title.strip() and made.source.strip()):
        hint = "the sentence that it stands for, and who decided it and when"
        yield Trouble(f"{name}: expected a title and a source of the pack, found none", hint, MALFORMED)
    if made.lighter or made.instead_of:
        message = f"{name}: expected a pack that adds rules or makes them heavier, found `lighter` or `instead_of`"
        yield Trouble(message, "to set a rule aside takes a waiver, which somebody signs", MALFORMED)
    for rule_id, weight in made.weights.items():
        if not _heavier(rule_id, weight, netprovs):
            found = weight.word if isinstance(weight, Severity) else weight
            message = f"{name}: expected a rule of netprov's, made heavier; found {rule_id} as {found}"
            yield Trouble(message, "`netprov rules` lists them; to set one aside takes a waiver", MALFORMED)


def _heavier(rule_id: str, weight: object, netprovs: tuple[Rule, ...]) -> bool:
    """Whether a weight only adds to what netprov asks."""
    return isinstance(weight, Severity) and any(r.id == rule_id and weight >= r.severity for r in netprovs)


def _malformed(rule: object, number: int, ids: list[str], netprovs: tuple[Rule, ...]) -> Iterator[tuple[str, str]]:
    """Why a rule cannot be asked, and what to write instead."""
    if not isinstance(rule, Rule):
        yield f"rule {number}: expected what @rule(...) makes, found {type(rule).__name__}", "put @rule above it"
        return
    if not isinstance(rule.id, str) or not ID.fullmatch(rule.id):
        yield f"rule {number}: expected an id as OUR-01, found {rule.id!r}", "2 to 8 capitals, -, 2 or 3 digits"
        return
    if rule.family in {*KEPT, *(each.family for each in netprovs)}:
        yield f"rule {rule.id}: expected a family of its own, found {rule.family}, which is netprov's", "as OUR-01"
    if rule.id in ids:
        yield f"rule {rule.id}: expected each id once, found it again", "another number"
    yield from _unfit(rule)


def _unfit(rule: Rule) -> Iterator[tuple[str, str]]:
    """What of a rule, apart from its id, is not as it must be."""
    if not isinstance(rule.severity, Severity):
        yield f"rule {rule.id}: expected a severity, found {rule.severity!r}", "Severity.ERROR, WARN or INFO"
    if not isinstance(rule.basis, str) or not rule.basis.strip():
        yield f"rule {rule.id}: expected a basis, found none", "who asks for it, in which document, of which date"
    levels = rule.levels
    if not isinstance(levels, tuple) or not levels or not all(isinstance(level, Level) for level in levels):
        yield f"rule {rule.id}: expected levels, found {levels!r}", "as (Level.RENDERED, Level.LIVE), or none at all"
    if not rule.title:
        yield f"rule {rule.id}: expected a page, found no docstring", "its sentence, then PASS: and FAIL: examples"


def _stricter(terms: Terms) -> Terms:
    """Terms of a user's own come on top of netprov's."""
    days = min(terms.days, TERMS.days)
    return Terms(days, (*TERMS.never, *terms.never), (*TERMS.approvers, *terms.approvers))


def watched(made: Rule, name: str) -> Rule:
    """The rule of that pack, which cannot raise anything but Broke, nor yield anything but Faults."""

    def check(material: object, today: date) -> Judging:
        count = 0
        try:
            faults = iter(made.check(material, today) if made.dated else made.check(material))
            while count <= MOST_FAULTS:
                try:
                    fault = next(faults)
                except StopIteration as end:
                    return None if end.value is None else str(end.value)
                count += 1
                yield _sound(fault)
        except (Exception, SystemExit) as error:
            raise Broke(_told(error, name)) from error
        raise Broke(f"it found more than {MOST_FAULTS:,} faults")

    check.__doc__ = made.check.__doc__
    return changed(made, check=check, dated=True, pack=name)


def _sound(fault: object) -> Fault:
    """What a rule may yield."""
    if not isinstance(fault, Fault):
        raise TypeError(f"expected a Fault, found {type(fault).__name__}")
    path, words = fault.path, (fault.message, fault.hint, fault.subject)
    if not isinstance(path, tuple) or not all(isinstance(step, str | int) for step in path):
        raise TypeError(f"expected a path of keys and numbers, as (*site.path, 'region'); found {path!r}")
    if not all(isinstance(word, str) for word in words) or not fault.message.strip():
        raise TypeError("expected a Fault whose message, hint and subject are text")
    if fault.severity is not None and not isinstance(fault.severity, Severity):
        raise TypeError(f"expected a Fault with a severity, found {fault.severity!r}")
    return fault


def _told(error: BaseException, name: str) -> str:
    """ZeroDivisionError: division by zero, line 31 of ./ours.py."""
    line = last_line(error.__traceback__, name)
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{f': {words}' if words else ''}{f', line {line} of {name}' if line else ''}"


def last_line(traceback: TracebackType | None, name: str) -> int:
    """The line of that file which an error came through last; 0 if it came through none."""
    line = 0
    while traceback:
        if traceback.tb_frame.f_code.co_filename == name:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
