"""How a run ends: the only place that turns what was raised into words and an exit code.

A user's mistake and a broken node are one or two lines. A bug is one line, with its traceback in a file: never on
screen, where it helps nobody and could show what it should not.
"""

import errno
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.session import Session
from provisioner.errors import Exit, NetprovError

if TYPE_CHECKING:
    from pathlib import Path

    import click

ELSEWHERE = "choose another place by NETPROV_HOME, and XDG_CACHE_HOME for what is kept between networks"
ROOM = "make room, then run the command again"
FEWER = "end what takes them, or raise the limit (ulimit -a), then run the command again"
MACHINES = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG), ELSEWHERE),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), ROOM),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN), FEWER),
    errno.EIO: "the disk does not work: look at the system's log (dmesg)",
}
"""Errors that are no bug of netprov's, wherever they come up, and what to do."""


def guarded(run: Callable[[], int], session: Session) -> int:
    """The exit code of `run`, whatever happens in it."""
    code: int = Exit.INTERRUPTED
    try:
        code = _ended(run, session)
    except KeyboardInterrupt:
        pass  # while the last words were being said
    finally:
        session.settled(code)
    return code


def _ended(run: Callable[[], int], session: Session) -> int:
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt as stop:
        return _interrupted(str(stop))
    except NetprovError as error:
        _tell(f"error: {error.message}", error.hint)
        return error.code
    except Exception as error:  # noqa: BLE001 - this is the one place
        return _ended_by_click(error) or _machines_fault(error) or _bug(error, session)
    return code


def _tell(line: str, hint: str = "") -> None:
    """Complain on standard error, if anybody still reads it."""
    try:
        sys.stderr.write(f"netprov: {line}\n" + (f"  try: {hint}\n" if hint else ""))
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr.fileno())


def _interrupted(so_far: str = "") -> int:
    """Ctrl-C, on a line of its own: a terminal has just echoed `^C`."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    _tell(f"interrupted: {so_far}" if so_far else "interrupted")
    return Exit.INTERRUPTED


def _reader_left() -> int:
    """`netprov ... | head`: the reader has what it wanted."""
    silence(sys.stdout.fileno())
    return Exit.DONE


def streams() -> None:
    """Make sure that there are streams (`>&-` closes one), and that no character is beyond them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends
        else:
            stream.reconfigure(errors="backslashreplace")


def silence(descriptor: int) -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _ended_by_click(error: Exception) -> int | None:
    """The exit code if click ended the run: wrong usage, or no answer to a question."""
    if "click" not in sys.modules:
        return None
    import click

    if isinstance(error, click.Abort):
        return _interrupted()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # its message is the whole of --help
        error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        _tell(f"error: {_plainly(error)}", _help_for(error))
        return error.exit_code
    return None


def _plainly(error: "click.ClickException") -> str:
    text = " ".join(error.format_message().split()).rstrip(".")
    return text[:1].lower() + text[1:]


def _help_for(error: "click.ClickException") -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context is not None else ""


def _machines_fault(error: Exception) -> int | None:
    """The exit code if this machine ended the run: a disk that is full, a folder that may not be written."""
    if not isinstance(error, OSError) or error.errno not in MACHINES:
        return None
    what = (error.strerror or str(error)).lower()
    _tell(f"error: {error.filename}: {what}" if error.filename else f"error: {what}", MACHINES[error.errno])
    return Exit.FAILED


def _bug(error: Exception, session: Session) -> int:
    place = _written(error, session)
    _tell(
        f"error: a bug in netprov ({type(error).__name__}); the details are in {place}",
        "run the command again; if it ends the same way, report it with that file",
    )
    return Exit.FAILED


def _written(error: Exception, session: Session) -> "Path":
    """The file that now holds the traceback."""
    import tempfile
    import traceback
    from pathlib import Path

    text = "".join(traceback.format_exception(error))
    stamp = session.now().strftime("%Y-%m-%dT%H%M%S")
    for folder in (session.home / "bugs", Path(tempfile.gettempdir())):
        path = folder / f"netprov-{stamp}-{os.getpid()}.log"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as log:  # noqa: PTH123 - by descriptor
                log.write(text)
        except OSError:
            continue
        return path
    return Path(os.devnull)
