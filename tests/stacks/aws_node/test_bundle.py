"""A node's files for Orthanc 1.12: what they say, that they are the same each time, and what they only name."""

import bz2
import io
import json
import ssl
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from provisioner.definition.choices import Operation
from provisioner.links.linking import links_of
from provisioner.site.render import unknown_settings
from site_templates.aws import boot
from stacks.aws import bundle as module
from stacks.aws.bundle import bundle, files_of
from stacks.aws.confidential import confidential
from stacks.aws.orthanc import settings
from stacks.aws.place import endpoint_of
from tests.stacks.aws_node.conftest import NODE, Severn
from tests.stacks.aws_node.running import NEWER, ORTHANC

GIVEN = {"bucket", "region", "database.host", "database.password", "resolver"}
"""Words that the task itself is told of."""


def nodes(severn: Severn) -> list[str]:
    return [each.id for each in severn.topology.nodes]


def test_each_word_that_a_file_names_is_given(severn: Severn) -> None:
    for node in nodes(severn):
        known = confidential(severn.topology, severn.papers, node)["words"].keys() | GIVEN
        named = {word for text in files_of(severn.topology, node).values() for word in boot.NAMED.findall(text)}
        assert named <= known
        assert {"internal", "authorization", *GIVEN} - {"resolver"} <= named


def test_a_bundle_is_the_same_whenever_it_is_made_and_another_for_another_node(severn: Severn) -> None:
    first = [bundle(severn.topology, node).sha256 for node in nodes(severn)]
    assert first == [bundle(severn.topology, node).sha256 for node in nodes(severn)]
    assert len(set(first)) == len(first)


def test_a_bundle_belongs_to_nobody_and_was_made_at_no_time(severn: Severn) -> None:
    content = bz2.decompress(bundle(severn.topology, NODE).content)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        facts = {(each.uid, each.gid, each.mtime, each.mode, each.isreg()) for each in archive}
    assert facts == {(0, 0, 0, 0o600, True)}


def test_links_stand_in_the_file_since_nobody_can_set_them_from_outside(severn: Severn) -> None:
    config: dict[str, Any] = settings(severn.topology, NODE)
    links = links_of(severn.topology, NODE)
    assert config["DicomModalitiesInDatabase"] is config["OrthancPeersInDatabase"] is False
    assert config["DicomModalities"].keys() == {each.alias for each in links.modalities}
    assert config["OrthancPeers"].keys() == {each.alias for each in links.peers}
    assert config["DicomWeb"]["Servers"].keys() == {each.alias for each in links.dicomweb}


def test_peers_are_called_by_the_name_in_their_certificate(severn: Severn) -> None:
    for node in nodes(severn):
        peers: Any = settings(severn.topology, node)["OrthancPeers"]
        for alias, peer in peers.items():
            if alias in nodes(severn):
                pem = severn.papers.certificates[alias].certificate.encode()
                names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
                    x509.SubjectAlternativeName
                )
                assert peer["Url"] == f"https://{names.value.get_values_for_type(x509.DNSName)[0]}:443/"
                assert peer["Password"] == f"@netprov:peer:{alias}@"


def test_all_names_are_in_the_networks_own_zone(severn: Severn) -> None:
    """The one that the program makes, and that the authority may sign names of."""
    hosts = {endpoint_of(severn.topology, node).host for node in nodes(severn)}
    assert {host.partition(".")[2] for host in hosts} == {severn.design.domain}


def test_images_go_to_the_bucket_with_the_roles_credentials_and_the_index_to_the_database(severn: Severn) -> None:
    config: Any = settings(severn.topology, NODE)
    assert config["AwsS3Storage"].keys() & {"AccessKey", "SecretKey"} == set()
    assert config["PostgreSQL"]["EnableIndex"] is True
    assert config["PostgreSQL"]["EnableSsl"] is True
    assert config["PostgreSQL"]["Lock"] is True
    loaded = {path.rpartition("/lib")[2] for path in config["Plugins"]}
    assert loaded == {"OrthancDicomWeb.so", "OrthancPython.so", "OrthancPostgreSQLIndex.so", "OrthancAwsS3Storage.so"}


