"""The registry: what was deployed survives a crash, another version, and nothing worse passes for it."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition.choices import IndexKind, Operation, Purpose, Shape, SiteKind
from provisioner.engine.registry import Record, load, save
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from provisioner.links.topology import Flow, Node, Scanner, Topology
from provisioner.plain import Misfit, plain, revive, text

NODE = Node(
    id="RXA01",
    name="Severn Royal",
    aet="RXA01",
    kind=SiteKind.ACUTE,
    member="RXA",
    owner="RXA",
    region="local",
    patient_id_issuer="RXA",
    accession_issuer="RXA01",
    index=IndexKind.SQLITE,
    scanners=(Scanner("CT1", "CT", "", 104),),
    stable_seconds=60,
)
TOPOLOGY = Topology(
    id="severn",
    name="Severn Imaging Network",
    environment="test",
    strapline="",
    colour="#005EB8",
    logo="",
    shape=Shape.HUB,
    home="RXA01",
    turnaround_days=28,
    postgresql="",
    nodes=(NODE, replace(NODE, id="RXB01", aet="RXB01", scanners=())),
    places=(),
    flows=(Flow("RXB01", "RXA01", (Operation.ECHO, Operation.STORE), Purpose.REPORTING),),
)
RECORD = Record(TOPOLOGY, "local", "2026-11-24T12:00:00Z", "0" * 64, "0.1.0")


@pytest.fixture
def folder(tmp_path: Path) -> NetworkFolder:
    return NetworkFolder(tmp_path / "networks" / "severn")


def test_what_is_saved_is_loaded(folder: NetworkFolder) -> None:
    save(folder, RECORD)
    assert load(folder) == RECORD


def test_a_network_that_was_never_deployed_has_no_record(folder: NetworkFolder) -> None:
    assert load(folder) is None


def test_the_record_and_its_folder_are_private(folder: NetworkFolder) -> None:
    folder.root.parent.mkdir(parents=True)
    folder.registry.parent.mkdir(mode=0o700)
    leftover = folder.registry.with_name(f".{folder.registry.name}.new")
    leftover.write_text("half a rec")
    leftover.chmod(0o644)
    save(folder, RECORD)
    assert folder.registry.stat().st_mode & 0o777 == 0o600
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in folder.root.iterdir()] == ["network.json"]


def test_a_new_record_replaces_the_old_one(folder: NetworkFolder) -> None:
    save(folder, RECORD)
    save(folder, replace(RECORD, target="aws"))
    saved = load(folder)
    assert saved
    assert saved.target == "aws"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_torn_record_is_refused_with_a_way_out(folder: NetworkFolder, share: float) -> None:
    save(folder, RECORD)
    whole = folder.registry.read_bytes()
    folder.registry.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(NetprovError) as refused:
        load(folder)
    assert "severn" in refused.value.message
    assert "netprov up" in refused.value.hint


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda record: record["topology"]["nodes"][1].pop("aet"), "topology.nodes[1].aet: missing"),
        (lambda record: record["topology"].update(shape="star"), "topology.shape: 'star' is not a valid Shape"),
        (lambda record: record["topology"].update(turnaround_days=True), "topology.turnaround_days: expected int"),
        (lambda record: record["topology"].update(nodes={}), "topology.nodes: expected a list"),
        (lambda record: record.update(topology=[]), "topology: expected an object"),
    ],
)
def test_a_record_of_another_make_is_refused_with_its_place(folder: NetworkFolder, spoil: object, where: str) -> None:
    save(folder, RECORD)
    record = json.loads(folder.registry.read_bytes())
    assert callable(spoil)
    spoil(record)
    folder.registry.write_text(json.dumps(record))
    with pytest.raises(NetprovError) as refused:
        load(folder)
    assert where in refused.value.message


def test_bytes_that_are_no_text_are_refused(folder: NetworkFolder) -> None:
    save(folder, RECORD)
    folder.registry.write_bytes(b"\xff\xfe\x00 not a record")
    with pytest.raises(NetprovError):
        load(folder)


def test_a_record_of_a_newer_version_is_read(folder: NetworkFolder) -> None:
    save(folder, RECORD)
    record = json.loads(folder.registry.read_bytes())
    record["topology"]["nodes"][0]["colour_of_the_door"] = "green"
    folder.registry.write_text(json.dumps(record))
    assert load(folder) == RECORD


@dataclass(frozen=True, slots=True)
class Visit:
    """A value with all that a definition's values have."""

    day: date | None
    share: float
    flow: Flow | None
    words: tuple[str, ...] = ("none",)


def test_dates_numbers_and_defaults_come_back() -> None:
    visit = Visit(date(2026, 11, 24), 2.0, None)
    assert revive(Visit, plain(visit)) == visit
    assert revive(Visit, {"day": None, "share": 2, "flow": None}) == replace(visit, day=None)
    with pytest.raises(Misfit, match="day"):
        revive(Visit, {"day": "yesterday", "share": 2, "flow": None})


@settings(max_examples=30, deadline=None)
@given(st.from_type(Topology))
def test_any_topology_survives_the_file(topology: Topology) -> None:
    written = text(topology)
    assert revive(Topology, json.loads(written)) == topology
    assert text(revive(Topology, json.loads(written))) == written
