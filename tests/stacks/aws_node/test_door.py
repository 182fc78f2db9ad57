"""The readers' door of nodes on AWS, from their bundles, with real servers: the same as on one machine."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioner.credentials import basic, htpasswd_line
from site_templates import web
from site_templates.aws import boot
from stacks.aws.place import DOOR, HTTPS, endpoint_of
from tests.stacks.aws_node.conftest import Severn
from tests.stacks.aws_node.running import Running, free_ports, running, unpacked

pytestmark = pytest.mark.live

HOME, SITE = "RXA01", "RXB02"
PERSON, PASSWORD = "a.reader", "a password that this test has made"
WORKLIST = "/dicom-web/workitems?limit=1"


@contextmanager
def names() -> Iterator[int]:
    """The private zone, as the resolver of a VPC tells it: each name leads to this machine. The port that it has."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))

        def told() -> None:
            while question := server.recvfrom(512):
                if not question[0]:
                    return
                end = question[0].index(b"\0", 12) + 5
                head = question[0][:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + question[0][12:end]
                server.sendto(head + b"\xc0\x0c\0\x01\0\x01\0\0\0\x1e\0\x04\x7f\0\0\x01", question[1])

        listening = threading.Thread(target=told, daemon=True)
        listening.start()
        yield server.getsockname()[1]
        server.sendto(b"", server.getsockname())
        listening.join()


@dataclass(frozen=True)
class Reader:
    """A browser at a site: it shows no certificate."""

    its: Running
    password: str = PASSWORD

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        tls = ssl.create_default_context(cafile=self.its.folder / "tls/trust.crt")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.password:
            sent["Authorization"] = f"Basic {basic(PERSON, self.password)}"
        with (
            socket.create_connection(("127.0.0.1", self.its.ports.door)) as plain,
            tls.wrap_socket(plain, server_hostname=f"{self.its.node.lower()}.severn.netprov.internal") as served,
            closing(http.client.HTTPConnection("door")) as door,
        ):
            door.sock = served
            door.request(method, path, headers=sent)
            answer = door.getresponse()
            return answer.status, answer.read().decode(errors="replace")


def let_in(its: Running) -> None:
    (its.folder / "door/people").write_text(htpasswd_line(PERSON, PASSWORD) + "\n")


@contextmanager
def site_of(severn: Severn, folder: Path, home: int) -> Iterator[Running]:
    """A node that is told of its home's name, and can ask for it; on this machine the home has another port."""
    with names() as port:
        patch = pytest.MonkeyPatch()
        patch.setattr(boot, "resolver", lambda: f"127.0.0.1:{port}")
        with running(severn, SITE, folder, {f":{HTTPS}": f":{home}"}) as its:
            patch.undo()
            yield its


@pytest.fixture(scope="module")
def doors(severn: Severn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """The home's, and one of a site whose front knows the home by its name alone."""
    folder = tmp_path_factory.mktemp("doors")
    with running(severn, HOME, folder / "home") as home, site_of(severn, folder / "site", home.ports.front) as site:
        let_in(home)
        let_in(site)
        yield {HOME: home, SITE: site}


@pytest.mark.parametrize("node", [HOME, SITE])
def test_a_reader_comes_to_the_page_and_the_worklist_and_to_nothing_else(doors: dict[str, Running], node: str) -> None:
    reader = Reader(doors[node])
    assert json.loads(reader.ask("/worklist/brand.json")[1])["site"] == node
    assert reader.ask("/worklist/")[0] == 200
    assert json.loads(reader.ask("/worklist/me")[1]) == {"person": PERSON}
    assert reader.ask(WORKLIST)[0] in (200, 204)
    assert json.loads(reader.ask("/netprov/worklist/sites")[1])
    assert reader.ask(WORKLIST, "POST", Sec_Fetch_Site="cross-site")[0] == 403
    for elsewhere in ("/system", "/patients", "/netprov/sharing/queue", "/instances", "/health"):
        assert reader.ask(elsewhere)[0] == 404, elsewhere


@pytest.mark.parametrize("node", [HOME, SITE])
def test_who_has_no_login_does_not_come_in(doors: dict[str, Running], node: str) -> None:
    for stranger in (Reader(doors[node], ""), Reader(doors[node], "guessed")):
        assert {stranger.ask(path)[0] for path in ("/worklist/", "/worklist/me", WORKLIST)} == {401}


def test_whoever_is_let_in_or_not_any_more_is_so_at_once(doors: dict[str, Running]) -> None:
    people = doors[SITE].folder / "door/people"
    held = people.read_text()
    people.write_text("")
    assert Reader(doors[SITE]).ask("/worklist/me")[0] == 401
    people.write_text(held)
    assert Reader(doors[SITE]).ask("/worklist/me")[0] == 200


def test_a_front_does_not_wait_for_the_homes_name(severn: Severn, tmp_path: Path) -> None:
    """A site's node may be up before the home has a name; its page is there, and says that the list is not."""
    with site_of(severn, tmp_path / "node", free_ports().front) as its:
        assert Reader(its).ask("/worklist/")[0] in (401, 403), "nobody is let in yet"
        let_in(its)
        assert (Reader(its).ask("/worklist/")[0], Reader(its).ask(WORKLIST)[0]) == (200, 502)


def test_the_whole_page_is_in_the_bundle(severn: Severn, tmp_path: Path) -> None:
    unpacked(severn, SITE, tmp_path / "node", free_ports())
    there = {path.name: path.read_text() for path in (tmp_path / "node/door/web").iterdir()}
    assert there == {name.removeprefix("web/"): text for name, text in web().items()}


def test_the_door_has_an_address_of_its_own(severn: Severn) -> None:
    assert endpoint_of(severn.topology, SITE).door == f"https://rxb02.severn.netprov.internal:{DOOR}/worklist/"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("search here\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n", "10.0.0.2"),
        ("nameserver fd00:ec2::253\nnameserver 10.0.0.2\n", "10.0.0.2"),
        ("nameserver fd00:ec2::253\n", boot.AMAZONS),
        (None, boot.AMAZONS),
    ],
)
def test_names_are_asked_for_where_the_task_asks(
    said: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "RESOLVERS", tmp_path / "resolv.conf")
    if said is not None:
        boot.RESOLVERS.write_text(said)
    assert boot.resolver() == expected
