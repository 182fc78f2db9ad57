"""Who makes the calls to AWS: the engine's own plugin, or another provider that tests attach in its place."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from provisioner.engine.engine import Workspace
from provisioner.errors import NetprovError

ATTACH = "NETPROV_AWS_PROVIDER"
"""host:port of a provider that is to be called as `aws`: one that speaks the engine's protocol, on this machine."""
LOOPBACK = ("127.0.0.1", "localhost")


def attached(environ: Mapping[str, str]) -> dict[str, int]:
    """What the engine is to attach to; nothing where its plugin does the work. Raises NetprovError."""
    told = environ.get(ATTACH, "")
    if not told:
        return {}
    host, _, port = told.rpartition(":")
    if host not in LOOPBACK or not port.isdecimal():
        raise NetprovError(f"{ATTACH} is {told}", "give 127.0.0.1:PORT")
    return {"aws": int(port)}


def lend(workspace: Workspace) -> None:
    """Show the engine the user's own plugins. Raises NetprovError if there is none for AWS."""
    theirs = Path(workspace.environ.get("PULUMI_HOME") or Path(workspace.environ.get("HOME") or "/") / ".pulumi")
    plugins = theirs / "plugins"
    there = any(each.is_dir() for each in plugins.glob("resource-aws-v*"))
    if not there and not shutil.which("pulumi-resource-aws", path=workspace.environ.get("PATH")):
        raise NetprovError(
            "the engine's plugin for AWS is not installed",
            f"{workspace.executable} plugin install resource aws {version()}   (`plan --offline` needs none)",
        )
    mine = workspace.folder.engine / "home/plugins"
    if there and not mine.exists():
        mine.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine.unlink(missing_ok=True)
        mine.symlink_to(plugins.absolute())


def version() -> str:
    """The version that goes with the SDK."""
    from importlib.metadata import version as of

    return of("pulumi-aws")
