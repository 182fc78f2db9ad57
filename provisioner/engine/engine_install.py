"""Where the Pulumi engine comes from: PATH, netprov's cache, a download by Pulumi's SDK, or Go and the sources.

SDK and engine are one version: the engine's protocol is only promised between equals, and a newer engine
found by chance must not decide what a deployment does. `engine_build/` is a Go module with nothing of its own:
`go.mod` names the engine as its tool, `go.sum` the hash of every module it is made of. To move to another version X:
pyproject.toml, ENGINE_VERSION, and `go get -tool PROGRAM@vX` in engine_build; a test holds the three together.

cache/engine/
  3.259.0/bin/pulumi   what was installed; 3.259.0/origin says how
  versions.json        versions by file, so that no run starts a process just to ask
  install.lock, install.log
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.disk import sync_file
from provisioner.errors import NetprovError
from provisioner.home import cache

ENGINE_VERSION = "3.259.0"
SOURCES = Path(__file__).parent / "engine_build"
PROGRAM = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
ANSWER_SECONDS = 10
"""How long a server may stay silent before the download counts as refused."""
DOWNLOAD_SECONDS = 600
BUILD_SECONDS = 1800
OLDEST_GO_THAT_UPDATES_ITSELF = (1, 21)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine of the pinned version."""

    path: Path
    version: str
    origin: str
    """Where it came from: "PATH", "downloaded" or "built from source"."""


def folder(environ: Mapping[str, str]) -> Path:
    """Where netprov keeps engines."""
    return cache(environ) / "engine"


def find(environ: Mapping[str, str]) -> Engine | None:
    """The engine to use: one on PATH of exactly the pinned version, else the one netprov installed."""
    on_path = shutil.which("pulumi", path=environ.get("PATH", ""))
    if on_path and _version(Path(on_path).absolute(), environ) == ENGINE_VERSION:
        return Engine(Path(on_path).absolute(), ENGINE_VERSION, "PATH")
    ours = folder(environ) / ENGINE_VERSION
    program = ours / "bin/pulumi"
    if _version(program, environ) != ENGINE_VERSION:
        return None
    note = ours / "origin"
    return Engine(program, ENGINE_VERSION, note.read_text().strip() if note.is_file() else "installed by hand")


def install(environ: Mapping[str, str], say: Say) -> Engine:
    """Find the engine, or make it: downloaded where that is allowed, built from source elsewhere."""
    found = find(environ)
    if found:
        return found
    home = folder(environ)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / "install.lock", say):
            return find(environ) or _make(home, environ, say)
    except OSError as error:
        raise NetprovError(
            f"the Pulumi engine cannot be installed in {home}: {error.strerror or error}",
            "mend that, or set XDG_CACHE_HOME to a folder of yours with 3 GB free",
        ) from None


def go_needed() -> tuple[int, int]:
    """The oldest Go that builds the engine, as its go.mod says."""
    words = re.search(r"^go (\d+)\.(\d+)", (SOURCES / "go.mod").read_text(), re.MULTILINE)
    if not words:
        raise NetprovError("provisioner/engine/engine_build/go.mod names no Go version", "install netprov again")
    return int(words[1]), int(words[2])


def go_found(environ: Mapping[str, str]) -> tuple[str, tuple[int, int]] | None:
    """The `go` command and its version; Go's own installer puts it where few PATHs look, sudo's least of all."""
    command = shutil.which("go", path=environ.get("PATH", "") + ":/usr/local/go/bin")
    if not command:
        return None
    asked = {**_go_environment(environ), "GOTOOLCHAIN": "local"}
    words = re.search(r"\bgo(\d+)\.(\d+)", _answer([command, "version"], asked))
    return (command, (int(words[1]), int(words[2]))) if words else None


def fetch(root: str) -> None:
    """Let the SDK download its engine; runs in a process of its own, since the SDK knows no time limit."""
    from pulumi.automation import PulumiCommand

    socket.setdefaulttimeout(ANSWER_SECONDS)
    PulumiCommand.install(root=root)


@contextlib.contextmanager
def _alone(lock: Path, say: Say) -> Iterator[None]:
    """One install at a time; the kernel frees the lock when its holder dies."""
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another netprov is installing the engine; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make(home: Path, environ: Mapping[str, str], say: Say) -> Engine:
    """Make the engine beside its place and move it there whole: a kill leaves no half engine."""
    for left_by_a_kill in home.glob(".new-*"):
        shutil.rmtree(left_by_a_kill, ignore_errors=True)
    new, place = home / f".new-{os.getpid()}", home / ENGINE_VERSION
    log = home / "install.log"
    log.write_text("")
    try:
        (new / "bin").mkdir(parents=True)
        origin = "downloaded" if _download(new, log, environ, say) else _build(new, log, environ, say)
        (new / "origin").write_text(origin + "\n")
        sync_file(new / "bin/pulumi")
        shutil.rmtree(place, ignore_errors=True)
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    made = find(environ)
    if not made:
        raise NetprovError(f"the engine in {place} does not run on this machine", f"see {log}")
    say(f"The Pulumi engine {ENGINE_VERSION} is {made.origin}: {made.path}")
    return made


