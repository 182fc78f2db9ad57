"""What lands on a site, as text: complete, the same each time, and with nothing in it that could become syntax."""

import json
import runpy
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.credentials import Credential, Logins
from provisioner.definition.choices import IndexKind, Operation, SiteKind
from provisioner.engine.plan import Endpoint
from provisioner.errors import NetprovError
from provisioner.home import NodeFolder
from provisioner.links.topology import Caller, ModalityEntry, Node, WebEntry
from provisioner.site.render import (
    Database,
    Login,
    Site,
    dicomweb_body,
    link_files,
    modality_body,
    node_files,
    orthanc_config,
    peer_body,
    unknown_settings,
    users_file,
)
from site_templates import path as template_path

NODE = Node(
    "RXA01", "St Mary's", "RXA01", SiteKind.ACUTE, "RXA", "RXA", "local", "RXA", "RXA", IndexKind.SQLITE, (), 60
)
ENDPOINT = Endpoint("127.0.0.1", 20001, 20002, 20003)
WHO = Credential("netprov", "internal-secret")
SITE = Site(NODE, "severn", "Severn", ENDPOINT, NodeFolder(Path("/srv/RXA01")), Logins(WHO, (WHO,)), None, "g1")
HUB = Endpoint("127.0.0.1", 30001, 30002, 30003)
LOGIN = Login("/srv/RXA01/tls/node.crt", "/srv/RXA01/tls/node.key", Credential("RXA01", "peer-secret"))
HOSTILE = st.text(st.sampled_from("\"'`\\{}$;#|%<>/*\n\r\t\0\x7f\x85\u2028é🏥 ab") | st.characters(), max_size=30)


def named(name: str) -> Site:
    return replace(SITE, node=replace(NODE, name=name))


def test_the_security_list_is_applied() -> None:
    config = orthanc_config(SITE)
    expected = {
        "AuthenticationEnabled": True,
        "RemoteAccessAllowed": False,
        "WebDavEnabled": False,
        "OrthancExplorerEnabled": False,
        "ExecuteLuaEnabled": False,
        "RestApiWriteToFileSystemEnabled": False,
        "LimitFindResults": 100,
        "LimitFindInstances": 100,
        "HttpsVerifyPeers": True,
        "HttpsCACertificates": "/srv/RXA01/tls/trust.crt",
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomAlwaysAllowFind": False,
        "DicomAlwaysAllowFindWorklist": False,
        "DicomAlwaysAllowGet": False,
        "DicomAlwaysAllowMove": False,
        "DicomTlsEnabled": True,
        "DicomTlsRemoteCertificateRequired": True,
        "DicomTlsTrustedCertificates": "/srv/RXA01/tls/trust.crt",
        "DicomModalitiesInDatabase": True,
        "OrthancPeersInDatabase": True,
        "OverwriteInstances": False,
        "StorageAccessOnFind": "Never",
        "SyncStorageArea": True,
        "SaveJobs": True,
        "DefaultEncoding": "Utf8",
        "MetricsEnabled": True,
        "RegisteredUsers": {"netprov": "internal-secret"},
    }
    assert expected.items() <= config.items()
    assert config["DicomWeb"] == {"Enable": True, "Root": "/dicom-web/", "EnableWado": False, "ServersInDatabase": True}


def test_a_node_starts_from_two_files_and_its_plugins_none_of_which_holds_a_link() -> None:
    files = set(node_files(SITE))
    assert {"plugins/netprov_node.py", "plugins/sharing/plugin.py"} < files
    assert {name for name in files if not name.startswith("plugins/")} == {"nginx.conf", "orthanc.json"}
    assert not [name for name in files if "__pycache__" in name]
    config = json.loads(node_files(SITE)["orthanc.json"])
    assert not {"DicomModalities", "OrthancPeers"} & config.keys()


def test_the_files_are_the_same_each_time() -> None:
    assert node_files(SITE) == node_files(replace(SITE))


@pytest.mark.parametrize("kind", SiteKind)
def test_every_kind_of_site_has_a_profile(kind: SiteKind) -> None:
    files = node_files(replace(SITE, node=replace(NODE, kind=kind)))
    config = json.loads(files["orthanc.json"])
    assert 0 < config["ConcurrentJobs"] <= config["HttpThreadsCount"]
    assert "worker_connections " in files["nginx.conf"]


