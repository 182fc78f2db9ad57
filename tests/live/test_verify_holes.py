"""`verify` against three real nodes: each hole that is made in them is found."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest
from proving import HUB, NARROW, SITE, Network, broken, deployed, edited, failed, only, until  # noqa: F401 - fixtures

from provisioner.credentials import distinguished_name, htpasswd_line
from provisioner.proving.verify import Operator, Reach
from provisioner.proving.verify import verify as prove
from stacks.local.ports import recorded
from stacks.local.trust import keys_of

pytestmark = pytest.mark.live


# -- holes ----------------------------------------------------------------------------------------------------------


def test_dead_node_fails_and_proves_no_refusal(mended: Network) -> None:
    (pid,) = mended.pids(f"nodes/{NARROW}/orthanc.json")
    os.kill(pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists())  # until then its ports may still take a call
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
    clients, keys = network.folder.clients, keys_of(network.folder)
    reach = {
        node: Reach(
            node,
            recorded(network.folder)[node],
            keys.internal(node).used,
            network.folder.node(node).certificate,
            network.folder.node(node).key,
        )
        for node in (HUB, SITE)
    }
    operator = Operator(
        clients / "operator.crt",
        clients / "operator.key",
        clients / "trust.crt",
        {node: keys.operator(node).used for node in reach},
        lambda caller, callee: keys.peer(caller, callee).used,
    )
    report = prove(network.topology, reach, operator)
    assert failed(report) == {("answers", "", NARROW), ("link", NARROW, HUB)}
