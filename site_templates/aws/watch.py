"""Runs beside Orthanc (Python of its image, standard library only): says how the node is.

`--once` is the health check: it ends with an error unless Orthanc answers from its database, which /system would not
ask. Without it, one line of JSON a minute, from which CloudWatch makes the figures that alarms watch.
"""

import base64
import http.client
import json
import re
import socket
import ssl
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path("/node")
EVERY_SECONDS, PATIENCE_SECONDS, DAY_SECONDS = 60.0, 10.0, 86_400.0
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


def main(arguments: list[str]) -> None:
    if arguments == ["--once"]:
        try:
            asked(json.loads((FOLDER / "orthanc.json").read_text()), "/changes?last")
        except (OSError, http.client.HTTPException) as error:
            sys.exit(str(error))
        return
    while True:
        sys.stdout.write(json.dumps(figures(FOLDER, int(arguments[0])), sort_keys=True) + "\n")
        sys.stdout.flush()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
