# ruff: noqa: ARG002  # the arguments are click's
"""Arguments and options that several commands share, with their completion."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli.session import Session, of_this_process
from provisioner.engine.backend import SECRETS, URL
from provisioner.home import networks
from provisioner.record import changed

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


def _state_option(name: str, variable: str, example: str, words: str) -> click.Option:
    """An option that stands for a variable that all commands share."""

    def told(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            session = context.find_object(Session)
            assert session is not None  # noqa: S101 - what every command is started with
            context.obj = changed(session, environ={**session.environ, variable: value})

    return click.Option([name], metavar=example, help=words, callback=told, expose_value=False, is_eager=True)


def with_state(command: click.Command) -> None:
    """Give a command, or each of a group, the options that say where states are."""
    if isinstance(command, click.Group):
        for member in command.commands.values():
            with_state(member)
    elif not any("--backend" in option.opts for option in command.params):
        command.params += [
            _state_option("--backend", URL, "s3://...", "Where the state is, if not in netprov's own folder."),
            _state_option("--secrets-provider", SECRETS, "awskms://...", "The key that its secrets are under."),
        ]


def format_option(*names: str) -> Callable[[AnyFunction], AnyFunction]:
    """`--format`, the first name being the default."""
    return click.option("--format", "form", type=click.Choice(names), default=names[0], show_default=True)
