"""What the verdicts come to for each control of each framework (UK GDPR, DSPT, ISO 27001 ...) that rules speak to."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from cli.session import Usage
from policies.frameworks import FRAMEWORKS
from policies.verdicts import Result


class Coverage(TypedDict):
    """One control of a framework: the rules that speak to it, and what they come to together. None covers it whole."""

    file: str
    framework: str
    control: str
    rules: list[str]
    result: str


def coverage(verdicts: Iterable[tuple[str, str, str]], only: str = "") -> Iterator[Coverage]:
    """From (file, rule, result): the controls of the frameworks, or of one, to which the rules of a file speak."""
    files: dict[str, dict[str, str]] = {}
    for file, rule_id, result in verdicts:
        files.setdefault(file, {})[rule_id] = result
    for file, results in files.items():
        for framework, asked in FRAMEWORKS.items():
            for control, speaking in asked.items() if only in ("", framework) else ():
                rules = [rule for rule in speaking if rule in results]
                if rules:
                    worst = _together(results[rule] for rule in rules)
                    yield {"file": file, "framework": framework, "control": control, "rules": rules, "result": worst}


def named(framework: str) -> str:
    """A framework's own name, from any spelling of its case; nothing where nothing is asked."""
    if not framework:
        return ""
    for name in FRAMEWORKS:
        if name.casefold() == framework.casefold():
            return name
    raise Usage(f"there is no framework '{framework}'", f"one of: {', '.join(FRAMEWORKS)}")


def rules_speaking_to(framework: str) -> frozenset[str]:
    """The rules of one framework, by its own name."""
    return frozenset(rule for rules in FRAMEWORKS[framework].values() for rule in rules)


def _together(results: Iterable[str]) -> str:
    """The worst, in the order of Result: one that fails is not made good by another that passes."""
    found = set(results)
    return next(result.value for result in Result if result.value in found)
