"""A hundred thousand workitems: search, C-FIND, claims and memory of the Orthanc that keeps them.

Each figure stands beside what the issue allows it: a ratio above one is too slow, or too large.
"""

import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from table import Row, to_json

from site_templates import path as template_path

sys.path.insert(0, str(template_path("plugins")))

from worklist.dicomjson import attribute, code
from worklist.store import FILE, Store
from worklist.workitem import created

ITEMS, SITES, ROUNDS, CROWD = 100_000, 20, 100, 100
WORKSTATION = "RXA01_WS"
LIBRARY = "/usr/share/orthanc/plugins/libOrthancPython.so"
NAMES = ("Smith", "Jones", "Müller", "Okonkwo", "Price", "Khan", "Evans", "Nowak", "Silva", "Byrne")
SCRIPT = """
import sys
sys.path[:0] = [{plugins!r}]
import orthanc, worklist
worklist.start(orthanc, {folder!r}, lambda: {settings!r})
"""


def settings() -> dict[str, Any]:
    names = [f"RX{chr(65 + n)}01" for n in range(SITES)]
    sites = {n: {"name": n, "member": n[:3], "aet": n, "patient_issuer": n[:3], "accession_issuer": n} for n in names}
    pools = [
        {"name": "ct", "sites": names[:5], "modalities": ["CT"], "body_parts": [], "priorities": [], "members": []},
        {"name": "rest", "sites": names, "modalities": [], "body_parts": [], "priorities": [], "members": []},
    ]
    home = {"node": names[0], "home": names[0], "workstations": [WORKSTATION]}
    return {"network": "severn", **home, "sites": sites, "pools": pools}


def item(number: int, choice: random.Random) -> dict[str, Any]:
    """Of the size and shape that a site announces: three series, all that a request names."""
    study = f"1.2.826.0.1.3680043.10.{number}"
    modality, start = (
        choice.choice(("CT", "MR", "DX", "US")),
        f"2026{choice.randint(1, 11):02}{choice.randint(1, 28):02}",
    )
    request = {"0020000D": attribute("UI", study), "00080050": attribute("SH", f"A{number}")}
    request |= {"00401001": attribute("SH", f"R{number}"), "00321060": attribute("LO", f"{modality} examination")}
    series = [
        {
            "0040E020": attribute("CS", "DICOM"),
            "0020000D": attribute("UI", study),
            "0020000E": attribute("UI", f"{study}.{n}"),
            "0040E025": attribute(
                "SQ", {"00081190": attribute("UR", f"https://hub.example/studies/{study}/series/{n}")}
            ),
        }
        for n in range(3)
    ]
    made = {
        "00741200": attribute("CS", choice.choices(("HIGH", "MEDIUM", "LOW"), (1, 8, 3))[0]),
        "00741204": attribute("LO", f"{modality} examination"),
        "00404005": attribute("DT", f"{start}101500"),
        "00404011": attribute("DT", f"{start}235959"),
        "00404018": attribute("SQ", code("110005", "DCM", "Interpretation")),
        "00404021": attribute("SQ", *series),
        "00404041": attribute("CS", "READY"),
        "0020000D": attribute("UI", study),
        "00100010": attribute("PN", {"Alphabetic": f"{choice.choice(NAMES)}^{number}"}),
        "00100020": attribute("LO", f"RXA:{number % 40_000}"),
        "00100021": attribute("LO", "RXA"),
        "00100030": attribute("DA", "19600229"),
        "0040A370": attribute("SQ", request),
        "00080050": attribute("SH", f"A{number}"),
        "00080060": attribute("CS", modality),
        "00080061": attribute("CS", modality),
        "00180015": attribute("CS", choice.choice(("HEAD", "CHEST", "KNEE", "ABDOMEN"))),
    }
    return created(made, f"2.25.{number + 1}", "20261101")[0]


def fill(folder: Path) -> None:
    choice, names = random.Random(1), list(settings()["sites"])  # noqa: S311 - the same list each time
    store = Store(folder / FILE)
    for start in range(0, ITEMS, 5000):
        with store.change() as change:
            for number in range(start, start + 5000):
                site = choice.choice(names)
                change.insert(item(number, choice), site, site[:3])
    store.close()


