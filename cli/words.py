"""A plan, an outcome and a report in words: pure, so that a manager's sentence can be tested as data."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cli.formats import between
from cli.terminal import PLAIN, Style, counted, listed, seconds, table
from provisioner.plan import Action, Drift, Kind, NodeStatus, Outcome, Plan, Step
from provisioner.topology import Topology

if TYPE_CHECKING:
    from provisioner.doctor import Need
    from provisioner.verify import Check, Report


def headline(steps: tuple[Step, ...]) -> str:
    """RXB02 joins; 2 links added; no node restarts."""
    changes = tuple(s for s in steps if s.action is not Action.SAME)
    if not changes:
        return "nothing changes"
    nodes = tuple(s for s in changes if s.kind is Kind.NODE)
    renewed = sum(1 for s in changes if s.kind is Kind.CERTIFICATE and s.action in (Action.UPDATE, Action.REPLACE))
    parts = [
        _said(tuple(s.name for s in nodes if s.action is Action.CREATE), "joins", "join"),
        _said(tuple(s.name for s in nodes if s.action is Action.DELETE), "leaves", "leave"),
        *_links(changes),
        f"{counted(renewed, 'certificate')} renewed" if renewed else "",
        _said(tuple(s.name for s in changes if s.restarts), "restarts", "restart") or "no node restarts",
    ]
    return "; ".join(part for part in parts if part)


def _said(names: tuple[str, ...], one: str, many: str) -> str:
    return f"{listed(names)} {one if len(names) == 1 else many}" if names else ""


def _links(changes: tuple[Step, ...]) -> Iterator[str]:
    """How many links come, go, and allow something else than before; both ends of one are counted once."""
    for sign, word in (("+", "added"), ("-", "removed"), ("~", "changed")):
        pairs = {
            frozenset((step.name, entry[1:]))
            for step in changes
            if step.kind is Kind.LINKS
            for entry in step.changed
            if entry.startswith(sign)
        }
        if pairs:
            yield f"{counted(len(pairs), 'link')} {word}"


SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.REPLACE: "±", Action.DELETE: "-"}
ASCII_SIGNS = SIGNS | {Action.REPLACE: "!"}
SIGN_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.REPLACE: "yellow", Action.DELETE: "red"}


def steps(plan: Plan, style: Style = PLAIN) -> str:
    """One line for each step that changes something: sign, name, what it is, why."""
    width = max((len(s.name) for s in plan.changes), default=0)
    kinds = max((len(s.kind) for s in plan.changes), default=0)
    return "\n".join(_step(s, width, kinds, style) for s in plan.changes)


def _step(step: Step, width: int, kinds: int, style: Style) -> str:
    sign = style.paint((SIGNS if style.unicode else ASCII_SIGNS)[step.action], SIGN_COLOURS[step.action])
    why = step.reason or (", ".join(step.changed) if step.changed else "")
    restart = style.paint(" (restarts)", "yellow") if step.restarts else ""
    return f"  {sign} {step.name:<{width}}  {step.kind:<{kinds}}  {why}".rstrip() + restart


def outcome(result: Outcome, topology: Topology, state: str, style: Style = PLAIN) -> str:
    """What a run did; what failed, with its reason; what it was kept from doing. `state` is "up" or "gone"."""
    lines = [f"{style.paint('notice', 'yellow')}: {text}" for text in result.notices]
    lines += [f"{style.mark(False)} {event.name} {event.kind}: {event.detail or 'failed'}" for event in result.failed]
    if result.interrupted:
        return "\n".join([*lines, _interrupted(result, topology)])
    changes = counted(sum(1 for event in result.done if event.action is not Action.SAME), "change")
    failed = f", {len(result.failed)} failed," if result.failed else ""
    took = f"{changes}{failed} in {seconds(result.seconds)}"
    whole = f"is not all {state}" if result.failed else f"is {state}"
    what = f"{headline(result.steps)} ({took})" if any(s.action is not Action.SAME for s in result.steps) else took
    return "\n".join([*lines, f"{style.mark(not result.failed)} {result.network} {whole}: {what}"])


def _interrupted(result: Outcome, topology: Topology) -> str:
    """Which nodes this run has dealt with, and which it has not; those that were right already are neither."""
    touched = sorted({event.name for event in result.done if event.kind is Kind.NODE})
    right = {step.name for step in result.steps if step.kind is Kind.NODE and step.action is Action.SAME}
    rest = [node.id for node in topology.nodes if node.id not in {*touched, *right}]
    return (
        f"interrupted after {seconds(result.seconds)}\n"
        f"  done:     {listed(touched, 12)}\n"
        f"  not done: {listed(rest, 12)}\n"
        f"  nothing needs a repair: the next run goes on from here"
    )


def statuses(nodes: tuple[NodeStatus, ...], style: Style = PLAIN) -> str:
    """The table of `status`."""
    header = ("node", "AE title", "https", "dicom", "state", "studies", "MiB", "cert. days", "name")
    rows = [
        (
            n.node,
            n.aet,
            f"{n.endpoint.host}:{n.endpoint.https_port}" if n.endpoint else "-",
            f"{n.endpoint.host}:{n.endpoint.dicom_port}" if n.endpoint else "-",
            "running" if n.running else "down",
            _number(n.studies),
            _number(n.memory_mib),
            _number(n.certificate_days),
            n.name,
        )
        for n in nodes
    ]
    lines = [table(header, rows, frozenset({5, 6, 7}))]
    lines += [f"{style.mark(False)} {n.node}: {n.detail}" for n in nodes if not n.running and n.detail]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def drifts(found: tuple[Drift, ...]) -> str:
    """What differs, one line each."""
    if not found:
        return "no drift: every node is as it was deployed"
    rows = [(d.name, d.kind, d.key, d.expected, d.actual) for d in found]
    return table(("node", "what", "setting", "deployed", "found"), rows)


def verification(report: "Report", style: Style = PLAIN, every: bool = False) -> str:
    """What `verify` found: a line for each kind of question, or each question; whatever failed; the verdict."""
    rows = [_check(c, style) for c in (report.checks if every else report.failed)]
    parts = [] if every else [_kinds(report, style)]
    if rows:
        parts += [*([""] if parts else []), table(("", "check", "between", "expected", "found"), rows)]
    return "\n".join([*parts, verdict(report, style)])


def _check(check: "Check", style: Style) -> tuple[str, ...]:
    return style.mark(check.passed), check.name, between(check), check.expected, check.detail


def _kinds(report: "Report", style: Style) -> str:
    """One row for each kind of question: how often it was put, how often the answer was right."""
    kinds = dict.fromkeys((c.name, c.expected) for c in report.checks)
    rows = []
    for name, expected in kinds:
        passed = [c.passed for c in report.checks if (c.name, c.expected) == (name, expected)]
        rows.append((style.mark(all(passed)), name, expected, f"{sum(passed)}/{len(passed)}"))
    return table(("", "check", "must be", "passed"), rows, frozenset({3}))


def verdict(report: "Report", style: Style = PLAIN) -> str:
    """How many checks passed, in one line."""
    works = sum(1 for c in report.checks if c.expected == "works")
    total, failed = len(report.checks), len(report.failed)
    passed = f"{total - failed} of {total} checks passed"
    return (
        f"{style.mark(not failed)} {report.network}: {passed}"
        f" ({works} that something works, {total - works} that something is refused)"
    )


def needs(found: "tuple[Need, ...]", style: Style = PLAIN) -> str:
    """The table of `doctor`, and a line for each thing that is missing."""
    rows = [(_need_mark(n, style), n.name, n.found or f"missing: {n.why}") for n in found]
    missing = [n for n in found if not n.found]
    lines = [table(("", "what", "found"), rows)]
    lines += [f"  try: {n.mend}    # {n.name}" for n in missing]
    lacking = sum(1 for n in missing if n.required)
    words = f"{counted(lacking, 'thing is', 'things are')} missing" if lacking else "this machine can deploy networks"
    return "\n".join([*lines, f"{style.mark(not lacking)} {words}"])


def _need_mark(need: "Need", style: Style) -> str:
    return style.mark(bool(need.found)) if need.found or need.required else "-"


def addresses(facts: Mapping[str, object], most: int = 1000) -> str:
    """The nodes of `outputs` as a table."""
    nodes = facts.get("nodes")
    rows = [_address(name, node) for name, node in nodes.items()] if isinstance(nodes, dict) else []
    more = f"\n... and {counted(len(rows) - most, 'node')} more: netprov outputs" if len(rows) > most else ""
    return table(("node", "AE title", "https", "dicom (TLS)", "name"), rows[:most]) + more


def _address(name: str, node: Mapping[str, Any]) -> tuple[str, ...]:
    dicom = node.get("dicom", {})
    return (
        name,
        node.get("aet", ""),
        node.get("https", ""),
        f"{dicom.get('host')}:{dicom.get('port')}",
        node.get("name", ""),
    )


def outputs(facts: Mapping[str, object]) -> str:
    """All of `outputs`: the nodes, then whatever else the target tells, one line each."""
    rest = [f"{key}: {_flat(value)}" for key, value in facts.items() if key != "nodes"]
    return "\n".join([addresses(facts), "", *rest])


def _flat(value: object) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)
