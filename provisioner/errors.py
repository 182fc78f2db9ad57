"""What stops netprov outside the definition: one family, caught once in cli/, each with its exit code."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, so that CI can tell `refused` from `broke` from `works but wrong` without reading text."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3
    UNVERIFIED = 4
    CHANGES = 5
    LOCKED = 6
    INTERRUPTED = 130


class NetprovError(Exception):
    """What happened, and what to do; never a traceback for the user."""

    code = Exit.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refused(NetprovError):
    """The definition, or a guard that protects images, says no."""

    code = Exit.REFUSED


class Locked(NetprovError):
    """Another run holds the network."""

    code = Exit.LOCKED
