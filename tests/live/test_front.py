"""A node's TLS front alone, before an Orthanc that only notes what reaches it: who gets through, with what."""

import base64
import http.client
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from reloaded import reloaded, workers
from vacant import vacant_port

from provisioner.credentials import Keys, password
from provisioner.definition.choices import IndexKind, Operation, SiteKind
from provisioner.engine.plan import Endpoint
from provisioner.home import NodeFolder
from provisioner.links.topology import Caller, Node
from provisioner.pki import Authority, ensure_authority, issue
from provisioner.site.render import Site, link_files, node_files

pytestmark = pytest.mark.live

MASTER = bytes(32)
KEYS = Keys(1, {1: MASTER}, "g1")
NOW = datetime.now(UTC)
AS_ROOT = ("-g", "user root;") if os.geteuid() == 0 else ()
"""pytest's folders are root's own, where root runs the tests; netprov itself runs nginx as another account."""
ALL = (Operation.ECHO, Operation.STORE, Operation.FIND, Operation.GET)
CALLER = "RXA01:" + password(MASTER, "peer:RXA01>HUB")
OPERATOR = "operator:" + password(MASTER, "operator:HUB")
INTERNAL = password(MASTER, "orthanc:HUB")
DOORS = {
    "POST /instances": Operation.STORE,
    "POST /dicom-web/studies": Operation.STORE,
    "GET /dicom-web/studies?limit=1&00080020=20260101": Operation.FIND,
    "GET /dicom-web/studies/1.2/series": Operation.FIND,
    "GET /dicom-web/studies/1.2/instances/": Operation.FIND,
    "GET /dicom-web/studies/1.2/series/1.3/instances?includefield=all": Operation.FIND,
    "GET /dicom-web/studies/1.2": Operation.GET,
    "GET /dicom-web/studies/1.2/metadata": Operation.GET,
    "GET /dicom-web/studies/1.2/series/1.3/instances/1.4/frames/1,2": Operation.GET,
    "GET /dicom-web/studies/1.2/series/1.3/instances/1.4/frames/1/rendered": Operation.GET,
    "GET /dicom-web/studies/1.2/series/1.3/instances/1.4/bulk/7FE00010": Operation.GET,
}
"""What a caller may ask for, and the operation that it needs."""
WALLS = (
    "GET /",
    "GET /studies",
    "GET /instances",
    "GET /netprov/settings",
    "GET /system?a=b",
    "GET /dicom-web/servers",
    "GET /dicom-web/studies/1.2//series",
    "GET /dicom-web/studies/12/anything",
    "GET /dicom-web/../peers",
    "GET /dicom-web/studies/../../peers",
    "GET /dicom-web/studies/%2e%2e/%2e%2e/peers",
    "GET //peers",
    "GET /dicom-web/studies?_method=DELETE",
    "GET /dicom-web/studies/1.2?limit=1&_method=DELETE",
    "GET /dicom-web/studies/1.2?%5fmethod=DELETE",
    "GET /dicom-web/studies/1.2?limit=1;_method=DELETE",
    "POST /tools/shutdown",
    "POST /instances?_method=PUT",
    "POST /dicom-web/servers/RXA01/stow",
    "PUT /peers/EVIL",
    "DELETE /dicom-web/studies/1.2",
)
"""What no caller may ask for, whatever it may do."""


