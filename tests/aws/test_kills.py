"""A run that is killed, on AWS: one plain `up` converges, one plain `down` leaves what it says, and nothing is doubled.

What `down` kept the next `up` has again, after kills as well. `NETPROV_CHAOS=20 pytest tests/aws/test_kills.py` goes
through twenty lives of a network, not one.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.cloud import FIRST, Cloud, running
from tests.aws.deployment import Deployment
from tests.aws.inventory import left
from tests.aws.kills import Moment, Reaper
from tests.aws.provider.account import Account
from tests.aws.provider.kind import only
from tests.aws.small import NAME, TWO_ACCOUNTS, small

pytestmark = pytest.mark.live

CHAOS = "NETPROV_CHAOS" in os.environ
LIVES = int(os.environ.get("NETPROV_CHAOS", "1"))
ALL_MADE, ALL_GONE = 195, 150
"""About so many calls are asked of the provider by a whole `up`, and by a whole `down`."""
KEPT = {"aliases", "backup_vaults", "buckets", "db_snapshots", "file_systems", "keys"}
SAME = ("aliases", "backup_vaults", "buckets", "file_systems", "keys")
"""Of what is kept, what has one name for ever."""
EACH_NODE = {"backup_vaults": 1, "buckets": 2, "db_instances": 1, "file_systems": 1, "services": 1}
"""How many there are of each, a node."""
EACH_NETWORK = {"transit_gateways": 1, "transit_gateway_attachments": 2}
"""And of what joins the accounts."""


@pytest.fixture
def reaper() -> Reaper:
    return Reaper()


@pytest.fixture
def cloud(reaper: Reaper) -> Iterator[Cloud]:
    with running(reaper) as cloud:
        yield cloud
        cloud.reset()


@pytest.mark.parametrize("life", range(LIVES))
def test_killed_at_any_moment(reaper: Reaper, cloud: Cloud, tmp_path: Path, life: int) -> None:
    """In two accounts that a transit gateway joins; each second life in one account, joined by peering."""
    network = small(cloud, tmp_path, "" if life % 2 else TWO_ACCOUNTS)
    first = accounts(cloud, network)[0]
    given = int(os.environ.get("NETPROV_CHAOS_SEED", "0" if CHAOS else "1"))
    seed = given or random.SystemRandom().randrange(1, 10**6)
    chance = random.Random(seed)
    up = ("up", str(network.file), "--target", "aws", "--yes", "--no-verify")
    moments = [Moment.some(chance, latest) for latest in (ALL_MADE, 60, ALL_GONE)]
    print(f"NETPROV_CHAOS_SEED={seed}, life {life}: {moments}")  # noqa: T201 - shown where it fails
    reaper.run(network, moments[0], *up)
    reaper.run(network, moments[1], *up)
    network.netprov(*up)
    assert planned(network) == "[]"
    assert doubled(cloud, network) == {}
    first.call("s3", "put_object", Bucket=images(first), Key="study", Body=b"pixels")
    if reaper.run(network, moments[2], "down", NAME, "--yes"):
        network.netprov("down", NAME, "--yes")
    assert {each.partition(":")[0] for each in there(cloud, network)} <= KEPT
    assert cloud.shelf.left() == []
    comes_back(cloud, network, first)


def comes_back(cloud: Cloud, network: Deployment, first: Account) -> None:
    """The same bucket with the same study, the same key, the database from its last snapshot."""
    kept, (snapshot,) = held(cloud, network), snapshots(first)
    says = planned(network)
    assert f"takes back images (bucket {images(first)})" in says
    assert f"index (snapshot {snapshot})" in says
    assert held(cloud, network) == kept  # a plan takes nothing
    network.up()
    assert planned(network) == "[]"
    instance = only(first.call("rds", "describe_db_instances", DBInstanceIdentifier="lune-rxa01-index")["DBInstances"])
    assert instance["KmsKeyId"].rpartition("/")[2] in str(kept)
    assert first.call("s3", "get_object", Bucket=images(first), Key="study")["Body"].read() == b"pixels"
    network.netprov("down", NAME, "--yes")
    assert held(cloud, network) == kept
    assert snapshots(first)[0] == snapshot
    assert len(snapshots(first)) == 2


def accounts(cloud: Cloud, network: Deployment) -> list[Account]:
    return [cloud.account(each.number or FIRST) for each in network.design.accounts]


def there(cloud: Cloud, network: Deployment) -> list[str]:
    """All that is in any of the accounts."""
    return [each for account in accounts(cloud, network) for each in left(account)]


def held(cloud: Cloud, network: Deployment) -> list[str]:
    return [each for each in there(cloud, network) if each.startswith(SAME)]


def doubled(cloud: Cloud, network: Deployment) -> dict[str, int]:
    """What there are too many of, or too few."""
    seen = set(there(cloud, network))  # what is shared is seen in both accounts, and is one
    found = Counter(each.partition(":")[0] for each in seen)
    nodes, joined = len(network.design.placements), len(network.design.accounts) > 1
    wanted = {kind: each * nodes for kind, each in EACH_NODE.items()} | (EACH_NETWORK if joined else {})
    return {kind: found[kind] for kind, each in wanted.items() if found[kind] != each}


def images(account: Account) -> str:
    return f"lune-rxa01-images-{account.number}"


def snapshots(account: Account) -> list[str]:
    """The last ones of the first node, the newest last."""
    found = account.call("rds", "describe_db_snapshots", SnapshotType="manual")["DBSnapshots"]
    mine = [each for each in found if each["DBSnapshotIdentifier"].startswith("lune-rxa01-final-")]
    return [each["DBSnapshotIdentifier"] for each in sorted(mine, key=lambda each: each["SnapshotCreateTime"])]


def planned(network: Deployment) -> str:
    return str(network.facts("plan", str(network.file), "--target", "aws")["steps"])
