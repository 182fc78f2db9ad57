"""Beyond the definition: what would be written, what is about to be made, and what runs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.levels import refuse_planned
from policies import RULES
from policies.level import Level
from provisioner.errors import Refused
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from provisioner.proving.shown import shown
from provisioner.site.planned import NodeSettings, Planned

EXAMPLES = Path(__file__).parents[2] / "examples"
SEVERN = EXAMPLES / "severn.yaml"
BY_CERTIFICATE = {"SEC-07": "not applicable"}
"""netprov's nodes know callers by their certificates, and check no host."""


def facts(netprov: Any, *arguments: str) -> Any:
    return json.loads(netprov("check", "--format", "json", *arguments).out)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_netprov_would_write_breaks_no_rule(path: Path, netprov: Any) -> None:
    found = facts(netprov, str(path), "--level", "rendered")
    looked = [c for c in found["controls"] if "rendered" in c["levels"]]
    assert {c["rule"]: c["result"] for c in looked if c["result"] != "pass"} == BY_CERTIFICATE
    assert {c["rule"] for c in looked} == {rule.id for rule in RULES if Level.RENDERED in rule.levels}


def test_what_was_not_looked_at_has_not_passed(netprov: Any) -> None:
    controls = {c["rule"]: c for c in facts(netprov, str(SEVERN))["controls"]}
    assert (controls["SEC-01"]["result"], controls["SEC-01"]["levels"]) == ("not applicable", [])
    assert controls["SEC-01"]["reason"] == "it looks at what is rendered or live: not asked for"
    assert controls["SEC-12"]["levels"] == ["definition"]


@pytest.fixture
def running(netprov: Any) -> Topology:
    """The example, deployed."""
    from provisioner.definition.document import parse
    from provisioner.definition.reader import read

    network, _ = read(parse("severn", SEVERN.read_bytes()))
    assert network is not None
    topology = derive(network)
    netprov.has_deployed(topology)
    return topology


def as_live(topology: Topology) -> list[NodeSettings]:
    return [replace(node, version="1.10.1", certificate_days=88) for node in shown(topology)]


def test_running_nodes_that_are_as_they_should_be_pass(netprov: Any, running: Topology) -> None:
    netprov.target.nodes = tuple(as_live(running))
    assert netprov("check", "--live", str(SEVERN)).out == (
        f"{SEVERN}: no error, no warning\njudged from the definition and what is live\n"
    )
    controls = {c["rule"]: c for c in facts(netprov, "--live", str(SEVERN))["controls"]}
    assert {controls[rule]["result"] for rule in ("SEC-01", "SEC-08", "SEC-16", "SEC-18")} == {"pass"}


def test_a_node_that_somebody_changed_is_told_in_these_words(netprov: Any, running: Topology) -> None:
    first, second, *others = as_live(running)
    opened = replace(first, orthanc={**first.orthanc, "RemoteAccessAllowed": True}, certificate_days=9)
    stranger = {"AET": "STRANGER", "UseDicomTls": False, "AllowStore": True}
    wider = replace(second, modalities={**second.modalities, "STRANGER": stranger}, version="1.8.0")
    netprov.target.nodes = (opened, wider, *others)
    ended = netprov("check", "--live", str(SEVERN))
    assert ended.code == 1
    told = [line.partition(": ")[2] for line in ended.out.splitlines() if line.startswith(f"{SEVERN}:")]
    assert told[:-1] == [
        "error: expected false, or TLS; found true without it (live: RXA01 orthanc.json RemoteAccessAllowed) [SEC-05]",
        "warn: expected 30 to 398 days left of its certificate, found 9 (live: RXA01 certificate_days) [SEC-16]",
        "error: expected true, found false (live: RXA02 modalities STRANGER UseDicomTls) [SEC-01]",
        (
            "error: expected that STRANGER may do nothing, found store too "
            "(live: RXA02 modalities STRANGER AllowStore) [SEC-08]"
        ),
        "error: expected Orthanc 1.9.0 or newer, found 1.8.0 (live: RXA02 version) [SEC-18]",
    ]
    found = [f for f in facts(netprov, "--live", str(SEVERN))["findings"] if f["rule"] == "SEC-05"]
    assert [(f["level"], f["node"], f["key"], f["path"], f["expected"], f["actual"]) for f in found] == [
        (
            *("live", "RXA01", "orthanc.json RemoteAccessAllowed", "members[0].sites[0].ods"),
            *("false, or TLS", "true without it"),
        )
    ]


