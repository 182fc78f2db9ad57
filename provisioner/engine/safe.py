"""What of a network's folder several machines need: sealed under the KMS key, in one object beside the engine's state.

Record, definition and secrets (the authority's key, the master key, certificates) are one object, because they fit
each other only as a whole: it is written whole or not at all, and only over the edition that this folder has seen.
It is kept before the engine makes anything with what is in it, so that no run can have used a paper that is nowhere.
"""

import base64
import hashlib
import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from provisioner.definition.formats import NETWORK_ID
from provisioner.disk import place, write_new
from provisioner.engine.backend import Backend, noted
from provisioner.engine.bucket import Bucket, Unchanged
from provisioner.errors import Locked, NetprovError
from provisioner.home import NetworkFolder, private

ROOT = "netprov/"
"""Before each network's id, in the bucket."""
HERE_ONLY = "only_at"


@dataclass(frozen=True, slots=True)
class Seen:
    """Which edition of the object this folder has, and the digest of what was in it."""

    edition: str
    digest: str


class Safe:
    """One network's object."""

    def __init__(self, folder: NetworkFolder, backend: Backend) -> None:
        self._folder = folder
        self._backend = backend
        self.bucket = Bucket(backend.bucket)
        self._name = f"{ROOT}{folder.id}/safe.json"

    def fetch(self) -> bool:
        """Bring the folder up to date with the object, if there is one; False if it was taken down from elsewhere."""
        from provisioner.engine import (
            sealing,  # what it needs takes long to load, and is not needed where nothing changed
        )

        seen = _seen(self._folder)
        try:
            there = self.bucket.get(self._name, known=seen.edition if seen else "")
        except Unchanged:
            return True
        if there is None:
            if seen:  # what is left here is of a network that is no more
                _unpack(self._folder, {})
                self._folder.safe.unlink(missing_ok=True)
            return not seen
        where = sealing.about(there.content).get(HERE_ONLY, "")
        if where and where != _here(self._folder):
            host, _, path = where.partition(":")
            raise NetprovError(
                f"the nodes of {self._folder.id} run on {host} (in {path}), and are reached from there only",
                "run netprov on that machine, or give this network another id",
            )
        content = sealing.unseal(self._backend.key, self._folder.id, there.content)
        _unpack(self._folder, {name: base64.b64decode(held) for name, held in json.loads(content).items()})
        _see(self._folder, Seen(there.edition, _digest(_pack(self._folder))))
        return True

    def keep(self) -> None:
        """Seal what the folder has, if it is not what was seen last."""
        content, seen = _pack(self._folder), _seen(self._folder)
        if seen and seen.digest == _digest(content):
            return
        where = _here(self._folder) if self._folder.ports.exists() else ""
        from provisioner.engine import sealing

        sealed = sealing.seal(self._backend.key, self._folder.id, {HERE_ONLY: where}, content)
        edition = self.bucket.put(self._name, sealed, over=seen.edition if seen else "")
        if edition is None:
            raise Locked(
                f"network {self._folder.id} was changed from elsewhere meanwhile: {self.bucket.where(self._name)}",
                "run this again",
            )
        _see(self._folder, Seen(edition, _digest(content)))

    def keep_changes(self) -> None:
        """The same for what is in the bucket already: a run that was to change nothing begins no network."""
        if _seen(self._folder):
            self.keep()

    def empty(self, *engines: str) -> None:
        """After the network was taken down: nothing of it stays but the bucket's older versions."""
        for under in (*engines, self._name):
            for name in self.bucket.names(under):
                self.bucket.delete(name)


def safe_of(folder: NetworkFolder) -> Safe | None:
    """None where the network's state is shared with nobody."""
    backend = noted(folder)
    return Safe(folder, backend) if backend.in_bucket else None


def networks_in(backend: Backend) -> tuple[str, ...]:
    """The ids of all networks that share this place."""
    names = Bucket(backend.bucket).names(ROOT)
    ids = dict.fromkeys(name.removeprefix(ROOT).partition("/")[0] for name in names)
    return tuple(each for each in ids if NETWORK_ID.fits(each))  # others would be folders elsewhere


def _here(folder: NetworkFolder) -> str:
    return f"{socket.gethostname()}:{folder.root}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _files(folder: NetworkFolder) -> tuple[Path, ...]:
    """Drafts and notes of a killed run, which begin with a dot, are left where they are."""
    secrets = (path for path in sorted(folder.secrets.rglob("*")) if path.is_file())
    kept = (path for path in secrets if not any(p.startswith(".") for p in path.relative_to(folder.secrets).parts))
    return tuple(path for path in (folder.registry, folder.definition, *kept) if path.is_file())


def _pack(folder: NetworkFolder) -> bytes:
    files = {path.relative_to(folder.root).as_posix(): path.read_bytes() for path in _files(folder)}
    return json.dumps({name: base64.b64encode(held).decode() for name, held in files.items()}, sort_keys=True).encode()


def _unpack(folder: NetworkFolder, files: dict[str, bytes]) -> None:
    """Make the folder's part exactly these files. A kill leaves the note of the old edition, and it is done again."""
    for name, held in files.items():
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/") or parts[0] not in {"secrets", "network.json", "definition.yaml"}:
            raise NetprovError(f"what was kept of {folder.id} has a file that netprov writes nowhere: {name}")
        _write(folder.root.joinpath(*parts), held)
    for path in _files(folder):
        if path.relative_to(folder.root).as_posix() not in files:
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    private(path.parent)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    write_new(draft, content, durable=False)
    draft.replace(path)


def _seen(folder: NetworkFolder) -> Seen | None:
    try:
        return Seen(**json.loads(folder.safe.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _see(folder: NetworkFolder, seen: Seen) -> None:
    place(folder.safe, json.dumps(asdict(seen)))
