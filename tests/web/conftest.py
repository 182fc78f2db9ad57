"""The page in a real browser, at two sites, before a real worklist's home."""

import http.client
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from entered import BRAND, NAMES, entry, settings
from playwright.sync_api import Browser, Page
from vacant import vacant_port
from worklist.store import FILE, Store

from site_templates import path as template_path

WEB = template_path("web")
PLUGINS = template_path("plugins")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)
"""The real front's, and that no text is ever read as HTML."""


@dataclass
class Home:
    """An Orthanc with netprov's plugins, which is home to the worklist."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, bytes]:
        sent = {"X-Netprov-" + name.capitalize(): value for name, value in headers.items()}
        sent |= {"X-Netprov-Query": path.partition("?")[2], "Content-Type": "application/dicom+json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, sent)
            told = connection.getresponse()
            return told.status, told.headers.get_content_type(), told.read()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        status, _, text = self.ask(method, path, sent, **headers)
        assert status in (200, 201), (method, path, status, text)
        return json.loads(text) if text else None

    def study(self, site: str = "RXA01", **facts: Any) -> str:
        """A study that was acquired at a site, put on the list as its node does; gives the workitem's UID."""
        uid, item = entry(site, **facts)
        self.call("POST", f"/dicom-web/workitems?{uid}", [item], caller=site)
        return uid

    def store(self, files: list[bytes]) -> None:
        for file in files:
            status, _, text = self.ask("POST", "/instances", file)
            assert status == 200, text

    def claim(self, uid: str, site: str = "RXB01", person: str = "bob") -> None:
        self.call("POST", f"/netprov/worklist/workitems/{uid}/claim", {}, caller=site, person=person)

    def release(self, uid: str, site: str = "RXB01", person: str = "bob") -> None:
        self.call("POST", f"/netprov/worklist/workitems/{uid}/release", {}, caller=site, person=person)

    def kept(self, uid: str, site: str = "RXA01") -> None:
        """A report of a site that does not hold the entry."""
        report = {"study": "1.2.3", "series": "1.2.4", "class": "1.2.840.10008.5.1.4.1.1.88.33", "instance": "1.2.5"}
        self.call("POST", f"/netprov/worklist/workitems/{uid}/report", report, caller=site)

    def set(self, **facts: Any) -> None:
        """Something else in what the node knows of its network."""
        file = self.folder / "sharing.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | facts))

    def fill(self, count: int) -> None:
        """So many entries at once, past the plugin."""
        _, item = entry()
        store = Store(self.folder / FILE)
        with store.change() as change:
            for number in range(count):
                name = {"vr": "PN", "Value": [{"Alphabetic": f"Synthetic^{number}"}]}
                uid = {"vr": "UI", "Value": [f"2.25.{number + 1}"]}
                change.insert({**item, "00100010": name, "00080018": uid}, "RXA01", "RXA")
        store.close()


@dataclass
class Front:
    """A site's front, as far as the page is concerned: it says who comes, gives out the page and asks the home."""

    home: Home
    site: str
    person: str
    cut: str = ""
    """What is asked of paths with this in them is not answered, but refused so."""
    refusal: int = 502
    brand: dict[str, str] = field(default_factory=lambda: dict(BRAND))
    asked: list[str] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)
    """Seconds by which what such a path asks for is late."""
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """Such a path is passed on when this has happened."""

    def __post_init__(self) -> None:
        self.brand |= {"site": self.site, "site_name": NAMES[self.site]}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/worklist/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == "/worklist/me":
            return 200, "application/json", json.dumps({"person": self.person}).encode()
        if path == "/worklist/brand.json":
            return 200, "application/json", json.dumps(self.brand).encode()
        if path.startswith(("/dicom-web/workitems", "/netprov/worklist/", "/netprov/images/")):
            return self._passed_on(method, path, body)
        file = WEB / (path.removeprefix("/worklist/").partition("?")[0] or "index.html")
        if path.startswith("/worklist/") and file.parent == WEB and file.is_file():
            return 200, TYPES[file.suffix], file.read_bytes()
        return 404, "text/plain", b""

    def _passed_on(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        self.asked.append(f"{method} {path}")
        time.sleep(next((late for part, late in self.delays.items() if part in path), 0))
        for gate in [gate for part, gate in self.gates.items() if part in path]:
            gate.wait(60)
        if self.cut and self.cut in path:
            return self.refusal, "text/html", b"<h1>Refused</h1>"
        with suppress(OSError, http.client.HTTPException):  # it has ended
            return self.home.ask(method, path, body, caller=self.site, person=self.person)
        return 502, "text/html", b""


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request of the browser."""

        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, text = front.answer(self.command, self.path, body)
            with suppress(OSError):  # the page was closed meanwhile
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 - http.server calls it so

    return Handler


@pytest.fixture(scope="session")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("preload") / "loopback.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", built, template_path("loopback.c")], check=True)
    return built


@pytest.fixture
def home(tmp_path: Path, loopback: Path) -> Iterator[Home]:
    folder = tmp_path / "node"
    folder.mkdir()
    port, dicom = vacant_port(), vacant_port()
    shutil.copytree(PLUGINS, folder / "plugins")
    (folder / "sharing.json").write_text(settings("RXA01"))
    plugins = Path("/usr/share/orthanc/plugins")
    config = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "DicomPort": dicom,
        "DicomAet": "RXA01",
        "AuthenticationEnabled": False,
        "RegisteredUsers": {"netprov": "test"},
        "HttpThreadsCount": 50,
        "Plugins": [str(plugins / "libOrthancPython.so"), str(plugins / "libOrthancDicomWeb.so")],
        "PythonScript": str(folder / "plugins/netprov_node.py"),
        "PythonVerbose": False,
        "Netprov": {"folder": str(folder), "worklist": True},
    }
    (folder / "orthanc.json").write_text(json.dumps(config))
    environ = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(loopback), "TCP_NODELAY": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["Orthanc", folder / "orthanc.json"], env=environ, stdout=log, stderr=log)
    made = Home(folder, port, process)
    try:
        _until(lambda: made.ask("GET", "/netprov/worklist/counts")[0] == 200, process, folder / "log")
        yield made
    finally:
        process.kill()
        process.wait(60)


def _until(true: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if true():
                return
        time.sleep(0.05)
    pytest.fail(log.read_text())


@pytest.fixture
def front(home: Home) -> Iterator[Callable[[str, str], Front]]:
    """A site's front with one person before it."""
    made: list[Front] = []

    def open_front(site: str = "RXB01", person: str = "alice") -> Front:
        made.append(Front(home, site, person))
        return made[-1]

    yield open_front
    for each in made:
        each.close()


@pytest.fixture
def reader(browser: Browser, front: Callable[[str, str], Front]) -> Iterator[Callable[..., Page]]:
    """Somebody at a site with the page open; whatever the page complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def sit_down(
        site: str = "RXB01",
        person: str = "alice",
        view: str = "",
        width: int = 1280,
        at: Front | None = None,
        scheme: Literal["light", "dark"] = "light",
        zone: str = "Europe/London",
    ) -> Page:
        place = at or front(site, person)
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            timezone_id=zone,
            has_touch=width < 600,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _fault(said.type, said.text) else None)
        page.goto(place.url + view)
        page.wait_for_selector("#entries:not([hidden]), #nothing:not([hidden]), #cut-off:not([hidden])")
        return page

    yield sit_down
    for context in contexts:
        context.close()
    assert complaints == []


def _fault(kind: str, text: str) -> bool:
    """The browser itself notes each answer of 400 and more; those are the tests' own."""
    return kind in ("error", "warning") and "Failed to load resource" not in text
