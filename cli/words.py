"""A plan, an outcome and a report in words: pure, so that a manager's sentence can be tested as data."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cli.formats import between
from cli.session import Usage
from cli.terminal import PLAIN, Style, counted, listed, seconds, table
from provisioner.engine.plan import SCANNER, Action, Drift, Kind, NodeStatus, Outcome, Plan, Step
from provisioner.links.topology import Topology

if TYPE_CHECKING:
    from provisioner.doctor import Need
    from provisioner.proving.verify import Check, Report


def headline(steps: tuple[Step, ...]) -> str:
    """RXB02 joins; 2 links added; no node restarts."""
    changes = tuple(s for s in steps if s.action is not Action.SAME)
    if not changes:
        return "nothing changes"
    nodes = sorted((s for s in changes if s.kind is Kind.NODE), key=lambda s: s.name)
    renewed = sum(1 for s in changes if s.kind is Kind.CERTIFICATE and s.action in (Action.UPDATE, Action.REPLACE))
    parts = [
        _said(tuple(s.name for s in nodes if s.action is Action.CREATE), "joins", "join"),
        _said(tuple(s.name for s in nodes if s.action is Action.DELETE), "leaves", "leave"),
        _said(tuple(s.name for s in nodes if s.starts), "starts again", "start again"),
        _said(tuple(s.name for s in nodes if _only_changes(s)), "changes", "change"),
        *_links(changes),
        f"{counted(renewed, 'certificate')} renewed" if renewed else "",
        _restarts(steps),
    ]
    return "; ".join(part for part in parts if part)


def _only_changes(step: Step) -> bool:
    return step.action is Action.UPDATE and not step.restarts and not step.starts


def _restarts(steps: tuple[Step, ...]) -> str:
    """Which nodes are interrupted; where there are none that stay, nobody asks."""
    restarted = _said(tuple(sorted(s.name for s in steps if s.restarts)), "restarts", "restart")
    stays = any(s.kind is Kind.NODE and s.action not in (Action.CREATE, Action.DELETE) for s in steps)
    other = "other " if any(s.starts for s in steps) else ""
    return restarted or (f"no {other}node restarts" if stays else "")


def _said(names: tuple[str, ...], one: str, many: str) -> str:
    return f"{listed(names)} {one if len(names) == 1 else many}" if names else ""


def _links(changes: tuple[Step, ...]) -> Iterator[str]:
    """How many links come, go, and allow something else than before, scanners apart; both ends of a link are one."""
    for sign, word in (("+", "added"), ("-", "removed"), ("~", "changed")):
        ends = [
            (step.name, entry[1:])
            for step in changes
            if step.kind is Kind.LINKS
            for entry in step.changed
            if entry.startswith(sign)
        ]
        scanners = sum(1 for _, other in ends if other.startswith(SCANNER))
        links = len({frozenset(end) for end in ends if not end[1].startswith(SCANNER)})
        found = [counted(n, what) for n, what in ((links, "link"), (scanners, "scanner")) if n]
        if found:
            yield f"{' and '.join(found)} {word}"


SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.REPLACE: "±", Action.DELETE: "-"}
ASCII_SIGNS = SIGNS | {Action.REPLACE: "!"}
SIGN_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.REPLACE: "yellow", Action.DELETE: "red"}


PARTS = (Kind.NODE, Kind.LINKS)
"""What a node is made of, as far as people ask."""


def steps(plan: Plan, style: Style = PLAIN) -> str:
    """One line for each thing that changes: sign, name, what of it, why. A node that comes or goes is one line."""
    groups: dict[tuple[str, Action], list[Step]] = {}
    for step in plan.changes:
        groups.setdefault((step.name, step.action), []).append(step)
    signs = SIGNS if style.unicode else ASCII_SIGNS
    rows = [
        (
            style.paint(signs[action], SIGN_COLOURS[action]),
            name,
            ", ".join(step.kind for step in sorted(group, key=_importance)),
            "; ".join(dict.fromkeys(filter(None, map(_why, sorted(group, key=_importance))))),
        )
        for (name, action), group in groups.items()
    ]
    return table(("", "", "what", "why"), rows) if rows else ""


def _importance(step: Step) -> int:
    return PARTS.index(step.kind) if step.kind in PARTS else len(PARTS)


def _why(step: Step) -> str:
    """The reason, or else what differs."""
    return (step.reason or ", ".join(step.changed)) + (" (restarts)" if step.restarts else "")


def outcome(result: Outcome, topology: Topology, state: str, style: Style = PLAIN) -> str:
    """What a run did; what failed, with its reason; what it was kept from doing. `state` is "up" or "gone"."""
    lines = [f"{style.paint('notice', 'yellow')}: {text}" for text in result.notices]
    lines += [f"{style.mark(False)} {event.name} {event.kind}: {event.detail or 'failed'}" for event in result.failed]
    if result.interrupted:
        return "\n".join([*lines, _interrupted(result, topology)])
    took = f"({seconds(result.seconds)})"
    if result.failed:
        return "\n".join([*lines, f"{style.mark(False)} {result.network} is not all {state} {took}: {_share(result)}"])
    moved = any(step.action is not Action.SAME for step in result.steps)
    what = headline(result.steps) if moved else _share(result)
    return "\n".join([*lines, f"{style.mark(True)} {result.network} is {state} {took}: {what}"])


def _share(result: Outcome) -> str:
    """9 changes, or 6 changes, 1 failed."""
    changes = counted(sum(1 for event in result.done if event.action is not Action.SAME), "change")
    return changes + (f", {len(result.failed)} failed" if result.failed else "")


def _interrupted(result: Outcome, topology: Topology) -> str:
    """Which nodes this run has dealt with, wholly or in part, and which not; those that were right are neither."""
    moved = {(event.kind, event.name): event.action for event in result.done if event.action is not Action.SAME}
    right = {(step.kind, step.name) for step in result.steps if step.action is Action.SAME}
    touched = sorted({name for kind, name in moved if kind in PARTS})

    def whole(name: str) -> bool:
        gone = moved.get((Kind.NODE, name)) is Action.DELETE
        return gone or all((kind, name) in moved or (kind, name) in right for kind in PARTS)

    begun = [name for name in touched if not whole(name)]
    rest = [node.id for node in topology.nodes if node.id not in touched and not whole(node.id)]
    return "\n".join(
        (
            f"interrupted after {seconds(result.seconds)}",
            f"  done:     {listed([name for name in touched if whole(name)], 12)}",
            *([f"  begun:    {listed(begun, 12)}"] if begun else ()),
            f"  not done: {listed(rest, 12)}",
            "  nothing needs a repair: the next run goes on from here",
        )
    )


def statuses(nodes: tuple[NodeStatus, ...], style: Style = PLAIN) -> str:
    """The table of `status`."""
    header = ("node", "AE title", "https", "dicom", "state", "studies", "to send", "MiB", "cert. days", "name")
    rows = [
        (
            n.node,
            n.aet,
            f"{n.endpoint.host}:{n.endpoint.https_port}" if n.endpoint else "-",
            f"{n.endpoint.host}:{n.endpoint.dicom_port}" if n.endpoint else "-",
            "running" if n.running else style.paint("down", "red"),
            _number(n.studies),
            _number(n.outbox.waiting if n.outbox else None),
            _number(n.memory_mib),
            _number(n.certificate_days),
            n.name,
        )
        for n in nodes
    ]
    spare = ("AE title", "dicom", "https", "MiB", "cert. days", "to send")
    lines = [table(header, rows, frozenset({5, 6, 7, 8}), style.columns, spare)]
    lines += [f"{style.mark(False)} {n.node}: {n.detail}" for n in nodes if not n.running and n.detail]
    lines += [f"{style.mark(False)} {n.node}: {trouble}" for n in nodes for trouble in _outbox(n)]
    return "\n".join(lines)


def worklist(home: str, counts: dict[str, Any], style: Style = PLAIN) -> list[str]:
    """What stands on the shared worklist, and which sites' studies are past their time."""
    states, late = counts["states"], counts["overdue"]
    numbers = f"{states['SCHEDULED']} open, {states['IN PROGRESS']} claimed, {states['COMPLETED']} reported"
    lines = [f"\nworklist at {home}: {numbers}, {late} overdue"]
    sites = [f"{site} {own['overdue']}" for site, own in sorted(counts["sites"].items()) if own["overdue"]]
    return [*lines, f"{style.mark(False)} overdue: {', '.join(sites)}"] if sites else lines


