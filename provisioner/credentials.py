"""One random master key per network -> every password, derived by label, so that none needs to be stored."""

import base64
import hashlib
import hmac
import os
import secrets as randomness
from contextlib import suppress
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


def load_master(secrets: Path) -> bytes:
    """The network's master key; made on first use, whole or not at all, also when killed half-way."""
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets.chmod(0o700)
    path = secrets / "master.key"
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
