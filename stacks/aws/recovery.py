"""What a killed run has left half known: looked up on AWS, entered in the engine's state, read, and proved to be ours.

It is safe to be killed at any step of it, and it is nothing at all where no run was killed and nothing was kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from provisioner.engine import engine
from stacks.aws import ledger
from stacks.aws.cloud import Cloud
from stacks.aws.design import Design
from stacks.aws.finding import Finder
from stacks.aws.ledger import Pending, State

Serve = Callable[[], engine.Served]
REFRESH: tuple[str, ...] = ("refresh", "--yes", "--skip-preview")
TAGGED_LATER = frozenset({"aws:s3/bucket:Bucket", "aws:route53/zone:Zone"})
"""AWS takes their tags by a call of its own: one that has none may be ours, half made."""


@dataclass(frozen=True, slots=True)
class Hand:
    """What a look at the state, and at AWS, needs."""

    workspace: engine.Workspace
    design: Design
    cloud: Cloud
    keep: tuple[int, ...]
    """Descriptors that the engine inherits."""
    parallel: int

    def engine(self, operation: tuple[str, ...], serve: Serve) -> engine.Verdict:
        return engine.run(self.workspace, operation, serve, parallel=self.parallel, keep=self.keep)

    def owner(self, account: str) -> str:
        """Whose account a provider's name stands for."""
        slug = account.removeprefix("account-")
        return next((each.owner for each in self.design.accounts if each.slug == slug), self.design.accounts[0].owner)


def mended(hand: Hand) -> tuple[State, tuple[str, ...]]:
    """The state with nothing in doubt, and notices for people. Raises NetprovError."""
    state = engine.exported(hand.workspace)
    if not (ledger.pending(state) or ledger.unsure(state)):
        return state, ()
    notices = recover(hand, state)
    return engine.exported(hand.workspace), notices


def recover(hand: Hand, state: State, back: Iterable[State] = ()) -> tuple[str, ...]:
    """Mend the state; `back` are resources that were kept and are to be had again. Notices for people.

    Raises NetprovError.
    """
    operations, kept = ledger.pending(state), tuple(back)
    doubtful = ledger.unsure(state)
    if not (operations or doubtful or kept):
        return ()
    found, touched = _found(hand, state, operations)
    new = [*found, *kept]
    engine.replaced(hand.workspace, ledger.entered(state, new, [*touched, *doubtful]))
    urns = tuple(dict.fromkeys((*(each["urn"] for each in new), *touched, *doubtful)))
    strangers: frozenset[str] = frozenset()
    if urns:
        _read(hand, urns)
        after = engine.exported(hand.workspace)
        strangers = _strangers(hand, after, {each["urn"]: each for each in found})
        steering = {each["urn"]: ledger.steering(each) for each in found}
        engine.replaced(hand.workspace, ledger.proved(after, steering, strangers))
    return _notices(hand, operations, found, strangers)


def _found(hand: Hand, state: State, operations: Iterable[Pending]) -> tuple[list[State], list[str]]:
    """The creates that AWS has heard of, and what must be read again because it was being changed or deleted."""
    finder, known, there = Finder(hand.cloud, hand.design.region), ledger.ids(state), ledger.live(state)
    found, touched = [], []
    for each in operations:
        owner, kind, inputs = hand.owner(each.account), str(each.resource["type"]), each.resource.get("inputs") or {}
        if each.type == "creating":
            # What has its name from its inputs cannot stand beside the one that it replaces.
            named = finder.by_name(kind) and each.urn in there
            its_id = "" if named else finder.find(owner, kind, inputs, known)
            if its_id:
                found.append(ledger.entry(each.resource, its_id))
            continue
        if each.type == "deleting":
            finder.wait(owner, kind, inputs)
        if each.urn in there:
            touched.append(each.urn)
    return found, touched


def _read(hand: Hand, urns: Iterable[str]) -> None:
    """Let the engine's plugin say what is there; what is not leaves the state. Raises NetprovError."""
    targets = tuple(word for urn in urns for word in ("--target", urn))
    verdict = hand.engine((*REFRESH, *targets), lambda: engine.Served(lambda: None))
    if verdict.code:
        raise engine.explain(verdict, hand.workspace)


def _strangers(hand: Hand, state: State, found: Mapping[str, State]) -> frozenset[str]:
    """What has our name and is not ours: its tags say so, or the want of them."""
    return frozenset(
        urn
        for urn, each in ledger.live(state).items()
        if each.get(ledger.UNSURE) and not _ours(hand.design, each, found.get(urn))
    )


def _ours(design: Design, read: State, wanted: State | None) -> bool:
    said = read.get("outputs") or {}
    tags = said.get("tags") or said.get("tagsAll") or {}
    if tags:
        return bool(tags.get("network") == design.network)
    tagged = bool(wanted and (wanted.get("inputs") or {}).get("tags"))
    return not tagged or read["type"] in TAGGED_LATER


def _notices(
    hand: Hand, operations: Iterable[Pending], found: Iterable[State], strangers: frozenset[str]
) -> tuple[str, ...]:
    said = []
    making = [each for each in operations if each.type == "creating"]
    if making:
        count = sum(each["urn"] not in strangers for each in found)
        said.append(
            f"a killed run was making {len(making)} resources: {count} of them may be on AWS and were looked up there"
        )
    for urn in sorted(strangers):
        kind, name = urn.split("::")[2].rpartition(":")[2], urn.rpartition("::")[2]
        said.append(f"there is a {kind} {name} that is not of {hand.design.network}: it is left alone")
    return tuple(said)