def test_two_settings_of_one_node_have_fingerprints_of_their_own(netprov: Any, running: Topology) -> None:
    first, *others = as_live(running)
    settings = {**first.orthanc, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowEcho": True}
    netprov.target.nodes = (replace(first, orthanc=settings), *others)
    prints = [f["fingerprint"] for f in facts(netprov, "--live", str(SEVERN))["findings"]]
    assert len({each.partition(":")[0] for each in prints}) == 2


def test_what_does_not_run_here_cannot_be_asked(netprov: Any) -> None:
    ended = netprov("check", "--live", str(SEVERN))
    assert (ended.code, ended.err) == (
        2,
        "netprov: error: network severn is not deployed here, so nothing of it runs\n  try: netprov list\n",
    )


SOUND = Planned("aws:rds/instance:Instance", "index", {"storageEncrypted": True, "multiAz": True}, "RXB")


def test_a_plan_that_keeps_the_rules_is_let_through(netprov: Any) -> None:
    refuse_planned(str(SEVERN), SEVERN.read_text(), (SOUND,), netprov.session)
    refuse_planned(str(SEVERN), SEVERN.read_text(), (), netprov.session)


def test_a_plan_that_breaks_one_is_refused_in_these_words(netprov: Any) -> None:
    plain = replace(SOUND, properties={"storageEncrypted": False, "region": "eu-west-1"})
    with pytest.raises(Refused) as refused:
        refuse_planned("severn.yaml", SEVERN.read_text(), (plain,), netprov.session)
    assert refused.value.message == "1 error in what is planned for severn.yaml: nothing was changed"
    told = netprov.capture.readouterr().err
    assert [line.partition(": ")[2] for line in told.splitlines() if line.startswith("severn.yaml:")] == [
        (
            "error: expected index encrypted at rest, found storageEncrypted: false "
            "(planned: index storageEncrypted) [SEC-12]"
        ),
        (
            "warn: expected index in eu-west-2, found it planned in eu-west-1, in the EEA, not in the UK "
            "(planned: index region) [RES-01]"
        ),
    ]
    assert "   at members[1].ods\n" in told


PRODUCTION = (
    ("environment: test", "environment: production"),
    ("synthetic_data: true", "synthetic_data: false"),
    ("region: local", "region: eu-west-2"),
)


def production(*changes: tuple[str, str]) -> str:
    text = SEVERN.read_text()
    for old, new in (*PRODUCTION, *changes):
        assert old in text
        text = text.replace(old, new)
    return text


def warned(netprov: Any, text: str) -> list[str]:
    """What is said of a definition that is about to change what runs."""
    netprov.capture.readouterr()
    refuse_planned("severn.yaml", text, (), netprov.session)
    told = netprov.capture.readouterr().err
    return [line.partition(": warn: ")[2] for line in told.splitlines() if ": warn: " in line]


def test_a_change_to_a_running_network_asks_for_another_safety_assessment(netprov: Any, running: Topology) -> None:
    assert warned(netprov, production()) == []
    without = ("links:\n", "links:\n  - {from: RXA02, to: RXA01, operations: [echo, store]}\n")
    moved = ("worklist: {home: RXA01", "worklist: {home: RXB01")
    words = "expected a safety case approved since 2026-11-24, as"
    assert warned(netprov, production(without)) == [
        f"{words} links of RXA01 and RXA02 change; found 2026-10-27 [CS-05]"
    ]
    (line,) = warned(netprov, production(moved))
    assert line.startswith(f"{words} the worklist moves from RXA01 to RXB01, RXB01 has another owner, links of RXA01")
    assert line.endswith(" more; found 2026-10-27 [CS-05]")
    assert warned(netprov, production(moved, ("approved: 2026-10-27", "approved: 2026-11-25"))) == []


def test_a_first_deployment_changes_nothing_that_runs(netprov: Any) -> None:
    assert warned(netprov, production()) == []
