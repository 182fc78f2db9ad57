"""SEC: what a node lets whom do, by its settings: as netprov renders them, and as the running node has loaded them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.level import SETTINGS, Level, Seen
from policies.rule import Fault, Judging, rule
from policies.sources import CLOUD_STORAGE, ORTHANC_BOOK, PS3_15
from provisioner.definition.choices import Operation
from provisioner.definition.network import Network
from provisioner.findings import Severity
from provisioner.links.flows import flows
from provisioner.site.planned import NodeSettings

ORTHANC, NGINX = "orthanc.json", "nginx.conf"
FLAGS = {
    "AllowEcho": Operation.ECHO,
    "AllowStore": Operation.STORE,
    "AllowFind": Operation.FIND,
    "AllowFindWorklist": Operation.WORKLIST,
    "AllowGet": Operation.GET,
    "AllowMove": Operation.MOVE,
}
SCANNER_MAY = (Operation.ECHO, Operation.STORE, Operation.WORKLIST)
ALWAYS = tuple(f"DicomAlwaysAllow{verb}" for verb in ("Echo", "Store", "Find", "FindWorklist", "Get", "Move"))
PROTOCOLS = ("TLSv1.2", "TLSv1.3")
STRONG = r"ECDHE\+AESGCM|ECDHE\+CHACHA20|(TLS|ECDHE-(RSA|ECDSA))[-_].*(GCM|CHACHA20|POLY1305).*"
ADDRESS = r"\d+(\.\d+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*"
"""Of IPv4 or IPv6; Orthanc itself says whether it is a possible one."""
MEND = "`netprov up` sets it; `netprov drift` says who changed it"


def _settings(seen: Seen, wanted: Mapping[str, object]) -> Iterator[Fault]:
    """A fault for each setting of a node that is not as it must be; one that is not there is not."""
    for level, node in seen.nodes():
        for key, value in wanted.items():
            found = node.orthanc.get(key)
            if found != value:
                yield of_node(seen, level, node, (ORTHANC, key), f"expected {_word(value)}, found {_word(found)}")


def of_node(seen: Seen, level: Level, node: NodeSettings, key: tuple[str, ...], message: str) -> Fault:
    """A fault of one node's settings, at the place of the definition that speaks of that node."""
    return Fault(seen.place_of(node.node), message, MEND, node.node, level=level, key=(node.node, *key))


def _word(value: object) -> str:
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@rule("SEC-01", Severity.ERROR, f"professional: {PS3_15} Annex B; {ORTHANC_BOOK}, Securing Orthanc", levels=SETTINGS)
def dicom_goes_over_tls(seen: Seen) -> Iterator[Fault]:
    """Every node takes and makes DICOM links over TLS alone, with a certificate on both sides.

    Looks at DicomTlsEnabled and DicomTlsRemoteCertificateRequired, and at each modality's UseDicomTls.

    PASS:
        rendered:
          RXA01:
            orthanc.json: {DicomTlsEnabled: true, DicomTlsRemoteCertificateRequired: true}

    FAIL:
        rendered:
          RXA01:
            orthanc.json:
              DicomTlsEnabled: false  # here
              DicomTlsRemoteCertificateRequired: true

    FAIL:
        live:
          RXA01:
            modalities:
              CT1:
                UseDicomTls: false  # here
    """
    yield from _settings(seen, {"DicomTlsEnabled": True, "DicomTlsRemoteCertificateRequired": True})
    for level, node in seen.nodes():
        for alias, entry in node.modalities.items():
            if entry.get("UseDicomTls") is not True:
                found = _word(entry.get("UseDicomTls"))
                key = ("modalities", alias, "UseDicomTls")
                yield of_node(seen, level, node, key, f"expected true, found {found}")


@rule("SEC-02", Severity.ERROR, f"professional: {PS3_15} B.9 to B.11, non-downgrading BCP 195", levels=SETTINGS)
def ciphers_are_strong(seen: Seen) -> Iterator[Fault]:
    """HTTPS takes ciphers with forward secrecy and authenticated encryption alone.

    Looks at `ssl_ciphers` of the front. Orthanc's own DICOM over TLS has DCMTK's BCP 195 profile.

    PASS:
        rendered:
          RXA01:
            nginx.conf: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;

    FAIL:
        rendered:
          RXA01:
            nginx.conf: ssl_ciphers ECDHE+AESGCM:AES128-SHA;  # here
    """
    for level, node in seen.nodes():
        for stated in _directive(node, "ssl_ciphers"):
            weak = [name for name in stated.split(":") if name[:1] != "!" and not re.fullmatch(STRONG, name)]
            if weak:
                yield of_node(seen, level, node, (NGINX,), f"expected strong ciphers alone, found {', '.join(weak)}")


