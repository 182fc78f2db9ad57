"""`netprov up` on real nodes: what stays, what changes, what is said when something is in the way."""

import base64
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.credentials import load_master, password
from provisioner.home import NetworkFolder
from provisioner.proving.orthanc import Orthanc
from stacks.local.ports import recorded

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

LISTEN = "0A"
LOOPBACK = "0100007F:"
"""127.0.0.1, as the kernel writes it."""
SITES = ("RXA01", "RXA02", "RXB01")


def node(home: "Home", network: str, name: str) -> Orthanc:
    """A client of one node, past its front."""
    folder = NetworkFolder(home.network(network))
    endpoint = recorded(folder)[name]
    secret = password(load_master(folder.secrets), f"orthanc:{name}")
    return Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", secret)


def add_study(client: Orthanc, patient: str) -> str:
    """Store one synthetic instance; gives its id."""
    tags = {"PatientName": "SYNTHETIC^ONE", "PatientID": patient, "StudyDescription": "synthetic"}
    return str(client.post("/tools/create-dicom", {"Tags": tags})["ID"])


def pids(home: "Home", network: str) -> dict[str, int]:
    """node -> pid of its Orthanc."""
    pattern = re.compile(rf"/networks/{network}/nodes/([A-Z0-9]+)/orthanc.json")
    found = {}
    for process in home.processes():
        match = pattern.search(process.argv)
        if process.orthanc and match:
            found[match[1]] = process.pid
    return found


def sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    found = set()
    with suppress(OSError):  # it has ended since it was listed
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def test_a_second_up_changes_nothing_and_restarts_nothing(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    before = pids(home, "severn")
    assert sorted(before) == sorted(SITES)
    facts = home.facts("up", file, "--yes", "--no-verify")
    assert facts["outcome"]["done"] == []  # type: ignore[index]
    assert pids(home, "severn") == before
    assert home.netprov("plan", file, "--exit-code").stdout


def test_a_new_site_restarts_nobody_else(home: "Home") -> None:
    home.netprov("up", home.hosted("severn", SITES), "--yes", "--no-verify")
    before = pids(home, "severn")
    file = home.hosted("severn", (*SITES, "RXB02"))
    plan = home.netprov("plan", file, "--exit-code", code=5)
    assert "RXB02 joins; 1 link added; no node restarts" in plan.stdout
    facts = home.facts("up", file, "--yes")
    changed = {(e["kind"], e["name"]) for e in facts["outcome"]["done"]}  # type: ignore[index]
    assert changed == {("certificate", "RXB02"), ("node", "RXB02"), ("links", "RXB02"), ("links", "RXA01")}
    after = pids(home, "severn")
    assert {name: after[name] for name in before} == before


def test_after_a_reboot_the_same_network_comes_back_with_its_studies(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    instance = add_study(node(home, "severn", "RXA02"), "REBOOT-1")
    addresses = home.facts("outputs", "severn")
    home.cut_power()
    status = home.facts("status", "severn", code=None)
    assert [n["running"] for n in status["nodes"]] == [False, False, False]  # type: ignore[attr-defined]
    plan = home.netprov("plan", file, "--exit-code", code=5).stdout
    assert "RXA01, RXA02 and RXB01 start again; no other node restarts" in plan
    home.netprov("up", file, "--yes")
    assert node(home, "severn", "RXA02").get(f"/instances/{instance}")["ID"] == instance
    assert home.facts("outputs", "severn") == addresses


def test_one_site_that_cannot_start_leaves_the_others_up_and_is_all_that_the_next_run_touches(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    from provisioner.home import NetworkFolder

    port = recorded(NetworkFolder(home.network("severn")))["RXB01"].dicom_port
    os.kill(pids(home, "severn")["RXB01"], signal.SIGKILL)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:  # the killed node takes a moment to let go
            with suppress(OSError):
                stranger.bind(("127.0.0.1", port))
                break
            time.sleep(0.01)
        stranger.listen()
        refused = home.netprov("up", file, "--yes", code=3)
        said = refused.stdout + refused.stderr
        assert f"port {port}, which node RXB01 uses for DICOM, is taken by pid {os.getpid()}" in said
        assert sorted(pids(home, "severn")) == ["RXA01", "RXA02"]
    facts = home.facts("up", file, "--yes", "--no-verify")
    assert {(e["kind"], e["name"]) for e in facts["outcome"]["done"]} == {("node", "RXB01")}  # type: ignore[index]


def test_drift_is_found_named_and_mended(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    home.netprov("drift", "severn")
    client = node(home, "severn", "RXA01")
    body = client.modalities()["RXA02"]
    client.put_modality("RXA02", {**body, "AllowMove": True})
    client.put_peer("STRANGER", {"Url": "https://127.0.0.1:1/"})
    found = home.netprov("drift", "severn", code=5).stdout
    assert "RXA02" in found
    assert "move" in found
    assert "STRANGER" in found
    assert home.netprov("drift", "severn", code=5).stdout == found, "looking changes nothing"
    home.netprov("up", file, "--yes", "--refresh", "--no-verify")
    assert "STRANGER" not in client.peers()
    home.netprov("drift", "severn")


def test_a_site_that_holds_studies_is_not_removed_unless_told(home: "Home") -> None:
    home.netprov("up", home.hosted("severn", SITES), "--yes", "--no-verify")
    instance = add_study(node(home, "severn", "RXB01"), "KEEP-1")
    smaller = home.hosted("severn", SITES[:2], "smaller.yaml")
    refused = home.netprov("up", smaller, "--yes", code=1)
    assert "node RXB01 holds 1 study" in refused.stderr
    refused = home.netprov("down", "severn", "--yes", code=1)
    assert "--delete-studies" in refused.stderr
    assert node(home, "severn", "RXB01").get(f"/instances/{instance}")["ID"] == instance
    home.netprov("up", smaller, "--yes", "--no-verify", "--delete-studies")
    assert sorted(pids(home, "severn")) == ["RXA01", "RXA02"]


@pytest.mark.parametrize("dead", [False, True])
def test_what_a_killed_verification_leaves_is_no_study(home: "Home", dead: bool) -> None:
    home.netprov("up", home.hosted("severn", SITES), "--yes", "--no-verify")
    client = node(home, "severn", "RXA02")
    verification, deadline = home.start("verify", "severn"), time.monotonic() + 300
    while not client.statistics()["CountStudies"]:
        assert time.monotonic() < deadline
        if verification.poll() is not None:  # it was over between two looks
            verification.communicate()
            verification = home.start("verify", "severn")
    verification.kill()
    verification.communicate()
    if dead:
        home.cut_power()
    home.netprov("down", "severn", "--yes")


def test_refresh_takes_back_what_was_edited_and_loaded_by_hand(home: "Home") -> None:
    file = home.hosted("severn", SITES[:2])
    home.netprov("up", file, "--yes", "--no-verify")
    files = NetworkFolder(home.network("severn")).node("RXA02")
    old = pids(home, "severn")
    files.front.write_text(files.front.read_text().replace("return 403", "return 418"))
    home.netprov("up", file, "--yes", "--no-verify")
    front = next(p for p in home.processes() if p.front and "/RXA02" in p.argv)
    os.kill(front.pid, signal.SIGHUP)
    deadline = time.monotonic() + 120
    while refusal(home, "RXA02") != 418:
        assert time.monotonic() < deadline, "the front takes no edited file"
        time.sleep(0.05)
    home.netprov("up", file, "--yes", "--refresh", "--no-verify")
    assert refusal(home, "RXA02") == 403
    assert pids(home, "severn") == old, "a front takes other settings without a restart of its archive"
    files.config.write_text(files.config.read_text().replace('"StableAge": 60', '"StableAge": 61'))
    home.netprov("up", file, "--yes", "--refresh", "--no-verify")
    assert '"StableAge": 60' in files.config.read_text()
    now = pids(home, "severn")
    assert now["RXA02"] != old["RXA02"], "nobody can tell with which settings it runs"
    assert now["RXA01"] == old["RXA01"]


def refusal(home: "Home", name: str) -> int:
    """What the front of a node answers to another node that asks for what it may not have."""
    folder = NetworkFolder(home.network("severn"))
    caller = folder.node("RXA01")
    context = ssl.create_default_context(cafile=folder.clients / "trust.crt")
    context.load_cert_chain(caller.certificate, caller.key)
    door = http.client.HTTPSConnection("127.0.0.1", recorded(folder)[name].https_port, context=context, timeout=60)
    login = f"RXA01:{password(load_master(folder.secrets), f'peer:RXA01>{name}')}"
    door.request("GET", "/patients", headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"})
    with closing(door):
        return door.getresponse().status


def test_down_needs_no_definition_and_leaves_nothing(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    home.netprov("up", file, "--yes", "--no-verify")
    Path(file).write_text("netprov: 1\n")
    home.netprov("down", "severn", "--yes")
    assert home.processes() == ()
    assert list((home.path / "state/networks").iterdir()) == []
    assert home.facts("list")["networks"] == []


def test_a_network_with_its_index_in_postgresql_comes_up_is_proved_and_goes(home: "Home") -> None:
    file = home.hosted("severn", SITES[:2])
    text = Path(file).read_text() + "platform: {storage: {index: postgresql}}\n"
    Path(file).write_text(text)
    home.netprov("up", file, "--yes")
    plugins = node(home, "severn", "RXA02").plugins()
    assert "postgresql-index" in plugins
    add_study(node(home, "severn", "RXA02"), "PG-1")
    home.cut_power()
    home.netprov("up", file, "--yes", "--no-verify")
    assert node(home, "severn", "RXA02").statistics()["CountStudies"] == 1
    home.netprov("down", "severn", "--yes", code=1)
    home.netprov("down", "severn", "--yes", "--delete-studies")
    assert home.processes() == ()
    assert list((home.path / "state/networks").iterdir()) == []


def test_everything_listens_on_loopback_alone(home: "Home") -> None:
    home.netprov("up", home.hosted("severn", SITES[:2]), "--yes", "--no-verify")
    mine = {inode for p in home.processes() for inode in sockets(p.pid)}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [row.split() for row in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    heard = [row[1] for row in rows if row[3] == LISTEN and row[9] in mine]
    assert len(heard) == 8, "HTTPS, DICOM, HTTP and the readers' door of two nodes"
    assert all(address.startswith(LOOPBACK) for address in heard), heard


def test_a_full_disk_is_said_in_a_sentence_and_harms_nothing(home: "Home") -> None:
    small = home.path / "small"
    small.mkdir(mode=0o711)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=711", "tmpfs", small], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        file = home.hosted("severn", ("RXA01", "RXA02", "RXA03", "RXB01"))
        (small / "ballast").write_bytes(b"x" * 2_700_000)
        full = home.netprov("up", file, "--yes", "--no-verify", code=3, NETPROV_HOME=str(small))
        assert re.search(r"no space left|disk is full", (full.stdout + full.stderr).lower()), full
        assert "Traceback" not in full.stdout + full.stderr
        (small / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=300m", small], check=True)
        home.netprov("up", file, "--yes", NETPROV_HOME=str(small))
        home.netprov("down", "severn", "--yes", NETPROV_HOME=str(small))
    finally:
        home.cut_power()
        subprocess.run(["umount", "-l", small], check=False)


def test_a_second_run_exits_6_and_says_who_is_at_work(home: "Home") -> None:
    file = home.hosted("severn", SITES)
    first = home.start("up", file, "--yes", "--no-verify")
    holder = home.network("severn") / "holder.json"
    while not holder.exists():
        assert first.poll() is None
        time.sleep(0.005)
    first.send_signal(signal.SIGSTOP)  # or it might be over before the others come
    second = home.netprov("up", file, "--yes", code=6)
    assert f"pid {first.pid}" in second.stderr
    assert f"pid {first.pid}" in home.netprov("unlock", "severn", code=6).stderr
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=300)
    assert first.returncode == 0
    assert json.loads((home.network("severn") / "network.json").read_text())["topology"]["id"] == "severn"
