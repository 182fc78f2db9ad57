"""Changing a network on this machine, through the engine: plan, up, down, drift."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache as once
from functools import partial
from pathlib import Path

from provisioner import VERSION
from provisioner.credentials import load_secret
from provisioner.disk import place
from provisioner.engine import engine, engine_install, lock
from provisioner.engine.journal import Journal
from provisioner.engine.plan import Action, Drift, Event, Kind, Outcome, Plan, State, Step
from provisioner.engine.registry import Record, save
from provisioner.engine.resource import token_of
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder, cache
from stacks.local import ports, trust
from stacks.local.account import prepare_home, service_account
from stacks.local.clients import write_clients
from stacks.local.database import stop_cluster
from stacks.local.ground import Ground
from stacks.local.loopback import library
from stacks.local.node import NodeResource
from stacks.local.resources import Wanted, resources, wanted
from stacks.local.settings import refuse_unknown
from stacks.local.software import refuse_missing
from stacks.local.studies import refuse_loss
from stacks.local.trust import Stage
from stacks.target import Listener, Request, Rotation

NAME = "local"
CONVERGE: tuple[str, ...] = ("up", "--yes", "--skip-preview", "--continue-on-error")


@dataclass(frozen=True, slots=True)
class Run:
    """One run's parts: the ground, the engine's workspace, the provider's token and the journal."""

    ground: Ground
    workspace: engine.Workspace
    token: str
    journal: Journal
    keep: tuple[int, ...]
    parallel: int

    def call(self, operation: tuple[str, ...], want: Callable[[], tuple[Wanted, ...]] = tuple) -> engine.Verdict:
        """Run the engine over these resources."""

        def served() -> engine.Served:
            # The engine needs a quarter of a second to start: what takes long to load is loaded meanwhile.
            from provisioner.engine.provider import Servicer
            from stacks.local.program import program

            wanted_now = want()
            if any(not self.ground.folder.node(node.id).identity.exists() for node in self.ground.topology.nodes):
                from provisioner import pki  # noqa: F401  # the first that is needed; a node's client can wait for it

            provider = Servicer(resources(self.ground), self.token, self.journal)
            return engine.Served(program(wanted_now, self.token), provider)

        return engine.run(self.workspace, operation, served, parallel=self.parallel, keep=self.keep)


def _ground(request: Request, now: datetime, dissolving: bool) -> Ground:
    folder, topology = request.folder, request.topology
    account = service_account()
    prepare_home(folder, account)
    ids = [node.id for node in topology.nodes]
    known = [p.name for p in sorted(folder.nodes.glob("[!.]*"))] if folder.nodes.is_dir() else []
    all_ids = [*ids, *(k for k in known if k not in ids)]
    endpoints = ports.allocate(folder.root.parent.parent, folder, all_ids, topology.first_port)
    return Ground(
        folder=folder,
        topology=topology,
        endpoints=endpoints,
        keys=trust.keys_of(folder),
        account=account,
        preload=Path() if dissolving else library(cache(request.environ)),
        now=now,
        delete_studies=request.delete_studies,
        dissolving=dissolving,
    )


@contextmanager
def _run(request: Request, command: str, listen: Listener, dissolving: bool = False) -> Iterator[tuple[Run, str]]:
    found = engine_install.find(request.environ)
    if found is None:
        raise NetprovError("the Pulumi engine is not installed", "netprov engine install")
    if not dissolving:
        refuse_missing(request.topology, service_account(), request.environ)
    with lock.hold(request.folder, command) as (descriptor, notice):
        ground = _ground(request, datetime.now(UTC), dissolving)
        if not dissolving:
            refuse_unknown(ground, cache(request.environ))
        workspace = engine.Workspace(request.folder, found.path, request.environ)
        engine.prepare(workspace)
        token = load_secret(request.folder.secrets / "token")
        yield Run(ground, workspace, token, Journal(listen), (descriptor,), request.parallel), notice


def plan(request: Request) -> Plan:
    """What `up` would do; changes nothing but the folder of a network that is there."""
    with _run(request, "plan", _ignore) as (run, _), _unless_new(run):
        _refuse_losses(run)
        stage = _stages(request, run)[0]
        staged = _in_stage(run, stage)
        want = once(partial(wanted, staged.ground, stage, request.rotate is Rotation.CERTIFICATES))
        verdict = staged.call(("preview", "--json"), want)
        if verdict.code:
            raise engine.explain(verdict, run.workspace)
        return Plan(run.ground.topology.id, _steps(run, verdict, want()))


@contextmanager
def _unless_new(run: Run) -> Iterator[None]:
    """Leave no trace of a network that was never brought up; in a shared backend its state needs the passphrase."""
    folder = run.ground.folder
    new = not folder.registry.exists() and not any(folder.nodes.glob("[!.]*"))
    try:
        yield
    finally:
        if new and run.workspace.local:
            _forget(folder)


def _in_stage(run: Run, stage: Stage) -> Run:
    return replace(run, ground=replace(run.ground, keys=trust.keys_of(run.ground.folder, stage)))


