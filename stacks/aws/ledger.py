"""The engine's state as a value: what of it is not known for sure, and what it is when that has been found out.

A create is written down before AWS is asked for it, and again when AWS has answered. A run that is killed in between
leaves a pending operation, which the engine keeps for ever and does nothing about. What is entered here is marked as
protected until it has been read and is known to be ours: the program never protects anything, so the mark tells an
entry that a second kill has left half proved.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.engine.engine_state import PROJECT
from provisioner.record import record
from stacks.aws.design import Design

State = dict[str, Any]
"""As the engine exports it."""
PROVIDER = "pulumi:providers:aws"
UNSURE = "protect"
STEERS = ("deleteAutomatedBackups", "finalSnapshotIdentifier", "forceDestroy", "skipFinalSnapshot")
"""Inputs that AWS is never told, and that a deletion goes by: no reading brings them back."""


@record
class Pending:
    """One operation that nobody knows the end of."""

    type: str
    """creating, updating, deleting."""
    resource: State

    @property
    def urn(self) -> str:
        return str(self.resource["urn"])

    @property
    def account(self) -> str:
        return account_of(self.resource)


def account_of(resource: Mapping[str, Any]) -> str:
    """The name of the provider that a resource is made by: ...::pulumi:providers:aws::account-rxa::<id>."""
    parts = str(resource.get("provider", "")).split("::")
    return parts[-2] if len(parts) > 2 else ""


def urn(design: Design, kind: str, name: str) -> str:
    """How the engine calls what the program calls `name`."""
    return f"urn:pulumi:{design.network}::{PROJECT}::{kind}::{name}"


def provider(state: State, name: str) -> str:
    """How a resource says by which provider it is made; empty if the state does not have that yet."""
    for its, each in live(state).items():
        if each["type"] == PROVIDER and its.endswith(f"::{name}"):
            return f"{its}::{each['id']}"
    return ""


def resources(state: State) -> list[State]:
    found: list[State] = state["deployment"].get("resources") or []
    return found


def pending(state: State) -> tuple[Pending, ...]:
    """The last operation of each resource."""
    found = {
        (each["type"], each["resource"]["urn"]): Pending(each["type"], each["resource"])
        for each in state["deployment"].get("pending_operations") or ()
    }
    return tuple(found.values())


def unsure(state: State) -> tuple[str, ...]:
    """Entries that were made here and have not been proved."""
    return tuple(dict.fromkeys(each["urn"] for each in resources(state) if each.get(UNSURE)))


def live(state: State) -> dict[str, State]:
    """Each resource that is not waiting for its deletion, by its URN."""
    return {each["urn"]: each for each in resources(state) if not each.get("delete")}


def ids(state: State) -> frozenset[str]:
    return frozenset(str(each["id"]) for each in resources(state) if each.get("id"))


def entered(state: State, found: Iterable[State], touched: Iterable[str]) -> State:
    """With these resources, which nobody has read yet; beside them, those `touched` are to be read again.

    One that replaces another makes that one wait for its deletion, as the engine would have.
    """
    new = list(found)
    replaced, again = {each["urn"] for each in new}, set(touched)
    kept = []
    for each in resources(state):
        marks: State = {UNSURE: True} if each["urn"] in again | replaced else {}
        if each["urn"] in replaced:
            marks["delete"] = True
        kept.append({**each, **marks})
    for each in new:
        where = next((n for n, its in enumerate(kept) if its["urn"] == each["urn"]), len(kept))
        after = [n + 1 for n, its in enumerate(kept) if its["urn"] in each.get("dependencies", ())]
        kept.insert(max(where, *after, 0), {**each, UNSURE: True})
    return _with(state, kept, ())


def entry(resource: State, its_id: str) -> State:
    """A pending create as a resource that is there under this id, and of which nothing is known yet."""
    kept = {key: value for key, value in resource.items() if key not in {"outputs", "id"}}
    return {**kept, "id": its_id, "outputs": {}}


def kept_entry(urn: str, kind: str, its_id: str, provider: str) -> State:
    """What has outlived its network as a resource of the next one, which will outlive that too."""
    plain: State = {"urn": urn, "type": kind, "id": its_id, "custom": True, "provider": provider}
    return {**plain, "inputs": {}, "outputs": {}, "retainOnDelete": True}


def proved(state: State, steering: Mapping[str, Mapping[str, Any]], strangers: frozenset[str]) -> State:
    """Without the marks, and without what is somebody else's; with the inputs that only a deletion asks for."""
    kept = []
    for each in resources(state):
        if each.get(UNSURE) and each["urn"] in strangers and not each.get("delete"):
            continue
        its = {key: value for key, value in each.items() if key != UNSURE}
        if not each.get("delete") and (more := steering.get(each["urn"])):
            its |= {side: {**(its.get(side) or {}), **more} for side in ("inputs", "outputs")}
        kept.append(its)
    return _with(state, kept, ())


def steering(resource: Mapping[str, Any]) -> dict[str, Any]:
    inputs = resource.get("inputs") or {}
    return {key: inputs[key] for key in STEERS if inputs.get(key) is not None}


def _with(state: State, kept: list[State], operations: Iterable[State]) -> State:
    deployment = {**state["deployment"], "resources": kept, "pending_operations": list(operations)}
    return {**state, "deployment": deployment}
