"""The one way in: `netprov`, as the console script starts it.

Nothing is imported before it is known to be needed. The two things that people and CI run most, `--version` and
`check FILE`, do not even pay for click: 30 ms of a budget of 80.
"""

import sys

from provisioner import VERSION


def main() -> int:
    """Run the command line of this process; the exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"] and sys.stdout:
        return _version()
    from cli.exits import guarded, streams
    from cli.session import of_this_process

    streams()
    session = of_this_process()
    return guarded(lambda: _run(arguments, session), session)


def _version() -> int:
    try:
        sys.stdout.write(f"netprov {VERSION}\n")
        sys.stdout.flush()
    except OSError:
        from cli.exits import silence

        silence(sys.stdout.fileno())
    return 0


def _run(arguments: list[str], session: "Session") -> int:
    if _is_plain_check(arguments, session):
        from cli.checking import check

        return check(tuple(arguments[1:]), "text", session)
    from cli.commands import run

    return run(arguments, session)


def _is_plain_check(arguments: list[str], session: "Session") -> bool:
    """Whether click would find nothing in the command line but `check` and files."""
    return (
        len(arguments) > 1
        and arguments[0] == "check"
        and all(a == "-" or not a.startswith("-") for a in arguments[1:])
        and not any(name.startswith(("NETPROV_CHECK_", "_NETPROV_")) for name in session.environ)
    )


TYPE_CHECKING = False  # typing's own costs 5 ms to import
if TYPE_CHECKING:
    from cli.session import Session
