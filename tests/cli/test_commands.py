"""The list of commands, their help, and their page in docs/."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from cli.commands import COMMANDS
from cli.commands import netprov as group

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/commands.md").read_text(encoding="utf-8")


def command(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_the_same_in_the_list_and_in_its_own_help(name: str) -> None:
    found = command(name)
    assert (found.help or "").partition("\n")[0] == COMMANDS[name][1]
    assert "Example:" in (found.epilog or "")
    assert found.name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_each_of_its_options_are_documented(name: str) -> None:
    section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert section is not None, f"docs/commands.md has no section {name}"
    options = {o for p in command(name).params for o in p.opts if o.startswith("--")} - {"--format"}
    assert [o for o in sorted(options) if o not in DOCS] == []
    assert f"| [`{name}`](#{name}) |" in DOCS


def test_help_imports_no_command(netprov: Any) -> None:
    ended = netprov("--help")
    assert ended.code == 0
    assert all(f"  {name} " in ended.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str, netprov: Any) -> None:
    ended = netprov(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: netprov {name} ")


def test_an_option_can_be_a_variable(netprov: Any, severn: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETPROV_LIST_FORMAT", "json")
    assert netprov("list").out.startswith("{")


def members(found: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The command and all below it, each with the words that call it."""
    yield words, found
    if isinstance(found, click.Group):
        for name, member in found.commands.items():
            yield from members(member, (*words, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_has_a_variable_named_after_it(name: str) -> None:
    for words, found in members(command(name), (name,)):
        options = [p for p in found.params if isinstance(p, click.Option)]
        variables = ["_".join(("NETPROV", *words, max(o.opts, key=len).lstrip("-"))) for o in options]
        assert [o.envvar for o in options] == [v.replace("-", "_").upper() for v in variables]


TELLS_NO_FACTS = {
    "init": "writes a file",
    "schema": "is JSON itself",
    "logs": "gives a log as it is",
    "engine install": "does something",
    "readers remove": "does something",
    "worklist accept": "does something",
    "worklist release": "does something",
    "worklist send": "does something",
    "worklist retry": "does something",
    "worklist rebuild": "does something",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_that_prints_facts_gives_them_as_json(name: str) -> None:
    for words, found in members(command(name), (name,)):
        form = next((p for p in found.params if isinstance(p, click.Option) and "--format" in p.opts), None)
        if " ".join(words) in TELLS_NO_FACTS or (isinstance(found, click.Group) and not found.invoke_without_command):
            assert form is None
            continue
        assert form is not None, words
        assert isinstance(form.type, click.Choice)
        assert "json" in form.type.choices
