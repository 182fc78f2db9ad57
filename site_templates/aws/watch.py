"""Runs beside Orthanc (Python of its image, standard library only): says how the node is.

`--once` is the health check: it ends with an error unless Orthanc answers from its database, which /system would not
ask. Without it, one line of JSON a minute, from which CloudWatch makes the figures that alarms watch; and whenever that
has changed, or an hour has passed, an account of what Orthanc and the front have loaded, for `netprov check --live`.
"""

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path("/node")
EVERY_SECONDS, PATIENCE_SECONDS, DAY_SECONDS = 60.0, 10.0, 86_400.0
ACCOUNT_SECONDS, LONGEST_PART = 3_600.0, 12_000
"""How old an account may become; and how long a line, since one of over 16 KiB is cut in two on its way to the log."""
LOGIN = re.compile(r"(Basic )[^\s\"';]+")
SAMPLE = re.compile(r'^netprov_queue_(\w+)(?:\{state="(\w+)"\})? ([0-9.e+]+)$', re.MULTILINE)
USER = "netprov"


def asked(config: dict[str, Any], path: str) -> str:
    """What Orthanc answers. Raises OSError."""
    login = base64.b64encode(f"{USER}:{config['RegisteredUsers'][USER]}".encode()).decode()
    with closing(http.client.HTTPConnection("127.0.0.1", config["HttpPort"], timeout=PATIENCE_SECONDS)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Basic {login}"})
        answer = connection.getresponse()
        body = answer.read().decode()
    if answer.status != http.client.OK:
        raise OSError(f"{path}: {answer.status}")
    return body


def queue(text: str) -> dict[str, float]:
    """Studies that wait, those that could not be sent, and how long the oldest has waited."""
    found = [(name, state, float(value)) for name, state, value in SAMPLE.findall(text)]
    return {
        "queue": sum(value for name, state, value in found if name == "studies" and state != "dead"),
        "dead": sum(value for name, _, value in found if name == "dead_letters"),
        "oldest_seconds": sum(value for name, _, value in found if name == "oldest_unsent_seconds"),
    }


def certificate_days(folder: Path, port: int) -> float:
    """How long the certificate that the front shows has still to go. Raises OSError."""
    host = urlsplit(json.loads((folder / "sharing.json").read_text())["url"]).hostname
    context = ssl.create_default_context(cafile=str(folder / "tls/trust.crt"))
    context.load_cert_chain(folder / "tls/node.crt", folder / "tls/node.key")
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as served,
    ):
        ends = (served.getpeercert() or {})["notAfter"]
    return round((ssl.cert_time_to_seconds(str(ends)) - time.time()) / DAY_SECONDS, 1)


def figures(folder: Path, front_port: int) -> dict[str, Any]:
    """One line's facts; what cannot be asked is left out, and its alarm sees that it is missing."""
    config = json.loads((folder / "orthanc.json").read_text())
    facts: dict[str, Any] = {"netprov": "figures", "node": config["Netprov"]["node"], "answers": 0}
    try:
        asked(config, "/changes?last")
        facts["answers"] = 1
        facts |= queue(asked(config, "/netprov/metrics"))
    except (OSError, http.client.HTTPException) as error:
        facts["orthanc"] = str(error)
    try:
        facts["certificate_days"] = certificate_days(folder, front_port)
    except (OSError, KeyError) as error:
        facts["front"] = str(error)
    return facts


def loaded(folder: Path) -> dict[str, Any]:
    """What runs, as Orthanc says that it has loaded it, and the front's file. No secret is in it. Raises OSError."""
    config = json.loads((folder / "orthanc.json").read_text())
    found = {
        "orthanc": json.loads(asked(config, "/netprov/settings")),
        "modalities": json.loads(asked(config, "/modalities?expand")),
        "peers": json.loads(asked(config, "/peers?expand")),
        "version": json.loads(asked(config, "/system"))["Version"],
        "nginx": LOGIN.sub(r"\1...", (folder / "nginx.conf").read_text()),
    }
    for peer in found["peers"].values():
        peer.pop("Password", None)
    return found


def account(node: str, facts: dict[str, Any]) -> Iterator[str]:
    """An account in lines of the log: packed, and in parts that are told by what they are parts of."""
    packed = base64.b64encode(zlib.compress(json.dumps(facts, sort_keys=True).encode())).decode()
    parts = [packed[at : at + LONGEST_PART] for at in range(0, len(packed), LONGEST_PART)]
    whole = hashlib.sha256(packed.encode()).hexdigest()[:16]
    for number, part in enumerate(parts):
        told = {"netprov": "loaded", "node": node, "whole": whole, "part": number, "parts": len(parts), "packed": part}
        yield json.dumps(told, sort_keys=True)


class Accounts:
    """What was told last, and when."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}
        self._when = -ACCOUNT_SECONDS

    def due(self, folder: Path, figures: dict[str, Any], now: float) -> Iterator[str]:
        """The lines of an account, if one is due; none while Orthanc does not answer."""
        try:
            found = loaded(folder)
        except (OSError, http.client.HTTPException):
            return
        if found == self._last and now - self._when < ACCOUNT_SECONDS:
            return
        self._last, self._when = found, now
        yield from account(figures["node"], {**found, "certificate_days": figures.get("certificate_days")})


def main(arguments: list[str]) -> None:
    if arguments == ["--once"]:
        try:
            asked(json.loads((FOLDER / "orthanc.json").read_text()), "/changes?last")
        except (OSError, http.client.HTTPException) as error:
            sys.exit(str(error))
        return
    accounts = Accounts()
    while True:
        told = figures(FOLDER, int(arguments[0]))
        for line in (json.dumps(told, sort_keys=True), *accounts.due(FOLDER, told, time.monotonic())):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
