"""What the network's CA signs is accepted, and everything else is refused, by real TLS handshakes in memory."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.credentials import distinguished_name
from provisioner.errors import NetprovError
from provisioner.pki import Authority, Issued, describe, ensure_authority, issue, trust_bundle

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return ensure_authority(tmp_path / "ca", "severn", 1, NOW)


def context(side: int, trust: str, holder: Issued | None, folder: Path) -> ssl.SSLContext:
    """A strict context; `side` is ssl.PROTOCOL_TLS_CLIENT or _SERVER."""
    made = ssl.SSLContext(side)
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(cadata=trust)
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    if holder is not None:
        pair = folder / f"{side}-{holder.serial}.pem"
        pair.write_text(holder.certificate_pem + holder.key_pem)
        made.load_cert_chain(pair)
    return made


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "127.0.0.1") -> None:
    """Both sides talk through memory; raises the first ssl error of either."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up, server_hostname=name), server.wrap_bio(up, down, server_side=True)]
    for _ in range(8):
        for side in tuple(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not sides


def link(folder: Path, trust: str, client: Issued | None, server: Issued, name: str = "127.0.0.1") -> None:
    handshake(
        context(ssl.PROTOCOL_TLS_CLIENT, trust, client, folder),
        context(ssl.PROTOCOL_TLS_SERVER, trust, server, folder),
        name,
    )


def openssl(*arguments: str, text: str = "") -> str:
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, check=True).stdout


def signed_by_openssl(folder: Path, certificate: Path, key: Path, extensions: str) -> Issued:
    """A certificate that netprov itself never makes."""
    files = {name: folder / f"odd.{name}" for name in ("key", "csr", "crt", "ext")}
    files["ext"].write_text(f"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{extensions}\n")
    new_key = ["-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=odd"]
    openssl("req", *new_key, "-keyout", str(files["key"]), "-out", str(files["csr"]))
    signer = ["-CA", str(certificate), "-CAkey", str(key), "-days", "5", "-extfile", str(files["ext"])]
    openssl("x509", "-req", "-in", str(files["csr"]), *signer, "-out", str(files["crt"]))
    return Issued(files["crt"].read_text(), files["key"].read_text(), "odd", NOW)


def openssl_text(pem: str) -> str:
    return openssl("x509", "-noout", "-text", text=pem)


def test_two_nodes_of_one_network_accept_each_other(tmp_path: Path, authority: Authority) -> None:
    hub, site = (issue(authority, "severn", node, NOW) for node in ("HUB", "RXA01"))
    link(tmp_path, authority.certificate_pem, site, hub)
    link(tmp_path, authority.certificate_pem, hub, site, "rxa01.severn.netprov.internal")


def test_the_operator_and_a_scanner_are_accepted_as_clients(tmp_path: Path, authority: Authority) -> None:
    node = issue(authority, "severn", "RXA01", NOW)
    for subject in ("operator", "RXA01/CT_1", "RXA01/___"):
        link(tmp_path, authority.certificate_pem, issue(authority, "severn", subject, NOW), node)


