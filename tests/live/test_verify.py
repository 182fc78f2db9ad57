"""`verify` against three real nodes: what is sound passes, and each hole that is made in them is found."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.credentials import distinguished_name, htpasswd_line, load_master, password
from provisioner.home import NetworkFolder
from provisioner.lock import process_start
from provisioner.orthanc import Orthanc
from provisioner.registry import load
from provisioner.synthetic import PREFIX, Run, this_run
from provisioner.topology import Topology
from provisioner.verify import Check, Operator, Reach, Report
from provisioner.verify import verify as prove
from stacks.local.ports import recorded
from stacks.local.target import verify

pytestmark = pytest.mark.live

NETPROV = Path(sys.executable).with_name("netprov")
HUB, SITE, NARROW = "RXA01", "RXA02", "RXB01"
DEFINITION = f"""netprov: 1
network: {{id: severn, name: Severn Imaging, environment: test, synthetic_data: true}}
operating_model: hosted
host: RXA
reporting: {{worklist: {{home: {HUB}}}}}
links:
  - {{from: {SITE}, to: {HUB}, operations: [echo, store, find, get, move, worklist]}}
  - {{from: {NARROW}, to: {HUB}, operations: [echo, find, worklist], one_way: true}}
members:
  - ods: RXA
    name: Trust A
    kind: foundation_trust
    sites:
      - {{ods: {HUB}, name: Hospital A, modalities: [{{aet: CT1, kind: CT}}]}}
      - {{ods: {SITE}, name: Hospital B}}
  - ods: RXB
    name: Trust B
    kind: foundation_trust
    sites: [{{ods: {NARROW}, name: Hospital C}}]
policies:
  waivers:
    - rule: DCM-13
      subject: {NARROW}
      reason: it reads and sends nothing, so that a proof of what is refused has a subject
      approved_by: SIRO
      until: {(datetime.now(UTC) + timedelta(days=30)).date()}