@rule("SEC-03", Severity.ERROR, f"national guidance: TLS 1.2 or newer, {CLOUD_STORAGE}", levels=SETTINGS)
def tls_is_new_enough(seen: Seen) -> Iterator[Fault]:
    """HTTPS takes TLS 1.2 and 1.3 alone.

    Looks at `ssl_protocols` of the front; a front that states none takes whatever its version takes.

    PASS:
        rendered:
          RXA01:
            nginx.conf: ssl_protocols TLSv1.2 TLSv1.3;

    FAIL:
        rendered:
          RXA01:
            nginx.conf: ssl_protocols TLSv1 TLSv1.2;  # here

    FAIL:
        live:
          RXA01:
            nginx.conf: ssl_verify_client on;  # here
    """
    for level, node in seen.nodes():
        stated = [word for line in _directive(node, "ssl_protocols") for word in line.split()]
        if not stated and node.nginx:
            yield of_node(seen, level, node, (NGINX,), f"expected {' and '.join(PROTOCOLS)}, found none stated")
        old = [word for word in stated if word not in PROTOCOLS]
        if old:
            yield of_node(
                seen, level, node, (NGINX,), f"expected {' and '.join(PROTOCOLS)} alone, found {', '.join(old)}"
            )


def _directive(node: NodeSettings, name: str) -> list[str]:
    """What nginx's configuration says after a name, each time that it is there."""
    return re.findall(rf"^\s*{name}\s+([^;]*);", node.nginx, re.MULTILINE)


@rule("SEC-05", Severity.ERROR, f"professional: {ORTHANC_BOOK}, remote access", levels=SETTINGS)
def nobody_gets_in_unasked(seen: Seen) -> Iterator[Fault]:
    """Nobody gets to a node's REST interface without a password and TLS: it authenticates, and stays behind its front.

    Looks at AuthenticationEnabled and RemoteAccessAllowed, and for Orthanc's default user.

    PASS:
        rendered:
          RXA01:
            orthanc.json: {AuthenticationEnabled: true, RemoteAccessAllowed: false, RegisteredUsers: {netprov: secret}}

    FAIL:
        rendered:
          RXA01:
            orthanc.json:
              AuthenticationEnabled: true
              RemoteAccessAllowed: true  # here

    FAIL:
        live:
          RXA01:
            orthanc.json:
              RegisteredUsers:
                orthanc: secret  # here
    """
    for level, node in seen.nodes():
        if node.orthanc.get("AuthenticationEnabled") is not True:
            found = _word(node.orthanc.get("AuthenticationEnabled"))
            key = (ORTHANC, "AuthenticationEnabled")
            yield of_node(seen, level, node, key, f"expected true, found {found}: anybody gets in")
        remote = node.orthanc.get("RemoteAccessAllowed")
        # Behind nginx in the same task, not on the same machine, Orthanc has TLS of its own or a network of its own.
        if remote is not False and node.orthanc.get("SslEnabled") is not True:
            key = (ORTHANC, "RemoteAccessAllowed")
            yield of_node(seen, level, node, key, f"expected false, or TLS; found {_word(remote)} without it")
        users: Any = node.orthanc.get("RegisteredUsers") or {}
        if "orthanc" in users:
            user = (ORTHANC, "RegisteredUsers", "orthanc")
            yield of_node(seen, level, node, user, "expected users of netprov's own, found Orthanc's default user")


@rule("SEC-06", Severity.ERROR, f"professional: {ORTHANC_BOOK}, securing DICOM", levels=SETTINGS)
def strangers_may_do_nothing(seen: Seen) -> Iterator[Fault]:
    """Who is in no link may do nothing at a node, and nobody may who calls it by another AE title.

    Looks at every DicomAlwaysAllow flag, and at DicomCheckCalledAet.

    PASS:
        rendered:
          RXA01:
            orthanc.json: {DicomAlwaysAllowStore: false, DicomAlwaysAllowEcho: false, DicomCheckCalledAet: true}

    FAIL:
        rendered:
          RXA01:
            orthanc.json:
              DicomAlwaysAllowStore: true  # here
              DicomCheckCalledAet: true
    """
    yield from _settings(seen, dict.fromkeys(ALWAYS, False) | {"DicomCheckCalledAet": True})


@rule("SEC-07", Severity.ERROR, f"professional: {ORTHANC_BOOK}, host checks", levels=SETTINGS)
def host_checks_have_addresses(seen: Seen) -> Judging:
    """A node that checks callers by their host knows each by an address: a name that it cannot resolve is nobody's.

    Looks at the Host of each modality, where DicomCheckModalityHost is on. netprov leaves that off: its nodes know
    callers by their certificates.

    PASS:
        rendered:
          RXA01:
            orthanc.json: {DicomCheckModalityHost: true}
            modalities: {CT1: {UseDicomTls: true, Host: 192.0.2.11}}

    FAIL:
        live:
          RXA01:
            orthanc.json: {DicomCheckModalityHost: true}
            modalities:
              CT1:
                UseDicomTls: true
                Host: scanner.example.org  # here
    """
    checking = [(level, node) for level, node in seen.nodes() if node.orthanc.get("DicomCheckModalityHost") is True]
    for level, node in checking:
        for alias, entry in node.modalities.items():
            host = str(entry.get("Host") or "none")
            if not re.fullmatch(ADDRESS, host):
                key = ("modalities", alias, "Host")
                yield of_node(seen, level, node, key, f"expected an address, found {host}")
    return None if checking else "no node checks callers by their host; it knows them by their certificates"