def _outbox(node: NodeStatus) -> list[str]:
    """What is wrong with what a node has to send; one line each."""
    outbox = node.outbox
    if outbox is None or not outbox.troubles:
        return []
    late = f"{outbox.waiting} to send, the oldest for {_span(outbox.oldest_seconds or 0)}"
    dead = f"{outbox.dead} refused, and not tried again" if outbox.dead else ""
    return ["; ".join(part for part in (late if outbox.waiting else "", dead) if part), *outbox.troubles]


def _span(seconds: int) -> str:
    """As long as it is worth saying."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def drifts(found: tuple[Drift, ...], style: Style = PLAIN) -> str:
    """What differs, one line each."""
    if not found:
        return "no drift: every node is as it was deployed"
    rows = [(d.name, d.kind, d.key, d.expected, d.actual) for d in found]
    header = ("node", "what", "setting", "deployed", "found")
    lines = table(header, rows, columns=style.columns, spare=("what",))
    return f"{lines}\n  try: netprov up --refresh, with the network's definition"


def verification(report: "Report", style: Style = PLAIN, every: bool = False) -> str:
    """What `verify` found: a line for each kind of question, or each question; whatever failed; the verdict."""
    rows = [_check(c, style) for c in (report.checks if every else report.failed)]
    parts = [] if every else [_kinds(report, style)]
    if rows:
        parts += [
            *([""] if parts else []),
            table(("", "check", "between", "expected", "found"), rows, columns=style.columns, spare=("expected",)),
        ]
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
    """How much of either half was proved, in one line."""
    state = "is not proved" if report.failed else "is proved"
    return (
        f"{style.mark(not report.failed)} {report.network} {state}:"
        f" {_passed(report, 'works')} uses work and {_passed(report, 'refused')} intrusions are refused"
    )


def _passed(report: "Report", expected: str) -> str:
    half = [check.passed for check in report.checks if check.expected == expected]
    return f"{sum(half)} of {len(half)}"


def needs(found: "tuple[Need, ...]", style: Style = PLAIN) -> str:
    """The table of `doctor`, and a line for each thing that is missing."""
    rows = [(_need_mark(n, style), n.name, n.found or f"missing: {n.why}") for n in found]
    missing = [n for n in found if not n.found]
    lines = [table(("", "what", "found"), rows, columns=style.columns)]
    lines += [f"  try: {n.mend}    # {n.name}" for n in missing]
    lacking = sum(1 for n in missing if n.required)
    words = f"{counted(lacking, 'thing is', 'things are')} missing" if lacking else "this machine can deploy networks"
    return "\n".join([*lines, f"{style.mark(not lacking)} {words}"])


def _need_mark(need: "Need", style: Style) -> str:
    return style.mark(bool(need.found)) if need.found or need.required else "-"


def addresses(facts: Mapping[str, object], style: Style = PLAIN, most: int = 1000) -> str:
    """The nodes of `outputs` as a table."""
    nodes = facts.get("nodes")
    rows = [_address(name, node) for name, node in nodes.items()] if isinstance(nodes, dict) else []
    more = f"\n... and {counted(len(rows) - most, 'node')} more: netprov outputs" if len(rows) > most else ""
    header = ("node", "AE title", "https", "dicom (TLS)", "name")
    return table(header, rows[:most], columns=style.columns, spare=("AE title", "dicom (TLS)")) + more


def _address(name: str, node: Mapping[str, Any]) -> tuple[str, ...]:
    dicom = node.get("dicom", {})
    return (
        name,
        node.get("aet", ""),
        node.get("https", ""),
        f"{dicom.get('host')}:{dicom.get('port')}",
        node.get("name", ""),
    )


def outputs(facts: Mapping[str, object], style: Style = PLAIN) -> str:
    """All of `outputs`: the nodes, then whatever else the target tells, one line each."""
    nodes = facts.get("nodes")
    scanners = [
        f"scanner {aet} of {name}: {_flat(files)}"
        for name, node in (nodes.items() if isinstance(nodes, dict) else ())
        for aet, files in node.get("scanners", {}).items()
    ]
    rest = [f"{key.replace('_', ' ')}: {_flat(value)}" for key, value in facts.items() if key != "nodes"] + scanners
    return "\n".join([addresses(facts, style), "", *rest])


def as_scanner(facts: Mapping[str, Any], aet: str) -> str:
    """The arguments with which a DCMTK tool speaks to a scanner's own node, over TLS."""
    node = _known({each: node for node in facts["nodes"].values() for each in node["scanners"]}, aet, "scanner")
    files, dicom = node["scanners"][aet], node["dicom"]
    tls = f"+tls {_word(files['key'])} {_word(files['certificate'])} +cf {_word(facts['trust'])}"
    return f"{tls} -aet {aet} -aec {node['aet']} {dicom['host']} {dicom['port']}"


def as_operator(facts: Mapping[str, Any], name: str) -> str:
    """The arguments with which curl speaks to a node; a path may follow at once."""
    node = _known(facts["nodes"], name, "node")
    return f"--config {_word(node['curl'])} {node['https'].rstrip('/')}"


def _word(path: str) -> str:
    """A path that a shell takes for one word, without quotation: `$(...)` reads none."""
    if any(letter.isspace() or letter in "*?[" for letter in path):
        raise Usage(
            f"a shell would not take {path} for one word",
            "the same paths are in `netprov outputs --format json`; or choose another NETPROV_HOME",
        )
    return path


def _known(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in known:
        raise Usage(f"there is no {what} {name} in this network", f"there are: {', '.join(known) or 'none'}")
    return known[name]


def _flat(value: object) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)
