"""`plan --offline`: all that a target would have, told without asking anybody."""

import sys
from collections import Counter
from typing import TYPE_CHECKING

from cli.formats import as_json
from cli.levels import refuse_planned
from cli.running import awaited
from cli.session import Session, Usage
from cli.terminal import Style, counted, say, style_of, table
from provisioner.errors import Exit

if TYPE_CHECKING:
    from stacks.target import Forecast, Request, Target


def foretold(stack: "Target", wanted: "Request", file: str, form: str, session: Session) -> int:
    """Resources, what is paid for, and the diagram; what a rule refuses of it is refused. Raises NetprovError."""
    topology = wanted.topology
    found = awaited(f"planning {topology.id}", lambda: stack.forecast(wanted), session)
    if found is None:
        raise Usage("on this target a plan asks nobody but this machine", "leave --offline out; or --target aws")
    if form == "mermaid":
        say(found.diagram.rstrip())
    elif form == "json":
        say(as_json({"network": topology.id, **_facts(found)}))
    else:
        say(_words(found, topology.name, style_of(sys.stdout, session.environ)))
    refuse_planned(file, wanted.definition, found.resources, session)
    return Exit.DONE


def _facts(found: "Forecast") -> dict[str, object]:
    return {"amounts": found.amounts, "resources": found.resources, "diagram": found.diagram}


def _words(found: "Forecast", name: str, style: Style) -> str:
    """What is paid for, and how many resources each account holds."""
    rows = [(each.what, str(each.count), each.size) for each in found.amounts]
    owners = Counter(each.provider for each in found.resources)
    accounts = [(f"account of {owner}" if owner else "no account", str(count), "") for owner, count in owners.items()]
    return "\n".join(
        (
            f"{style.paint(name, 'bold')}: {counted(len(found.resources), 'resource')}; nobody was asked",
            "",
            table(("resources", "", ""), accounts, frozenset({1}), style.columns),
            "",
            table(("what is paid for", "count", "size"), rows, frozenset({1}), style.columns),
            "",
            "each of them: --format json; a diagram: --format mermaid",
        )
    )
