"""Runs once in a task of its own, where the node itself stands: does one thing after the other for who cannot come in.

What is to be done comes by the node's own bucket of settings, numbered, and so do the answers: both are under the
node's own key. Things are done side by side, in the order in which they come. It ends when it is told so, or when
nobody has wanted anything for a while. Only what the node itself may reach is reached.
"""

import base64
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # where the bundle is; -I leaves it out

from site_templates.association import Dialogue, Verdict, send
from site_templates.aws import boot, prove

FOLDER = Path("/node")
POLL_SECONDS = 0.25
SILENCE_SECONDS = 120.0
AT_ONCE = 8
END = "end"
NOT_YET = (http.client.NOT_FOUND, http.client.FORBIDDEN)
"""Who may not list a bucket is told no for what is not there."""
Wanted = Mapping[str, Any]


def question(number: int) -> str:
    return f"{number}.question.json"


def answer(number: int) -> str:
    return f"{number}.answer.json"


def done(folder: Path, wanted: Wanted) -> dict[str, object]:
    """What came of it: an HTTP status with a body, 0 where there is none."""
    if END in wanted:
        return {"status": http.client.OK, "body": ""}
    try:
        return scanned(folder, wanted) if "images" in wanted else asked(folder, wanted)
    except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
        return {"status": 0, "body": base64.b64encode(str(error).encode()).decode()}


def asked(folder: Path, wanted: Wanted) -> dict[str, object]:
    """A request to the node's own front, as the operator; or to another one that it is linked with, as the node."""
    own = json.loads((folder / "asking.json").read_text())
    host, port, login = own["host"], own["port"], own["login"]
    if wanted.get("to"):
        others = json.loads((folder / "questions.json").read_text())
        its = next(each for each in others if each["node"] == wanted["to"])
        host, port = its["host"], its["https"]
        login = base64.b64encode(f"{its['user']}:{its['password']}".encode()).decode()
    tls = prove.context(folder, own=True)
    headers = {**wanted.get("headers", {}), "Authorization": f"Basic {login}"}
    body = base64.b64decode(wanted["body"]) if "body" in wanted else None
    with closing(http.client.HTTPSConnection(host, port, timeout=wanted["seconds"], context=tls)) as front:
        front.request(wanted["method"], wanted["path"], body, headers)
        told = front.getresponse()
        return {"status": told.status, "body": base64.b64encode(told.read()).decode()}


def scanned(folder: Path, wanted: Wanted) -> dict[str, object]:
    """Images by C-STORE to the node's own archive, as a scanner of its site would send them."""
    its = json.loads((folder / "asking.json").read_text())
    tls = prove.context(folder, own=True)
    call = Dialogue(its["host"], its["dicom"], wanted["calling"], wanted["called"], tls)
    images = [(uid, base64.b64decode(dataset)) for uid, dataset in wanted["images"]]
    told = send(call, wanted["seconds"], images)
    status = http.client.OK if told.verdict is Verdict.DONE else 0
    return {"status": status, "body": base64.b64encode(told.words.encode()).decode()}


def coming(environ: Mapping[str, str]) -> Iterator[tuple[int, Wanted]]:
    """Each thing that is wanted, with its number."""
    number, heard = 0, time.monotonic()
    while time.monotonic() - heard < SILENCE_SECONDS:
        request = boot.stored(environ, f"{environ['NETPROV_ASKED']}/{question(number)}")
        status, body = boot.answered(request)
        if status in NOT_YET:
            time.sleep(POLL_SECONDS)
            continue
        if status != http.client.OK:
            raise boot.Stop(f"the bucket answers {status}")
        wanted = json.loads(body)
        yield number, wanted
        if END in wanted:
            return
        number, heard = number + 1, time.monotonic()


def main(environ: Mapping[str, str], folder: Path = FOLDER) -> None:
    def do(number: int, wanted: Wanted) -> None:
        told = json.dumps(done(folder, wanted)).encode()
        boot.fetched(boot.stored(environ, f"{environ['NETPROV_ASKED']}/{answer(number)}", "PUT", told))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(do, number, wanted) for number, wanted in coming(environ)]
    for each in under_way:
        each.result()
    sys.stdout.write(f"{len(under_way)} things were done\n")


if __name__ == "__main__":
    try:
        main(os.environ)
    except boot.Stop as stop:
        sys.exit(f"the talk ended: {stop}")
