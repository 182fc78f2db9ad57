"""What the engine keeps in its backend, and how it is made fit for use after a kill."""

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from provisioner.disk import place, sync_file
from provisioner.engine.holder import process_start
from provisioner.errors import Locked, NetprovError
from provisioner.home import private

PROJECT = "netprov"
KEEP_HISTORY = 20
PATIENCE_SECONDS = 10.0
"""How long an engine that has lost its netprov may take to end."""
SALT = re.compile(r"encryptionsalt: v1:[\w+/=]+:v1:[\w+/=]+:[\w+/]+=*\n")
"""All that the engine keeps in a stack's settings file where the secrets are under a passphrase."""


def mend(backend: Path, stack: str) -> None:
    """Make a stack's state ready for the engine, empty if there is none. Raises Locked."""
    private(backend.parent)
    _free_dead_locks(backend)
    _drop_drafts(backend)
    state = backend / "stacks" / PROJECT / f"{stack}.json"
    if not _mended_state(state):
        _found(backend, state)


def mend_settings(settings: Path) -> None:
    """Drop a stack's settings file that a kill has torn: the engine writes it anew, and the state has its own salt."""
    try:
        whole = SALT.fullmatch(settings.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return
    if not whole:
        settings.unlink()


def keep_no_diary(home: Path) -> None:
    """Keep the engine from a compressed, encrypted diary of each run: a fifteenth of the time of a run with nothing
    to do, for what only Pulumi's support can use. It does without where its folder cannot be made."""
    diary = home / "logs"
    if diary.is_dir():
        shutil.rmtree(diary)
    private(home)
    diary.touch(mode=0o600)


def _drop_drafts(backend: Path) -> None:
    """Remove the drafts of files that were never finished: one of a lock would stop the engine, which reads it."""
    for draft in backend.rglob("*.tmp"):
        draft.unlink(missing_ok=True)


def _found(backend: Path, state: Path) -> None:
    """Lay down an empty stack, as the engine would: that saves a process and a key derivation."""
    empty = {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}}
    checkpoint = {"stack": f"organization/{PROJECT}/{state.stem}", "latest": empty}
    for path, text in (
        (backend / "meta.yaml", "version: 1\n"),
        (state, json.dumps({"version": 3, "checkpoint": checkpoint})),
    ):
        place(path, text, durable=False)


def _mended_state(state: Path) -> bool:
    """Whether there is a readable state; a torn one is set aside, and the nodes are adopted again."""
    for candidate in (state, state.with_suffix(".json.bak")):
        try:
            json.loads(candidate.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            candidate.replace(candidate.with_name(f"{candidate.name}.torn"))
            continue
        if candidate != state:
            shutil.copy2(candidate, state)
        return True
    return False


def _free_dead_locks(backend: Path) -> None:
    """Remove the engine's own lock files whose holder is dead; a live or foreign one is refused."""
    locks = {str(path): path.read_bytes() for path in sorted((backend / "locks").rglob("*.json"))}
    for dead in _dead(locks, ""):
        Path(dead).unlink(missing_ok=True)


class Held(Protocol):
    """One object of a bucket."""

    @property
    def content(self) -> bytes: ...


class Objects(Protocol):
    """What of a bucket is needed here."""

    def names(self, under: str) -> tuple[str, ...]: ...
    def get(self, name: str) -> Held | None: ...
    def delete(self, name: str) -> bool: ...


def objects(stack: str) -> tuple[str, ...]:
    """The beginnings of all names that a stack's state has in a bucket."""
    kinds = (f"stacks/{PROJECT}/{stack}.", f"history/{PROJECT}/{stack}/", f"backups/{PROJECT}/{stack}/")
    return tuple(f".pulumi/{kind}" for kind in kinds)


def provider_in(bucket: Objects, stack: str) -> str:
    """A stack's settings as its state in a bucket has them; empty where there is no state yet. Raises NetprovError."""
    state = _in(bucket, stack)
    if state is None:
        return ""
    try:
        provider = state["secrets_providers"]["state"]
        return json.dumps({"secretsprovider": provider["url"], "encryptedkey": provider["encryptedkey"]})
    except (KeyError, TypeError) as error:
        raise _unreadable(stack) from error


def is_empty(bucket: Objects, stack: str) -> bool:
    """Whether a state in a bucket knows of nothing any more. Raises NetprovError."""
    state = _in(bucket, stack)
    return state is None or not (state.get("resources") or state.get("pending_operations"))


def _in(bucket: Objects, stack: str) -> dict[str, Any] | None:
    found = bucket.get(f".pulumi/stacks/{PROJECT}/{stack}.json")
    try:
        return None if found is None else dict(json.loads(found.content)["checkpoint"]["latest"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(stack) from error


def _unreadable(stack: str) -> NetprovError:
    return NetprovError(
        f"the engine's state of {stack} in the bucket cannot be read",
        "the bucket keeps its older versions: put the last whole one back",
    )


def free_bucket(bucket: Objects, stack: str, silent: str = "") -> None:
    """The same for a stack's locks in a bucket; `silent` is a host whose run there is known to be dead.

    A killed netprov takes its engine with it, which may be a moment later. Raises Locked.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        names = bucket.names(f".pulumi/locks/organization/{PROJECT}/{stack}/")
        locks = {name: found.content for name in names if (found := bucket.get(name))}
        try:
            for dead in _dead(locks, silent):
                bucket.delete(dead)
        except Locked:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _dead(locks: Mapping[str, bytes], silent: str) -> Iterator[str]:
    """Locks of the engine that nobody holds any more. Raises Locked for one that somebody does, or may.

    Our own lock is held already, so a live holder can only be a Pulumi that somebody started by hand.
    """
    for name, content in locks.items():
        try:
            held = json.loads(content)
            pid, host = int(held["pid"]), str(held["hostname"])
        except (ValueError, KeyError, TypeError):
            yield name
            continue
        here = host == os.uname().nodename
        if (here and process_start(pid)) or (not here and host != silent):
            raise Locked(
                f"the engine's state is held by {held.get('username', 'somebody')}@{host} (pid {pid})"
                f" since {held.get('timestamp', 'an unknown time')}, and not by netprov",
                "wait until that run has ended"
                if here
                else f"end that run; if {host} is dead, delete the lock that it has left: {name}",
            )
        yield name


def settle(backend: Path) -> None:
    """Put the state on the disk for good, and keep only the newest history."""
    for state in (backend / "stacks" / PROJECT).glob("*.json"):
        sync_file(state)
    for folder in ("history", "backups"):
        for stack in (backend / folder / PROJECT).glob("*"):
            for old in sorted(stack.glob("*"))[: -2 * KEEP_HISTORY]:
                old.unlink(missing_ok=True)
