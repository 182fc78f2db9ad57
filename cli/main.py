"""The one way in: `netprov`, as the console script starts it.

Nothing is imported before it is known to be needed. What people and CI run most, `--version` and
`check FILE`, does not even pay for click: 30 ms of a budget of 80.
"""

import sys

from provisioner import VERSION


def main() -> int:
    """Run the command line of this process; the exit code."""
    try:
        return _main(sys.argv[1:])
    except KeyboardInterrupt:  # so early that nothing has begun
        return 130


def _main(arguments: list[str]) -> int:
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
    plain = _plain_check(arguments, session)
    if plain is None:
        from cli.commands import run

        return run(arguments, session)
    import gc

    from cli.checking import check

    gc.disable()  # a tenth of the time, to find in a process that is about to end that nothing is to be freed
    return check(plain[0], plain[1], session)


def _plain_check(arguments: list[str], session: "Session") -> tuple[tuple[str, ...], str] | None:
    """Files and format of a `check` that says nothing else; whatever is beyond that is for click to judge."""
    if arguments[:1] != ["check"] or any(name.startswith(("NETPROV_CHECK_", "_NETPROV_")) for name in session.environ):
        return None
    files, form, words = [], "text", iter(arguments[1:])
    for word in words:
        if word == "--format":
            form = next(words, "")
        elif word == "-" or not word.startswith("-"):
            files.append(word)
        else:
            return None
    return (tuple(files), form) if files and form in ("text", "json", "junit") else None


TYPE_CHECKING = False  # typing's own costs 5 ms to import
if TYPE_CHECKING:
    from cli.session import Session
