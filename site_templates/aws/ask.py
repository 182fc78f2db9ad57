"""Runs once in a task of its own, where the node itself stands: asks the node's front for who cannot reach it.

The question and the answer are objects in the node's own bucket of settings, under its own key, since both may name
patients, and a log is kept for long and read by many. Whoever asked deletes them.
"""

import http.client
import json
import os
import ssl
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # where the bundle is; -I leaves it out

from site_templates.aws import boot

FOLDER = Path("/node")
QUESTION, ANSWER = "question.json", "answer.json"


def ask(folder: Path, question: Mapping[str, Any]) -> dict[str, object]:
    """What the front answers, with this node's certificate; status 0 if it does not."""
    its = json.loads((folder / "asking.json").read_text())
    tls = ssl.create_default_context(cafile=str(folder / "tls/trust.crt"))
    tls.load_cert_chain(folder / "tls/node.crt", folder / "tls/node.key")
    headers = {**question["headers"], "Authorization": f"Basic {its['login']}"}
    front = http.client.HTTPSConnection(its["host"], its["port"], timeout=question["seconds"], context=tls)
    try:
        with closing(front):
            front.request(question["method"], question["path"], question["body"], headers)
            answer = front.getresponse()
            return {"status": answer.status, "body": answer.read().decode()}
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"status": 0, "body": str(error)}


def main(environ: Mapping[str, str], folder: Path = FOLDER) -> None:
    where = environ["NETPROV_ASKED"]
    question = json.loads(boot.fetched(boot.stored(environ, f"{where}/{QUESTION}")))
    told = ask(folder, question)
    boot.fetched(boot.stored(environ, f"{where}/{ANSWER}", "PUT", json.dumps(told).encode()))
    sys.stdout.write(f"asked, and answered with {told['status']}\n")


if __name__ == "__main__":
    try:
        main(os.environ)
    except boot.Stop as stop:
        sys.exit(f"nothing was asked: {stop}")
