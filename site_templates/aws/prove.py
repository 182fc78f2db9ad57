"""Runs once in a task of its own, where the node itself stands (standard library only): both halves of its links.

For each other node: its front answers this node's certificate and password if they are linked, refuses whoever shows
no certificate, and cannot be used at all if they are not linked. Lines of JSON say what was found; the end is an error
if anything is not as it must be.
"""

import base64
import http.client
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

FOLDER = Path("/node")
PATIENCE_SECONDS = 8.0
AT_ONCE = 8
CHECKS_IN_LINE, LONGEST_WORDS = 40, 200
"""A longer line than 16 KiB is cut in two on its way to the log."""
ANSWERS, REFUSED, UNREACHABLE = "answers", "refused", "unreachable"
Question = dict[str, Any]


def context(folder: Path, *, own: bool) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(folder / "tls/trust.crt"))
    if own:
        made.load_cert_chain(folder / "tls/node.crt", folder / "tls/node.key")
    return made


def https(question: Question, tls: ssl.SSLContext) -> str:
    """What the other front does with a request for /system."""
    login = base64.b64encode(f"{question['user']}:{question['password']}".encode()).decode()
    host, port = question["host"], question["https"]
    try:
        with closing(http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=tls)) as connection:
            connection.request("GET", "/system", headers={"Authorization": f"Basic {login}"})
            answer = connection.getresponse()
            answer.read()
    except (ssl.SSLError, ConnectionResetError, http.client.HTTPException) as error:
        return f"{REFUSED}: {error}"
    except OSError as error:
        return f"{UNREACHABLE}: {error}"
    return ANSWERS if answer.status == http.client.OK else f"{REFUSED}: {answer.status}"


def dicom(question: Question, tls: ssl.SSLContext) -> str:
    """Whether the other archive takes this node's certificate on its DICOM port."""
    try:
        with (
            socket.create_connection((question["host"], question["dicom"]), PATIENCE_SECONDS) as plain,
            tls.wrap_socket(plain, server_hostname=question["host"]) as served,
        ):
            served.settimeout(1.0)
            try:
                # TLS 1.3 refuses a client's certificate only after the handshake; Orthanc itself speaks second.
                return ANSWERS if served.recv(1) else f"{REFUSED}: closed"
            except TimeoutError:
                return ANSWERS
    except (ssl.SSLError, ConnectionResetError) as error:
        return f"{REFUSED}: {error}"
    except OSError as error:
        return f"{UNREACHABLE}: {error}"


def checks(question: Question, folder: Path) -> Iterator[dict[str, Any]]:
    """Each thing that must be so towards one other node, and what was found."""
    own, nobody = context(folder, own=True), context(folder, own=False)

    def check(what: str, expected: tuple[str, ...], found: str) -> dict[str, Any]:
        fits = found.partition(":")[0] in expected
        told = {"what": what, "expected": " or ".join(expected), "found": found[:LONGEST_WORDS]}
        return {"to": question["node"], **told, "ok": fits}

    if question["linked"]:
        yield check("HTTPS with own certificate", (ANSWERS,), https(question, own))
        yield check("HTTPS without certificate", (REFUSED,), https(question, nobody))
        yield check("DICOM TLS with own certificate", (ANSWERS,), dicom(question, own))
        yield check("DICOM TLS without certificate", (REFUSED,), dicom(question, nobody))
    else:
        yield check("HTTPS to a node that is not linked", (REFUSED, UNREACHABLE), https(question, own))


def proof(folder: Path) -> dict[str, Any]:
    """All of it."""
    own = json.loads((folder / "orthanc.json").read_text())["Netprov"]
    questions: list[Question] = json.loads((folder / "questions.json").read_text())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [each for some in pool.map(lambda q: list(checks(q, folder)), questions) for each in some]
    return {"netprov": "proof", "network": own["network"], "node": own["node"], "checks": found}


def lines(told: dict[str, Any]) -> Iterator[str]:
    """All of it, in lines short enough for a log; each says how many checks there are in all."""
    checks = told["checks"]
    for start in range(0, max(len(checks), 1), CHECKS_IN_LINE):
        part = {**told, "in_all": len(checks), "checks": checks[start : start + CHECKS_IN_LINE]}
        yield json.dumps(part, sort_keys=True)


def main() -> None:
    told = proof(FOLDER)
    for line in lines(told):
        sys.stdout.write(line + "\n")
    sys.exit(any(not each["ok"] for each in told["checks"]))


if __name__ == "__main__":
    main()
