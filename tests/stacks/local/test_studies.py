"""What a node that does not run is taken to hold: nothing only where no image can be."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.errors import Refused
from provisioner.home import NodeFolder
from stacks.local.studies import held, refuse_loss
from tests.stacks.local.test_links import EXAMPLES, ground_of, topology_of

NODE = "RXA01"


@pytest.fixture
def files(tmp_path: Path) -> NodeFolder:
    folder = ground_of(topology_of(EXAMPLES[0]), tmp_path).folder.node(NODE)
    folder.index.mkdir(parents=True)
    folder.storage.mkdir()
    return folder


def counted(tmp_path: Path) -> int | None:
    return held(ground_of(topology_of(EXAMPLES[0]), tmp_path), NODE)


def test_a_node_that_was_killed_as_it_first_started_holds_nothing(files: NodeFolder, tmp_path: Path) -> None:
    assert counted(tmp_path) == 0
    (files.index / "index").touch()
    assert counted(tmp_path) == 0
    with closing(sqlite3.connect(files.index / "index")) as half_made:
        half_made.execute("CREATE TABLE GlobalProperties(property INTEGER PRIMARY KEY, value TEXT)")
    assert counted(tmp_path) == 0
    (files.index / "index").write_bytes(b"torn" * 100)
    assert counted(tmp_path) == 0


def test_with_an_image_and_no_index_that_tells_of_it_nobody_knows(files: NodeFolder, tmp_path: Path) -> None:
    (files.storage / "ab/cd").mkdir(parents=True)
    (files.storage / "ab/cd/abcd").touch()
    assert counted(tmp_path) is None
    (files.index / "index").write_bytes(b"torn" * 100)
    assert counted(tmp_path) is None
    with pytest.raises(Refused, match="studies that cannot be counted"):
        refuse_loss(ground_of(topology_of(EXAMPLES[0]), tmp_path), NODE)