"""


@dataclass(frozen=True)
class Network:
    """A deployed network, and the means to break it."""

    folder: NetworkFolder
    environ: dict[str, str]
    topology: Topology

    def verify(self) -> Report:
        return verify(self.folder, self.topology)

    def client(self, node: str) -> Orthanc:
        endpoint = recorded(self.folder)[node]
        return Orthanc(f"http://{endpoint.host}:{endpoint.http_port}", "netprov", self.password(f"orthanc:{node}"))

    def password(self, label: str) -> str:
        return password(load_master(self.folder.secrets), label)

    def netprov(self, *arguments: str) -> None:
        done = subprocess.run(
            [NETPROV, *arguments], env=self.environ, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def pids(self, word: str) -> list[int]:
        """Processes whose arguments hold the word and this network's folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if word in line and str(self.folder.root) in line:
                    found.append(int(folder.name))
        return found

    def reload_front(self, node: str) -> None:
        """As `up` does after it has changed who may call; waits until the new worker serves."""
        master = int((self.folder.node(node).root / "nginx.pid").read_text())
        before = children(master)
        os.kill(master, signal.SIGHUP)
        until(lambda: bool(children(master)) and not children(master) & before)


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    home = Path(tempfile.mkdtemp(prefix="netprov-verify-test-", dir="/tmp"))
    home.chmod(0o711)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("NETPROV_", "PULUMI_"))}
    environ |= {"NETPROV_HOME": str(home / "state"), "CI": "1"}
    file = home / "network.yaml"
    file.write_text(DEFINITION)
    folder = NetworkFolder(home / "state/networks/severn")
    try:
        done = subprocess.run(
            [NETPROV, "up", str(file), "--yes", "--no-verify"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        record = load(folder)
        assert record
        yield Network(folder, environ, record.topology)
    finally:
        subprocess.run(
            [NETPROV, "down", "severn", "--yes", "--delete-studies"],
            env=environ,
            capture_output=True,
            timeout=180,
            check=False,
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def mended(network: Network) -> Iterator[Network]:
    """The network, to be broken: `up` mends it afterwards, and it is sound again."""
    yield network
    network.netprov("up", str(network.folder.root.parents[2] / "network.yaml"), "--yes", "--refresh", "--no-verify")
    assert failed(network.verify()) == set()


def failed(report: Report) -> set[tuple[str, str, str]]:
    return {(c.name, c.source, c.target) for c in report.failed}


def names(report: Report, source: str, target: str) -> set[str]:
    return {c.name for c in report.checks if (c.source, c.target) == (source, target)}


def only(report: Report, name: str, target: str) -> Check:
    return next(c for c in report.checks if (c.name, c.target) == (name, target))


def patients(node: Orthanc) -> set[str]:
    found = node.post("/tools/find", {"Level": "Patient", "Query": {"PatientID": "*"}, "Expand": True})
    return {p["MainDicomTags"]["PatientID"] for p in found}


def leave(node: Orthanc, run: Run) -> str:
    """A synthetic study, as a verification that was killed leaves it; gives its patient ID."""
    study = run.study("RXA02", "dicom")
    for image in study.instances:
        node.post("/instances", image.file)
    return study.patient


# -- a sound network ------------------------------------------------------------------------------------------------


def test_sound_network_passes_both_halves(network: Network) -> None:
    report = network.verify()
    assert [(c.name, c.source, c.target, c.detail) for c in report.failed] == []
    assert {c.expected for c in report.checks} == {"works", "refused"}
    assert report.network == "severn"


def test_each_link_is_asked_for_what_it_permits_and_nothing_else(network: Network) -> None:
    report = network.verify()
    everything = {"c-echo", "c-find", "c-move", "dicomweb-find", "dicomweb-get", "peer"}
    everything |= {"study-by-dicom", "study-by-peer", "study-by-dicomweb"}
    assert names(report, SITE, HUB) == everything
    assert names(report, HUB, SITE) == everything
    assert names(report, NARROW, HUB) == {"c-echo", "c-find", "dicomweb-find", "store-not-permitted"}
    assert names(report, HUB, NARROW) == set()
    for target, of in ((SITE, "1 of 1"), (NARROW, "2 of 2")):
        assert only(report, "unlinked-https", target).source == f"{of} unlinked nodes"


def test_order_of_checks_is_the_same_each_time(network: Network) -> None:
    first, second = network.verify(), network.verify()
    assert [(c.name, c.source, c.target) for c in first.checks] == [(c.name, c.source, c.target) for c in second.checks]


def test_studies_of_others_are_left_alone(network: Network) -> None:
    """Neither a patient with a like name alone, nor one with a like ID alone, is netprov's."""
    tags = (
        {"PatientName": "SYNTHETIC^ONE", "PatientID": "RXA-1"},
        {"PatientName": "SYNTHETIC^TWO", "PatientID": f"{PREFIX}-1-1-abc-RXA01"},
        {"PatientName": "NETPROV^VERIFY", "PatientID": "RXA-3"},
    )
    with closing(network.client(HUB)) as hub:
        made = [hub.post("/tools/create-dicom", {"Tags": t})["ParentPatient"] for t in tags]
        assert failed(network.verify()) == set()
        assert patients(hub) == {t["PatientID"] for t in tags}
        for patient in made:
            hub.delete(f"/patients/{patient}")


def test_what_a_killed_verification_left_is_removed(network: Network) -> None:
    gone = subprocess.Popen(["true"])
    run = Run(gone.pid, process_start(gone.pid) or "1", "killed")
    gone.wait()
    with closing(network.client(HUB)) as hub:
        leave(hub, run)
        report = network.verify()
        assert failed(report) == set()
        assert "1 patients of a killed run removed" in only(report, "synthetic", HUB).detail
        assert patients(hub) == set()


def test_what_another_verification_still_needs_is_left(network: Network) -> None:
    """The study of a run whose process lives, as this one does."""
    with closing(network.client(HUB)) as hub:
        patient = leave(hub, this_run())
        assert failed(network.verify()) == set()
        assert patients(hub) == {patient}
        hub.delete(f"/patients/{hub.post('/tools/find', {'Level': 'Patient', 'Query': {'PatientID': patient}})[0]}")


def test_killed_at_any_moment_the_next_one_leaves_nothing(network: Network) -> None:
    for seconds in (0.5, 0.8, 1.1, 1.4):
        process = subprocess.Popen(
            [NETPROV, "verify", "severn"], env=network.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
    assert failed(network.verify()) == set()
    for node in (HUB, SITE, NARROW):
        with closing(network.client(node)) as client:
            assert patients(client) == set()


# -- holes ----------------------------------------------------------------------------------------------------------


def test_dead_node_fails_and_proves_no_refusal(mended: Network) -> None:
    for pid in mended.pids(f"nodes/{NARROW}/orthanc.json"):
        os.kill(pid, signal.SIGKILL)
    report = mended.verify()
    about = [c for c in report.checks if NARROW in (c.source, c.target) and c.name != "store-not-permitted"]
    assert about
    assert [c for c in about if c.passed] == []
    assert "nothing listens" in only(report, "answers", NARROW).detail
    assert "not asked: node RXB01 does not answer" in only(report, "no-certificate", NARROW).detail
    assert [c for c in report.failed if NARROW not in (c.source, c.target)] == []


def test_dead_front_fails_and_proves_no_refusal(mended: Network) -> None:
    os.kill(int((mended.folder.node(NARROW).root / "nginx.pid").read_text()), signal.SIGTERM)
    until(lambda: not mended.pids(f"nodes/{NARROW}/nginx.conf"))
    report = mended.verify()
    assert "https does not work" in only(report, "no-certificate", NARROW).detail
    assert only(report, "unknown-aet", NARROW).passed
    assert not only(report, "certificate", NARROW).passed


def test_entry_that_is_gone_is_found(mended: Network) -> None:
    with closing(mended.client(HUB)) as hub:
        hub.delete_modality(SITE)
    found = failed(mended.verify())
    assert {("entries", "", HUB), ("c-echo", SITE, HUB), ("c-echo", HUB, SITE), ("study-by-dicom", SITE, HUB)} <= found
    assert ("peer", SITE, HUB) not in found


def test_entry_that_should_not_be_is_found(mended: Network) -> None:
    with closing(mended.client(NARROW)) as client:
        client.put_modality("EXTRA", {"AET": SITE, "Host": "127.0.0.1", "Port": 1, "UseDicomTls": True})
    report = mended.verify()
    assert failed(report) == {("entries", "", NARROW), ("unlinked-dicom", "2 of 2 unlinked nodes", NARROW)}
    assert "modality EXTRA is not in the definition" in only(report, "entries", NARROW).detail
    assert f"{SITE}: C-ECHO as {SITE} was to be refused" in only(report, "unlinked-dicom", NARROW).detail


def test_permission_that_is_too_wide_is_found(mended: Network) -> None:
    with closing(mended.client(HUB)) as hub:
        hub.put_modality(NARROW, {**hub.modalities()[NARROW], "AllowStore": True})
    assert failed(mended.verify()) == {("entries", "", HUB), ("store-not-permitted", NARROW, HUB)}


def test_permission_that_is_missing_is_found(mended: Network) -> None:
    with closing(mended.client(HUB)) as hub:
        hub.put_modality(SITE, {**hub.modalities()[SITE], "AllowStore": False})
    assert failed(mended.verify()) == {
        ("entries", "", HUB),
        ("study-by-dicom", SITE, HUB),
        ("c-move", HUB, SITE),  # which asks the site to store here
    }


def test_caller_that_no_link_lets_in_is_found(network: Network) -> None:
    files = network.folder.node(SITE)
    grant = f'"{distinguished_name("severn", NARROW)}" "{NARROW} echo find";'
    login = htpasswd_line(NARROW, network.password(f"peer:{NARROW}>{SITE}"))
    with edited(network, SITE, files.callers, lambda text: f"{text}{grant}\n"):
        files.users.write_text(files.users.read_text() + login + "\n")
        assert failed(network.verify()) == {("unlinked-https", "1 of 1 unlinked nodes", SITE)}
    network.netprov("up", str(network.folder.root.parents[2] / "network.yaml"), "--yes", "--refresh")


def test_front_without_client_certificates_is_found(network: Network) -> None:
    front = network.folder.node(NARROW).front
    with edited(
        network, NARROW, front, lambda t: t.replace("ssl_verify_client on", "ssl_verify_client optional_no_ca")
    ):
        found = failed(network.verify())
    assert found == {("no-certificate", "", NARROW), ("foreign-certificate", "", NARROW)}


@contextmanager
def edited(network: Network, node: str, file: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """A file of a node's front as another hand would leave it, for a while."""
    kept = file.read_text()
    changed = edit(kept)
    assert changed != kept
    try:
        file.write_text(changed)
        network.reload_front(node)
        yield
    finally:
        file.write_text(kept)
        network.reload_front(node)


def test_wrong_password_of_a_peer_is_found(network: Network) -> None:
    """As `up` cannot read a password back, this is where it shows."""
    with closing(network.client(SITE)) as site:
        entry = {"Url": site.peers()[HUB]["Url"], "Username": SITE, **own_certificate(network, SITE)}
        site.put_peer(HUB, entry | {"Password": "wrong"})
        found = failed(network.verify())
        site.put_peer(HUB, entry | {"Password": network.password(f"peer:{SITE}>{HUB}")})
    assert found == {("peer", SITE, HUB), ("study-by-peer", SITE, HUB)}
    assert failed(network.verify()) == set()


def own_certificate(network: Network, node: str) -> dict[str, str]:
    files = network.folder.node(node)
    return {"CertificateFile": str(files.certificate), "CertificateKeyFile": str(files.key)}


def test_node_that_is_not_deployed_fails(network: Network) -> None:
    """A site of the definition that no run has brought up yet."""
    clients = network.folder.clients
    reach = {
        node: Reach(
            node,
            recorded(network.folder)[node],
            network.password(f"orthanc:{node}"),
            network.folder.node(node).certificate,
            network.folder.node(node).key,
        )
        for node in (HUB, SITE)
    }
    operator = Operator(
        clients / "operator.crt",
        clients / "operator.key",
        clients / "trust.crt",
        {node: network.password(f"operator:{node}") for node in reach},
        lambda caller, callee: network.password(f"peer:{caller}>{callee}"),
    )
    report = prove(network.topology, reach, operator)
    assert failed(report) == {("answers", "", NARROW), ("link", NARROW, HUB)}


# -- an independent judge -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calling", "called", "holder", "enters"),
    [
        (SITE, HUB, SITE, True),
        ("STRANGER", HUB, SITE, False),
        (SITE, "STRANGER", SITE, False),
        (NARROW, SITE, NARROW, False),
        (SITE, HUB, None, False),
    ],
    ids=["linked", "unknown calling", "wrong called", "unlinked", "no certificate"],
)
def test_dcmtk_gets_the_same_answers(
    network: Network, calling: str, called: str, holder: str | None, enters: bool
) -> None:
    target = SITE if called == SITE else HUB
    endpoint = recorded(network.folder)[target]
    trust = str(network.folder.clients / "trust.crt")
    tls = ["+tla"]
    if holder:
        files = network.folder.node(holder)
        tls = ["+tls", str(files.key), str(files.certificate)]
    done = subprocess.run(
        [
            "echoscu",
            "-to",
            "5",
            *tls,
            "+cf",
            trust,
            "-aet",
            calling,
            "-aec",
            called,
            endpoint.host,
            str(endpoint.dicom_port),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode == 0) is enters, done.stderr