def test_questions_are_both_halves_of_the_links(severn: Severn) -> None:
    asked: Any = module.questions(severn.topology, NODE)
    linked = {flow.target for flow in severn.topology.flows if flow.source == NODE} & set(nodes(severn))
    assert {each["node"] for each in asked} == set(nodes(severn)) - {NODE}
    assert {each["node"] for each in asked if each["linked"]} == linked
    assert all(bool(each["password"]) == each["linked"] for each in asked)
    assert {each["node"] for each in asked if each["find"]} == {
        flow.target for flow in severn.topology.flows if flow.source == NODE and Operation.FIND in flow.operations
    } & set(nodes(severn))


# -- what is unpacked -------------------------------------------------------------------------------------------


def archive_of(*members: tarfile.TarInfo) -> bytes:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b""))
    return bz2.compress(tar.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, "/etc/passwd"
    return made


@pytest.mark.parametrize(
    "members",
    [
        [member("../etc/cron.d/job")],
        [member("/etc/passwd")],
        [member("plugins/../../x")],
        [member("link", tarfile.SYMTYPE)],
        [member("hard", tarfile.LNKTYPE)],
        [member("device", tarfile.CHRTYPE)],
        [member("folder", tarfile.DIRTYPE)],
        [member("twice"), member("twice")],
    ],
    ids=lambda members: members[0].name,
)
def test_nothing_but_plain_files_below_the_folder_is_taken(members: list[tarfile.TarInfo]) -> None:
    with pytest.raises(boot.Stop, match="no file of a node"):
        boot.unpacked(archive_of(*members))


def test_a_word_can_end_no_string_and_start_no_variable() -> None:
    text = boot.complete("orthanc.json", '{"a": "@netprov:x@"}', {"x": '"}\\n${HOME}\n'})
    assert json.loads(text) == {"a": '"}\\n${HOME}\n'}
    assert "${" not in text


@pytest.mark.parametrize("value", ['a"', "a;", "a b", "$a", "a\n"])
def test_a_word_that_nginx_would_read_as_more_is_refused(value: str) -> None:
    with pytest.raises(boot.Stop, match=r"cannot stand in nginx\.conf"):
        boot.complete("nginx.conf", "@netprov:x@", {"x": value})


def test_a_word_that_nobody_gives_is_an_error_that_says_so() -> None:
    with pytest.raises(boot.Stop, match=r"orthanc.json names peer:RXB01, which nobody gives"):
        boot.complete("orthanc.json", "@netprov:peer:RXB01@", {})


def test_a_file_replaces_a_link_instead_of_following_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "orthanc.json").symlink_to(outside)
    boot.write(tmp_path / "orthanc.json", "new")
    assert outside.read_text() == "mine"


def test_what_is_for_newer_orthancs_only_is_known(severn: Severn, tmp_path: Path) -> None:
    """All else is held against the list that the installed Orthanc writes of itself."""
    written = tmp_path / "orthanc.json"
    subprocess.run([ORTHANC, f"--config={written}"], check=True, capture_output=True)
    unknown = unknown_settings(settings(severn.topology, NODE), written.read_text())
    assert set(unknown) == {*NEWER, "AwsS3Storage"}


def test_whoever_sets_the_lowest_tls_names_its_ciphers(severn: Severn) -> None:
    config: Any = settings(severn.topology, NODE)
    offered = {each["name"] for each in ssl.create_default_context().get_ciphers()}
    assert config["DicomTlsMinimumProtocolVersion"] == 4
    named = set(config["DicomTlsCiphersAccepted"])
    assert {each for each in named if not each.startswith("TLS_")} <= offered
    assert named
