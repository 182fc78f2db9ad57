"""What stays on AWS when a network is taken away: what holds studies, until somebody deletes that on purpose."""

from collections.abc import Iterable
from dataclasses import replace

from provisioner.engine.plan import Kind, Step
from stacks.aws.design import Design
from stacks.aws.returning import Kept


def stays(design: Design) -> tuple[str, ...]:
    """For people: what is still there, and in whose account."""
    found = []
    for account in design.accounts:
        nodes = [each.node for each in design.placements if each.account == account.owner]
        if nodes:
            named = f"{design.network}-{nodes[0].lower()}"
            found.append(
                f"the account of {account.owner} keeps what {', '.join(nodes)} held: images (bucket {named}-images-*)"
                f" and their key, queue and worklist (file system), backups (vault), index (snapshot {named}-final-*);"
                " the next `up` takes all of it back"
            )
    return tuple(found)


def taken_back(steps: Iterable[Step], found: Iterable[Kept]) -> tuple[Step, ...]:
    """The steps of a plan, with what their nodes get again of what was kept."""
    words = {each.node: each.words() for each in found}
    return tuple(_with(each, words.get(each.name, "") if each.kind is Kind.NODE else "") for each in steps)


def _with(step: Step, back: str) -> Step:
    return replace(step, reason=f"{step.reason}; takes back {back}") if back else step
