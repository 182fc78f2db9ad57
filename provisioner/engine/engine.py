"""One run of the Pulumi engine: a program and resources in, the engine's verdict out.

The SDK's own `Stack.up()` asks for outputs and history after each update, which takes longer than the update
of a small network; so its language server is used as it is, and the engine is called directly. What happened to
each resource is known here already: the provider runs in this process.
"""

import json
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from provisioner.credentials import load_secret
from provisioner.disk import place
from provisioner.engine import engine_state
from provisioner.engine.backend import Backend, noted
from provisioner.engine.resource import PACKAGE
from provisioner.engine.safe import safe_of
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder

if TYPE_CHECKING:
    from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

MAKING = ("up", "destroy")
"""Operations that change the world: what they do it with must not get lost with this machine."""
HERE = 0
"""For the port of a provider that this process serves."""
CLOUD_VARIABLES = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "PULUMI_ACCESS_TOKEN")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where one network's engine works: its stack, its state and its passphrase."""

    folder: NetworkFolder
    executable: Path
    environ: Mapping[str, str]
    attached: Mapping[str, int] = field(default_factory=lambda: {PACKAGE: HERE})
    """The port of each package's provider that the engine is to call, rather than start a plugin for."""
    cloud: bool = False
    """Whether what it makes is elsewhere: it then needs the caller's credentials, and writes down each step at once."""

    @property
    def stack(self) -> str:
        return self.folder.id

    @property
    def url(self) -> str:
        """Without `metadata=skip` a kill can leave a side file that makes the state unreadable."""
        return noted(self.folder).url or f"file://{self.folder.engine / 'state'}?metadata=skip"

    @property
    def local(self) -> Path | None:
        """The folder of a file backend."""
        if not self.url.startswith("file://"):
            return None
        return Path(self.url.removeprefix("file://").partition("?")[0]) / ".pulumi"

    @property
    def passphrase(self) -> Path:
        return self.folder.secrets / "passphrase"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the engine ended."""

    code: int
    output: str
    errors: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Served:
    """What the engine calls back for: the program that registers the resources, and the provider that makes them."""

    program: Callable[[], Awaitable[None] | None]
    provider: "ResourceProviderServicer | None" = None
    """None where it is served elsewhere, or a plugin does it."""


def prepare(workspace: Workspace) -> None:
    """Make the workspace and its stack, if they are not there; mend what a kill has left of them."""
    root = workspace.folder.engine
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / "Pulumi.yaml").touch(mode=0o600)
    (root / "Pulumi.yaml").write_text(f"name: {engine_state.PROJECT}\nruntime: python\n", encoding="utf-8")
    load_secret(workspace.passphrase)
    engine_state.keep_no_diary(root / "home")
    if workspace.local:
        engine_state.mend(workspace.local, workspace.stack)
        engine_state.mend_settings(root / f"Pulumi.{workspace.stack}.yaml")
        return
    _open(workspace, noted(workspace.folder))


def _open(workspace: Workspace, backend: Backend) -> None:
    """A state that is elsewhere: free of dead runs' locks, and with its secrets' provider."""
    settings = workspace.folder.engine / f"Pulumi.{workspace.stack}.yaml"
    if safe := safe_of(workspace.folder):
        engine_state.free_bucket(safe.bucket, workspace.stack)
        # Without its settings the engine would put the secrets of a state that is there under a passphrase.
        settings.unlink(missing_ok=True)
        if known := engine_state.provider_in(safe.bucket, workspace.stack):
            place(settings, known, durable=False)
            return
    secrets = backend.secrets_of(workspace.stack)
    made = _call(workspace, ("stack", "select", "--create", workspace.stack, "--secrets-provider", secrets))
    if made.code:
        raise NetprovError(f"the engine cannot open its state at {workspace.url}: {_complaint(made)}")


def _environment(workspace: Workspace, extra: Mapping[str, str]) -> dict[str, str]:
    """What the engine needs and nothing else; the passphrase travels as a file name."""
    kept = {k: v for k, v in workspace.environ.items() if k in {"PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE"}}
    if workspace.local is None or workspace.cloud:
        kept |= {k: v for k, v in workspace.environ.items() if k.startswith(CLOUD_VARIABLES)}
    return kept | {
        "PULUMI_HOME": str(workspace.folder.engine / "home"),
        "PULUMI_BACKEND_URL": workspace.url,
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(workspace.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_EXPERIMENTAL": "true",
        # The state is written once, at the end: what a killed run has made here is adopted by the next one,
        # and writing all of it after each step costs time that grows with the square of the sites.
        "PULUMI_SKIP_CHECKPOINTS": "false" if workspace.cloud else "true",
        # No object in a bucket is ever torn: a copy of it before each step is only a call more.
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "false" if workspace.local else "true",
        "PULUMI_DEBUG_COMMANDS": "true" if workspace.cloud else "false",  # to have --event-log
        # Each step makes the text of the whole state anew: a fifth of the engine's time was to look for garbage.
        "GOGC": "400",
        **extra,
    }


def _call(workspace: Workspace, arguments: tuple[str, ...]) -> Verdict:
    with _started(workspace, arguments, {}, ()) as process:
        return _ended(process)


@contextmanager
def _started(
    workspace: Workspace, arguments: tuple[str, ...], extra: Mapping[str, str], keep: tuple[int, ...]
) -> Iterator[subprocess.Popen[str]]:
    """The engine, as long as the block runs: one that the block leaves behind has done nothing yet, and is killed."""
    prefix = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
    process = subprocess.Popen(
        [*prefix, str(workspace.executable), *arguments, "--non-interactive", "--color", "never"],
        cwd=workspace.folder.engine,
        env=_environment(workspace, extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        umask=0o077,
        start_new_session=True,
        pass_fds=keep,
    )
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _ended(process: subprocess.Popen[str]) -> Verdict:
    """Wait for it. A first Ctrl-C lets it finish what is in flight; a second one hurries it."""
    interrupted = False
    while True:
        try:
            output, errors = process.communicate()
        except KeyboardInterrupt:
            interrupted = True
            process.send_signal(signal.SIGINT)
        else:
            return Verdict(process.returncode, output, errors, interrupted)


@contextmanager
def listening(parallel: int) -> Iterator[tuple[grpc.Server, int]]:
    """A server for the engine on a loopback port: who calls it before it serves is kept waiting, not refused."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=parallel + 8), options=[("grpc.so_reuseport", 0)])
    port = server.add_insecure_port("127.0.0.1:0")
    try:
        yield server, port
    finally:
        server.stop(0).wait()


