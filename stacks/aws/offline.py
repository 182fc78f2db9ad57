"""A plan without an account: the real engine, the real SDK, the whole program, and a provider that makes nothing."""

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from provisioner.engine import engine, engine_install
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from stacks.aws.design import Design
from stacks.aws.echo import Echo, Echoed
from stacks.aws.papers import papers
from stacks.aws.program import Wanted, program, provider_name
from stacks.target import Request

MAKE = ("up", "--yes", "--skip-preview")


def offline(request: Request, design: Design) -> tuple[Echoed, ...]:
    """Every resource that `up` would have on AWS. Nothing is read from the network's folder, or written there."""
    found = engine_install.find(request.environ)
    if found is None:
        raise NetprovError("the Pulumi engine is not installed", "netprov engine install")
    with ExitStack() as held:
        home = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="netprov-plan-")))
        folder = NetworkFolder(home / design.network)
        folder.root.mkdir(mode=0o700)
        workspace = engine.Workspace(folder, found.path, request.environ, {"aws": engine.HERE})
        engine.prepare(workspace)
        echo = Echo({provider_name(each): each for each in design.accounts})

        def served() -> engine.Served:
            certificates = papers(folder, tuple(each.node for each in design.placements), datetime.now(UTC))
            wanted = Wanted(
                design,
                request.topology,
                certificates,
                protect=design.keeping.protect,
                delete_studies=request.delete_studies,
            )
            return engine.Served(program(wanted), echo)

        verdict = engine.run(workspace, MAKE, served, parallel=request.parallel)
        if verdict.code:
            raise engine.explain(verdict, workspace)
        return echo.echoed
