"""The library that keeps Orthanc on 127.0.0.1, compiled once a machine and again when its source changes."""

import hashlib
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from provisioner.disk import sync_file
from provisioner.errors import NetprovError
from stacks.local.account import reachable, service_account

FLAGS = ("-shared", "-fPIC", "-O2")
ROOT_CACHE = Path("/var/cache/netprov")
"""Where an account that may not enter root's own folders still finds it."""


def library(cache: Path) -> Path:
    """The compiled library, where services can load it: to the loader, one that it cannot is a mere warning."""
    source = files("site_templates").joinpath("loopback.c").read_bytes()
    digest = hashlib.sha256(b" ".join([*map(str.encode, FLAGS), source])).hexdigest()[:16]
    library = _folder(cache) / f"loopback-{digest}.so"
    if not library.exists():
        library.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _compile(source, library)
    reachable(library.parent, service_account())
    return library


def _folder(cache: Path) -> Path:
    account = service_account()
    if account is None:
        return cache
    try:
        cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        reachable(cache, account)
    except NetprovError:
        return ROOT_CACHE
    return cache


def _compile(source: bytes, library: Path) -> None:
    """Compile beside the library and move it there whole: two netprovs at once, or a killed one, do no harm."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NetprovError("no C compiler (cc) is installed", "apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".loopback-") as folder:
        draft = Path(folder) / library.name
        command = (compiler, *FLAGS, "-x", "c", "-", "-o", str(draft))
        done = subprocess.run(command, input=source, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise NetprovError(f"the C compiler fails on loopback.c: {said}", "apt-get install gcc libc6-dev")
        draft.chmod(0o755)
        sync_file(draft)
        draft.replace(library)