def _download(new: Path, log: Path, environ: Mapping[str, str], say: Say) -> bool:
    say(f"Downloading the Pulumi engine {ENGINE_VERSION} by Pulumi's own installer.")
    program = "import sys; from provisioner.engine.engine_install import fetch; fetch(sys.argv[1])"
    done = _run([sys.executable, "-P", "-c", program, str(new)], log, environ, say, DOWNLOAD_SECONDS)
    return done and _answer([str(new / "bin/pulumi"), "version"], environ) == f"v{ENGINE_VERSION}"


def _build(new: Path, log: Path, environ: Mapping[str, str], say: Say) -> str:
    needed, found = go_needed(), go_found(environ)
    wanted = "Go {}.{} or newer".format(*needed)
    mend = f"install {wanted} from go.dev, or put pulumi v{ENGINE_VERSION} on PATH; then: netprov engine install"
    refused = f"the Pulumi engine {ENGINE_VERSION} could not be downloaded here"
    if not found:
        raise NetprovError(f"{refused}, and Go, which builds it from source, is not installed", mend)
    command, version = found
    if version < min(needed, OLDEST_GO_THAT_UPDATES_ITSELF):
        raise NetprovError(f"{refused}, and Go {version[0]}.{version[1]} is too old to build it from source", mend)
    say(f"The download is refused here: building it from source with {command}, about 3 minutes, once a machine.")
    flags = f"-s -w -X {VERSION_VARIABLE}=v{ENGINE_VERSION}"
    arguments = [command, "build", "-ldflags", flags, "-o", str(new / "bin/pulumi"), PROGRAM]
    if not _run(arguments, log, _go_environment(environ), say, BUILD_SECONDS):
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no word why"]
        older = "" if version >= needed else f"{wanted} is needed, here is {version[0]}.{version[1]}. "
        raise NetprovError(
            f"{refused}, and building it from source failed: {last[0]}",
            f"{older}Go needs its module proxy and 3 GB free; the log is {log}; then: netprov engine install",
        )
    return "built from source"


def _go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Go for this machine, with modules exactly as go.sum has them, whatever the user set for work of their own."""
    kept = {name: value for name, value in environ.items() if name not in ("GOOS", "GOARCH", "GOEXPERIMENT")}
    forced = {"CGO_ENABLED": "0", "GO111MODULE": "on", "GOWORK": "off", "GOFLAGS": "-mod=readonly -trimpath -p=2"}
    return {**kept, **forced, "HOME": environ.get("HOME") or str(cache(environ))}


def _run(command: list[str], log: Path, environ: Mapping[str, str], say: Say, limit: float) -> bool:
    """Run among the sources, to the log, with a word now and then; never leaves a child behind."""
    started = time.monotonic()
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env=environ,
            cwd=SOURCES,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while (spent := time.monotonic() - started) < limit:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(timeout=30) == 0
            say(f"... still at it after {spent + 30:.0f} s")
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _version(program: Path, environ: Mapping[str, str]) -> str | None:
    """The version of an engine, asked once for each file: asking takes a tenth of a second."""
    try:
        state = program.stat()
    except OSError:
        return None
    mark = [state.st_size, state.st_mtime_ns, state.st_ino]
    notes = folder(environ) / "versions.json"
    known = _known(notes)
    noted = known.get(str(program), {})
    if noted.get("mark") == mark and isinstance(noted.get("version"), str):
        return str(noted["version"])
    version = _answer([str(program), "version"], environ).removeprefix("v")
    # A script on PATH is a version manager's shim: it answers differently without changing.
    if version and not _is_script(program):
        _note(notes, {**known, str(program): {"mark": mark, "version": version}})
    return version or None


def _known(notes: Path) -> dict[str, dict[str, object]]:
    try:
        known = json.loads(notes.read_bytes())
    except (OSError, ValueError):
        return {}
    return {path: noted for path, noted in known.items() if isinstance(noted, dict)} if isinstance(known, dict) else {}


def _note(notes: Path, known: Mapping[str, object]) -> None:
    """Keep what was learnt; a read-only cache only costs the time to ask again."""
    fresh = notes.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        notes.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known, indent=1))
        fresh.replace(notes)


def _is_script(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(2) == b"#!"


def _answer(command: list[str], environ: Mapping[str, str]) -> str:
    """What a command prints, or nothing where it does not run."""
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()