@rule("SEC-08", Severity.ERROR, f"professional: {ORTHANC_BOOK}, Allow flags", levels=SETTINGS)
def each_may_do_what_its_link_gives(seen: Seen) -> Iterator[Fault]:
    """Each caller may do at a node what its link gives it, a scanner may echo, store and read its worklist; no more.

    Looks at the Allow flags of every modality, against the links that the definition comes to.

    PASS:
        rendered:
          RXA01:
            modalities: {RXB01: {UseDicomTls: true, AllowEcho: true, AllowStore: true}}

    FAIL:
        rendered:
          RXA01:
            modalities:
              RXB01:
                UseDicomTls: true
                AllowMove: true  # here
              STRANGER:
                UseDicomTls: true
                AllowEcho: true  # here
    """
    given = _given(seen.network)
    for level, node in seen.nodes():
        for alias, entry in node.modalities.items():
            may = given.get((alias, node.node), ())
            for flag, operation in FLAGS.items():
                if entry.get(flag) is True and operation not in may:
                    words = ", ".join(may) or "nothing"
                    key = ("modalities", alias, flag)
                    yield of_node(
                        seen, level, node, key, f"expected that {alias} may do {words}, found {operation} too"
                    )


def _given(network: Network) -> dict[tuple[str, str], tuple[Operation, ...]]:
    """What each may do at each node."""
    links = {(flow.source, flow.target): flow.operations for flow in flows(network)}
    scanners = {(scanner.aet, site.ods): SCANNER_MAY for _, site in network.sites() for scanner in site.modalities}
    return links | scanners


@rule("SEC-10", Severity.ERROR, f"professional: {ORTHANC_BOOK}, peers", levels=SETTINGS)
def callers_show_certificates(seen: Seen) -> Iterator[Fault]:
    """Nodes know each other by certificates over HTTPS: the front asks for one, and each peer is shown one.

    Looks at `ssl_verify_client`, at HttpsVerifyPeers, and at the CertificateFile of every peer.

    PASS:
        rendered:
          RXA01:
            nginx.conf: ssl_verify_client on; ssl_protocols TLSv1.3;
            peers: {RXB01: {Url: "https://192.0.2.1/", CertificateFile: node.crt}}

    FAIL:
        rendered:
          RXA01:
            nginx.conf: ssl_verify_client off; ssl_protocols TLSv1.3;  # here
            orthanc.json:
              HttpsVerifyPeers: false  # here
            peers:
              RXB01: {Url: "https://192.0.2.1/"}  # here
    """
    yield from _settings(seen, {"HttpsVerifyPeers": True})
    for level, node in seen.nodes():
        asked = re.search(r"\bssl_verify_client\s+on;", node.nginx)
        if node.nginx and not asked:
            yield of_node(seen, level, node, (NGINX,), "expected ssl_verify_client on, found it off or not at all")
        for alias, entry in node.peers.items():
            if not entry.get("CertificateFile"):
                yield of_node(seen, level, node, ("peers", alias), "expected a CertificateFile, found none")


@rule("SEC-11", Severity.ERROR, f"professional: {ORTHANC_BOOK}, scripts and WebDAV", levels=SETTINGS)
def nodes_run_no_code_of_callers(seen: Seen) -> Iterator[Fault]:
    """A node runs no script that a caller sends, writes no file for one, and serves no WebDAV.

    PASS:
        rendered:
          RXA01:
            orthanc.json: {ExecuteLuaEnabled: false, RestApiWriteToFileSystemEnabled: false, WebDavEnabled: false}

    FAIL:
        rendered:
          RXA01:
            orthanc.json:
              ExecuteLuaEnabled: true  # here
              WebDavEnabled: true  # here
    """
    shut = ("ExecuteLuaEnabled", "RestApiWriteToFileSystemEnabled", "WebDavEnabled")
    yield from _settings(seen, dict.fromkeys(shut, False))


RULES = (
    dicom_goes_over_tls,
    ciphers_are_strong,
    tls_is_new_enough,
    nobody_gets_in_unasked,
    strangers_may_do_nothing,
    host_checks_have_addresses,
    each_may_do_what_its_link_gives,
    callers_show_certificates,
    nodes_run_no_code_of_callers,
)
