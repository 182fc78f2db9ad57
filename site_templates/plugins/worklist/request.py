"""What comes in by HTTP and what goes out, without Orthanc: the handlers are plain functions between the two."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

OPERATOR = "operator"
LARGEST = 8 << 20
Query = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The site whose certificate the front has seen, and the person that the site's own front logged in."""

    site: str = OPERATOR
    person: str = ""

    @property
    def operates(self) -> bool:
        """netprov itself, which alone reaches a node without passing its front."""
        return self.site == OPERATOR

    @property
    def named(self) -> str:
        return f"{self.person} at {self.site}" if self.person else self.site


@dataclass(frozen=True, slots=True)
class Request:
    """One call."""

    method: str
    path: str
    query: Query = field(default_factory=list)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        person = self.headers.get("x-netprov-person", "")
        readable = "".join(letter for letter in person if letter.isprintable())
        return Caller(self.headers.get("x-netprov-caller", "") or OPERATOR, readable[:64])

    def first(self, *names: str) -> str:
        return next((value for name, value in self.query if name in names), "")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Why a call is not done, for its caller; `warning` is the standard's own text where it has one."""

    def __init__(
        self, status: int, sentence: str, warning: str = "", facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.warning = warning
        self.facts = facts or {}

    def response(self) -> Response:
        return answer({"message": self.sentence, **self.facts}, self.status, warned(self.warning or self.sentence))


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode(), headers=headers or {})


def warned(text: str) -> dict[str, str]:
    """A Warning header (PS3.18 8.4.2); a header is one line of ASCII."""
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    return {"Warning": f"299 netprov: {line[:500]}"}


def query_of(raw: str | None, arguments: Mapping[str, str]) -> Query:
    """The query as the front passes it on; without a front, as Orthanc reads it: of GET only, undecoded, no repeats."""
    if raw is not None:
        return parse_qsl(raw, keep_blank_values=True)
    return [(unquote_plus(name), unquote_plus(value)) for name, value in arguments.items()]
