"""A node's certificate is the same at each run until it is due, and a new one makes a new task."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner import pki
from provisioner.credentials import htpasswd_line
from provisioner.home import NetworkFolder
from stacks.aws.confidential import confidential, edition
from stacks.aws.papers import Papers, papers
from stacks.local.trust import RENEW_BEFORE, Stage
from tests.stacks.aws_node.conftest import NODE, NOW, Severn

NODES = ("RXA01", "RXB01")
LASTS = timedelta(days=pki.LEAF_DAYS)


@pytest.fixture
def folder(tmp_path: Path) -> NetworkFolder:
    return NetworkFolder(tmp_path / "severn")


def test_the_next_run_finds_what_the_first_has_made(folder: NetworkFolder) -> None:
    assert papers(folder, NODES, NOW) == papers(folder, NODES, NOW + LASTS - RENEW_BEFORE - timedelta(days=1))


def test_a_certificate_that_is_due_is_renewed_under_the_same_authority(folder: NetworkFolder) -> None:
    old = papers(folder, NODES, NOW)
    new = papers(folder, NODES, NOW + LASTS - RENEW_BEFORE + timedelta(hours=1))
    for node in NODES:
        assert new.certificates[node].certificate != old.certificates[node].certificate
        assert new.certificates[node].trust == old.certificates[node].trust
    assert new.keys == old.keys


def test_one_can_ask_for_new_ones_at_any_time(folder: NetworkFolder) -> None:
    old, new = papers(folder, NODES, NOW), papers(folder, NODES, NOW, renew=True)
    assert {node for node in NODES if new.certificates[node].key == old.certificates[node].key} == set()


def test_a_node_that_joins_changes_nobody_elses(folder: NetworkFolder) -> None:
    old = papers(folder, NODES, NOW)
    new = papers(folder, (*NODES, "RXC01"), NOW + timedelta(days=1))
    assert all(new.certificates[node] == old.certificates[node] for node in NODES)


def test_a_file_that_was_torn_is_made_anew(folder: NetworkFolder) -> None:
    papers(folder, NODES, NOW)
    path = folder.secrets / "aws/RXA01.json"
    path.write_text(path.read_text()[:100])
    again = papers(folder, NODES, NOW)
    assert pki.describe(again.certificates["RXA01"].certificate).subject == "serialNumber=RXA01,O=severn"


def test_an_authority_is_replaced_while_both_are_trusted(folder: NetworkFolder) -> None:
    """Trust in the new one reaches every node before any certificate of it is used."""
    old = papers(folder, NODES, NOW)
    told = papers(folder, NODES, NOW, stage=Stage(1, (1, 2)))
    used = papers(folder, NODES, NOW, stage=Stage(2, (1, 2)))
    alone = papers(folder, NODES, NOW, stage=Stage(2, (2,)))
    for node in NODES:
        one, two, three, four = (each.certificates[node] for each in (old, told, used, alone))
        assert (two.certificate, two.trust.count("BEGIN")) == (one.certificate, 2)
        assert (three.certificate != two.certificate, three.trust) == (True, two.trust)
        assert (four.certificate, four.trust.count("BEGIN")) == (three.certificate, 1)
        assert one.trust not in four.trust


def test_each_stage_is_a_new_edition_of_every_node(folder: NetworkFolder, severn: Severn) -> None:
    nodes = tuple(each.id for each in severn.topology.nodes)
    stages = (Stage(1, (1,)), Stage(1, (1, 2)), Stage(2, (1, 2)), Stage(2, (2,)))
    made = [papers(folder, nodes, NOW, stage=stage) for stage in stages]
    for node in nodes:
        assert len({edition(severn.topology, each, node) for each in made}) == len(stages)


def test_keys_are_for_the_operator_alone(folder: NetworkFolder) -> None:
    papers(folder, NODES, NOW)
    files = [path for path in folder.secrets.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_node_that_is_a_stage_ahead_of_another_or_behind_it_is_let_in(folder: NetworkFolder, severn: Severn) -> None:
    topology = severn.topology
    flow = next(each for each in topology.flows if each.operations and each.target == topology.home)
    stages = (Stage(1, (1,)), Stage(1, (1, 2)), Stage(2, (1, 2)), Stage(2, (2,)))
    made = [papers(folder, tuple(each.id for each in topology.nodes), NOW, stage=stage) for stage in stages]
    lets_in: list[bool] = []
    for one, other in ((0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (0, 3), (3, 0)):
        words = confidential(topology, made[one], flow.source)["words"]
        login = htpasswd_line(words["caller"], words[f"peer:{flow.target}"])
        lets_in.append(
            login in confidential(topology, made[other], flow.target)["files"]["users.htpasswd"].splitlines()
        )
    assert lets_in == [True] * 6 + [False] * 2


def test_a_new_certificate_is_a_new_edition_of_its_own_node_only(severn: Severn) -> None:
    other = severn.papers.certificates["RXB01"]
    renewed = Papers({**severn.papers.certificates, NODE: other}, severn.papers.keys)
    own = edition(severn.topology, severn.papers, NODE)
    assert edition(severn.topology, renewed, NODE) != own
    elsewhere = Papers({**severn.papers.certificates, "RXC01": other}, severn.papers.keys)
    assert edition(severn.topology, elsewhere, NODE) == own
