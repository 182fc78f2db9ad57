# ruff: noqa: ARG002  # the arguments are click's
"""Every command by name, and where it lives: a module is imported only when its command runs.

The help texts stand here too, so that `netprov --help` and completion import no command at all.
"""

from difflib import get_close_matches
from importlib import import_module

import click

from cli.session import Session
from provisioner import VERSION
from provisioner.errors import Exit

COMMANDS = {
    "init": ("cli.init:init", "Write a first definition."),
    "check": ("cli.check:check", "Read a definition and say all that is wrong with it."),
    "rules": ("cli.check:rules", "List the policy rules, or explain one."),
    "report": ("cli.report:report", "Bundle all that a check finds, for an auditor to keep."),
    "schema": ("cli.check:schema", "Print the JSON Schema of a definition, for editors."),
    "graph": ("cli.graph:graph", "Draw the network."),
    "plan": ("cli.deploy:plan", "Say what `up` would change, and why."),
    "up": ("cli.deploy:up", "Deploy a network, or bring it in line with its definition."),
    "down": ("cli.down:down", "Take a network away."),
    "list": ("cli.look:list_networks", "List the deployed networks."),
    "status": ("cli.look:status", "Show each node as it is now."),
    "outputs": ("cli.look:outputs", "Show addresses, AE titles and certificate files."),
    "verify": ("cli.look:verify", "Prove that links work and that all else is refused."),
    "readers": ("cli.readers:readers", "Let people in at a site's readers' door, and list them."),
    "worklist": ("cli.worklist:worklist", "Look at the shared worklist; claim, send and release what is on it."),
    "drift": ("cli.look:drift", "Compare what was deployed with what is there."),
    "logs": ("cli.logs:logs", "Show the log of a node."),
    "state": ("cli.state:state", "Make the bucket and the key that several people share a network's state in."),
    "engine": ("cli.setup:engine", "Install the deployment engine, or show it."),
    "doctor": ("cli.setup:doctor", "Say what this machine lacks, and how to mend it."),
    "unlock": ("cli.setup:unlock", "Free a network that a dead run still holds."),
}


STATELESS = frozenset({"init", "rules", "report", "schema", "state", "engine"})
"""Those that neither work with what is deployed nor look at where that is written down."""


class Commands(click.Group):
    """A group whose members are named in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong line above, never a user's mistake
        if cmd_name not in STATELESS:
            from cli.options import with_state

            with_state(command)
        _name_variables(command, f"NETPROV_{cmd_name}")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            meant = f". Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{args[0]}'{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


def _name_variables(command: click.Command, prefix: str) -> None:
    """Give each option a variable named after the word that users know; click's own go by our arguments' names."""
    for option in command.params:
        if isinstance(option, click.Option):
            word = max(option.opts, key=len).lstrip("-")
            option.envvar = f"{prefix}_{word}".replace("-", "_").upper()
    if isinstance(command, click.Group):
        for name, member in command.commands.items():
            _name_variables(member, f"{prefix}_{name}")


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: netprov init, netprov up network.yaml. Every option has an environment variable: "
    "NETPROV_UP_YES=1 is `up --yes`.",
)
@click.version_option(VERSION, message="netprov %(version)s")
def netprov() -> None:
    """From one declarative file to a running, verified imaging network."""


def run(arguments: list[str], session: Session) -> int:
    """Run one command line; what goes wrong is raised, where click's own `main` would already print and exit."""
    if any(name.startswith("_NETPROV_") for name in session.environ):
        netprov.main(arguments, prog_name="netprov")  # a shell asks for completions
    try:
        with netprov.make_context("netprov", arguments, obj=session) as context:
            code: object = netprov.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else Exit.DONE
