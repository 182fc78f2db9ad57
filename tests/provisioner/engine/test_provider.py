"""The provider under the real engine: what is asked of a resource, and what the journal tells of it."""

import gc
import json
import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import grpc
import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provisioner.engine import engine, engine_install
from provisioner.engine.journal import Journal
from provisioner.engine.plan import Action, Drift, Event, Kind, State
from provisioner.engine.provider import Servicer, differences
from provisioner.engine.resource import Difference, Inputs, Value, token_of
from provisioner.errors import NetprovError, Refused
from provisioner.home import NetworkFolder

TOKEN = "the-token-of-this-test"


class Shelf:
    """A resource that keeps its things in a dict, and can be told to fail."""

    kind = Kind.NODE

    def __init__(self) -> None:
        self.things: dict[str, Inputs] = {}
        self.calls: list[tuple[str, str]] = []
        self.broken: set[str] = set()

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        changed = tuple(sorted(k for k in new if old.get(k) != new[k]))
        if old and name not in self.things:
            changed = ("running",)
        return Difference(changed, "it changed" if old and changed else "", restarts=bool(changed))

    def create(self, name: str, inputs: Inputs) -> None:
        self.calls.append(("create", name))
        if name in self.broken:
            raise NetprovError(f"{name} cannot start", "look at its log")
        self.things[name] = inputs

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        return self.things.get(name)

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self.calls.append(("update", name))
        self.things[name] = new

    def delete(self, name: str, inputs: Inputs) -> None:
        self.calls.append(("delete", name))
        if name in self.broken:
            raise Refused(f"{name} holds 3 studies")
        self.things.pop(name, None)


class Bench:
    """A stack, a shelf, and runs of the real engine over them."""

    def __init__(self, folder: NetworkFolder) -> None:
        found = engine_install.find(os.environ)
        assert found, "the engine must be installed: netprov engine install"
        self.folder = folder
        self.shelf = Shelf()
        self.workspace = engine.Workspace(folder, found.path, os.environ)

    def run(self, *operation: str, want: dict[str, Inputs]) -> tuple[engine.Verdict, Journal]:
        engine.prepare(self.workspace)
        journal = Journal(_ignore)

        def program() -> None:
            provider = pulumi.ProviderResource("orthanc", "orthanc", {"token": pulumi.Output.secret(TOKEN)})
            for name, inputs in want.items():
                options = pulumi.ResourceOptions(provider=provider)
                pulumi.CustomResource(token_of(Kind.NODE), name, dict(inputs), options)

        served = engine.Served(program, Servicer((self.shelf,), TOKEN, journal))
        return engine.run(self.workspace, operation, lambda: served, parallel=4), journal

    def up(self, want: dict[str, Inputs]) -> tuple[engine.Verdict, Journal]:
        return self.run("up", "--yes", "--skip-preview", "--continue-on-error", want=want)


def _nothing() -> None:
    """A program that registers no resource."""


