"""The floor of `up`: start what netprov starts, with the same files, in parallel; wait; set the same entries by REST.

What a person would write who knows every file and every password beforehand: no plan, no state, no proof.
Run as a script with a recipe (see recipe.py); prints the pids that it started.
"""

import base64
import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0
GROUPS = {"modalities": "/modalities/", "peers": "/peers/", "dicomweb": "/dicom-web/servers/"}


def start(service: dict[str, Any]) -> int:
    with Path(service["log"]).open("ab") as log:
        process = subprocess.Popen(
            service["argv"],
            cwd=service["folder"],
            env=service["environ"],
            user=service["uid"],
            group=service["gid"],
            extra_groups=[] if service["uid"] is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )
    process.returncode = 0  # it outlives this script: nobody waits for it
    return process.pid


def ready(node: dict[str, Any]) -> http.client.HTTPConnection:
    """A connection to the node, as soon as it answers."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", node["http_port"], timeout=10)
        try:
            connection.request("GET", "/system", headers=headers(node))
            response = connection.getresponse()
            response.read()
            if response.status == http.client.OK:
                return connection
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.01)


def headers(node: dict[str, Any]) -> dict[str, str]:
    login = base64.b64encode(f"netprov:{node['password']}".encode()).decode()
    return {"Authorization": f"Basic {login}"}


def put(
    connection: http.client.HTTPConnection, path: str, body: str, node: dict[str, Any]
) -> tuple[http.client.HTTPResponse, bytes]:
    """Once more where the connection is closed by now: Orthanc does so after half a second."""
    for last in (False, True):
        try:
            connection.request("PUT", path, body, headers(node))
            response = connection.getresponse()
            return response, response.read()
        except OSError:
            connection.close()
            if last:
                raise
    raise AssertionError


def link(node: dict[str, Any]) -> list[int]:
    """Start one node and set its entries."""
    pids = [start(service) for service in node["services"]]
    connection = ready(node)
    for group, address in GROUPS.items():
        for alias, body in node["entries"][group].items():
            response, answer = put(connection, address + alias, json.dumps(body), node)
            if response.status != http.client.OK:
                raise RuntimeError(f"{address}{alias}: {response.status} {answer!r}")
    connection.close()
    return pids


if __name__ == "__main__":
    recipe = json.loads(Path(sys.argv[1]).read_text())
    with ThreadPoolExecutor(16) as pool:
        print(json.dumps([pid for pids in pool.map(link, recipe["nodes"]) for pid in pids]))