@contextmanager
def orthanc(folder: Path) -> Iterator[tuple[int, int, int, float]]:
    """HTTP port, DICOM port, pid and the seconds until it answers."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    http_port, dicom_port = (each.getsockname()[1] for each in sockets)
    for each in sockets:
        each.close()
    script = SCRIPT.format(plugins=str(template_path("plugins")), folder=str(folder), settings=settings())
    (folder / "script.py").write_text(script)
    facts = {"Plugins": [LIBRARY], "PythonScript": str(folder / "script.py"), "AuthenticationEnabled": False}
    facts |= {"StorageDirectory": str(folder), "IndexDirectory": str(folder), "HttpCompressionEnabled": False}
    facts |= {"HttpPort": http_port, "DicomPort": dicom_port, "DicomAet": "HUB", "DicomAlwaysAllowFindWorklist": True}
    (folder / "orthanc.json").write_text(json.dumps(facts))
    library = folder / "loopback.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, template_path("loopback.c")], check=True)
    environ = os.environ | {"LD_PRELOAD": str(library), "TCP_NODELAY": "1"}
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["/usr/sbin/Orthanc", folder / "orthanc.json"], env=environ, stdout=log, stderr=log)
    while time.perf_counter() - began < 60:
        try:
            socket.create_connection(("127.0.0.1", http_port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.01)
    try:
        yield http_port, dicom_port, process.pid, time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


class Client:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, site: str, body: bytes | None = None, person: str = "") -> int:
        headers = {"X-Netprov-Caller": site, "X-Netprov-Person": person, "X-Netprov-Query": path.partition("?")[2]}
        for attempt in (1, 2):
            try:
                self._connection.request(method, path, body, headers)
                answer = self._connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException):  # Orthanc closes an idle connection after a second
                if attempt == 2:
                    raise
                self._connection.close()
        raise AssertionError


def median(do: Callable[[int], object], times: int) -> float:
    """Milliseconds."""
    found = list[float]()
    for number in range(times):
        began = time.perf_counter()
        do(number)
        found.append(time.perf_counter() - began)
    return 1000 * statistics.median(found)


SEARCHES = {
    "the most urgent fifty that are open": "ProcedureStepState=SCHEDULED&limit=50",
    "CT of the head, high priority": "ModalitiesInStudy=CT&00180015=HEAD&00741200=HIGH&limit=50",
    "a name by its beginning": "PatientName=okonkwo*&limit=50",
    "a name by its middle": "PatientName=*12345*&limit=50",
    "due in a week of March": "ExpectedCompletionDateTime=20260308-20260314&limit=50",
    "a patient": "PatientID=RXA:777&IssuerOfPatientID=RXA",
    "an accession number": "AccessionNumber=A77777",
}


FINDS = {"a name": "PatientName=Okonkwo^1234*", "an accession number": "AccessionNumber=A43", "all": "PatientName"}


def findscu(port: int, *keys: str) -> Callable[[int], object]:
    wanted = [part for key in keys for part in ("-k", key)]
    command = ["findscu", "-W", "-aet", WORKSTATION, "-aec", "HUB", *wanted, "127.0.0.1", str(port)]
    return lambda _: subprocess.run(command, check=True, capture_output=True)


def crowd(port: int) -> list[int]:
    """Winners of each round."""
    clients = [Client(port) for _ in range(CROWD)]
    sites = list(settings()["sites"])[:5]

    def claim(person: int, number: int) -> int:
        path = f"/netprov/worklist/workitems/2.25.{number}/claim"
        return clients[person].ask("POST", path, sites[person % 5], b"", f"Dr {person}")

    with ThreadPoolExecutor(CROWD) as pool:
        rounds = range(60_001, 60_001 + ROUNDS)
        return [list(pool.map(claim, range(CROWD), [number] * CROWD)).count(http.client.OK) for number in rounds]


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def row(what: str, value: float, allowed: float, unit: str) -> Row:
    """The figure beside what it may be."""
    return Row("worklist", what, value, allowed, unit, f"{allowed:g} {unit} allowed", 1.0)


def asked(client: Client, path: str) -> Callable[[int], object]:
    return lambda _: client.ask("GET", path, "RXB01")


def measured(folder: Path) -> Iterator[Row]:
    with orthanc(folder) as (port, dicom_port, pid, started):
        client = Client(port)
        own = "/netprov/worklist"
        yield row("start with 100,000 workitems", started, 5.0, "s")
        for words, query in SEARCHES.items():
            path = f"/dicom-web/workitems?{query}"
            yield row(f"search: {words}", median(asked(client, path), 15), 200, "ms")
        for words, key in FINDS.items():
            yield row(
                f"C-FIND with findscu: {words}", median(findscu(dicom_port, key, "StudyInstanceUID"), 9), 200, "ms"
            )
        text = json.dumps({"states": ["SCHEDULED", "IN PROGRESS"], "text": "okonkwo", "sort": "name"}).encode()
        yield row(
            "the page's search", median(lambda _: client.ask("POST", f"{own}/search", "RXB01", text), 9), 200, "ms"
        )
        yield row("counts", median(lambda _: client.ask("GET", f"{own}/counts", "RXB01"), 9), 200, "ms")
        claim = f"{own}/workitems/2.25.{{}}/claim"
        yield row("claim", median(lambda n: client.ask("POST", claim.format(n + 1), "RXB01", b""), 100), 50, "ms")
        wrong = sum(winners != 1 for winners in crowd(port))
        yield row(f"rounds of {ROUNDS} in which not exactly one of {CROWD} won", wrong + 1, 1, "(1 is none)")
        yield row("peak memory of the home", resident_mib(pid), 300, "MiB")


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="netprov-bench-"))
    try:
        fill(folder)
        print(to_json(tuple(measured(folder))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