class Upstream(ThreadingHTTPServer):
    """Stands where Orthanc stands, says 200 to everything, and keeps each request that came through."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Noting)
        self.seen: list[tuple[str, dict[str, str], int]] = []


class Noting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def answer(self) -> None:
        size = len(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self.server.seen.append((self.requestline, {k.lower(): v for k, v in self.headers.items()}, size))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


@dataclass
class Front:
    """nginx, run from the rendered files of the node HUB."""

    site: Site
    upstream: Upstream
    process: subprocess.Popen[bytes]

    def connect(self, holder: NodeFolder | None) -> http.client.HTTPSConnection:
        """With the certificate that lies in a folder."""
        context = ssl.create_default_context(cafile=self.site.folder.trust)
        if holder:
            context.load_cert_chain(holder.certificate, holder.key)
        return http.client.HTTPSConnection("127.0.0.1", self.site.endpoint.https_port, timeout=30, context=context)

    def call(self, line: str, holder: NodeFolder | None, login: str = "", **headers: str) -> int:
        """The status of the answer: `line` is METHOD target, `login` is user:password."""
        method, _, target = line.partition(" ")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if login:
            headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        with closing(self.connect(holder)) as connection:
            connection.request(method, target, b"x" if method in ("POST", "PUT") else None, headers)
            answer = connection.getresponse()
            answer.read()
        return answer.status

    def admit(self, *callers: Caller, keys: Keys = KEYS) -> None:
        """Write who may call, and have nginx read it."""
        write_links(self.site, callers, keys)
        reloaded(self.process.pid)


def write_links(site: Site, callers: tuple[Caller, ...], keys: Keys = KEYS) -> None:
    logins = {c.node: keys.peer(c.node, "HUB") for c in callers} | {"operator": keys.operator("HUB")}
    for name, text in link_files("severn", site, callers, logins).items():
        (site.folder.root / name).write_text(text)


def certify(folder: NodeFolder, authority: Authority, subject: str) -> NodeFolder:
    issued = issue(authority, "severn", subject, NOW)
    folder.certificate.parent.mkdir(parents=True, exist_ok=True)
    folder.certificate.write_text(issued.certificate_pem)
    folder.key.write_text(issued.key_pem)
    folder.trust.write_text(authority.certificate_pem)
    return folder


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return ensure_authority(tmp_path_factory.mktemp("ca"), "severn", 1, NOW)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Front]:
    """HUB's front; RXA01 may do everything that a node can."""
    upstream = Upstream()
    threading.Thread(target=upstream.serve_forever, args=(0.05,)).start()
    https_port = vacant_port()
    folder = NodeFolder(tmp_path_factory.mktemp("HUB"))
    endpoint = Endpoint("127.0.0.1", https_port, 11112, upstream.server_address[1])
    node = Node("HUB", "Hub", "HUB", SiteKind.REPORTING_HUB, "RXA", "RXA", "local", "", "", IndexKind.SQLITE, (), 60)
    site = Site(node, "severn", "Severn", endpoint, certify(folder, authority, "HUB"), KEYS.internal("HUB"), None, "g1")
    folder.front.write_text(node_files(site)["nginx.conf"])
    write_links(site, (Caller("RXA01", ALL),))
    argv = ["/usr/sbin/nginx", "-p", str(folder.root), "-c", str(folder.front), "-e", str(folder.front_log), *AS_ROOT]
    process = subprocess.Popen(argv, env={}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(2400):
        try:
            socket.create_connection(("127.0.0.1", https_port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield Front(site, upstream, process)
    process.terminate()
    process.wait()
    upstream.shutdown()
    upstream.server_close()


@pytest.fixture
def caller(tmp_path: Path, authority: Authority) -> NodeFolder:
    return certify(NodeFolder(tmp_path / "RXA01"), authority, "RXA01")


@pytest.fixture
def operator(tmp_path: Path, authority: Authority) -> NodeFolder:
    return certify(NodeFolder(tmp_path / "operator"), authority, "operator")


@pytest.mark.parametrize("operation", ALL)
def test_an_operation_opens_its_own_doors_only(front: Front, caller: NodeFolder, operation: Operation) -> None:
    front.admit(Caller("RXA01", (operation,)))
    opened = {line for line in DOORS if front.call(line, caller, CALLER) != 403}
    knows = front.call("GET /system", caller, CALLER)
    front.admit(Caller("RXA01", ALL))
    assert opened == {line for line, needed in DOORS.items() if needed is operation}
    assert knows == 200


def test_a_linked_node_may_do_nothing_else(front: Front, caller: NodeFolder) -> None:
    assert [line for line in WALLS if front.call(line, caller, CALLER) != 403] == []


def test_the_operator_may_do_everything(front: Front, operator: NodeFolder, caller: NodeFolder) -> None:
    assert [line for line in (*DOORS, *WALLS) if front.call(line, operator, OPERATOR) != 200] == []
    assert front.call("GET /statistics", operator, "operator:wrong") == 401
    assert front.call("GET /statistics", caller, OPERATOR) == 403


def test_certificate_and_password_must_both_be_the_callers(front: Front, caller: NodeFolder) -> None:
    answers = {
        ("RXA01", CALLER): 200,
        ("RXA01", "RXA01:wrong"): 401,
        ("RXA01", f"RXA01:{password(MASTER, 'peer:RXA01>RXB01')}"): 401,
        ("RXA01", ""): 401,
        ("RXA01", f"HUB:{password(MASTER, 'peer:HUB>HUB')}"): 403,
        ("RXA01", f"netprov:{INTERNAL}"): 403,
        ("HUB", CALLER): 403,
        ("", CALLER): 400,
    }
    holders = {"RXA01": caller, "HUB": front.site.folder, "": None}
    assert {(who, login): front.call("GET /system", holders[who], login) for who, login in answers} == answers


def test_while_passwords_are_replaced_both_are_taken_of_whoever_has_the_certificate(
    front: Front, caller: NodeFolder
) -> None:
    both = Keys(2, {1: MASTER, 2: bytes([2]) * 32}, "g1")
    old, new = (f"{login.user}:{login.password}" for login in both.peer("RXA01", "HUB").taken)
    other = both.peer("RXB01", "HUB").used
    front.admit(Caller("RXA01", ALL), Caller("RXB01", ALL), keys=both)
    assert new.startswith("RXA01.2:")
    assert (front.call("GET /system", caller, old), front.call("GET /system", caller, new)) == (200, 200)
    assert front.call("GET /system", caller, f"{other.user}:{other.password}") == 403
    assert front.call("GET /system", caller, f"RXA01:{new.partition(':')[2]}") == 401
    front.admit(Caller("RXA01", ALL), keys=Keys(2, {2: both.masters[2]}, "g1"))
    assert (front.call("GET /system", caller, old), front.call("GET /system", caller, new)) == (401, 200)
    front.admit(Caller("RXA01", ALL))


def test_a_certificate_of_another_network_is_refused(front: Front, tmp_path: Path) -> None:
    twin = ensure_authority(tmp_path / "ca", "severn", 1, NOW)
    assert front.call("GET /system", certify(NodeFolder(tmp_path / "x"), twin, "RXA01"), CALLER) == 400


def test_orthanc_sees_the_internal_user_and_nothing_that_changes_the_method(front: Front, caller: NodeFolder) -> None:
    headers = {"X_HTTP_Method_Override": "DELETE", "Forwarded": "host=evil", "Host": "evil"}
    assert front.call("POST /instances", caller, CALLER, **headers) == 200
    line, seen, size = front.upstream.seen[-1]
    assert (line, size) == ("POST /instances HTTP/1.1", 1)
    assert seen["authorization"] == "Basic " + base64.b64encode(f"netprov:{INTERNAL}".encode()).decode()
    assert not any("override" in name for name in seen)
    assert seen["host"] == f"127.0.0.1:{front.site.endpoint.https_port}"
    assert "evil" not in str(seen)


def test_links_change_without_a_restart(front: Front, caller: NodeFolder) -> None:
    front.admit()
    unlinked = front.call("GET /system", caller, CALLER)
    front.admit(Caller("RXA01", ALL))
    assert (unlinked, front.call("GET /system", caller, CALLER)) == (403, 200)


def test_a_new_certificate_is_served_without_a_restart(front: Front, caller: NodeFolder, authority: Authority) -> None:
    certify(front.site.folder, authority, "HUB")
    front.admit(Caller("RXA01", ALL))
    with closing(front.connect(caller)) as connection:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
    assert isinstance(shown, bytes)
    assert ssl.DER_cert_to_PEM_cert(shown) == front.site.folder.certificate.read_text()


def test_a_front_writes_into_its_own_folder_only(front: Front) -> None:
    pid = front.process.pid
    pids = [pid, *workers(pid)]
    opened = set()
    for link in (link for p in pids for link in Path(f"/proc/{p}/fd").iterdir()):
        with suppress(FileNotFoundError):  # a connection that ended since the folder was listed
            opened.add(str(link.readlink()))
    files = {path for path in opened if path.startswith("/") and not path.startswith("/dev/")}
    assert files == {str(front.site.folder.front_log)}
