"""Beyond the definition: what netprov would write, what a target is about to make, what runs. Only where asked for.

Nothing here is on the path of a plain `check`.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cli.examining import packs_of, readable
from cli.loading import folder_of
from cli.session import Session, Usage
from cli.terminal import counted, note, style_of
from policies import RULES, evaluate
from policies.level import Change, Level, Seen
from provisioner.definition.network import Network
from provisioner.engine.registry import load
from provisioner.errors import Refused
from provisioner.findings import Severity
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from provisioner.report import text as report
from provisioner.site.planned import NodeSettings, Planned

if TYPE_CHECKING:
    from cli.loading import Deployed


def look(network: Network, levels: Iterable[str], session: Session) -> Seen:
    """What is to be seen of a network at these levels, the definition's among them."""
    asked = dict.fromkeys((Level.DEFINITION, *map(Level, levels)))
    return Seen(
        network=network,
        rendered=_rendered(network) if Level.RENDERED in asked else (),
        live=_live(network, session) if Level.LIVE in asked else (),
        levels=tuple(asked),
    )


def refuse_planned(name: str, text: str, resources: tuple[Planned, ...], session: Session) -> None:
    """Judge what is about to happen for a definition that may be deployed: what a target will make, what changes.

    Raises Refused if that may not be; what weighs less is told.
    """
    document, network = readable(name, text.encode(), session)
    seen = _about_to_happen(network, resources, session)
    asked = tuple(rule for rule in RULES if set(rule.levels) & set(seen.levels) - {Level.DEFINITION})
    found = evaluate(network, session.now().date(), asked, packs_of(network, name, session), seen)
    told = tuple(f for f in found if f.severity >= Severity.WARN and (f.level == Level.PLANNED or f.rule in _OF_CHANGE))
    if told:
        note(report(document, told, style_of(sys.stderr, session.environ).colour))
    errors = sum(1 for finding in told if finding.severity is Severity.ERROR)
    if errors:
        raise Refused(f"{counted(errors, 'error')} in what is planned for {document.name}: nothing was changed")


_OF_CHANGE = frozenset(rule.id for rule in RULES if Level.CHANGE in rule.levels)


def _about_to_happen(network: Network, resources: tuple[Planned, ...], session: Session) -> Seen:
    levels = [Level.DEFINITION, *([Level.PLANNED] if resources else [])]
    record = load(folder_of(network.network.id, session))
    if record is None:
        return Seen(network, planned=resources, levels=tuple(levels))
    change = Change(datetime.fromisoformat(record.when).date(), tuple(_changes(record.topology, derive(network))))
    return Seen(network, planned=resources, change=change, levels=(*levels, Level.CHANGE))


def _changes(old: Topology, new: Topology) -> Iterator[str]:
    """What becomes another network: who is in it, who may do what, and where the list is kept."""
    if old.home != new.home:
        yield f"the worklist moves from {old.home or 'nowhere'} to {new.home or 'nowhere'}"
    before, after = {node.id: node for node in old.nodes}, {node.id: node for node in new.nodes}
    yield from (f"{name} joins" for name in after if name not in before)
    yield from (f"{name} leaves" for name in before if name not in after)
    yield from (
        f"{name} has another owner" for name, n in after.items() if name in before and n.owner != before[name].owner
    )
    there = {(flow.source, flow.target): flow.operations for flow in old.flows}
    here = {(flow.source, flow.target): flow.operations for flow in new.flows}
    changed = (ends for ends in sorted({*there, *here}) if there.get(ends) != here.get(ends))
    kept = {*before, *(p.name for p in old.places)} & {*after, *(p.name for p in new.places)}
    pairs = dict.fromkeys(tuple(sorted(ends)) for ends in changed if kept.issuperset(ends))
    yield from (f"links of {' and '.join(pair)} change" for pair in pairs)


def _rendered(network: Network) -> tuple[NodeSettings, ...]:
    from provisioner.proving.shown import shown

    return shown(derive(network))


def _live(network: Network, session: Session) -> tuple[NodeSettings, ...]:
    found = _deployed(network.network.id, session)
    return session.target(found.record.target).loaded(found.folder, found.record.topology)


def _deployed(network_id: str, session: Session) -> "Deployed":
    from cli.loading import deployed, known

    if network_id not in known(session):
        raise Usage(f"network {network_id} is not deployed here, so nothing of it runs", "netprov list")
    return deployed(network_id, session)