def _ignore(event: Event) -> None:
    """Nobody looks at the progress of these runs."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(NetworkFolder(tmp_path / "severn"))
    with warnings.catch_warnings():
        # The SDK's language server leaves its event loop unclosed when the engine is gone before it.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_up_creates_then_changes_nothing_then_updates_and_deletes(bench: Bench) -> None:
    verdict, journal = bench.up({"RXA01": {"port": 20001, "name": "A"}, "RXB01": {"port": 20002, "name": "B"}})
    assert verdict.code == 0, verdict.errors
    assert bench.shelf.things["RXA01"] == {"port": 20001, "name": "A"}, "whole numbers stay whole"
    assert {s.action for s in journal.steps.values()} == {Action.CREATE}

    bench.shelf.calls.clear()
    verdict, journal = bench.up({"RXA01": {"port": 20001, "name": "A"}, "RXB01": {"port": 20002, "name": "B"}})
    assert verdict.code == 0
    assert bench.shelf.calls == []
    assert {s.action for s in journal.steps.values()} == {Action.SAME}

    verdict, journal = bench.up({"RXA01": {"port": 20009, "name": "A"}})
    assert verdict.code == 0
    assert sorted(bench.shelf.calls) == [("delete", "RXB01"), ("update", "RXA01")]
    assert journal.steps[Kind.NODE, "RXA01"].changed == ("port",)
    assert journal.steps[Kind.NODE, "RXA01"].restarts


def test_what_is_gone_from_the_world_is_brought_back_by_a_plain_up(bench: Bench) -> None:
    want: dict[str, Inputs] = {"RXA01": {"name": "A"}}
    bench.up(want)
    bench.shelf.things.clear()
    verdict, _ = bench.up(want)
    assert verdict.code == 0
    assert bench.shelf.calls[-1] == ("update", "RXA01")
    assert "RXA01" in bench.shelf.things


def test_a_failed_resource_leaves_the_others_and_is_told_in_words(bench: Bench) -> None:
    bench.shelf.broken = {"RXB01"}
    verdict, journal = bench.up({name: {"name": name} for name in ("RXA01", "RXB01", "RXC01")})
    assert verdict.code != 0
    assert set(bench.shelf.things) == {"RXA01", "RXC01"}
    failed = [e for e in journal.events if e.state is State.FAILED]
    assert [(e.name, e.detail) for e in failed] == [("RXB01", "RXB01 cannot start; try: look at its log")]

    bench.shelf.broken, bench.shelf.calls = set(), []
    verdict, _ = bench.up({name: {"name": name} for name in ("RXA01", "RXB01", "RXC01")})
    assert verdict.code == 0
    assert bench.shelf.calls == [("create", "RXB01")], "the next run touches only the one"


def test_a_refused_delete_keeps_the_resource_in_the_state(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}})
    bench.shelf.broken = {"RXA01"}
    verdict, _ = bench.up({})
    assert verdict.code != 0
    assert "RXA01" in bench.shelf.things
    bench.shelf.broken = set()
    verdict, _ = bench.run("destroy", "--yes", "--skip-preview", want={})
    assert verdict.code == 0
    assert bench.shelf.things == {}


def test_preview_makes_nothing_and_names_what_would_go(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}})
    bench.shelf.calls.clear()
    verdict, journal = bench.run("preview", "--json", want={"RXB01": {"name": "B"}})
    assert verdict.code == 0
    assert bench.shelf.calls == []
    assert journal.steps[Kind.NODE, "RXB01"].action is Action.CREATE
    assert ("delete", token_of(Kind.NODE), "RXA01") in engine.preview_steps(verdict)


def test_drift_is_read_and_nothing_is_written(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}, "RXB01": {"name": "B"}})
    bench.shelf.things["RXA01"] = {"name": "Z"}
    del bench.shelf.things["RXB01"]
    verdict, journal = bench.run("refresh", "--preview-only", want={})
    assert verdict.code == 0, verdict.errors
    assert journal.drifts == [
        Drift(Kind.NODE, "RXA01", "name", "A", "Z"),
        Drift(Kind.NODE, "RXB01", "", "present", "gone"),
    ] or sorted(d.name for d in journal.drifts) == ["RXA01", "RXB01"]
    verdict, journal = bench.run("refresh", "--preview-only", want={})
    assert len(journal.drifts) == 2, "the first look changed nothing"


def test_a_torn_state_is_set_aside_and_everything_is_adopted(bench: Bench) -> None:
    want: dict[str, Inputs] = {"RXA01": {"name": "A"}}
    bench.up(want)
    assert bench.workspace.local
    for state in (bench.workspace.local / "stacks/netprov").glob("*"):
        state.write_bytes(b"")
    verdict, _ = bench.up(want)
    assert verdict.code == 0, verdict.errors
    assert bench.shelf.calls[-1] == ("create", "RXA01")


def test_what_cannot_be_worked_out_ends_the_run_before_anything_is_changed(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}})
    bench.shelf.calls.clear()

    def broken() -> engine.Served:
        raise NetprovError("the certificate of RXA01 cannot be read")

    engine.prepare(bench.workspace)
    with pytest.raises(NetprovError, match="cannot be read"):
        engine.run(bench.workspace, ("up", "--yes", "--skip-preview"), broken)
    verdict, _ = bench.up({"RXA01": {"name": "A"}, "RXB01": {"name": "B"}})
    assert verdict.code == 0, verdict.errors
    assert bench.shelf.calls == [("create", "RXB01")]


def test_an_engine_that_was_killed_is_told_as_killed(bench: Bench) -> None:
    verdict = engine.Verdict(-signal.SIGKILL, "", "", interrupted=False)
    assert "ended by SIGKILL" in engine.explain(verdict, bench.workspace).message


def test_a_caller_without_the_token_is_refused() -> None:
    shelf = Shelf()
    with (
        engine.listening(2) as (server, port),
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        engine.attach(server, engine.Served(_nothing, Servicer((shelf,), TOKEN, Journal(_ignore))))
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        create = provider_pb2.CreateRequest(urn=f"urn:pulumi:s::p::{token_of(Kind.NODE)}::RXA01")
        with pytest.raises(grpc.RpcError) as refused:
            stub.Create(create)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        wrong = provider_pb2.ConfigureRequest()
        wrong.args.update({"token": "guessed"})
        with pytest.raises(grpc.RpcError) as refused:
            stub.Configure(wrong)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        with pytest.raises(grpc.RpcError):
            stub.Delete(provider_pb2.DeleteRequest(urn=f"urn:pulumi:s::p::{token_of(Kind.NODE)}::RXA01"))
    assert shelf.calls == []


def test_the_state_holds_no_token_and_no_path_of_this_machine(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}})
    assert bench.workspace.local
    for file in (p for p in bench.workspace.local.rglob("*") if p.is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        assert TOKEN not in text, file
        assert "site-packages" not in text, file
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize(
    ("recorded", "actual", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, None, [("", "present", "gone")]),
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"p": {"X": "u"}}, {"p": {"Y": "v"}}, [("p.X", "u", "absent"), ("p.Y", "absent", "v")]),
    ],
)
def test_differences_name_each_key(
    recorded: dict[str, Value], actual: dict[str, Value] | None, found: list[tuple[str, str, str]]
) -> None:
    assert [(d.key, d.expected, d.actual) for d in differences(Kind.LINKS, "RXA01", recorded, actual)] == found


def test_dead_engine_locks_are_removed_and_live_ones_refused(bench: Bench) -> None:
    bench.up({"RXA01": {"name": "A"}})
    assert bench.workspace.local
    held = bench.workspace.local / "locks/organization/netprov/severn/one.json"
    held.parent.mkdir(parents=True, exist_ok=True)
    mine = {"pid": os.getpid(), "hostname": os.uname().nodename, "username": "pat", "timestamp": "2027-01-01T00:00:00Z"}
    held.write_text(json.dumps(mine))
    with pytest.raises(NetprovError, match="pat@"):
        engine.prepare(bench.workspace)
    held.write_text(json.dumps({**mine, "pid": 4_194_303}))
    engine.prepare(bench.workspace)
    assert not held.exists()
