"""The README's commands work, in the order in which a reader meets them.

A `console` block is run if the line above it is `<!-- run -->`, which no reader sees; `<!-- run, exit 1 -->` where its
last command is meant to be refused. Each line that starts with `$ ` is one command, and goes on where it ends in a
backslash; every other line is output. Commands run by bash, each in a shell of its own, in one folder that holds the
repository's `examples/` and nothing else. At the end no network is left.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
NETPROV = Path(sys.executable).with_name("netprov")
BLOCK = re.compile(r"^(?:<!-- run(?P<code>, exit \d+)? -->\n)?```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the README, where it stands, and the exit code that it is meant to have."""

    text: str
    line: int
    code: int


def commands(readme: str) -> Iterator[Command]:
    """The commands of the marked blocks."""
    for block in BLOCK.finditer(readme):
        if not block[0].startswith("<!-- run"):
            continue
        found = list(COMMAND.finditer(block["text"]))
        meant = int((block["code"] or "0").split()[-1])
        for command in found:
            line = readme.count("\n", 0, block.start("text") + command.start()) + 1
            yield Command(command["command"], line, meant if command is found[-1] else 0)


def test_a_marked_block_is_read_as_commands() -> None:
    text = """Intro
```console
$ not run
```
<!-- run -->
```console
$ one --long \\
    two
output
$ three
```
<!-- run, exit 1 -->
```console
$ four
$ five
error
```
"""
    assert list(commands(text)) == [
        Command("one --long \\\n    two", 7, 0),
        Command("three", 10, 0),
        Command("four", 14, 0),
        Command("five", 15, 1),
    ]


@pytest.mark.live
def test_the_commands_of_the_readme_work(home: "Home") -> None:
    found = list(commands(README.read_text()))
    assert found, "mark the README's console blocks that are to be run: <!-- run -->"
    folder = home.path / "reader"
    shutil.copytree(ROOT / "examples", folder / "examples")
    for command in found:
        done = run(command, folder, home)
        said = f"README.md:{command.line}: {command.text}\n{done.stdout}"
        assert done.returncode == command.code, f"exit {done.returncode}, not {command.code}: {said}"
    left = [process.argv for process in home.processes()]
    assert left == [], "the README ends with a network still up"


def run(command: Command, folder: Path, home: "Home") -> subprocess.CompletedProcess[str]:
    # netprov alone: the other programs beside it hide the system's, as pynetdicom's storescu does DCMTK's.
    programs = home.path / "programs"
    programs.mkdir(exist_ok=True)
    link = programs / "netprov"
    if not link.exists():
        link.symlink_to(NETPROV)
    others = [folder for folder in os.environ["PATH"].split(":") if Path(folder) != NETPROV.parent]
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.text],
        cwd=folder,
        env=home.environ | {"PATH": ":".join([str(programs), *others])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
