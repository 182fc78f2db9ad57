"""A node's database over its lives: which snapshot it comes from, and which one it leaves behind."""

import secrets
from collections.abc import Iterable, Mapping

from provisioner.record import record
from stacks.aws import ledger, naming
from stacks.aws.design import Design
from stacks.aws.ledger import State
from stacks.aws.returning import INDEX, Kept

DIGITS = 4
"""Bytes of a last snapshot's own mark."""


@record
class Index:
    """Both are fixed when the database is made: another source would be another database."""

    source: str
    """Snapshot that it was restored from; empty if it began empty."""
    last: str
    """Snapshot that it leaves when it goes: no other one has this name."""


def indexes(design: Design, state: State, found: Iterable[Kept]) -> Mapping[str, Index]:
    """As they are; what is to be made comes from what was kept."""
    have, sources = ledger.live(state), {each.node: each.snapshot for each in found}
    made = {}
    for each in design.placements:
        name = naming.named(design.network, each.node)
        there = have.get(ledger.urn(design, INDEX, f"{name}-index"))
        inputs = (there or {}).get("inputs") or {}
        source = str(inputs.get("snapshotIdentifier") or "") if there else sources.get(each.node, "")
        last = str(inputs.get("finalSnapshotIdentifier") or f"{name}-final-{secrets.token_hex(DIGITS)}")
        made[each.node] = Index(source, last)
    return made
