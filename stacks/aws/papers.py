"""Certificates and passwords of a network's nodes, kept with the network's own secrets on the operator's side.

They are made before the program runs: a certificate is the same at each run until it is due.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from provisioner import pki
from provisioner.credentials import OPERATOR, Keys
from provisioner.disk import place
from provisioner.home import NetworkFolder
from stacks.local.trust import RENEW_BEFORE, Stage, current_stage, keys_of


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one node shows, and what it trusts."""

    certificate: str
    key: str
    trust: str
    not_after: str


@dataclass(frozen=True, slots=True)
class Papers:
    """Every node's certificate, and the keys that passwords are derived from."""

    certificates: Mapping[str, Certificate]
    keys: Keys


def papers(
    folder: NetworkFolder, nodes: tuple[str, ...], now: datetime, *, stage: Stage | None = None, renew: bool = False
) -> Papers:
    """What there is, and what is missing, due, or of another stage is made. Raises NetprovError.

    A stage says which authority signs and which are trusted; by default the one that the last run reached.
    """
    at = stage or current_stage(folder)
    authorities = {each: pki.ensure_authority(folder.secrets / "ca", folder.id, each, now) for each in at.trusted}
    issuing, trust = authorities[at.issuing], pki.trust_bundle(authorities.values())
    found = {}
    for node in (*nodes, OPERATOR):
        there = None if renew else _still_good(folder, node, issuing, now)
        made = replace(there, trust=trust) if there else _issued(folder, node, issuing, now, trust)
        place(_path(folder, node), json.dumps(asdict(made)))
        found[node] = made
    return Papers(found, keys_of(folder, at))


def _still_good(folder: NetworkFolder, node: str, issuing: pki.Authority, now: datetime) -> Certificate | None:
    """What was issued before, unless it is due or another authority signs by now."""
    there = _read(_path(folder, node))
    if there is None or datetime.fromisoformat(there.not_after) - now <= RENEW_BEFORE:
        return None
    signer = pki.describe(issuing.certificate_pem).subject
    return there if pki.describe(there.certificate).issuer == signer else None


def _issued(folder: NetworkFolder, node: str, issuing: pki.Authority, now: datetime, trust: str) -> Certificate:
    issued = pki.issue(issuing, folder.id, node, now)
    return Certificate(issued.certificate_pem, issued.key_pem, trust, issued.not_after.isoformat())


def _path(folder: NetworkFolder, node: str) -> Path:
    return folder.secrets / "aws" / f"{node}.json"


def _read(path: Path) -> Certificate | None:
    try:
        return Certificate(**json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None
