"""Questions that bypass the nodes' own settings: what a caller gets who comes with this certificate and this word.

Python's own TLS and HTTP, since a probe must be able to do what a proper client refuses to do.
"""

import base64
import http.client
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.errors import NetprovError

SECONDS = 5.0
SILENCE = "no answer in time"


class Admitted(NetprovError):
    """What had to be refused was let in, or refused for another reason than the right one."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request: where, under which certificate (None: without TLS), and as whom."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    user: str = ""
    password: str = ""
    method: str = "GET"
    path: str = "/system"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status, or 0 where none came; `words` are the other side's own, or what went wrong."""

    status: int
    words: str
    refused_by_tls: bool = False


class Cards:
    """TLS contexts by certificate, each loaded once. All of them trust the network, and nothing else."""

    def __init__(self, trust: Path) -> None:
        try:
            self._trust = trust.read_text(encoding="ascii")
        except OSError as error:
            raise NetprovError(f"cannot read {trust}: {error.strerror}", "`netprov up` makes it again") from None
        self._made: dict[Path | None, ssl.SSLContext] = {}

    def nobody(self) -> ssl.SSLContext:
        """A caller without a certificate."""
        return self._made.setdefault(None, self._new())

    def of(self, certificate: Path, key: Path) -> ssl.SSLContext:
        found = self._made.get(certificate)
        if found is None:
            found = self._new()
            try:
                found.load_cert_chain(certificate, key)
            except (OSError, ssl.SSLError) as error:
                raise NetprovError(
                    f"the certificate {certificate} cannot be used: {error}", "`netprov up` makes it again"
                ) from None
            self._made[certificate] = found
        return found

    def _new(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self._trust)
        return context


def request(attempt: Attempt, seconds: float = SECONDS) -> Reply:
    """One request on a connection of its own; whatever happens is a reply, never an exception."""
    connection = _connection(attempt, seconds)
    try:
        connection.request(attempt.method, attempt.path, headers=_headers(attempt))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(4096).decode("utf-8", "replace"))
    except ConnectionRefusedError:
        return Reply(0, "nothing listens")
    except TimeoutError:
        return Reply(0, SILENCE)
    except ssl.SSLCertVerificationError as error:
        return Reply(0, f"its own certificate is not trusted: {error.verify_message}")
    except ssl.SSLError as error:
        return Reply(0, (error.reason or "TLS").lower().replace("_", " "), refused_by_tls=True)
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, f"closed the connection ({type(error).__name__})")
    finally:
        connection.close()


def _connection(attempt: Attempt, seconds: float) -> http.client.HTTPConnection:
    if attempt.tls is None:
        return http.client.HTTPConnection(attempt.host, attempt.port, timeout=seconds)
    return http.client.HTTPSConnection(attempt.host, attempt.port, timeout=seconds, context=attempt.tls)


def _headers(attempt: Attempt) -> dict[str, str]:
    if not attempt.user:
        return {}
    pair = base64.b64encode(f"{attempt.user}:{attempt.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def presented(host: str, port: int, tls: ssl.SSLContext, seconds: float = SECONDS) -> tuple[str, datetime]:
    """Serial number and end of the certificate that a TLS port shows, after its trust and its name were checked."""
    try:
        with (
            socket.create_connection((host, port), seconds) as plain,
            tls.wrap_socket(plain, server_hostname=host) as connection,
        ):
            shown: Any = connection.getpeercert()
    except TimeoutError:
        raise NetprovError(f"port {port} shows no certificate: {SILENCE}") from None
    except OSError as error:
        why = getattr(error, "verify_message", "") or error.strerror or type(error).__name__
        raise NetprovError(f"port {port} shows no certificate that the network trusts: {why}") from None
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    return str(shown["serialNumber"]), ends
