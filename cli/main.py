"""The one way in: `netprov`, as the console script starts it.

Nothing is imported before it is known to be needed. What people and CI run most, `--version` and
`check FILE`, does not even pay for click: 30 ms of a budget of 80.
"""

import sys

from provisioner import VERSION


def program() -> int:
    """The console script: `main`, and the end of the process.

    To take an interpreter apart that holds a large definition takes a tenth of the time of a check. Where nobody can
    have asked to be called at the end, there is nothing in that for anyone: what was written is with the system.
    """
    code = main()
    if sys.modules.keys().isdisjoint(("atexit", "threading", "asyncio")):
        _leave(code)
    return code


def _leave(code: int) -> None:
    import os

    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # a stream that is closed: the usual end knows what to say of it
        return
    os._exit(code)


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
    import gc

    gc.disable()  # a tenth of a check, a fifth of a large plan: to find that what lives as long as the run is not free
    plain = _plain_check(arguments, session)
    if plain is None:
        from cli.commands import run

        return run(arguments, session)
    from cli.checking import Asked, check

    files, form, rules = plain
    return check(files, form, session, Asked(rules=rules))


def _plain_check(arguments: list[str], session: "Session") -> tuple[tuple[str, ...], str, tuple[str, ...]] | None:
    """A `check` that names files, its format and rules, and nothing else; all beyond that is for click to judge."""
    if arguments[:1] != ["check"] or any(name.startswith(("NETPROV_CHECK_", "_NETPROV_")) for name in session.environ):
        return None
    files, rules, form, words = [], [], "text", iter(arguments[1:])
    for word in words:
        if word == "--format":
            form = next(words, "")
        elif word == "--rule":
            rules.append(next(words, "").upper())
        elif word == "-" or not word.startswith("-"):
            files.append(word)
        else:
            return None
    fits = files and form in ("text", "json", "junit") and "" not in rules
    return (tuple(files), form, tuple(rules)) if fits else None


TYPE_CHECKING = False  # typing's own costs 5 ms to import
if TYPE_CHECKING:
    from cli.session import Session
