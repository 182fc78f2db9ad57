"""Two reports -> what got better, what got worse, and what is newly waived."""

from collections.abc import Iterator
from typing import TypedDict

from cli.reporting.facts import Control, Facts, Found
from cli.reporting.words import waived
from cli.terminal import counted
from provisioner.findings import Severity

NOT_EVALUATED = "not evaluated"


class Change(TypedDict):
    """One thing that is not as it was."""

    rule: str
    severity: str
    what: str


class Changes(TypedDict):
    """All that is not as it was."""

    worse: list[Change]
    newly_waived: list[Change]
    better: list[Change]


def compared(before: Facts, after: Facts) -> Changes:
    """By findings, each known by its fingerprint; and by rules that were evaluated in one report only."""
    old, new = _known(before), _known(after)
    both = [(old[key], found) for key, found in new.items() if key in old]
    heavier = [_weighed(was, now) for was, now in both if now["waiver"] is None and _heavier(was, now)]
    lighter = [_weighed(was, now) for was, now in both if _heavier(now, was)]
    return {
        "worse": [
            *(_change(f) for key, f in new.items() if f["waiver"] is None and not _open(old.get(key))),
            *heavier,
            *(_verdict(c, f"{NOT_EVALUATED}, {c['reason']}") for c in _first_so(before, after)),
        ],
        "newly_waived": [
            _change(f) for key, f in new.items() if f["waiver"] and not (key in old and old[key]["waiver"])
        ],
        "better": [
            *(_change(f) for key, f in old.items() if key not in new),
            *lighter,
            *(_verdict(c, "evaluated again") for c in _first_so(after, before)),
        ],
    }


def told(changes: Changes) -> str:
    """For people, what is worse first."""
    heads = (("worse", "worse"), ("newly waived", "newly_waived"), ("better", "better"))
    parts = []
    for head, key in heads:
        own: list[Change] = changes[key]  # type: ignore[literal-required]
        if own:
            parts.append("\n".join((f"{head}: {counted(len(own), 'change')}", *(_line(change) for change in own))))
    return "\n\n".join(parts) or "nothing got better or worse, and nothing is newly waived"


def _line(change: Change) -> str:
    return f"  {change['rule']}  {change['severity']}: {change['what']}"


def _known(facts: Facts) -> dict[str, Found]:
    return {f"{found['rule']} {found['fingerprint']}": found for found in facts["findings"]}


def _open(found: Found | None) -> bool:
    """Whether it was there, and nobody answered for it."""
    return found is not None and found["waiver"] is None


def _change(found: Found) -> Change:
    waiver = f" (waived: {waived(found['waiver'])})" if found["waiver"] else ""
    return {"rule": found["rule"], "severity": found["weight"], "what": f"{found['message']}{waiver}"}


def _heavier(was: Found, now: Found) -> bool:
    return Severity[now["weight"].upper()] > Severity[was["weight"].upper()]


def _weighed(was: Found, now: Found) -> Change:
    return {**_change(now), "what": f"{now['message']} (was {was['weight']})"}


def _first_so(before: Facts, after: Facts) -> Iterator[Control]:
    """Rules that were not evaluated in the second report, and were not so in the first."""
    was = {control["rule"] for control in before["controls"] if control["result"] == NOT_EVALUATED}
    yield from (c for c in after["controls"] if c["result"] == NOT_EVALUATED and c["rule"] not in was)


def _verdict(control: Control, reason: str) -> Change:
    what = f"{control['title']}: {reason}"
    return {"rule": control["rule"], "severity": control["severity"], "what": what}
