"""A report as a bundle, a folder or a ZIP file, in which a changed byte shows.

SHA256SUMS names every other file, in the form that `sha256sum -c` reads; the manifest says what was judged, when and by
what. Nothing in a bundle depends on the machine: the same definition at the same time gives the same bytes.
"""

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.session import Usage
from provisioner.errors import Exit, NetprovError

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
LARGEST = 256 << 20
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\0]+)")

Files = Mapping[str, bytes]


class Unproven(NetprovError):
    """A bundle is not as it was made."""

    code = Exit.UNVERIFIED


def unproven(path: Path, why: str = "") -> Unproven:
    """The error of a bundle in which something differs."""
    return Unproven(f"{path} is not as it was made{why}", "make it anew from the definition, or ask who changed it")


def sealed(files: Files, manifest: Mapping[str, object]) -> dict[str, bytes]:
    """The files with their manifest and sums."""
    names = sorted((*files, MANIFEST, SUMS))
    text = json.dumps({**manifest, "files": names}, indent=2, ensure_ascii=False) + "\n"
    whole = {**files, MANIFEST: text.encode()}
    return {**whole, SUMS: _sums(whole)}


def seal(files: Files) -> str:
    """What one bundle is known by: whoever notes it can tell another bundle from it, even one with new sums."""
    return _digest(files.get(SUMS, b""))


def write(path: Path, files: Files) -> None:
    """As a ZIP file if it is called one, else as a folder. Raises Usage for what is there already."""
    try:
        if path.suffix == ".zip":
            with path.open("xb") as file:
                file.write(_packed(files))
            return
        path.mkdir()
        for name, content in files.items():
            path.joinpath(name).write_bytes(content)
    except FileExistsError:
        raise Usage(f"{path} is there already", "name another place") from None
    except OSError as error:
        raise Usage(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def read(path: Path) -> dict[str, bytes]:
    """The files of a bundle, intact or not. Raises Unproven for what cannot even be opened as one."""
    try:
        return _read_folder(path) if path.is_dir() else _unpacked(path)
    except OSError as error:
        raise Usage(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def faults(path: Path, files: Files) -> tuple[str, ...]:
    """What is not as it was when the bundle was made."""
    found = tuple(_faults(files))
    if not found and path.is_file() and path.read_bytes() != _packed(files):
        return (f"{path.name}: changed, though none of its files is",)
    return found


def _faults(files: Files) -> Iterator[str]:
    if SUMS not in files:
        yield f"{SUMS}: missing"
        return
    sums = {m[2]: m[1] for line in files[SUMS].decode("utf-8", "replace").split("\n") if (m := _LINE.fullmatch(line))}
    expected = sums.keys() | _named(files)
    yield from (f"{name}: missing" for name in sorted(expected - files.keys()))
    yield from (f"{name}: added" for name in sorted(files.keys() - expected - {SUMS}))
    known = sorted(expected & files.keys() - {SUMS})
    changed = [name for name in known if sums.get(name) != _digest(files[name])]
    yield from (f"{name}: changed" for name in changed)
    others = {name: content for name, content in files.items() if name != SUMS}
    if not changed and expected - {SUMS} == others.keys() and files[SUMS] != _sums(others):
        yield f"{SUMS}: changed"


def _named(files: Files) -> set[str]:
    """The files that the manifest counts, so that none can leave together with its sum."""
    try:
        names: Any = json.loads(files.get(MANIFEST, b"")).get("files")
    except (ValueError, AttributeError, RecursionError):
        names = None
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else {MANIFEST}


def _sums(files: Files) -> bytes:
    return "".join(f"{_digest(files[name])}  {name}\n" for name in sorted(files)).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packed(files: Files) -> bytes:
    """Stored and not compressed, so that no version of a compressor makes a difference."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _unpacked(path: Path) -> dict[str, bytes]:
    if path.stat().st_size > LARGEST:
        raise unproven(path, ": it is larger than any bundle")
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise unproven(path, ": it was packed by something else")
            if sum(entry.file_size for entry in entries) > len(content):
                raise unproven(path, ": it promises more than it holds")
            return {entry.filename: archive.read(entry) for entry in entries}
    except Unproven:
        raise
    except Exception as error:  # noqa: BLE001 - a broken ZIP file raises half of what there is
        raise unproven(path, f": {str(error).lower()}") from None


def _read_folder(path: Path) -> dict[str, bytes]:
    """Links and folders are there too, as what a bundle has not."""
    with os.scandir(path) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    if sum(entry.stat(follow_symlinks=False).st_size for entry in found) > LARGEST:
        raise unproven(path, ": it is larger than any bundle")
    return {e.name: Path(e.path).read_bytes() if e.is_file(follow_symlinks=False) else b"" for e in found}
