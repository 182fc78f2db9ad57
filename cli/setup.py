"""This machine: `engine`, `doctor`, and `unlock`."""

import sys

import click

from cli import words
from cli.formats import as_json
from cli.loading import named
from cli.options import NetworkName, format_option
from cli.session import Session
from cli.terminal import note, say, style_of
from provisioner.errors import Exit


@click.group(epilog="Example: netprov engine install")
def engine() -> None:
    """Install the deployment engine, or show it."""


@engine.command("install")
@click.pass_obj
def install(session: Session) -> int:
    """Find the Pulumi engine, or download or build it."""
    from provisioner.engine.engine_install import install as install_engine

    found = install_engine(session.environ, note)
    say(f"Pulumi {found.version} ({found.origin}): {found.path}")
    return Exit.DONE


@engine.command("status")
@format_option("text", "json")
@click.pass_obj
def engine_status(session: Session, *, form: str) -> int:
    """Show which engine is used; exits 3 if there is none."""
    from provisioner.engine.engine_install import ENGINE_VERSION, find

    found = find(session.environ)
    if form == "json":
        say(as_json({"wanted": ENGINE_VERSION, "engine": found}))
    elif found:
        say(f"Pulumi {found.version} ({found.origin}): {found.path}")
    else:
        say(f"Pulumi {ENGINE_VERSION} is not installed\n  try: netprov engine install")
    return Exit.DONE if found else Exit.FAILED


@click.command(epilog="Example: netprov doctor")
@format_option("text", "json")
@click.pass_obj
def doctor(session: Session, *, form: str) -> int:
    """Say what this machine lacks, and how to mend it.

    Exits 3 if something that is required is missing.
    """
    from provisioner.doctor import needs

    found = needs(session.environ)
    style = style_of(sys.stdout, session.environ)
    say(as_json({"needs": found}) if form == "json" else words.needs(found, style))
    return Exit.DONE if all(need.found or not need.required for need in found) else Exit.FAILED


@click.command(epilog="Example: netprov unlock severn")
@click.argument("network", type=NetworkName())
@format_option("text", "json")
@click.pass_obj
def unlock(session: Session, *, network: str, form: str) -> int:
    """Free a network that a dead run still holds.

    The lock of a living run is never broken.
    """
    from provisioner.engine.lock import unlock as unlock_network

    told = unlock_network(named(network, session))
    say(as_json({"network": network, "told": told}) if form == "json" else told)
    return Exit.DONE
