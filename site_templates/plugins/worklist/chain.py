"""The audit log on the disk: lines of JSON, each with the hash of the line before it, in parts of bounded size.

    worklist-audit-000000012345.log    closed: the number of its last line
    worklist-audit.log                 the one that is written

The chain goes on from part to part. Closed parts may be kept elsewhere, the oldest first: the store knows the hash of
each one's last line, by which the part that follows is known.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check of the log has found."""

    lines: int
    hash: str
    fault: str = ""
    away: int = 0
    """So many of the first lines are kept elsewhere."""


def closed(path: Path, last: int) -> Path:
    return path.with_name(f"{path.stem}-{last:012}{path.suffix}")


@dataclass(frozen=True, slots=True)
class Part:
    """One file, open: whatever is closed meanwhile, its reader goes on."""

    last: int
    """The number of a closed one's last line; none is as high as that of the part that is written."""
    file: BinaryIO


def opened(path: Path) -> list[Part]:
    """All that are here, in their order; whoever writes must not begin a part meanwhile."""
    found = [Part(_last(part), part.open("rb")) for part in sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))]
    return [*found, Part(1 << 62, path.open("rb"))] if path.exists() else found


def _last(part: Path) -> int:
    return int(part.stem.rpartition("-")[2])


def facts_from(parts: list[Part], number: int, place: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """From a line on, of which part and place are known by its number: each that can be read, and where it stands."""
    for part in parts:
        if part.last < number:
            continue
        part.file.seek(0)
        first = read(part.file.readline()) or {}
        place = place if int(first.get("number", 0)) <= number else 0  # the part that it stood in is elsewhere
        part.file.seek(place)
        for line in part.file:
            facts = read(line)
            if facts and line.endswith(b"\n"):
                yield place, facts
            place += len(line)
        place = 0


def verify(parts: list[Part], head: tuple[int, str] | None = None, sealed: Mapping[int, str] | None = None) -> Chain:
    """Follow the chain from its first line; `head` is how many lines there are at least, and the hash of that one.

    `sealed` are the numbers and hashes of closed parts' last lines: the first of these parts may be elsewhere.
    """
    ends = sealed or {}
    found = Chain(0, START)
    for line in _lines(parts):
        if not found.lines:
            found = _begun(read(line), ends)
        found = _followed(found, line, head)
        if found.fault:
            return found
    if not found.lines and head and ends.get(head[0]) == head[1]:
        return Chain(head[0], head[1], away=head[0])
    if head and head[0] > found.lines:
        return Chain(found.lines, found.hash, f"{head[0] - found.lines} lines at the end are missing", found.away)
    return found


def _begun(first: dict[str, Any] | None, ends: Mapping[int, str]) -> Chain:
    """Where the chain begins, if the parts before this line are elsewhere."""
    before = int((first or {}).get("number", 1)) - 1
    return Chain(before, ends[before], away=before) if before in ends else Chain(0, START)


def _followed(chain: Chain, line: bytes, head: tuple[int, str] | None) -> Chain:
    number, facts = chain.lines + 1, read(line)
    own = facts.pop("hash", "") if facts else ""
    if facts is None:
        fault = f"line {number} cannot be read"
    elif own != digest(facts):
        fault = f"line {number} was changed"
    elif facts.get("number") != number or facts.get("previous") != chain.hash:
        fault = f"line {number} does not follow the line before it"
    elif head and head[0] == number and head[1] != own:
        fault = f"line {number} is not the one that was written"
    else:
        return Chain(number, own, away=chain.away)
    return Chain(chain.lines, chain.hash, fault, chain.away)


def digest(facts: dict[str, Any]) -> str:
    ordered = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(ordered.encode()).hexdigest()


def read(line: bytes) -> dict[str, Any] | None:
    try:
        facts = json.loads(line)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _lines(parts: list[Part]) -> Iterator[bytes]:
    for part in parts:
        part.file.seek(0)
        yield from (line for line in part.file if line.endswith(b"\n"))
