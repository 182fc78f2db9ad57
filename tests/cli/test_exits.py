"""How runs end: one place, one or two lines, an exit code each, and never a traceback on screen."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from cli.exits import guarded
from cli.session import Session, Usage
from provisioner.errors import Exit, Locked, NetprovError, Refused

LATE = """
import atexit, os, signal, sys, threading
def late():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)
def when_main_has_ended():
    threading.main_thread().join()
    late()
from cli.main import main
if sys.argv[1] == "waiting":
    threading.Thread(target=when_main_has_ended).start()
if sys.argv[1] == "ending":
    atexit.register(late)
moment = sys.argv.pop(1)
code = main()
if moment == "ended":
    late()
sys.exit(code)
"""
"""netprov with signals that come when it has ended: at once, while threads are waited for, or at the very end."""
NETPROV = (sys.executable, "-P", "-c", "import sys; from cli.main import program; sys.exit(program())")


def ends(session: Session, error: BaseException) -> int:
    def run() -> int:
        raise error

    return guarded(run, session)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NetprovError("no node answers", "netprov status"), Exit.FAILED),
        (Refused("the host is no member"), Exit.REFUSED),
        (Locked("network severn is being changed"), Exit.LOCKED),
        (Usage("which network?"), Exit.USAGE),
        (click.UsageError("No such option: --yess."), Exit.USAGE),
        (click.Abort(), Exit.INTERRUPTED),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
    ],
)
def test_what_is_raised_becomes_its_exit_code(error: BaseException, code: Exit, netprov: Any) -> None:
    assert ends(netprov.session, error) == code
    told = netprov.capture.readouterr()
    assert told.out == ""
    assert told.err.startswith("netprov: ")
    assert "Traceback" not in told.err


def test_a_hint_stands_on_a_line_of_its_own(netprov: Any) -> None:
    ends(netprov.session, NetprovError("no node answers", "netprov status"))
    assert netprov.capture.readouterr().err == "netprov: error: no node answers\n  try: netprov status\n"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "/home/x: read-only file system\n  try: choose another place by NETPROV_HOME"),
        (errno.ENOSPC, "/home/x: no space left on device\n  try: make room"),
        (errno.EMFILE, "/home/x: too many open files\n  try: end what takes them"),
    ],
)
def test_what_is_wrong_with_the_machine_is_no_bug_of_netprov(number: int, said: str, netprov: Any) -> None:
    assert ends(netprov.session, OSError(number, os.strerror(number), "/home/x")) == Exit.FAILED
    assert netprov.capture.readouterr().err.startswith(f"netprov: error: {said}")
    assert not (netprov.home / "bugs").exists()


def test_any_other_error_of_the_system_is_a_bug(netprov: Any) -> None:
    ends(netprov.session, OSError(errno.EINVAL, os.strerror(errno.EINVAL), "/home/x"))
    assert "a bug in netprov (OSError)" in netprov.capture.readouterr().err


def test_an_interruption_says_what_it_knows(netprov: Any) -> None:
    assert ends(netprov.session, KeyboardInterrupt("nothing was changed")) == Exit.INTERRUPTED
    assert netprov.capture.readouterr().err == "netprov: interrupted: nothing was changed\n"


def test_a_bug_is_one_line_and_a_private_file_with_the_traceback(netprov: Any) -> None:
    assert ends(netprov.session, ZeroDivisionError("secret in the message")) == Exit.FAILED
    told = netprov.capture.readouterr().err
    (log,) = (netprov.home / "bugs").iterdir()
    assert str(log) in told
    assert "secret in the message" not in told
    assert "Traceback" not in told
    assert "ZeroDivisionError: secret in the message" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_bug_without_a_home_still_has_its_file(netprov: Any, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    netprov.environ["NETPROV_HOME"] = str(tmp_path / "blocked")
    assert ends(netprov.session, ZeroDivisionError()) == Exit.FAILED
    place = Path(netprov.capture.readouterr().err.split(" are in ")[1].splitlines()[0])
    assert "ZeroDivisionError" in place.read_text()
    place.unlink()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["statu"], "netprov: error: no such command 'statu'. Did you mean 'status'?\n  try: netprov --help\n"),
        (
            ["down", "severn", "--yess"],
            "netprov: error: no such option '--yess'. Did you mean '--yes'?\n  try: netprov down --help\n",
        ),
        (["down"], "netprov: error: missing argument 'NETWORK'\n  try: netprov down --help\n"),
        (
            ["status", "avon"],
            "netprov: error: there is no network 'avon' here; deployed: severn\n  try: netprov list\n",
        ),
    ],
)
def test_wrong_usage_is_told_in_two_lines(arguments: list[str], told: str, netprov: Any, severn: object) -> None:
    ended = netprov(*arguments)
    assert (ended.code, ended.out, ended.err) == (Exit.USAGE, "", told)


@pytest.mark.parametrize("group", [(), ("readers",), ("worklist",), ("engine",), ("state",)])
def test_a_group_of_commands_alone_shows_its_help_as_it_is(group: tuple[str, ...], netprov: Any) -> None:
    ended = netprov(*group)
    assert (ended.code, ended.out, ended.err) == (Exit.USAGE, "", netprov(*group, "--help").out)


@pytest.mark.parametrize("arguments", [["rules"], ["schema"], ["--help"], ["--version"], ["rules", "--format", "json"]])
def test_a_reader_that_leaves_early_is_no_error(arguments: list[str], netprov: Any) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*NETPROV, *arguments],
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "NETPROV_HOME": str(netprov.home)},
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")


@pytest.mark.parametrize("moment", ["ended", "waiting", "ending"])
@pytest.mark.parametrize(("arguments", "code"), [(["list"], Exit.DONE), (["status", "avon"], Exit.USAGE)])
def test_a_signal_that_comes_too_late_changes_nothing(
    moment: str, arguments: list[str], code: Exit, netprov: Any
) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", LATE, moment, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NETPROV_HOME": str(netprov.home)},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
