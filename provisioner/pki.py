"""The network's certificate authority, and the certificates of nodes, scanners and the operator.

One authority a network, made here and trusted nowhere else, so that a certificate of another network is
refused. It may sign leaves only (path length 0) and only for names of its own network (name constraints).
An authority has generations: while one is being replaced, both are trusted, and no link breaks.
Nothing here says common name: names stand in the subject alternative names, where TLS looks for them.
"""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioner.credentials import DOMAIN, host_name, serial_number
from provisioner.disk import sync_folder, write_new
from provisioner.errors import NetprovError

CA_LIFETIME = timedelta(days=3 * 365)
LEAF_DAYS = 90
BACKDATED = timedelta(minutes=65)
"""Machines whose clocks are an hour slow, by a wrong time zone say, must accept a new certificate at once."""
LOOPBACK = IPv4Network("127.0.0.0/8")
USED = "used"
"""Marks an authority that has signed: from then on it is never remade, since nodes may trust it."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of the network's CA; the key stays in its file."""

    generation: int
    certificate_pem: str
    key: Path
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate with its private key (PKCS8 PEM, to be kept in a file of mode 0600)."""

    certificate_pem: str
    key_pem: str
    serial: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Described:
    """What a certificate says, for reports and for comparing."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


def ensure_authority(folder: Path, network_id: str, generation: int, now: datetime) -> Authority:
    """The authority of that generation, made if absent; a pair that is no pair is remade only if it never signed."""
    home = folder / str(generation)
    authority = _load(home, network_id, generation)
    if authority is None:
        _make(home, network_id, generation, now)
        authority = _load(home, network_id, generation)
    if authority is None:
        raise NetprovError(f"the certificate authority in {home} was written but cannot be read back")
    return authority


def _load(home: Path, network_id: str, generation: int) -> Authority | None:
    try:
        pem = (home / "ca.crt").read_text()
        certificate = x509.load_pem_x509_certificate(pem.encode())
        whole = _signer((home / "ca.key").read_bytes()).public_key() == certificate.public_key()
    except (OSError, ValueError):
        whole = False
    if whole and certificate.subject == _name(network_id, f"ca-{generation}"):
        return Authority(generation, pem, home / "ca.key", certificate.not_valid_after_utc)
    if (home / USED).exists():
        raise NetprovError(
            f"the certificate authority in {home} is damaged, and nodes trust what it has signed",
            "restore ca.crt and ca.key from a backup, or take the network down and up again",
        )
    return None


def _make(home: Path, network_id: str, generation: int, now: datetime) -> None:
    """Both files are written and synced in a draft folder, which then takes its name in one step."""
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in home.parent.glob(f".{generation}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{generation}-", dir=home.parent))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_certificate(key, network_id, generation, now)
    write_new(draft / "ca.key", _key_pem(key).encode())
    write_new(draft / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))
    sync_folder(draft)
    if home.exists():
        shutil.rmtree(home)
    draft.rename(home)
    sync_folder(home.parent)


def _authority_certificate(
    key: ec.EllipticCurvePrivateKey, network_id: str, generation: int, now: datetime
) -> x509.Certificate:
    name = _name(network_id, f"ca-{generation}")
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(f"{network_id}.{DOMAIN}"), x509.IPAddress(LOOPBACK)], excluded_subtrees=None
    )
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder(subject_name=name, issuer_name=name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )


def issue(authority: Authority, network_id: str, subject: str, now: datetime, days: int = LEAF_DAYS) -> Issued:
    """A certificate for a node ("RXA01"), a scanner ("RXA01/CT1") or the operator ("operator")."""
    if not 0 < days <= LEAF_DAYS:
        raise ValueError(f"a certificate lasts 1 to {LEAF_DAYS} days, not {days}")
    if now >= authority.not_after:
        raise NetprovError(
            f"generation {authority.generation} of the certificate authority ended on {authority.not_after:%Y-%m-%d}",
            "rotate it to a new generation",
        )
    (authority.key.parent / USED).touch(mode=0o600)
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now - BACKDATED + timedelta(days=days), authority.not_after).replace(microsecond=0)
    unsigned = _leaf(key.public_key(), authority, network_id, subject).not_valid_before(now - BACKDATED)
    signer = _signer(authority.key.read_bytes())
    certificate = unsigned.not_valid_after(ends).sign(signer, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Issued(pem, _key_pem(key), _serial(certificate), ends)


def _leaf(
    key: ec.EllipticCurvePublicKey, authority: Authority, network_id: str, subject: str
) -> x509.CertificateBuilder:
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem.encode())
    above = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        x509.CertificateBuilder(subject_name=_name(network_id, subject), issuer_name=issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(both, critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(network_id, subject)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    )


def _names(network_id: str, subject: str) -> list[x509.GeneralName]:
    """Only a node gets the address that it serves on: what a scanner or the operator holds cannot pose as a node."""
    serves = "/" not in subject and subject != "operator"
    address: list[x509.GeneralName] = [x509.IPAddress(IPv4Address("127.0.0.1"))] if serves else []
    return [x509.DNSName(host_name(network_id, subject)), *address]


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(network_id: str, subject: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, network_id),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number(subject)),
        ]
    )


def _signer(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an elliptic-curve key")  # noqa: TRY004 -- a file's content, not a caller's type
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _serial(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def describe(pem: str) -> Described:
    """What the first certificate in the text says; names as nginx writes them."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    words = {NameOID.SERIAL_NUMBER: "serialNumber"}
    return Described(
        certificate.subject.rfc4514_string(words),
        certificate.issuer.rfc4514_string(words),
        _serial(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        certificate.fingerprint(hashes.SHA256()).hex(),
    )


def trust_bundle(authorities: Iterable[Authority]) -> str:
    """The file of all CA certificates that a node trusts, in the order of their generations."""
    return "".join(a.certificate_pem for a in sorted(authorities, key=lambda a: a.generation))