def _stages(request: Request, run: Run) -> tuple[Stage, ...]:
    return trust.stages(request.folder, run.ground.now, request.rotate is Rotation.AUTHORITY)


def _steps(run: Run, verdict: engine.Verdict, want: tuple[Wanted, ...]) -> tuple[Step, ...]:
    """Every wanted resource with what happens to it, then what goes."""
    kinds = {token_of(kind): kind for kind in Kind}
    gone = [
        Step(Action.DELETE, kinds[kind], name)
        for operation, kind, name in engine.preview_steps(verdict)
        if operation == "delete" and kind in kinds
    ]
    known = run.journal.steps
    return (*(known.get((w.kind, w.name), Step(Action.SAME, w.kind, w.name)) for w in want), *gone)


def up(request: Request, listen: Listener) -> Outcome:
    """Converge. What an earlier, killed run has made is adopted; what nobody wants any more is taken away."""
    began = time.monotonic()
    with _run(request, "up", listen) as (run, notice):
        _refuse_losses(run)
        _remember(request)
        renew = request.rotate is Rotation.CERTIFICATES
        operation = (*CONVERGE, "--refresh") if request.refresh else CONVERGE
        for stage in _stages(request, run):
            trust.enter_stage(request.folder, stage)
            staged = _in_stage(run, stage)
            verdict = staged.call(operation, partial(wanted, staged.ground, stage, renew))
            renew = False
            write_clients(staged.ground)
            if verdict.code:
                break
        else:
            trust.leave_stage(request.folder, stage)
            _sweep(run)
        return _outcome(run, verdict, notice, began)


def _refuse_losses(run: Run) -> None:
    """Before anything is changed: no node that goes may hold studies, unless that was said. Raises Refused."""
    stay = set() if run.ground.dissolving else {node.id for node in run.ground.topology.nodes}
    for path in sorted(run.ground.folder.nodes.glob("[!.]*")):
        if path.name not in stay:
            refuse_loss(run.ground, path.name)


def _remember(request: Request) -> None:
    """Keep what is being deployed, before anything is: `down` and `status` then need no definition."""
    place(request.folder.definition, request.definition)
    save(request.folder, _record(request))


def _record(request: Request) -> Record:
    return Record(
        topology=request.topology,
        target=NAME,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        digest=hashlib.sha256(request.definition.encode()).hexdigest(),
        netprov=VERSION,
    )


def _sweep(run: Run) -> None:
    """Take away nodes on the disk that neither the topology nor the engine's state knows: a killed run's."""
    folder, mine = run.ground.folder, {node.id for node in run.ground.topology.nodes}
    for path in sorted(folder.nodes.glob("*")):
        if path.name.startswith(".gone-"):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in mine or run.ground.dissolving:
            with suppress(Exception), run.journal.step(Action.DELETE, Kind.NODE, path.name):
                NodeResource(run.ground).remove(path.name)


def _outcome(run: Run, verdict: engine.Verdict, notice: str, began: float) -> Outcome:
    events = run.journal.events
    failed = tuple(e for e in events if e.state is State.FAILED)
    if verdict.code and not failed and not verdict.interrupted:
        raise engine.explain(verdict, run.workspace)
    return Outcome(
        network=run.ground.topology.id,
        done=tuple(e for e in events if e.state is State.DONE),
        failed=failed,
        interrupted=verdict.interrupted,
        notices=(notice,) if notice else (),
        seconds=time.monotonic() - began,
        steps=tuple(run.journal.steps.values()),
    )


def down(request: Request, listen: Listener) -> Outcome:
    """Take everything away: what the state knows through the engine, then whatever a killed run has left."""
    began = time.monotonic()
    with _run(request, "down", listen, dissolving=True) as (run, notice):
        _refuse_losses(run)
        verdict = run.call(("destroy", "--yes", "--skip-preview", "--continue-on-error"))
        if not verdict.interrupted:
            _sweep(run)
        outcome = _outcome(run, verdict, notice, began)
        if not outcome.failed and not outcome.interrupted:
            stop_cluster(run.ground)
            _forget(request.folder)
        return replace(outcome, seconds=time.monotonic() - began)


def _forget(folder: NetworkFolder) -> None:
    """Remove the network's folder in one step that cannot be seen half done."""
    gone = folder.root.with_name(f".gone-{folder.id}")
    shutil.rmtree(gone, ignore_errors=True)
    folder.root.rename(gone)
    shutil.rmtree(gone)


def drift(request: Request) -> tuple[Drift, ...]:
    """Ask every node what it is, and compare; writes nothing."""
    with _run(request, "drift", _ignore) as (run, _):
        verdict = run.call(("refresh", "--preview-only"))
        if verdict.code:
            raise engine.explain(verdict, run.workspace)
        return tuple(sorted(run.journal.drifts, key=lambda d: (d.name, d.kind, d.key)))


def _ignore(event: Event) -> None:
    """Nobody watches a run that changes nothing."""
