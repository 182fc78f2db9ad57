"""Beyond the definition: what netprov would write, what a target is about to make, what runs. Only where asked for.

Nothing here is on the path of a plain `check`.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cli.examining import packs_of, readable
from cli.loading import folder_of
from cli.session import Session, Usage
from cli.terminal import counted, note, style_of
from policies.level import Level, Seen
from provisioner.errors import Refused
from provisioner.findings import Severity
from provisioner.linking import derive
from provisioner.network import Network
from provisioner.planned import NodeSettings, Planned
from provisioner.report import text as report

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
    """Judge what a target is about to make for a definition that may be deployed. Raises Refused if it may not be."""
    from policies import evaluate

    if not resources:
        return
    document, network = readable(name, text.encode(), session)
    seen = Seen(network, planned=resources, levels=(Level.DEFINITION, Level.PLANNED))
    found = evaluate(network, session.now().date(), packs=packs_of(network, name), seen=seen)
    told = tuple(f for f in found if f.level == Level.PLANNED and f.severity >= Severity.WARN)
    if told:
        note(report(document, told, style_of(sys.stderr, session.environ).colour))
    errors = sum(1 for finding in told if finding.severity is Severity.ERROR)
    if errors:
        raise Refused(f"{counted(errors, 'error')} in what is planned for {document.name}: nothing was changed")


def _rendered(network: Network) -> tuple[NodeSettings, ...]:
    from provisioner.shown import shown

    return shown(derive(network))


def _live(network: Network, session: Session) -> tuple[NodeSettings, ...]:
    found = _deployed(network.network.id, session)
    return session.target(found.record.target).loaded(found.folder, found.record.topology)


def _deployed(network_id: str, session: Session) -> "Deployed":
    from cli.loading import deployed

    if not folder_of(network_id, session).root.is_dir():
        raise Usage(f"network {network_id} is not deployed here, so nothing of it runs", "netprov list")
    return deployed(network_id, session)
