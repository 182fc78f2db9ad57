"""A run that is killed, on AWS: one plain `up` converges, one plain `down` leaves what it says, and nothing is doubled.

`NETPROV_CHAOS=20 pytest tests/aws/test_kills.py` goes through twenty lives of a network, not one.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.cloud import Cloud, running
from tests.aws.deployment import Deployment
from tests.aws.inventory import left
from tests.aws.kills import Moment, Reaper
from tests.aws.small import NAME, small

pytestmark = pytest.mark.live

LIVES = int(os.environ.get("NETPROV_CHAOS", "1"))
ALL_MADE, ALL_GONE = 185, 140
"""About so many calls are asked of the provider by a whole `up`, and by a whole `down`."""
KEPT = {"aliases", "backup_vaults", "buckets", "db_snapshots", "file_systems", "keys"}
EACH_NODE = {"backup_vaults": 1, "buckets": 2, "db_instances": 1, "file_systems": 1, "services": 1}
"""How many there are of each, a node."""


@pytest.fixture
def reaper() -> Reaper:
    return Reaper()


@pytest.fixture
def cloud(reaper: Reaper) -> Iterator[Cloud]:
    with running(reaper) as cloud:
        yield cloud
        cloud.reset()


@pytest.fixture
def network(cloud: Cloud, tmp_path: Path) -> Deployment:
    return small(cloud, tmp_path)


@pytest.mark.parametrize("life", range(LIVES))
def test_killed_at_any_moment(reaper: Reaper, cloud: Cloud, network: Deployment, life: int) -> None:
    seed = int(os.environ.get("NETPROV_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    chance = random.Random(seed)
    up = ("up", str(network.file), "--target", "aws", "--yes", "--no-verify")
    first, second = Moment.some(chance, ALL_MADE), Moment.some(chance, 60)
    third = Moment.some(chance, ALL_GONE)
    print(f"NETPROV_CHAOS_SEED={seed}, life {life}: {first}, {second}, {third}")  # noqa: T201 - shown where it fails
    reaper.run(network, first, *up)
    reaper.run(network, second, *up)
    network.netprov(*up)
    assert network.facts("plan", str(network.file), "--target", "aws")["steps"] == []
    assert doubled(cloud, len(network.design.placements)) == {}
    if reaper.run(network, third, "down", NAME, "--yes"):
        network.netprov("down", NAME, "--yes")
    assert {each.partition(":")[0] for each in left(cloud.account())} <= KEPT
    assert cloud.shelf.left() == []


def doubled(cloud: Cloud, nodes: int) -> dict[str, int]:
    """What there are too many of, or too few."""
    there = Counter(each.partition(":")[0] for each in left(cloud.account()))
    return {kind: there[kind] for kind, each in EACH_NODE.items() if there[kind] != each * nodes}