def test_a_hub_is_larger_than_a_diagnostic_centre() -> None:
    hub, centre = (
        orthanc_config(replace(SITE, node=replace(NODE, kind=kind)))
        for kind in (SiteKind.REPORTING_HUB, SiteKind.COMMUNITY_DIAGNOSTIC_CENTRE)
    )
    for key in ("HttpThreadsCount", "DicomThreadsCount", "ConcurrentJobs"):
        assert int(str(hub[key])) > int(str(centre[key]))


@pytest.mark.parametrize(("host", "ssl"), [("127.0.0.1", False), ("/run/postgresql", False), ("db.example.org", True)])
def test_a_postgresql_index_goes_over_tls_unless_it_is_on_this_machine(host: str, ssl: bool) -> None:
    config = orthanc_config(replace(SITE, database=Database(host, 5432, "rxa01", "netprov", "secret")))
    assert config["PostgreSQL"] == {
        "EnableIndex": True,
        "EnableStorage": False,
        "Host": host,
        "Port": 5432,
        "Database": "rxa01",
        "Username": "netprov",
        "Password": "secret",
        "EnableSsl": ssl,
        "Lock": True,
        "MaximumConnectionRetries": 10,
        "ConnectionRetryInterval": 1,
    }
    assert str(config["Plugins"]).count("PostgreSQLIndex") == 1
    assert "PostgreSQL" not in str(orthanc_config(SITE))


@pytest.mark.parametrize(
    "name", ["a ${HOME}", "${x:-", "line\nbreak", "tab\t", "nul\0", "delete\x7f", "c1\x85", "\ud800"]
)
def test_a_name_that_orthanc_would_change_is_refused(name: str) -> None:
    with pytest.raises(NetprovError, match=r"^Name: .* holds (\$\{|a control character)"):
        node_files(named(name))


@settings(max_examples=1000, deadline=None)
@given(HOSTILE)
def test_any_other_name_is_kept_and_stays_out_of_nginx(name: str) -> None:
    try:
        files = node_files(named(name))
    except NetprovError:
        return
    assert json.loads(files["orthanc.json"])["Name"] == name
    assert "${" not in files["orthanc.json"]
    assert files["nginx.conf"] == node_files(SITE)["nginx.conf"]


@settings(max_examples=1000, deadline=None)
@given(HOSTILE)
def test_a_folder_becomes_no_syntax_of_nginx(folder: str) -> None:
    try:
        text = node_files(replace(SITE, folder=NodeFolder(Path("/srv") / folder.lstrip("/"))))["nginx.conf"]
    except NetprovError:
        return
    plain = node_files(SITE)["nginx.conf"]
    for sign in '"$\\;{}#\n\r\0':
        assert text.count(sign) == plain.count(sign)


@pytest.mark.parametrize("folder", ["a$b", 'a"b', "a\\b", "a;b", "a{b", "a#b"])
def test_a_folder_that_nginx_cannot_take_is_refused_with_advice(folder: str) -> None:
    with pytest.raises(NetprovError, match="cannot stand in nginx's configuration") as refused:
        node_files(replace(SITE, folder=NodeFolder(Path("/srv") / folder)))
    assert "NETPROV_HOME" in refused.value.hint


def logins_of(name: str, *passwords: str) -> Logins:
    """The last one is used."""
    taken = tuple(Credential(name if n == 1 else f"{name}.{n}", each) for n, each in enumerate(passwords, 1))
    return Logins(taken[-1], taken)


def test_while_passwords_are_replaced_two_are_taken_and_the_new_one_is_used() -> None:
    logins = {name: logins_of(name, "old", "new") for name in ("operator", "HUB")}
    users = users_file((Caller("HUB", (Operation.STORE,)),), logins)
    assert [line.split(":")[0] for line in users.splitlines()] == ["operator", "operator.2", "HUB", "HUB.2"]
    internal = logins_of("netprov", "old", "new")
    files = node_files(replace(SITE, internal=internal))
    assert json.loads(files["orthanc.json"])["RegisteredUsers"] == {"netprov": "old", "netprov.2": "new"}
    assert internal.used.basic in files["nginx.conf"]


