"""What the reader, the link compiler and every policy say about a definition: one type, so one report."""

from enum import IntEnum

from provisioner.record import record

Path = tuple[str | int, ...]
"""A place in the definition, as keys and list indexes: ("members", 0, "sites", 1, "aet")."""


class Severity(IntEnum):
    """How much a finding weighs; ordered, so that `severity >= threshold` reads as it should."""

    INFO = 0
    WARN = 1
    ERROR = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@record
class Span:
    """A stretch of one line; line and columns count from 1, `end` is one past the last column."""

    line: int
    column: int
    end: int


@record
class Finding:
    """One thing that is wrong, or worth knowing, at one place of the definition.

    `path` is turned into a line and column only when printing; `at_key` points the caret at the key
    rather than at its value. `span` is set only where no path exists (a syntax error).
    """

    rule: str
    severity: Severity
    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    span: Span | None = None
    level: str = "definition"
    """Where it was seen: in the definition, or in what is rendered, planned or live."""
    key: str = ""
    """What was looked at beyond the definition, as `RXA01 orthanc.json DicomTlsEnabled`."""


def pointer(path: Path) -> str:
    """The path as text: members[0].sites[1].aet."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
