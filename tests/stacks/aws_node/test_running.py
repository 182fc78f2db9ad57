"""Two nodes from their bundles, with real servers: what the balancer, the watch and the proof see of them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from policies import RULES, evaluate
from policies.level import Level, Seen
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.links.linking import links_of
from provisioner.record import changed
from site_templates.aws import prove, watch
from stacks.aws import told
from tests.stacks.aws_node.conftest import EXAMPLE, NOW, Severn
from tests.stacks.aws_node.running import PATIENCE_SECONDS, Running, free_ports, nginx, running, unpacked

pytestmark = pytest.mark.live

HOME, CALLER, STRANGER = "RXA01", "RXB02", "RXC01"
"""RXB02 is linked with the home alone."""


@pytest.fixture(scope="module")
def home(severn: Severn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(severn, HOME, tmp_path_factory.mktemp("home") / "node") as its:
        yield its


@pytest.fixture(scope="module")
def stranger(severn: Severn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(severn, STRANGER, tmp_path_factory.mktemp("stranger") / "node") as its:
        yield its


def health(its: Running, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", its.ports.health, timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    return answer.status


def test_the_real_nginx_takes_the_front_of_every_node(severn: Severn, tmp_path: Path) -> None:
    for node in severn.topology.nodes:
        folder = tmp_path / node.id
        unpacked(severn, node.id, folder, free_ports())
        done = subprocess.run(nginx(folder, "-t"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_balancer_is_told_that_the_node_is_well_and_nothing_else(home: Running) -> None:
    assert health(home, "/health") == 200
    refused = ("/", "/system", "/database", "/studies", "/health/../system", "/changes?last")
    assert {path: health(home, path) for path in refused} == dict.fromkeys(refused, 404)


def test_queue_and_worklist_are_kept_where_they_outlive_the_task(home: Running) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    wanted = {"sharing.db", "worklist.db"}
    while not wanted <= (there := {path.name for path in (home.folder / "state").iterdir()}):
        assert time.monotonic() < deadline, there
        time.sleep(0.05)


def test_the_watch_tells_what_alarms_look_at(home: Running) -> None:
    facts = watch.figures(home.folder, home.ports.front)
    assert facts["node"] == home.node
    assert (facts["answers"], facts["queue"], facts["dead"], facts["oldest_seconds"]) == (1, 0, 0, 0)
    assert facts["certificate_days"] > watch.EVERY_SECONDS / watch.DAY_SECONDS


def test_the_watch_tells_what_is_loaded_and_no_secret(severn: Severn, home: Running) -> None:
    """As `check --live` reads it from the log: the rules of that level find nothing wrong with a node as it is made."""
    figures = watch.figures(home.folder, home.ports.front) | {"certificate_days": 88.4}
    lines = list(watch.Accounts().due(home.folder, figures, 0.0))
    found = told.newest(map(json.loads, lines))
    assert found
    assert set(found["modalities"]) == {each.alias for each in links_of(severn.topology, HOME).modalities}
    words = [*_secrets(home.folder), severn.papers.keys.operator(HOME).used.password]
    assert [each for each in words if each in json.dumps(found)] == []
    live = told.settings(HOME, found)
    assert (live.version, live.certificate_days) == ("1.10.1", 88)
    network, _ = read(parse(EXAMPLE.name, EXAMPLE.read_bytes()))
    assert network
    seen = Seen(network, live=(live,), levels=(Level.DEFINITION, Level.LIVE))
    rules = tuple(rule for rule in RULES if Level.LIVE in rule.levels)
    faults = [f for f in evaluate(network, NOW.date(), rules, seen=seen) if f.level == Level.LIVE]
    assert [f"{f.rule}: {f.message}" for f in faults] == []
    wrong = changed(
        live, orthanc={**live.orthanc, "DicomTlsEnabled": False}, nginx=live.nginx.replace("TLSv1.2", "TLSv1")
    )
    worse = evaluate(network, NOW.date(), rules, seen=changed(seen, live=(wrong,)))
    assert {f.rule for f in worse if f.level == Level.LIVE} >= {"SEC-01"}


def _secrets(folder: Path) -> Iterator[str]:
    """The words that the task's files have in the place of names."""
    config = json.loads((folder / "orthanc.json").read_text())
    yield from config["RegisteredUsers"].values()
    yield from (each["Password"] for each in config["OrthancPeers"].values() if each.get("Password"))
    yield from re.findall(r"Basic ([\w+/=]+)", (folder / "nginx.conf").read_text())


