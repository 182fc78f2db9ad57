"""Random master keys of a network -> every password, derived by label, so that none needs to be stored.

There is one key a generation. While a generation is replaced, what the old one and the new one give is both taken: each
password then goes with a user name of its own.
"""

import base64
import hashlib
import hmac
import os
import secrets as randomness
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from provisioner.disk import sync_folder, write_new
from provisioner.errors import NetprovError

MASTER_BYTES = 32
DOMAIN = "netprov.internal"
FINGERPRINT_DIGITS = 12
SALT_BYTES = 8
PERSON_BYTES = 24
INTERNAL_USER = "netprov"
"""As whom netprov asks a node, past its front."""
OPERATOR = "operator"
"""As whom netprov, and whoever operates the network, comes to a node's front."""
FIRST = 1


@dataclass(frozen=True, slots=True)
class Credential:
    """A user and a password."""

    user: str
    password: str

    @property
    def basic(self) -> str:
        """As HTTP Basic has them (RFC 7617)."""
        return basic(self.user, self.password)


@dataclass(frozen=True, slots=True)
class Logins:
    """How one comes in at one place: as whom now, and as whom else until nobody does so any more."""

    used: Credential
    taken: tuple[Credential, ...]
    """With the one that is used."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The master keys of the generations that are taken, and which of them is used."""

    used: int
    masters: Mapping[int, bytes]
    identity: str
    """Tells this network from another of the same name; the same in every generation."""

    def password(self, label: str) -> str:
        """The password for one use that needs no overlap."""
        return password(self.masters[self.used], label)

    def internal(self, node: str) -> Logins:
        """At a node's Orthanc, past its front."""
        return self._logins(INTERNAL_USER, f"orthanc:{node}")

    def operator(self, node: str) -> Logins:
        """The operator's at a node's front."""
        return self._logins(OPERATOR, f"operator:{node}")

    def peer(self, source: str, target: str) -> Logins:
        """One node's at another's front."""
        return self._logins(source, f"peer:{source}>{target}")

    def user(self, name: str) -> str:
        """What it is called in the generation that is used."""
        return _user(name, self.used)

    def _logins(self, name: str, label: str) -> Logins:
        each = {at: Credential(_user(name, at), password(key, label)) for at, key in self.masters.items()}
        return Logins(each[self.used], tuple(each.values()))


def _user(name: str, generation: int) -> str:
    """No name of a node, of the operator or of netprov's own user has a dot."""
    return name if generation == FIRST else f"{name}.{generation}"


def load_keys(secrets: Path, used: int, taken: Iterable[int]) -> Keys:
    """The keys of these generations; a new one is made. Raises NetprovError."""
    first = load_master(secrets)
    masters = {each: first if each == FIRST else load_master(secrets, each) for each in taken}
    return Keys(used, masters, fingerprint(password(first, "generation")))


def forget_keys(secrets: Path, taken: Iterable[int]) -> None:
    """Remove the keys of generations that nobody takes any more. The first one stays: it names the network."""
    kept = {_path(secrets, each) for each in (FIRST, *taken)}
    for path in secrets.glob("master*.key"):
        if path not in kept:
            path.unlink(missing_ok=True)


def _path(secrets: Path, generation: int) -> Path:
    return secrets / ("master.key" if generation == FIRST else f"master-{generation}.key")


def load_master(secrets: Path, generation: int = FIRST) -> bytes:
    """A generation's master key; made on first use, whole or not at all, also when killed half-way."""
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets.chmod(0o700)
    path = _path(secrets, generation)
    make_once(path, randomness.token_bytes(MASTER_BYTES))
    master = path.read_bytes()
    if len(master) != MASTER_BYTES:
        raise NetprovError(
            f"{path} is damaged: {len(master)} bytes where {MASTER_BYTES} are needed",
            "restore it from a backup; without it, `netprov down` and `netprov up` make new passwords",
        )
    return master


def load_secret(path: Path) -> str:
    """A random secret in text, kept in a file of its own; made on first use, as the master key is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_once(path, randomness.token_urlsafe(MASTER_BYTES).encode("ascii"))
    return path.read_text(encoding="ascii")


def make_once(path: Path, secret: bytes) -> None:
    """Make the file of a secret, unless there is one.

    A link either makes the whole, synced file appear or fails: no reader ever sees a part of a key.
    """
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{randomness.token_hex(4)}")
    write_new(draft, secret)
    with suppress(FileExistsError, FileNotFoundError):  # another process was first, and swept our draft away
        path.hardlink_to(draft)
    for leftover in path.parent.glob(f".{path.name}.*"):
        leftover.unlink(missing_ok=True)
    sync_folder(path.parent)


def password(master: bytes, label: str) -> str:
    """The password for one use, 256 bits strong; other labels tell nothing about it."""
    return base64.urlsafe_b64encode(hmac.digest(master, label.encode(), "sha256")).decode().rstrip("=")


def fresh_password() -> str:
    """A random one for a person, 192 bits strong."""
    return randomness.token_urlsafe(PERSON_BYTES)


def fingerprint(secret: str) -> str:
    """What may be stored or shown of a secret: enough to see that it changed, nothing to get it back."""
    return hashlib.sha256(secret.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def htpasswd_line(user: str, password: str) -> str:
    """One line of nginx's password file, the same each time for the same user and password.

    Salted SHA-1 is what nginx itself can check in microseconds on every request; it is enough because
    `password` carries 192 random bits or more, and the salt, derived from it, only keeps equal lines apart.
    """
    if not user or ":" in user or not user.isprintable():
        raise NetprovError(f"{user!r} cannot be a user name in a password file")
    salt = hmac.digest(password.encode(), f"htpasswd:{user}".encode(), "sha256")[:SALT_BYTES]
    digest = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
    return f"{user}:{{SSHA}}{base64.b64encode(digest + salt).decode()}"


def basic(user: str, password: str) -> str:
    """User and password as HTTP Basic has them (RFC 7617)."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def serial_number(subject: str) -> str:
    """The subject as a certificate may carry it: its alphabet has no underscore, and no subject has a dot."""
    return subject.replace("_", ".")


def host_name(network_id: str, subject: str) -> str:
    """The DNS name that a subject's certificate carries; it stands in no public DNS."""
    node, _, scanner = subject.lower().partition("/")
    label = scanner.replace("_", "-").strip("-")
    return ".".join(part for part in (label, node, network_id, DOMAIN) if part)


def distinguished_name(network_id: str, subject: str) -> str:
    """The subject of a certificate as nginx writes it ($ssl_client_s_dn, RFC 2253: last part first)."""
    return f"serialNumber={serial_number(subject)},O={network_id}"
