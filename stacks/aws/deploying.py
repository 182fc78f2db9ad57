"""Changing a network on AWS, through the engine: plan, up, down, drift."""

import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from provisioner import VERSION
from provisioner.disk import place
from provisioner.engine import engine, engine_install, lock
from provisioner.engine.journal import Journal
from provisioner.engine.plan import Action, Drift, Event, Kind, Outcome, Plan, State
from provisioner.engine.registry import Record, save
from provisioner.errors import NetprovError
from stacks.aws import plugin
from stacks.aws.adoption import found_again
from stacks.aws.cloud import Cloud, refuse_stranger
from stacks.aws.delivery import Deliver, Delivery, nothing
from stacks.aws.design import Design, refuse_unpinned
from stacks.aws.drawn import designed
from stacks.aws.happened import SERVICE, Happened, followed, steps
from stacks.aws.happened import place as whose
from stacks.aws.index import Index, indexes
from stacks.aws.leaving import stays, taken_back
from stacks.aws.recovery import Hand, Serve, mended
from stacks.aws.returning import kept
from stacks.local import trust
from stacks.target import Listener, Request, Rotation

NAME = "aws"
CONVERGE: tuple[str, ...] = ("up", "--yes", "--skip-preview", "--continue-on-error")
DESTROY: tuple[str, ...] = ("destroy", "--yes", "--skip-preview", "--continue-on-error")


@dataclass(slots=True)
class Run:
    """One run's parts, and what has happened in it."""

    request: Request
    design: Design
    hand: Hand
    journal: Journal
    happened: list[Happened] = field(default_factory=list)
    under_way: dict[tuple[Kind, str], Action] = field(default_factory=dict)

    @property
    def workspace(self) -> engine.Workspace:
        return self.hand.workspace

    def call(self, operation: tuple[str, ...], serve: Serve) -> engine.Verdict:
        log = self.request.folder.logs / "engine-events.json"
        with followed(log, self._take):
            return self.hand.engine((*operation, "--event-log", str(log)), serve)

    def _take(self, each: Happened) -> None:
        """Told as what becomes of a node: it is there when its service runs."""
        if each.state is not State.STARTED:
            self.happened.append(each)
        if each.action is Action.SAME:
            return
        kind, name = whose(self.design, each.name, each.kind)
        if (kind, name) not in self.under_way:
            self.under_way[kind, name] = each.action
            self.journal.say(Event(State.STARTED, each.action, kind, name))
        if each.state is State.FAILED:
            self.under_way.pop((kind, name), None)
            words = f"{each.kind} {each.name}: {each.detail or 'see the log'}"
            self.journal.say(Event(State.FAILED, each.action, kind, name, words))
        elif each.kind == SERVICE and each.state is State.DONE and each.action is not Action.DELETE:
            self._done(kind, name)
            self._done(Kind.LINKS, name)

    def _done(self, kind: Kind, name: str) -> None:
        if action := self.under_way.pop((kind, name), None):
            self.journal.say(Event(State.DONE, action, kind, name))

    def settle(self) -> None:
        """What has not failed by the end is done."""
        for kind, name in tuple(self.under_way):
            self._done(kind, name)


@contextmanager
def _run(request: Request, command: str, listen: Listener) -> Iterator[tuple[Run, str]]:
    found = engine_install.find(request.environ)
    if found is None:
        raise NetprovError("the Pulumi engine is not installed", "netprov engine install")
    design = designed(request.definition, request.topology)
    with lock.hold(request.folder, command) as (descriptor, notice):
        providers = plugin.attached(request.environ)
        workspace = engine.Workspace(request.folder, found.path, request.environ, providers, cloud=True)
        if not providers:
            plugin.lend(workspace)
            refuse_stranger(design)
        engine.prepare(workspace)
        hand = Hand(workspace, design, Cloud(design), (descriptor,), request.parallel)
        yield Run(request, design, hand, Journal(listen)), notice


def _wanted(
    run: Run,
    stage: trust.Stage,
    indexes: Mapping[str, Index],
    *,
    renew: bool = False,
    protect: bool | None = None,
    deliver: Deliver = nothing,
) -> Serve:
    def served() -> engine.Served:
        # The SDK of AWS is large: it is loaded while the engine starts.
        from stacks.aws.papers import papers
        from stacks.aws.program import Wanted, program

        request, nodes = run.request, tuple(each.node for each in run.design.placements)
        certificates = papers(request.folder, nodes, datetime.now(UTC), renew=renew, stage=stage)
        protected = run.design.keeping.protect if protect is None else protect
        wanted = Wanted(run.design, request.topology, certificates, indexes, protected, request.delete_studies, deliver)
        return engine.Served(program(wanted))

    return served


def _stage(run: Run) -> trust.Stage:
    """Of the trust as it is, or as the next `up` would begin."""
    return trust.stages(run.request.folder, datetime.now(UTC), False)[0]


