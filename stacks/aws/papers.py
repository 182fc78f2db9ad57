"""Certificates and passwords of a network's nodes, kept with the network's own secrets on the operator's side.

They are made before the program runs: a certificate is the same at each run until it is due.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from provisioner import pki
from provisioner.credentials import load_master, password
from provisioner.disk import place
from provisioner.home import NetworkFolder

RENEW_BEFORE = timedelta(days=30)
"""How long before its end a certificate is renewed by the next `up`."""
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one node shows, and what it trusts."""

    certificate: str
    key: str
    trust: str
    not_after: str

    @property
    def edition(self) -> str:
        """Names it without telling anything of its key."""
        return pki.describe(self.certificate).fingerprint[:16]


@dataclass(frozen=True, slots=True)
class Papers:
    """Every node's certificate, and the key that passwords are derived from."""

    certificates: Mapping[str, Certificate]
    master: bytes

    def password(self, label: str) -> str:
        return password(self.master, label)

    def peer(self, source: str, target: str) -> str:
        """How one node logs in at another."""
        return self.password(f"peer:{source}>{target}")


def papers(folder: NetworkFolder, nodes: tuple[str, ...], now: datetime, *, renew: bool = False) -> Papers:
    """What there is, and what is missing or due is made. Raises NetprovError."""
    authority = pki.ensure_authority(folder.secrets / "ca", folder.id, 1, now)
    found = {node: _certificate(folder, authority, node, now, renew=renew) for node in (*nodes, OPERATOR)}
    return Papers(found, load_master(folder.secrets))


def _certificate(
    folder: NetworkFolder, authority: pki.Authority, node: str, now: datetime, *, renew: bool
) -> Certificate:
    path = folder.secrets / "aws" / f"{node}.json"
    there = _read(path)
    if there and not renew and datetime.fromisoformat(there.not_after) - now > RENEW_BEFORE:
        return there
    issued = pki.issue(authority, folder.id, node, now)
    made = Certificate(issued.certificate_pem, issued.key_pem, authority.certificate_pem, issued.not_after.isoformat())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = {name: getattr(made, name) for name in ("certificate", "key", "trust", "not_after")}
    place(path, json.dumps(facts))
    return made


def _read(path: Path) -> Certificate | None:
    try:
        return Certificate(**json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None
