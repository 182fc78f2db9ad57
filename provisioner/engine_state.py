"""What the engine keeps on the disk in a file backend, and how it is made fit for use after a kill."""

import json
import os
import re
import shutil
from pathlib import Path

from provisioner.disk import place, sync_file
from provisioner.errors import Locked
from provisioner.home import private
from provisioner.lock import process_start

PROJECT = "netprov"
KEEP_HISTORY = 20
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
    """Remove the engine's own lock files whose holder is dead; a live or foreign one is refused.

    Our own lock is held already, so a live holder can only be a Pulumi that somebody started by hand.
    """
    for lock in sorted((backend / "locks").rglob("*.json")):
        try:
            held = json.loads(lock.read_bytes())
            pid, host = int(held["pid"]), str(held["hostname"])
        except (OSError, ValueError, KeyError, TypeError):
            lock.unlink(missing_ok=True)
            continue
        if host != os.uname().nodename or process_start(pid):
            raise Locked(
                f"the engine's state is held by {held.get('username', 'somebody')}@{host} (pid {pid})"
                f" since {held.get('timestamp', 'an unknown time')}",
                "wait until that run has ended",
            )
        lock.unlink(missing_ok=True)


def settle(backend: Path) -> None:
    """Put the state on the disk for good, and keep only the newest history."""
    for state in (backend / "stacks" / PROJECT).glob("*.json"):
        sync_file(state)
    for folder in ("history", "backups"):
        for stack in (backend / folder / PROJECT).glob("*"):
            for old in sorted(stack.glob("*"))[: -2 * KEEP_HISTORY]:
                old.unlink(missing_ok=True)