def attach(server: grpc.Server, served: Served) -> None:
    """Begin to serve."""
    import pulumi.log
    import pulumi.runtime.resource
    from pulumi.automation._server import LanguageServer
    from pulumi.runtime.proto import language_pb2_grpc, provider_pb2_grpc, source_pb2

    # Each registration would carry the paths of this machine's Python into the state, and double its size; and send
    # the engine three words of debugging, each a call that is waited for: together half of all the time it takes.
    setattr(pulumi.runtime.resource, "_get_stack_trace", source_pb2.StackTrace)  # noqa: B010
    setattr(pulumi.log, "debug", _unsaid)  # noqa: B010
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(served.program), server)
    if served.provider:
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(served.provider, server)
    server.start()


def _unsaid(*_: object, **__: object) -> None:
    """Nobody reads the SDK's own notes."""


def run(
    workspace: Workspace,
    operation: tuple[str, ...],
    serve: Callable[[], Served],
    *,
    parallel: int = 16,
    keep: tuple[int, ...] = (),
) -> Verdict:
    """Run one operation (`up`, `preview`, `refresh`, `destroy` and its flags) with the providers attached.

    `serve` is called while the engine reads its state, which takes it as long as Python takes to load the SDK and to
    work out what is wanted. `keep` are descriptors that the engine inherits. What failed in a resource is for the
    caller to know from the provider; this raises what `serve` does, and nothing has then been changed.
    """
    with listening(parallel) as (server, port):
        arguments = (
            *operation,
            *("--stack", workspace.stack, "--parallel", str(parallel)),
            *(f"--client=127.0.0.1:{port}", "--exec-kind", "auto.inline"),
        )
        providers = ",".join(f"{name}:{given or port}" for name, given in workspace.attached.items())
        extra = {"PULUMI_DEBUG_PROVIDERS": providers} if providers else {}
        with _started(workspace, arguments, extra, keep) as process:
            served = serve()
            if operation[0] in MAKING and (safe := safe_of(workspace.folder)):
                safe.keep()
            attach(server, served)
            verdict = _ended(process)
    _log(workspace, operation[0], verdict)
    if workspace.local:
        engine_state.settle(workspace.local)
    return verdict


def _log(workspace: Workspace, operation: str, verdict: Verdict) -> None:
    workspace.folder.logs.mkdir(mode=0o700, exist_ok=True)
    path = workspace.folder.logs / f"engine-{operation}.log"
    with suppress(OSError):
        path.touch(mode=0o600)
        path.write_text(f"{verdict.output}\n{verdict.errors}\nexit {verdict.code}\n", encoding="utf-8")


def exported(workspace: Workspace) -> dict[str, Any]:
    """The state as the engine writes it out, secrets sealed. Raises NetprovError."""
    verdict = _call(workspace, ("stack", "export", "--stack", workspace.stack))
    if verdict.code:
        raise NetprovError(f"the engine cannot read its state: {_complaint(verdict)}")
    state: dict[str, Any] = json.loads(verdict.output)
    return state


def replaced(workspace: Workspace, state: dict[str, Any]) -> None:
    """Put this state in the place of what is there; the engine checks that it hangs together. Raises NetprovError."""
    path = workspace.folder.engine / "state-to-be.json"
    place(path, json.dumps(state), durable=False)
    try:
        verdict = _call(workspace, ("stack", "import", "--stack", workspace.stack, "--file", str(path)))
    finally:
        path.unlink(missing_ok=True)
    if verdict.code:
        raise NetprovError(f"the engine refuses its state as it was mended: {_complaint(verdict)}")


def _complaint(verdict: Verdict) -> str:
    """The engine's own last words, on one line."""
    lines = [x.strip() for x in (verdict.errors + "\n" + verdict.output).splitlines() if "error:" in x.lower()]
    return (lines[0] if lines else (verdict.errors.strip().splitlines() or ["it said nothing"])[-1])[:500]


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def explain(verdict: Verdict, workspace: Workspace) -> NetprovError:
    """Words for an engine that failed without any resource having failed."""
    complaint = f"it was ended by {_signal(-verdict.code)}" if verdict.code < 0 else _complaint(verdict)
    hint = f"see {workspace.folder.logs}"
    if "no space left" in verdict.errors.lower() + verdict.output.lower():
        return NetprovError("the disk is full: the engine could not write its state", "make room and run `up` again")
    return NetprovError(f"the engine failed: {complaint}", hint)


def preview_steps(verdict: Verdict) -> tuple[tuple[str, str, str], ...]:
    """(operation, type, name) of each step of a `preview --json`."""
    try:
        steps = json.loads(verdict.output).get("steps", [])
    except ValueError:
        return ()
    found = []
    for step in steps:
        urn = str(step["urn"]).split("::")
        found.append((str(step["op"]), urn[2].rsplit("$", 1)[-1], urn[3]))
    return tuple(found)
