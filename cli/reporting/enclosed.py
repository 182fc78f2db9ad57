"""What is laid into a bundle beside the report: the plan, the proof of the running network, and its audit log.

Each is what netprov itself prints as JSON, of the network that the report is about; anything else is refused.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.session import Usage
from cli.terminal import counted
from provisioner.record import record

KINDS = {
    "plan": ("netprov plan FILE --format json", "steps"),
    "proof": ("netprov verify NETWORK --format json", "checks"),
    "audit": ("netprov worklist audit --limit 1000 --format json", "entries"),
}
"""Which command prints it, and the key by which it is known."""
MOST_BYTES = 64 << 20


@record
class Enclosed:
    """One enclosure: its text as it was given, and what the manifest and the page say of it."""

    kind: str
    text: bytes
    words: str
    sound: bool = True
    """The proof passed; the audit log is whole."""


def enclosed(kind: str, path: Path, network_id: str) -> Enclosed:
    """Read one. Raises Usage for what is no such thing, or is another network's."""
    command, key = KINDS[kind]
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        facts: Any = json.loads(text)
    except OSError as error:
        raise Usage(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError):
        raise Usage(f"{path} is no JSON", f"{command} > {path.name}") from None
    if len(text) > MOST_BYTES or not isinstance(facts, dict) or not isinstance(facts.get(key), list):
        raise Usage(f"{path} is no {kind}: it has no {key}", f"{command} > {path.name}")
    told = facts.get("network", network_id)
    if told != network_id:
        raise Usage(f"{path} is of network {told}, and the report of {network_id}", f"{command} > {path.name}")
    return _SAID[kind](text, facts)


def _plan(text: bytes, facts: Mapping[str, Any]) -> Enclosed:
    return Enclosed("plan", text, f"the plan: {facts.get('summary') or 'nothing changes'}")


def _proof(text: bytes, facts: Mapping[str, Any]) -> Enclosed:
    failed = sum(1 for check in facts["checks"] if not (isinstance(check, dict) and check.get("passed") is True))
    sound = facts.get("passed") is True and not failed and bool(facts["checks"])
    words = f"the proof: {counted(len(facts['checks']), 'check')} of the running network, {failed or 'none'} failed"
    return Enclosed("proof", text, words, sound)


def _audit(text: bytes, facts: Mapping[str, Any]) -> Enclosed:
    """The chain is followed here too, as far as it is given: nobody's word is taken for it."""
    lines = [line if isinstance(line, dict) else {} for line in facts["entries"]]
    broken = [here for before, here in zip([{}, *lines], lines, strict=False) if not _follows(here, before)]
    whole = not broken and facts.get("whole") is True
    fault = f"broken at line {broken[0].get('number')}" if broken else facts.get("fault") or "not whole"
    return Enclosed(
        "audit", text, f"the audit log: {counted(len(lines), 'line')}, {'a whole chain' if whole else fault}", whole
    )


def _follows(line: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a line has its own hash, and that of the line before it, where that is the one before."""
    facts = {key: value for key, value in line.items() if key != "hash"}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    next_one = before.get("number") == facts.get("number", 0) - 1 if before else False
    own = hashlib.sha256(text.encode()).hexdigest() == line.get("hash")
    return own and (not next_one or facts.get("previous") == before.get("hash"))


_SAID = {"plan": _plan, "proof": _proof, "audit": _audit}
