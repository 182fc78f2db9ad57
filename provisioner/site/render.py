"""One node -> the text of every file it runs from, and the bodies that set its links by REST.

What a file holds is decided here; nothing is written here. `orthanc.json` is built as data and dumped.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from provisioner.credentials import OPERATOR, Credential, Logins, distinguished_name, htpasswd_line
from provisioner.definition.choices import Operation
from provisioner.engine.plan import Endpoint
from provisioner.errors import NetprovError
from provisioner.home import NodeFolder
from provisioner.links.topology import Caller, ModalityEntry, Node, WebEntry
from provisioner.site.nginx import rendered
from site_templates import plugins
from site_templates.profiles import PROFILES

PLUGIN_FOLDER = "/usr/share/orthanc/plugins"
FIND_LIMIT = 100
"""The Orthanc Book's limit of answers to one query."""
CALLERS, USERS = "callers.conf", "users.htpasswd"
OWN_SETTINGS = frozenset({"DicomWeb", "Netprov", "PostgreSQL", "PythonScript", "PythonVerbose"})
"""Settings of plugins, and netprov's own: Orthanc's default configuration does not list them."""


@dataclass(frozen=True, slots=True)
class Database:
    """The PostgreSQL database that holds a node's index."""

    host: str
    port: int
    name: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Site:
    """One node and where it is deployed: all that its files are made of."""

    node: Node
    network_id: str
    network_name: str
    endpoint: Endpoint
    folder: NodeFolder
    internal: Logins
    """At its Orthanc, past its front."""
    database: Database | None
    generation: str
    production: bool = True
    keeps_worklist: bool = False


@dataclass(frozen=True, slots=True)
class Front:
    """Where a TLS front listens, how it is called, where it logs, and how it logs in at the Orthanc behind it."""

    listen: str
    address: str
    log: str
    authorization: str
    health_port: int = 0
    """Where a balancer asks whether the node is well; 0 where none does."""


@dataclass(frozen=True, slots=True)
class Login:
    """How one node shows another who it is: its own certificate, and its password there if it has one."""

    certificate: str
    key: str
    who: Credential | None = None


@cache
def node_files(site: Site) -> Mapping[str, str]:
    """The files that a node starts with, by name relative to its folder. They never depend on links.

    Made once: they are asked for when it is found out whether a node differs, and again when it is made.
    """
    config = orthanc_config(site)
    _refuse_unsafe(config, ())
    files = {
        "orthanc.json": json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n",
        "nginx.conf": _nginx_conf(site),
        **plugins(),
    }
    return MappingProxyType(files)


def link_files(
    network_id: str, site: Site, callers: tuple[Caller, ...], logins: Mapping[str, Logins]
) -> dict[str, str]:
    """Who may call this node's front, and their hashed passwords; nginx re-reads both on SIGHUP.

    `logins` has the operator's and each caller's.
    """
    return {CALLERS: callers_file(network_id, site, callers), USERS: users_file(callers, logins)}


def callers_file(network_id: str, site: Site, callers: tuple[Caller, ...], errands: str = "") -> str:
    """Whose certificate may do what here; `errands` is whose is taken for the operator's too."""
    granted = [(name, name, operations) for name, operations in _granted(callers)]
    granted += [(errands, OPERATOR, "everything")] if errands else []
    named = [(distinguished_name(network_id, subject), name, operations) for subject, name, operations in granted]
    return rendered("callers.conf.j2", node=site.node.id, callers=named)


def users_file(callers: tuple[Caller, ...], logins: Mapping[str, Logins]) -> str:
    """The hashed passwords that are taken here."""
    taken = [each for name, _ in _granted(callers) for each in logins[name].taken]
    return "".join(f"{htpasswd_line(each.user, each.password)}\n" for each in taken)


def _granted(callers: tuple[Caller, ...]) -> list[tuple[str, str]]:
    return [(OPERATOR, "everything"), *((c.node, " ".join(sorted(c.operations))) for c in callers if c.operations)]


# -- orthanc.json -----------------------------------------------------------------------------------------------