def test_callers_are_named_by_certificate_with_what_they_may_do() -> None:
    callers = (
        Caller("HUB", (Operation.STORE, Operation.ECHO)),
        Caller("RXB01", (Operation.FIND,)),
        Caller("RXC01", ()),
    )
    logins = {name: logins_of(name, "secret") for name in ("operator", "HUB", "RXB01", "RXC01")}
    files = link_files("severn", SITE, callers, logins)
    assert files["callers.conf"].splitlines()[1:] == [
        '"serialNumber=operator,O=severn" "operator everything";',
        '"serialNumber=HUB,O=severn" "HUB echo store";',
        '"serialNumber=RXB01,O=severn" "RXB01 find";',
    ]
    assert [line.split(":")[0] for line in files["users.htpasswd"].splitlines()] == ["operator", "HUB", "RXB01"]
    assert "secret" not in str(files)
    assert files == link_files("severn", SITE, callers, logins)


def test_a_setting_that_orthanc_does_not_know_is_found() -> None:
    every = """{
  // words "Quoted" : here
  "Name" : "x",
  /**
     "DicomTlsCertificate" : "a",
  **/
  // "Locale" : 1
}"""
    config = {"Name": 1, "DicomTlsCertificate": 1, "Locale": 1, "PostgreSQL": {}, "Nmae": 1, "Quoted": 1}
    assert unknown_settings(config, every) == ("Nmae", "Quoted")


def test_a_modality_gets_what_its_link_permits_and_no_more() -> None:
    entry = ModalityEntry("HUB", "HUB", "HUB", "", 0, (Operation.ECHO, Operation.STORE, Operation.WORKLIST), tls=True)
    body = modality_body(entry, HUB)
    allowed = {key for key, value in body.items() if key.startswith("Allow") and value}
    assert allowed == {"AllowEcho", "AllowStore", "AllowFindWorklist", "AllowTranscoding"}
    assert (body["AET"], body["Host"], body["Port"], body["UseDicomTls"]) == ("HUB", "127.0.0.1", 30002, True)


def test_a_scanner_and_an_external_place_keep_their_own_address() -> None:
    scanner = ModalityEntry("CT1", "CT1", "", "10.0.0.9", 104, (Operation.ECHO,), tls=True)
    assert (modality_body(scanner, None)["Host"], modality_body(scanner, None)["Port"]) == ("10.0.0.9", 104)
    place = WebEntry("night", "", "https://night.example.org/dicom-web/")
    assert dicomweb_body(place, None, LOGIN)["Url"] == "https://night.example.org/dicom-web/"


def test_peers_and_servers_show_the_nodes_own_certificate_and_password() -> None:
    entry = WebEntry("HUB", "HUB", "")
    peer = peer_body(entry, HUB, LOGIN)
    assert peer == {
        "Url": "https://127.0.0.1:30001/",
        "Username": "RXA01",
        "Password": "peer-secret",
        "CertificateFile": "/srv/RXA01/tls/node.crt",
        "CertificateKeyFile": "/srv/RXA01/tls/node.key",
    }
    assert (peer | {"Url": "https://127.0.0.1:30001/dicom-web/"}).items() <= dicomweb_body(entry, HUB, LOGIN).items()
    assert "Password" not in peer_body(entry, HUB, Login("a.crt", "a.key"))


def test_the_plugin_masks_secrets_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    orthanc = types.ModuleType("orthanc")
    routes: dict[str, object] = {}
    vars(orthanc).update(GetConfiguration=lambda: "{}", RegisterRestCallback=routes.__setitem__)
    monkeypatch.setitem(sys.modules, "orthanc", orthanc)
    masked = runpy.run_path(str(template_path("plugins/netprov_node.py")))["masked"]
    assert sorted(routes) == ["/netprov/identity", "/netprov/settings"]
    loaded = {
        "Name": "password",
        "RegisteredUsers": {"netprov": "canary"},
        "PostgreSQL": {"Username": "netprov", "Password": "canary", "ConnectionUri": "canary"},
        "OrthancPeers": {"x": {"CertificateKeyPassword": "canary", "HttpHeaders": {"A": ["canary"]}}},
    }
    shown = masked(loaded)
    assert "canary" not in json.dumps(shown)
    assert shown["Name"] == "password"
    assert shown["PostgreSQL"]["Username"] == "netprov"
