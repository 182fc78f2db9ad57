"""Databases of nodes on a PostgreSQL server, made and dropped through psql.

Everything goes through psql's standard input, and a password only as its SCRAM verifier: no secret stands in a
command, in a server's log, or in what an error says.
"""

import base64
import hashlib
import hmac
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import NetprovError
from stacks.local.account import Account

NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")
"""What a database or a role may be called here; nothing that psql or SQL would read as more than a name."""
SCRAM_ROUNDS = 4096
PSQL_SECONDS = 60.0

# Each statement makes only what is not there yet, so that a killed run is simply run again.
ENSURE = r"""
SELECT format('CREATE ROLE %I', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN NOCREATEDB NOCREATEROLE PASSWORD :'verifier';
SELECT format('GRANT %I TO CURRENT_USER', :'user') WHERE NOT pg_has_role(CURRENT_USER, :'user', 'MEMBER') \gexec
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'name', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
"""
DROP = r"""
SELECT coalesce((SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'name'), '') AS owner \gset
DROP DATABASE IF EXISTS :"name" WITH (FORCE);
SELECT format('DROP ROLE IF EXISTS %I', :'owner') WHERE :'owner' NOT IN ('', CURRENT_USER) \gexec
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """How psql comes to a server as somebody who may make databases there."""

    psql: Path | str
    options: tuple[str, ...]
    environ: Mapping[str, str]
    folder: Path
    account: Account | None


def ensure_database(connection: Connection, name: str, user: str, password: str) -> None:
    """Make a database and the role that owns it, with this password."""
    known = {"name": _checked(name), "user": _checked(user), "verifier": verifier(password, os.urandom(16))}
    ask(connection, ENSURE, known)


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database, whoever is connected, and the role that owned it."""
    ask(connection, DROP, {"name": _checked(name)})


def ask(connection: Connection, script: str, known: Mapping[str, str]) -> str:
    """What the server answers. Raises NetprovError with its own words."""
    settings = "".join(f"\\set {key} '{value}'\n" for key, value in known.items())
    command = (
        *(connection.account.prefix if connection.account else ()),
        *(str(connection.psql), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password"),
        *("--set=ON_ERROR_STOP=1", *connection.options),
    )
    try:
        done = subprocess.run(
            command,
            input=settings + script,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=connection.folder,
            env={"PGCONNECT_TIMEOUT": "10", **connection.environ},
            timeout=PSQL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NetprovError(f"PostgreSQL gives no answer within {PSQL_SECONDS:.0f} s") from None
    except OSError as error:
        raise NetprovError(f"psql cannot be started: {error.strerror}", "apt-get install postgresql-client") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"psql exits {done.returncode}"]
        raise NetprovError(f"PostgreSQL refuses: {said[0].removeprefix('psql: ')}")
    return done.stdout.strip()


def verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (RFC 5803): enough to check it, not enough to log in."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise NetprovError(f"{name!r} cannot name a database", "use letters, digits, _ and -, at most 63")
    return name
