"""A plan without an account: the real engine, the real SDK, the whole program, and a provider that makes nothing."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from provisioner.engine import engine, engine_install
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.site.planned import Planned
from stacks.aws.accounts import provider_name
from stacks.aws.design import Design
from stacks.aws.echo import Echoed
from stacks.target import Request

MAKE = ("up", "--yes", "--skip-preview")


def offline(request: Request, design: Design) -> tuple[Echoed, ...]:
    """Every resource that `up` would have on AWS. Nothing is read from the network's folder, or written there."""
    found = engine_install.find(request.environ)
    if found is None:
        raise NetprovError("the Pulumi engine is not installed", "netprov engine install")
    with ExitStack() as held:
        echo = held.enter_context(_echo(design, request.environ))
        home = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="netprov-plan-")))
        folder = NetworkFolder(home / design.network)
        folder.root.mkdir(mode=0o700)
        workspace = engine.Workspace(folder, found.path, request.environ, {"aws": echo.port()})
        engine.prepare(workspace)
        verdict = engine.run(workspace, MAKE, lambda: _served(request, design, folder), parallel=request.parallel)
        if verdict.code:
            raise engine.explain(verdict, workspace)
        return echo.heard()


def _served(request: Request, design: Design, folder: NetworkFolder) -> engine.Served:
    from stacks.aws.papers import papers
    from stacks.aws.program import Wanted, program

    certificates = papers(folder, tuple(each.node for each in design.placements), datetime.now(UTC))
    protect = design.keeping.protect
    wanted = Wanted(design, request.topology, certificates, protect=protect, delete_studies=request.delete_studies)
    return engine.Served(program(wanted))


class _Echo:
    """The provider in a process of its own: in this one, it and the SDK would wait for one interpreter."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self._process, self._said = process, said

    def tell(self, holders: Mapping[str, tuple[str, str]]) -> None:
        assert self._process.stdin  # noqa: S101  # a pipe
        with suppress(BrokenPipeError):  # it has died: that shows when its port is asked for
            self._process.stdin.write(json.dumps(holders) + "\n")
            self._process.stdin.flush()

    def port(self) -> int:
        """Where it listens, once it does. Raises NetprovError."""
        assert self._process.stdout  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            last = (self._said.read().strip().splitlines() or ["it said nothing"])[-1]
            raise NetprovError(f"what a plan without an account is made with did not start: {last}")
        return int(line)

    def end(self) -> None:
        self._process.kill()
        assert self._process.stdin  # noqa: S101
        with suppress(BrokenPipeError):  # what it was to be told, if it has died before
            self._process.stdin.close()

    def heard(self) -> tuple[Echoed, ...]:
        """All that it was asked for; it ends with that."""
        output, _ = self._process.communicate()
        return tuple(Echoed(Planned(*facts[:4]), *facts[4:]) for facts in json.loads(output))


@contextmanager
def _echo(design: Design, environ: Mapping[str, str]) -> Iterator[_Echo]:
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "stacks.aws.echo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            encoding="utf-8",
            env=environ,
            start_new_session=True,  # a Ctrl-C is for the engine
        ) as process,
    ):
        echo = _Echo(process, said)
        try:
            echo.tell({provider_name(each): (each.owner, each.number) for each in design.accounts})
            yield echo
        finally:
            echo.end()
