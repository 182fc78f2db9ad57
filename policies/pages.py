"""The examples on a rule's page, as networks: what it calls right must pass, what it calls wrong be found at its line.

A snippet is laid over a sound network: its top-level keys take the place of that network's, and what it does not
state is not there. In a FAIL, `# here` marks the lines that findings must point at.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from datetime import date

from policies.rule import Fault, Rule
from provisioner.network import Network

SOUND = """\
netprov: 1
network: {id: severn, name: Severn Imaging Network, environment: production}
operating_model: hosted
host: RXA
members:
  - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: Aldermoor General}]}
  - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Brackenfield Royal}]}
platform: {region: eu-west-2, zones: 2, account_owner: RXA}
reporting: {worklist: {home: RXA01}}
"""
MARK = "# here"
DAY = date(2026, 11, 24)
"""On which the examples of pages are asked."""

Read = Callable[[str], tuple[Network | None, Callable[[Fault], int]]]
"""Reads a definition; gives its network, if it has no mistake, and what says in which line a fault is."""


def snippets(rule: Rule, label: str) -> list[str]:
    """The YAML of each PASS or FAIL of the rule's page."""
    found = re.findall(rf"^{label}:\n((?:    .*\n|\n)+)", rule.manual + "\n", re.MULTILINE)
    return [textwrap.dedent(text).strip() + "\n" for text in found]


def laid_over(snippet: str) -> str:
    """The sound network, with the snippet's top-level keys in place of its own."""
    own = dict(re.findall(r"^([a-z_]+):((?:.*\n)(?:[ #].*\n|\n)*)", SOUND, re.MULTILINE))
    other = dict(re.findall(r"^([a-z_]+):((?:.*\n)(?:[ #].*\n|\n)*)", snippet, re.MULTILINE))
    if other.get("operating_model", " hosted\n").strip() != "hosted":
        del own["host"]
    return "".join(f"{key}:{text}" for key, text in (own | other).items())


def complaints(rule: Rule, read: Read) -> Iterator[str]:
    """What is wrong with a rule or its page, one sentence each; nothing, if both say the same."""
    for label in ("PASS", "FAIL"):
        shown = snippets(rule, label)
        if not shown:
            yield f"{rule.id}: its page has no {label}"
        for number, snippet in enumerate(shown, 1):
            yield from _tried(rule, read, f"{rule.id}, {label} {number}", laid_over(snippet))


def _tried(rule: Rule, read: Read, what: str, text: str) -> Iterator[str]:
    network, line = read(text)
    if network is None:
        yield f"{what}: the definition cannot be read"
        return
    wanted = [number for number, written in enumerate(text.splitlines(), 1) if MARK in written]
    try:
        found = sorted(line(fault) for fault in rule.faults(network, DAY))
    except Exception as error:  # noqa: BLE001 - whatever the rule does, the other snippets are still tried
        yield f"{what}: the rule could not be evaluated ({error})"
        return
    if what.rpartition(", ")[2].startswith("FAIL") and not wanted:
        yield f"{what}: no line is marked with `{MARK}`"
    if found != wanted:
        yield f"{what}: expected findings in {_lines(text, wanted)}; found them in {_lines(text, found)}"


def _lines(text: str, numbers: list[int]) -> str:
    lines = text.splitlines()
    return " and ".join(f"`{lines[number - 1].strip()}`" for number in numbers) or "no line"