def orthanc_config(site: Site) -> dict[str, object]:
    """Orthanc's settings, for 1.10.1: the security list of the Orthanc Book applied, links left to REST."""
    return {
        **_identity(site),
        **_http(site),
        **_dicom(site),
        **_storage(site),
        **_work(site),
        **_plugins(site),
    }


def _identity(site: Site) -> dict[str, object]:
    identity = {"network": site.network_id, "node": site.node.id, "generation": site.generation}
    return {
        "Name": site.node.name,
        "DatabaseServerIdentifier": site.node.id,
        "Netprov": {**identity, "folder": str(site.folder.root), "worklist": site.keeps_worklist},
    }


def _http(site: Site) -> dict[str, object]:
    """HTTP is for the front and for netprov, both on this machine; every other door is shut."""
    return {
        "HttpPort": site.endpoint.http_port,
        "HttpThreadsCount": PROFILES[site.node.kind].http_threads,
        "HttpCompressionEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {each.user: each.password for each in site.internal.taken},
        "WebDavEnabled": False,
        "OrthancExplorerEnabled": False,
        "ExecuteLuaEnabled": False,
        "RestApiWriteToFileSystemEnabled": False,
        "HttpsVerifyPeers": True,
        "HttpsCACertificates": str(site.folder.trust),
        "OrthancPeersInDatabase": True,
    }


def _dicom(site: Site) -> dict[str, object]:
    """DICOM TLS with certificates on both sides; whoever is in no link may do nothing."""
    unknown = {f"DicomAlwaysAllow{verb}": False for verb in ("Echo", "Store", "Find", "FindWorklist", "Get", "Move")}
    return {
        **unknown,
        "DicomAet": site.node.aet,
        "DicomPort": site.endpoint.dicom_port,
        "DicomThreadsCount": PROFILES[site.node.kind].dicom_threads,
        "DicomCheckCalledAet": True,
        # Fewer, larger packets: a tenth off C-STORE over TLS.
        "MaximumPduLength": 65536,
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(site.folder.certificate),
        "DicomTlsPrivateKey": str(site.folder.key),
        "DicomTlsTrustedCertificates": str(site.folder.trust),
        "DicomTlsRemoteCertificateRequired": True,
        "DicomModalitiesInDatabase": True,
        "DefaultEncoding": "Utf8",
        "LimitFindResults": FIND_LIMIT,
        "LimitFindInstances": FIND_LIMIT,
    }


def _storage(site: Site) -> dict[str, object]:
    return {
        "StorageDirectory": str(site.folder.storage),
        "IndexDirectory": str(site.folder.index),
        "TemporaryDirectory": str(site.folder.root / "tmp"),
        "StorageAccessOnFind": "Never",
        # In production every image is on the disk before its sender hears that it has arrived.
        "SyncStorageArea": site.production,
        "OverwriteInstances": False,
        "StorageCompression": False,
        "MaximumStorageCacheSize": PROFILES[site.node.kind].cache_mb,
    }


def _work(site: Site) -> dict[str, object]:
    profile = PROFILES[site.node.kind]
    return {
        "ConcurrentJobs": profile.jobs,
        "JobsHistorySize": profile.job_history,
        "SaveJobs": True,
        "StableAge": site.node.stable_seconds,
        "MetricsEnabled": True,
        "DeidentifyLogs": True,
        # Each arena keeps what it has once needed; five, the default, double the memory of a busy node.
        "MallocArenaMax": 2,
    }


def _plugins(site: Site) -> dict[str, object]:
    names = ["OrthancDicomWeb", "OrthancPython"]
    settings: dict[str, object] = {
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False, "ServersInDatabase": True},
        "PythonScript": str(site.folder.plugins / "netprov_node.py"),
    }
    if site.database:
        names.append("OrthancPostgreSQLIndex")
        settings["PostgreSQL"] = _postgresql(site.database)
    return {**settings, "Plugins": [f"{PLUGIN_FOLDER}/lib{name}.so" for name in names]}