def _nothing() -> engine.Served:
    return engine.Served(lambda: None)


def plan(request: Request) -> Plan:
    """What `up` would do; changes nothing but the network's own folder."""
    with _run(request, "plan", _ignore) as (run, _):
        state = engine.exported(run.workspace)
        back = kept(run.design, run.hand.cloud, state)
        verdict = run.call(("preview",), _wanted(run, _stage(run), indexes(run.design, state, back)))
        if verdict.code:
            raise engine.explain(verdict, run.workspace)
        found = taken_back(steps(run.design, run.happened), back)
        return Plan(run.design.network, tuple(each for each in found if each.action is not Action.SAME))


def up(request: Request, listen: Listener) -> Outcome:
    """Converge."""
    began = time.monotonic()
    with _run(request, "up", listen) as (run, notice):
        refuse_unpinned(run.design)
        _remember(request)
        made, notices = found_again(run.hand)
        operation = (*CONVERGE, "--refresh") if request.refresh else CONVERGE
        verdict = engine.Verdict(0, "", "", interrupted=False)
        renew, delivery = request.rotate is Rotation.CERTIFICATES, Delivery(run.hand.cloud)
        for stage in trust.stages(request.folder, datetime.now(UTC), request.rotate is Rotation.AUTHORITY):
            trust.enter_stage(request.folder, stage)
            verdict = run.call(operation, _wanted(run, stage, made, renew=renew, deliver=delivery))
            renew = False
            if verdict.code:
                break
        else:
            trust.leave_stage(request.folder, stage)
        if delivery.refused:
            raise delivery.refused
        return _outcome(run, verdict, (notice, *notices), began)


def _remember(request: Request) -> None:
    """Keep what is being deployed, before anything is: `down` and `status` then need no definition."""
    place(request.folder.definition, request.definition)
    save(
        request.folder,
        Record(
            topology=request.topology,
            target=NAME,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            digest=hashlib.sha256(request.definition.encode()).hexdigest(),
            netprov=VERSION,
        ),
    )


def down(request: Request, listen: Listener) -> Outcome:
    """Take everything away but what holds studies, unless that was said; what is kept is told."""
    began = time.monotonic()
    with _run(request, "down", listen) as (run, notice):
        verdict = engine.Verdict(0, "", "", interrupted=False)
        state, mending = mended(run.hand)
        if run.design.keeping.protect or request.delete_studies:
            # AWS itself refuses to delete what is protected, and the engine what it was told to retain.
            verdict = run.call(CONVERGE, _wanted(run, _stage(run), indexes(run.design, state, ()), protect=False))
        if not verdict.code:
            run.happened.clear()
            run.under_way.clear()
            verdict = run.call(DESTROY, _nothing)
        notices = (notice, *mending, *(() if request.delete_studies else stays(run.design)))
        outcome = _outcome(run, verdict, notices, began)
        if not outcome.failed and not outcome.interrupted:
            _forget(request)
        return outcome


def _forget(request: Request) -> None:
    gone = request.folder.root.with_name(f".gone-{request.folder.id}")
    shutil.rmtree(gone, ignore_errors=True)
    request.folder.root.rename(gone)
    shutil.rmtree(gone)


def _outcome(run: Run, verdict: engine.Verdict, notices: tuple[str, ...], began: float) -> Outcome:
    if not verdict.code:
        run.settle()
    events = run.journal.events
    failed = tuple(e for e in events if e.state is State.FAILED)
    if verdict.code and not failed and not verdict.interrupted:
        raise engine.explain(verdict, run.workspace)
    return Outcome(
        network=run.design.network,
        done=tuple(e for e in events if e.state is State.DONE),
        failed=failed,
        interrupted=verdict.interrupted,
        notices=tuple(filter(None, notices)),
        seconds=time.monotonic() - began,
        steps=steps(run.design, run.happened),
    )


def drift(request: Request) -> tuple[Drift, ...]:
    """Ask AWS what is there, and compare with what was deployed; writes nothing."""
    with _run(request, "drift", _ignore) as (run, _):
        verdict = run.call(("refresh", "--preview-only"), _nothing)
        if verdict.code:
            raise engine.explain(verdict, run.workspace)
        found = (each for each in run.happened if each.action is not Action.SAME)
        return tuple(sorted((d for each in found for d in _drifts(run.design, each)), key=lambda d: (d.name, d.key)))


def _drifts(design: Design, each: Happened) -> Iterator[Drift]:
    kind, name = whose(design, each.name, each.kind)
    what = f"{each.kind.rsplit(':', 1)[-1]} {each.name}"
    if each.action is Action.DELETE:
        yield Drift(kind, name, what, "present", "gone")
    for key, was, now in each.differences:
        yield Drift(kind, name, f"{what}: {key}", was, now)


def _ignore(event: Event) -> None:
    """Nobody watches a run that changes nothing."""
