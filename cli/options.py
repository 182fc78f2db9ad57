# ruff: noqa: ARG002  # the arguments are click's
"""Arguments and options that several commands share, with their completion."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli.session import Session, of_this_process
from provisioner.home import networks

AnyFunction = Callable[..., Any]


class NetworkName(click.types.StringParamType):
    """A deployed network's id, or a definition that names it."""

    name = "network"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known = [folder.id for folder in networks(_session(ctx).home)]
        items = [CompletionItem(name) for name in known if name.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="file")]


class NodeName(click.types.StringParamType):
    """A node of a deployed network."""

    name = "node"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folders = [folder.nodes for folder in networks(_session(ctx).home)]
        names = {node.name for nodes in folders if nodes.is_dir() for node in nodes.iterdir()}
        return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete.upper())]


def _session(ctx: click.Context) -> Session:
    found = ctx.find_object(Session)
    return found if found is not None else of_this_process()


definition_argument = click.argument("file", type=click.Path(allow_dash=True))
network_argument = click.argument("network", type=NetworkName(), required=False, default="")
node_network_option = click.option(
    "--network", default="", type=NetworkName(), help="Its network, where several have such a node."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
target_option = click.option("--target", default="local", show_default=True, help="Where to deploy.")
refresh_option = click.option("--refresh", is_flag=True, help="Ask each node for its settings, and mend drift.")
studies_option = click.option(
    "--delete-studies", is_flag=True, help="Delete nodes that leave even if they hold studies."
)


def format_option(*names: str) -> Callable[[AnyFunction], AnyFunction]:
    """`--format`, the first name being the default."""
    return click.option("--format", "form", type=click.Choice(names), default=names[0], show_default=True)