def _postgresql(database: Database) -> dict[str, object]:
    on_this_machine = database.host.startswith("/") or database.host in ("localhost", "127.0.0.1", "::1")
    return {
        "EnableIndex": True,
        "EnableStorage": False,
        "Host": database.host,
        "Port": database.port,
        "Database": database.name,
        "Username": database.user,
        "Password": database.password,
        "EnableSsl": not on_this_machine,
        # A second Orthanc on the same database ends at once instead of corrupting it.
        "Lock": True,
        "MaximumConnectionRetries": 10,
        "ConnectionRetryInterval": 1,
    }


def _refuse_unsafe(value: object, path: tuple[str, ...]) -> None:
    """Orthanc puts environment variables in place of ${...} in the file's text, before it reads it as JSON."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            _refuse_unsafe(key, path)
            _refuse_unsafe(below, (*path, str(key)))
    elif isinstance(value, list):
        for below in value:
            _refuse_unsafe(below, path)
    elif isinstance(value, str):
        if "${" in value:
            raise NetprovError(f"{'.'.join(path)}: {value!r} holds ${{, which Orthanc would replace", "leave it out")
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
            raise NetprovError(f"{'.'.join(path)}: {value!r} holds a control character", "leave it out")


def unknown_settings(config: Mapping[str, object], template_text: str) -> tuple[str, ...]:
    """Settings that this version of Orthanc does not know, and would pass over without a word.

    `template_text` is what `Orthanc --config=<file>` writes: every setting of the installed version, the optional
    ones inside comments.
    """
    known = set(re.findall(r'^[\s/*]*"([A-Za-z0-9]+)"\s*:', template_text, re.MULTILINE))
    return tuple(sorted(config.keys() - known - OWN_SETTINGS))


# -- nginx ------------------------------------------------------------------------------------------------------


def _nginx_conf(site: Site) -> str:
    here = f"{site.endpoint.host}:{site.endpoint.https_port}"
    return nginx_conf(site, Front(here, here, str(site.folder.front_log), site.internal.used.basic))


def nginx_conf(site: Site, front: Front) -> str:
    """The configuration of a node's TLS front."""
    return rendered(
        "nginx.conf.j2",
        folder=str(site.folder.root),
        http_port=site.endpoint.http_port,
        connections=PROFILES[site.node.kind].connections,
        listen=front.listen,
        address=front.address,
        log=front.log,
        authorization=front.authorization,
        health_port=front.health_port,
    )


# -- links ------------------------------------------------------------------------------------------------------


def modality_body(entry: ModalityEntry, endpoint: Endpoint | None) -> dict[str, object]:
    """What PUT /modalities/<alias> takes; `endpoint` is that of the node it names, None for another's address."""
    allowed = {
        "AllowEcho": Operation.ECHO,
        "AllowStore": Operation.STORE,
        "AllowFind": Operation.FIND,
        "AllowFindWorklist": Operation.WORKLIST,
        "AllowGet": Operation.GET,
        "AllowMove": Operation.MOVE,
    }
    return {
        **{key: operation in entry.allow for key, operation in allowed.items()},
        "AET": entry.aet,
        "Host": endpoint.host if endpoint else entry.host,
        "Port": endpoint.dicom_port if endpoint else entry.port,
        "Manufacturer": "Generic",
        "AllowNAction": False,
        "AllowEventReport": False,
        "AllowTranscoding": True,
        "UseDicomTls": entry.tls,
    }


def peer_body(entry: WebEntry, endpoint: Endpoint | None, login: Login) -> dict[str, object]:
    """What PUT /peers/<alias> takes."""
    return {"Url": endpoint.https if endpoint else entry.url, **_shown(login)}


def dicomweb_body(entry: WebEntry, endpoint: Endpoint | None, login: Login) -> dict[str, object]:
    """What PUT /dicom-web/servers/<alias> takes."""
    return {
        "Url": f"{endpoint.https}dicom-web/" if endpoint else entry.url,
        **_shown(login),
        # One request carries a whole study.
        "Timeout": 600,
        "HasDelete": False,
        "ChunkedTransfers": True,
        "HasWadoRsUniversalTransferSyntax": True,
    }


def _shown(login: Login) -> dict[str, object]:
    return {
        "CertificateFile": login.certificate,
        "CertificateKeyFile": login.key,
        **({"Username": login.who.user, "Password": login.who.password} if login.who else {}),
    }