@pytest.mark.parametrize("subject", ["operator", "RXA01/CT1"])
def test_a_client_cannot_pose_as_a_node(tmp_path: Path, authority: Authority, subject: str) -> None:
    poser, site = issue(authority, "severn", subject, NOW), issue(authority, "severn", "RXA01", NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        link(tmp_path, authority.certificate_pem, site, poser)


def test_a_client_without_a_certificate_is_refused(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        link(tmp_path, authority.certificate_pem, None, issue(authority, "severn", "RXA01", NOW))


def test_a_certificate_of_another_network_is_refused(tmp_path: Path, authority: Authority) -> None:
    other = ensure_authority(tmp_path / "other", "avon", 1, NOW)
    stranger, site = issue(other, "avon", "RXA01", NOW), issue(authority, "severn", "RXA01", NOW)
    both_ways = [(stranger, site), (site, stranger)]
    for client, server in both_ways:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"):
            link(tmp_path, authority.certificate_pem, client, server)


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    then = NOW - timedelta(days=200)
    authority = ensure_authority(tmp_path / "ca", "severn", 1, then)
    old, new = issue(authority, "severn", "RXA01", then), issue(authority, "severn", "HUB", NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        link(tmp_path, authority.certificate_pem, old, new)


def test_a_name_outside_the_constraints_is_refused(tmp_path: Path, authority: Authority) -> None:
    odd = issue(authority, "avon", "RXA01", NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        link(tmp_path, authority.certificate_pem, odd, issue(authority, "severn", "HUB", NOW))


@pytest.mark.parametrize("address", ["10.0.0.1", "::1"])
def test_an_address_outside_the_constraints_is_refused(tmp_path: Path, authority: Authority, address: str) -> None:
    odd = signed_by_openssl(
        tmp_path,
        authority.key.with_name("ca.crt"),
        authority.key,
        f"subjectAltName=IP:{address}\nbasicConstraints=CA:FALSE",
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        link(tmp_path, authority.certificate_pem, odd, issue(authority, "severn", "HUB", NOW))


def test_a_leaf_cannot_sign(tmp_path: Path, authority: Authority) -> None:
    leaf = issue(authority, "severn", "RXA01", NOW)
    certificate, key = tmp_path / "leaf.crt", tmp_path / "leaf.key"
    certificate.write_text(leaf.certificate_pem)
    key.write_text(leaf.key_pem)
    names = "subjectAltName=DNS:x.severn.netprov.internal\nbasicConstraints=CA:FALSE"
    forged = signed_by_openssl(tmp_path, certificate, key, names)
    chain = Issued(forged.certificate_pem + leaf.certificate_pem, forged.key_pem, "chain", NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="invalid CA certificate"):
        link(tmp_path, authority.certificate_pem, chain, issue(authority, "severn", "HUB", NOW))


def test_an_intermediate_authority_is_refused(tmp_path: Path, authority: Authority) -> None:
    middle = signed_by_openssl(
        tmp_path,
        authority.key.with_name("ca.crt"),
        authority.key,
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign",
    )
    certificate, key = tmp_path / "middle.crt", tmp_path / "middle.key"
    certificate.write_text(middle.certificate_pem)
    key.write_text(middle.key_pem)
    forged = signed_by_openssl(
        tmp_path, certificate, key, "subjectAltName=DNS:x.severn.netprov.internal\nbasicConstraints=CA:FALSE"
    )
    chain = Issued(forged.certificate_pem + middle.certificate_pem, forged.key_pem, "chain", NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="path length constraint exceeded"):
        link(tmp_path, authority.certificate_pem, chain, issue(authority, "severn", "HUB", NOW))


def test_both_generations_work_while_one_replaces_the_other(tmp_path: Path, authority: Authority) -> None:
    second = ensure_authority(tmp_path / "ca", "severn", 2, NOW)
    old, new = issue(authority, "severn", "RXA01", NOW), issue(second, "severn", "HUB", NOW)
    both = trust_bundle((second, authority))
    assert both == authority.certificate_pem + second.certificate_pem
    link(tmp_path, both, old, new)
    link(tmp_path, both, new, old)
    with pytest.raises(ssl.SSLCertVerificationError):
        link(tmp_path, second.certificate_pem, old, new)


def test_the_authority_says_what_it_may_do(authority: Authority) -> None:
    text = openssl_text(authority.certificate_pem)
    for words in (
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
        "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
        "X509v3 Name Constraints: critical\n                Permitted:\n                  DNS:severn",
        "DNS:severn.netprov.internal\n                  IP:127.0.0.0/255.0.0.0\n",
        "ASN1 OID: prime256v1",
        "Subject: O = severn, serialNumber = ca-1\n",
    ):
        assert words in text


def test_a_leaf_says_what_it_may_do(authority: Authority) -> None:
    text = openssl_text(issue(authority, "severn", "RXA01", NOW).certificate_pem)
    for words in (
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "TLS Web Server Authentication, TLS Web Client Authentication\n",
        "DNS:rxa01.severn.netprov.internal, IP Address:127.0.0.1\n",
        "Subject: O = severn, serialNumber = RXA01\n",
    ):
        assert words in text


def test_a_leaf_lasts_at_most_90_days_and_starts_65_minutes_ago(authority: Authority) -> None:
    issued = issue(authority, "severn", "RXA01", NOW)
    said = describe(issued.certificate_pem)
    assert said.not_before == NOW - timedelta(minutes=65)
    assert said.not_after == issued.not_after == said.not_before + timedelta(days=90)
    with pytest.raises(ValueError, match="1 to 90 days, not 91"):
        issue(authority, "severn", "RXA01", NOW, days=91)


def test_a_leaf_does_not_outlive_its_authority(authority: Authority) -> None:
    late = authority.not_after - timedelta(days=1)
    assert issue(authority, "severn", "RXA01", late).not_after == authority.not_after
    with pytest.raises(NetprovError, match="generation 1 of the certificate authority ended on"):
        issue(authority, "severn", "RXA01", authority.not_after)


def test_a_description_names_the_certificate(authority: Authority) -> None:
    issued = issue(authority, "severn", "RXA01/CT_1", NOW)
    said = describe(issued.certificate_pem)
    assert said.subject == distinguished_name("severn", "RXA01/CT_1")
    assert said.issuer == distinguished_name("severn", "ca-1")
    assert said.serial == issued.serial
    assert len(said.fingerprint) == 64


def test_an_authority_is_made_once_and_kept_private(tmp_path: Path, authority: Authority) -> None:
    assert ensure_authority(tmp_path / "ca", "severn", 1, NOW + timedelta(days=1)) == authority
    assert sorted(p.name for p in (tmp_path / "ca").iterdir()) == ["1"]
    assert authority.key.stat().st_mode & 0o777 == 0o600
    assert authority.key.parent.stat().st_mode & 0o777 == 0o700
    assert "PRIVATE" not in repr(authority) + authority.certificate_pem


def test_a_draft_of_a_killed_run_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "ca/.1-killed").mkdir(parents=True)
    ensure_authority(tmp_path / "ca", "severn", 1, NOW)
    assert [p.name for p in (tmp_path / "ca").iterdir()] == ["1"]


@pytest.mark.parametrize("damage", ["gone", "torn", "empty", "swapped"])
def test_a_damaged_pair_is_remade_only_if_it_never_signed(tmp_path: Path, authority: Authority, damage: str) -> None:
    def harm() -> None:
        match damage:
            case "gone":
                authority.key.unlink()
            case "torn":
                authority.key.write_text(authority.key.read_text()[:50])
            case "empty":
                authority.key.with_name("ca.crt").write_text("")
            case "swapped":
                other = ensure_authority(tmp_path / "other", "severn", 1, NOW)
                authority.key.write_text(other.key.read_text())

    harm()
    again = ensure_authority(tmp_path / "ca", "severn", 1, NOW)
    assert again.certificate_pem != authority.certificate_pem
    issue(again, "severn", "RXA01", NOW)
    harm()
    with pytest.raises(NetprovError, match="is damaged, and nodes trust what it has signed"):
        ensure_authority(tmp_path / "ca", "severn", 1, NOW)


def test_an_authority_of_another_network_is_not_taken_for_this_one(tmp_path: Path, authority: Authority) -> None:
    issue(authority, "severn", "RXA01", NOW)
    with pytest.raises(NetprovError, match="is damaged"):
        ensure_authority(tmp_path / "ca", "avon", 1, NOW)
