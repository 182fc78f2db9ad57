"""What the command line's tests share: a run of netprov in this process, a target that only remembers, whole texts."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.commands import run as run_commands
from cli.exits import guarded
from cli.session import Session
from provisioner.definition.choices import ExternalKind, IndexKind, Operation, Protocol, Purpose, Shape, SiteKind
from provisioner.engine.plan import Action, Drift, Endpoint, Event, Kind, NodeStatus, Outbox, Outcome, Plan, State, Step
from provisioner.engine.registry import Record, save
from provisioner.home import NetworkFolder
from provisioner.links.topology import Flow, Node, Place, Topology
from provisioner.proving.shown import shown
from provisioner.proving.verify import Check, Report
from provisioner.proving.worklist import Asked
from provisioner.site.planned import NodeSettings, Planned

if TYPE_CHECKING:
    from stacks.target import Forecast, Listener, Request

EXPECTED = Path(__file__).parent / "expected"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
EXCHANGE = (Operation.ECHO, Operation.STORE, Operation.FIND, Operation.GET)


def node(node_id: str, name: str, member: str) -> Node:
    kind = SiteKind.ACUTE if member else SiteKind.REPORTING_HUB
    return Node(node_id, name, node_id, kind, member, member or "RXA", "local", member, "", IndexKind.SQLITE, (), 60)


def hub_network(*sites: str) -> Topology:
    """A hub and these sites."""
    nodes = (node("HUB", "Network hub", ""), *(node(s, f"Hospital {s}", s[:3]) for s in sites))
    flows = tuple(
        flow
        for s in sites
        for flow in (
            Flow("HUB", s, EXCHANGE, Purpose.REPORTING),
            Flow(s, "HUB", (*EXCHANGE, Operation.WORKLIST), Purpose.REPORTING),
        )
    )
    place = Place(
        "night", ExternalKind.TELERADIOLOGY, Protocol.DICOM_TLS, "GB", "Night Ltd", "NIGHT", "192.0.2.9", 2762, ""
    )
    return Topology(
        "severn", "Severn Imaging Network", "test", "", "#005EB8", "", Shape.HUB, "HUB", 28, "", nodes, (place,), flows
    )


def events(topology: Topology, action: Action = Action.CREATE) -> tuple[Event, ...]:
    """Everything done, node by node."""
    return tuple(
        Event(State.DONE, action, kind, n.id, "", 0.1)
        for n in topology.nodes
        for kind in (Kind.CERTIFICATE, Kind.NODE, Kind.LINKS)
    )


def steps(topology: Topology) -> tuple[Step, ...]:
    """A plan that makes all of it."""
    linked = {n.id: tuple(f"+{f.target}" for f in topology.flows if f.source == n.id) for n in topology.nodes}
    return tuple(
        step
        for n in topology.nodes
        for step in (
            Step(Action.CREATE, Kind.CERTIFICATE, n.id, "a certificate for 90 days"),
            Step(Action.CREATE, Kind.NODE, n.id, f"{n.name} joins"),
            Step(Action.CREATE, Kind.LINKS, n.id, "linked as the topology has it", linked[n.id]),
        )
    )


@dataclass
class Remembering:
    """A target that deploys nothing: it remembers what it was asked, and answers as it was told."""

    asked: list["tuple[str, Request]"] = field(default_factory=list)
    changes: bool = True
    failing: tuple[Event, ...] = ()
    interrupted: bool = False
    trouble: Exception | None = None
    drifted: tuple[Drift, ...] = ()
    stopped: tuple[str, ...] = ()
    refuted: tuple[str, ...] = ()
    people: dict[str, set[str]] = field(default_factory=dict)
    nodes: tuple[NodeSettings, ...] = ()
    resources: tuple[Planned, ...] = ()
    foretold: "Forecast | None" = None
    calls: list[Asked] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)

    def plan(self, request: "Request") -> Plan:
        self._note("plan", request)
        return Plan(request.topology.id, self._steps(request))

    def up(self, request: "Request", listen: "Listener") -> Outcome:
        self._note("up", request)
        done = events(request.topology) if self.changes else ()
        done = tuple(e for e in done if e.name not in {f.name for f in self.failing})
        done = done[:4] if self.interrupted else done
        for event in (*done, *self.failing):
            listen(replace(event, state=State.STARTED))
            listen(event)
        if not self.interrupted:
            save(request.folder, record(request.topology))
        return Outcome("severn", done, self.failing, self.interrupted, (), 2.34, self._steps(request))

    def forecast(self, request: "Request") -> "Forecast | None":
        return self.foretold

    def planned(self, request: "Request") -> tuple[Planned, ...]:
        return self.resources

    def down(self, request: "Request", listen: "Listener") -> Outcome:
        self._note("down", request)
        done = events(request.topology, Action.DELETE)
        for event in done:
            listen(event)
        return Outcome("severn", done, (), self.interrupted, (), 0.61)

    def drift(self, request: "Request") -> tuple[Drift, ...]:
        self._note("drift", request)
        return self.drifted

    def status(self, folder: NetworkFolder, topology: Topology) -> tuple[NodeStatus, ...]:
        return tuple(self._status(n, number) for number, n in enumerate(topology.nodes))

    def verify(self, folder: NetworkFolder, topology: Topology) -> Report:
        works = [Check("c-echo", f.source, f.target, "works", True, "", 0.01) for f in topology.flows]
        refused = [Check("no-certificate", "", n.id, "refused", True, "refused by TLS", 0.01) for n in topology.nodes]
        checks = [
            replace(c, passed=False, detail="no answer in 5 s") if c.target in self.refuted else c
            for c in (*works, *refused)
        ]
        return Report(topology.id, tuple(checks))

    def loaded(self, folder: NetworkFolder, topology: Topology) -> tuple[NodeSettings, ...]:
        return self.nodes or shown(topology)

    def readers(self, folder: NetworkFolder, topology: Topology, node: str) -> tuple[str, ...]:
        return tuple(sorted(self.people.get(node, set())))

    def admit(self, folder: NetworkFolder, topology: Topology, node: str, person: str) -> str:
        self.people.setdefault(node, set()).add(person)
        return "a-new-password"

    def dismiss(self, folder: NetworkFolder, topology: Topology, node: str, person: str) -> bool:
        there = person in self.people.get(node, set())
        self.people.get(node, set()).discard(person)
        return there

    def worklist(self, folder: NetworkFolder, topology: Topology, asked: Asked) -> object:
        self.calls.append(asked)
        answer = self.answers[asked.path.partition("?")[0]]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def counts(self, folder: NetworkFolder, topology: Topology) -> dict[str, Any] | None:
        none = {"SCHEDULED": 0, "IN PROGRESS": 0, "COMPLETED": 0, "CANCELED": 0}
        home, site = (n.id for n in topology.nodes[:2])
        sites = {home: none | {"SCHEDULED": 2, "overdue": 0}, site: none | {"SCHEDULED": 1, "overdue": 1}}
        states = none | {"SCHEDULED": 3, "COMPLETED": 4}
        return None if home in self.stopped else {"states": states, "overdue": 1, "sites": sites}

    def outputs(self, folder: NetworkFolder, topology: Topology) -> dict[str, object]:
        nodes = {
            n.id: {
                "name": n.name,
                "aet": n.aet,
                "https": f"https://127.0.0.1:{40000 + number}/",
                "worklist": f"https://127.0.0.1:{43000 + number}/worklist/",
                "dicom": {"host": "127.0.0.1", "port": 41000 + number, "tls": True},
                "certificate": f"/home/nodes/{n.id}/tls/node.crt",
            }
            for number, n in enumerate(topology.nodes)
        }
        return {"network": topology.id, "name": topology.name, "trust": "/home/clients/trust.crt", "nodes": nodes}

    def _steps(self, request: "Request") -> tuple[Step, ...]:
        made = steps(request.topology)
        return made if self.changes else tuple(replace(s, action=Action.SAME, reason="") for s in made)

    def _note(self, what: str, request: "Request") -> None:
        self.asked.append((what, request))
        if self.trouble:
            raise self.trouble

    def _status(self, one: Node, number: int) -> NodeStatus:
        if one.id in self.stopped:
            return NodeStatus(one.id, one.name, one.aet, None, False, "archive not running", None, None, 88)
        endpoint = Endpoint("127.0.0.1", 40000 + number, 41000 + number, 42000 + number)
        troubles = ("HUB does not answer: Connection refused",) if number == 1 else ()
        outbox = Outbox(number * 2, 7500 if number else None, 1 if troubles else 0, troubles)
        return NodeStatus(one.id, one.name, one.aet, endpoint, True, "", number * 3, 51.4, 88, outbox)


def record(topology: Topology) -> Record:
    return Record(topology, "local", "2026-11-24T09:30:00+00:00", "0" * 64, "0.1.0")


@dataclass
class Ended:
    """How one run of netprov ended."""

    code: int
    out: str
    err: str


@dataclass
class Netprov:
    """netprov in this process, with its own home and target."""

    home: Path
    target: Remembering
    capture: pytest.CaptureFixture[str]
    environ: dict[str, str]

    @property
    def session(self) -> Session:
        return Session(self.environ, lambda: NOW, lambda: {"local": self.target})

    def __call__(self, *arguments: str) -> Ended:
        self.capture.readouterr()
        code = guarded(lambda: run_commands(list(arguments), self.session), self.session)
        told = self.capture.readouterr()
        return Ended(int(code), told.out, told.err)

    def folder(self, network: str = "severn") -> NetworkFolder:
        return NetworkFolder(self.home / "networks" / network)

    def has_deployed(self, topology: Topology) -> None:
        save(self.folder(topology.id), record(topology))


@pytest.fixture
def target() -> Remembering:
    return Remembering()


@pytest.fixture
def netprov(tmp_path: Path, target: Remembering, capsys: pytest.CaptureFixture[str]) -> Netprov:
    home = tmp_path / "home"
    return Netprov(home, target, capsys, {"NETPROV_HOME": str(home), "PATH": os.environ["PATH"]})


@pytest.fixture
def severn(netprov: Netprov) -> Topology:
    """A deployed network of two sites and a hub."""
    topology = hub_network("RXA01", "RXB01")
    netprov.has_deployed(topology)
    return topology


@pytest.fixture
def network_of() -> Callable[..., Topology]:
    return hub_network


@pytest.fixture
def expect() -> Callable[[str, str], None]:
    """Compare a whole text with the file of that name; REWRITE_EXPECTED=1 writes what is there now."""

    def compare(name: str, text: str) -> None:
        path = EXPECTED / name
        if os.environ.get("REWRITE_EXPECTED"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Someone at a terminal who types this."""

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    def type_(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))

    return type_
