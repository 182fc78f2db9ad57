"""What a node's plugins are told of their network, held against the plugin's own reader."""

import json
import os
from pathlib import Path

import pytest
from sharing.settings import Peer, Place, Settings, SettingsFile, parsed

from provisioner.credentials import Credential
from provisioner.definition import document, reader
from provisioner.links.linking import derive
from provisioner.links.sharing import FILE, sharing
from provisioner.links.topology import Topology

SITES = ("RXA01", "RXA02", "RXB01")


def topology(*more: str, sites: tuple[str, ...] = SITES) -> Topology:
    """Trusts with these sites; without other words a hub of its own."""
    lines = ["netprov: 1", "network: {id: severn, name: Severn, environment: test}", "operating_model: collaboration"]
    lines += ["lead: RXA", *more, "members:"]
    for member in sorted({site[:3] for site in sites}):
        own = ", ".join(f"{{ods: {s}, name: Hospital {s}}}" for s in sites if s.startswith(member))
        lines.append(f"  - {{ods: {member}, name: Trust {member}, kind: foundation_trust, sites: [{own}]}}")
    network, found = reader.read(document.parse("network.yaml", "\n".join(lines).encode()))
    assert network is not None, found
    return derive(network)


def told(network: Topology, node: str) -> Settings:
    return parsed(text(network, node))


def text(network: Topology, node: str) -> str:
    return sharing(network, node, lambda name: f"https://{name}/", lambda name: Credential(node, f"{node}>{name}"))


def test_a_site_of_a_hubs_network_sends_to_the_hub() -> None:
    settings = told(topology(), "RXB01")
    hub = Peer("HUB", "https://HUB/", "RXB01", "RXB01>HUB")
    assert (settings.route_to, settings.home, settings.worklist) == ("HUB", "HUB", hub)
    assert settings.peers == {"HUB": hub}
    assert (settings.own.patient_issuer, settings.own.accession_issuer) == ("RXB", "RXB01")
    assert settings.announces


def test_a_hub_sends_to_nobody_by_itself_and_may_send_to_all() -> None:
    settings = told(topology(), "HUB")
    assert (settings.route_to, settings.worklist, settings.announces) == ("", None, True)
    assert settings.peers.keys() == set(SITES)
    assert settings.sites.keys() == {"HUB", *SITES}


def test_a_new_site_changes_nothing_at_the_other_sites() -> None:
    before, after = topology(), topology(sites=(*SITES, "RXB02"))
    assert {n for n in ("HUB", *SITES) if text(before, n) != text(after, n)} == {"HUB"}


def test_in_a_mesh_images_stay_and_studies_are_announced() -> None:
    mesh = topology("topology: mesh", "reporting: {worklist: {home: RXA02}}")
    settings = told(mesh, "RXB01")
    assert (settings.route_to, settings.home) == ("", "RXA02")
    assert settings.worklist is not None
    assert settings.peers.keys() == {"RXA01", "RXA02"}


def test_a_mesh_without_a_worklist_has_nothing_to_do() -> None:
    assert not told(topology("topology: mesh"), "RXB01").shares


def test_who_may_not_store_at_the_hub_only_announces() -> None:
    narrow = "links: [{from: RXB01, to: HUB, operations: [find, worklist]}]"
    settings = told(topology(narrow), "RXB01")
    assert (settings.route_to, dict(settings.peers), settings.announces) == ("", {}, True)


def test_who_has_no_link_with_the_hub_does_nothing() -> None:
    settings = told(topology("links: [{from: RXB01, to: HUB, absent: true}]"), "RXB01")
    assert not settings.shares


def test_pools_and_the_clock_of_claims_are_told() -> None:
    reporting = (
        "reporting: {worklist: {turnaround_days: 14, claim_minutes: 90}, "
        "pools: [{name: heads, sites: [RXB01, RXA01], modalities: [MR, CT], priority: high, prefetch: true}]}"
    )
    facts = json.loads(text(topology(reporting), "HUB"))
    assert (facts["turnaround_days"], facts["claim_hours"]) == (14, 1.5)
    (pool,) = facts["pools"]
    assert pool["sites"] == ["RXA01", "RXB01"]
    assert (pool["modalities"], pool["body_parts"], pool["priorities"]) == (["CT", "MR"], [], ["high"])
    assert pool["prefetch"] is True


def test_a_declared_place_is_told_to_who_sends_there() -> None:
    place = "external: [{name: night, kind: teleradiology, country: GB, aet: NIGHT, address: night.example}]"
    assert told(topology(place), "HUB").places == {"night": Place("night", "dicom_tls")}
    assert told(topology(place), "RXB01").places == {}


def test_the_home_knows_who_may_send_to_a_place_and_nobody_else_does() -> None:
    place = "external: [{name: night, kind: teleradiology, country: GB, aet: N, address: n.example, via: RXB01}]"
    assert json.loads(text(topology(place), "HUB"))["carriers"] == {"night": ["RXB01"]}
    assert json.loads(text(topology(place), "RXB01"))["carriers"] == {}


def test_what_changes_is_read_again_and_what_is_torn_is_not(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    assert file.now() is None
    path = tmp_path / FILE
    for number, node in enumerate(("RXB01", "RXA01")):
        path.write_text(text(topology(), node))
        os.utime(path, ns=(number, number))
        found = file.now()
        assert found is not None
        assert found.node == node
    path.write_text("{")
    os.utime(path, ns=(9, 9))
    assert file.now() == found
    assert file.facts()["node"] == "RXA01"


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"network": 1}'])
def test_what_netprov_did_not_write_is_refused(broken: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        parsed(broken)