def asked(severn: Severn, folder: Path, *others: Running, **changes: Any) -> list[dict[str, Any]]:
    """What the caller proves towards these."""
    ports = free_ports()
    unpacked(severn, CALLER, folder, ports)
    at = {each.node: each.ports for each in others}
    questions = [
        each | {"https": at[each["node"]].front, "dicom": at[each["node"]].dicom} | changes
        for each in json.loads((folder / "questions.json").read_text())
        if each["node"] in at
    ]
    (folder / "questions.json").write_text(json.dumps(questions))
    found: list[dict[str, Any]] = prove.proof(folder)["checks"]
    return found


@pytest.fixture
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The private zone: each node's name leads to this machine."""
    real = socket.getaddrinfo

    def lookup(host: Any, *more: Any, **others: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".netprov.internal") else host, *more, **others)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.usefixtures("_names")
def test_both_halves_are_proven(severn: Severn, home: Running, stranger: Running, tmp_path: Path) -> None:
    found = asked(severn, tmp_path / "node", home, stranger)
    assert [each for each in found if not each["ok"]] == []
    assert {each["to"] for each in found} == {home.node, stranger.node}
    assert {each["found"].partition(":")[0] for each in found if each["to"] == home.node} == {"answers", "refused"}


@pytest.mark.usefixtures("_names")
def test_a_link_that_should_be_there_and_is_not_fails_the_proof(
    severn: Severn, stranger: Running, tmp_path: Path
) -> None:
    found = asked(severn, tmp_path / "node", stranger, linked=True)
    assert "HTTPS with own certificate" in {each["what"] for each in found if not each["ok"]}


@pytest.mark.usefixtures("_names")
def test_a_link_that_should_not_be_there_fails_the_proof(severn: Severn, home: Running, tmp_path: Path) -> None:
    found = asked(severn, tmp_path / "node", home, linked=False)
    assert [each["ok"] for each in found] == [False]


def test_a_node_whose_archive_has_gone_is_not_well(severn: Severn, tmp_path: Path) -> None:
    with running(severn, CALLER, tmp_path / "node") as its:
        assert health(its, "/health") == 200
        its.orthanc.kill()
        its.orthanc.wait()
        assert health(its, "/health") >= 500
        facts = watch.figures(its.folder, its.ports.front)
    assert facts["answers"] == 0
    assert "queue" not in facts
    assert facts["certificate_days"] > 0


@pytest.mark.usefixtures("_names")
@pytest.mark.parametrize("linked", [True, False])
def test_where_nobody_listens_is_as_good_as_refused_and_no_link(severn: Severn, tmp_path: Path, linked: bool) -> None:
    unpacked(severn, CALLER, tmp_path / "node", free_ports())
    closed = free_ports()
    question = {
        "node": HOME, "host": "rxa01.severn.netprov.internal", "https": closed.front, "dicom": closed.dicom,
        "user": CALLER, "password": "x", "linked": linked,
    }  # fmt: skip
    found = list(prove.checks(question, tmp_path / "node"))
    assert {each["found"].partition(":")[0] for each in found} == {"unreachable"}
    assert {each["ok"] for each in found} == {not linked}


def test_what_is_found_comes_in_lines_that_a_log_takes_whole() -> None:
    check = {"to": "RXA01", "what": "w" * 40, "expected": "refused or unreachable", "found": "f" * 200, "ok": True}
    for count in (0, 1, 40, 41, 170):
        told = {"netprov": "proof", "network": "severn", "node": "RXB02", "checks": [check] * count}
        lines = list(prove.lines(told))
        parts = [json.loads(line) for line in lines]
        assert all(len(line) < 16 << 10 for line in lines)
        assert sum(len(each["checks"]) for each in parts) == count
        assert {each["in_all"] for each in parts} == {count}
