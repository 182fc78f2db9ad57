"""A rule's page as Markdown, and a waiver as a sentence, for reports."""

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from policies.waivers import words
from provisioner.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.reporting.facts import Control, Waived
    from policies.rule import Rule

EXAMPLES = {"PASS": "This passes:", "FAIL": "This fails:"}


def looked(controls: "Iterable[Control]", only: str = "") -> str:
    """From the definition alone, or: and what is rendered and live; and by which rules, if not by all."""
    levels = {level for control in controls for level in control["levels"]} - {"definition"}
    beyond = [word for word in ("rendered", "planned", "live") if word in levels]
    words = [f"what is {' and '.join(beyond)}"] if beyond else []
    words += ["the other networks"] if "networks" in levels else []
    rules = f", by {only} and no others" if only else ""
    return (f"from the definition and {' and '.join(words)}" if words else "from the definition alone") + rules


@record
class Block:
    """A paragraph of a rule's page, or an example under its heading."""

    text: str
    example: str = ""


def blocks(rule: "Rule") -> tuple[Block, ...]:
    """What follows the rule's sentence on its page."""
    body = rule.manual.partition("\n")[2].strip()
    parts = re.split(r"(?m)^(PASS|FAIL):\n((?:    .*\n?|\n)+)", body)
    found = [Block(" ".join(text.split())) for text in parts[0].split("\n\n")]
    for label, example, prose in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found.append(Block(dedent(example).strip("\n"), EXAMPLES[label]))
        found += [Block(" ".join(text.split())) for text in prose.split("\n\n")]
    return tuple(block for block in found if block.text)


def markdown(rule: "Rule") -> str:
    """The page of a rule: its sentence, its basis, what it looks at, and the examples as YAML."""
    body = (f"{b.example}\n\n```yaml\n{b.text}\n```" if b.example else b.text for b in blocks(rule))
    return "\n\n".join((f"**{rule.title}.**", f"Basis: {rule.basis}.", *body)) + "\n"


def waived(waiver: "Waived") -> str:
    """Who set it aside, on what paper, for how long still, and why; a bundle of old says less."""
    return words(
        approved_by=waiver["approved_by"],
        author=waiver.get("author", ""),
        reference=waiver["reference"],
        until=waiver["until"],
        days_left=waiver["days_left"],
        reason=waiver["reason"],
    )
