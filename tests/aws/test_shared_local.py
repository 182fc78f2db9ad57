"""A network on one machine may keep its state in a bucket; its nodes are where they were started, and nowhere else."""

import dataclasses
import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.errors import Exit
from tests.aws.cloud import Cloud
from tests.aws.deployment import Deployment
from tests.aws.sharing import TWO_SITES, Shared, founded, held

pytestmark = pytest.mark.live


@pytest.fixture
def shared(cloud: Cloud, reach: dict[str, str], tmp_path: Path) -> Shared:
    return founded(tmp_path / "founder", reach, TWO_SITES)


@pytest.fixture
def first(shared: Shared) -> Iterator[Deployment]:
    """In a folder that the nodes' own account can reach, where root runs this."""
    folder = Path(tempfile.mkdtemp(prefix="netprov-", dir="/tmp"))
    folder.chmod(0o711)
    home = shared.home(folder)
    try:
        home.netprov("up", str(home.file), "--yes")
        yield home
    finally:
        home.start("down", "duo", "--yes", "--delete-studies").communicate()
        shutil.rmtree(folder)


def test_it_lives_and_goes(first: Deployment, shared: Shared, cloud: Cloud, tmp_path: Path) -> None:
    provider = json.loads(held(cloud)["imaging/.pulumi/stacks/netprov/duo.json"])["checkpoint"]["latest"]
    assert provider["secrets_providers"]["type"] == "cloud"
    assert first.facts("up", str(first.file), "--yes")["outcome"]["done"] == []
    said = first.netprov("status")
    assert f"its state is in {shared.reach['NETPROV_BACKEND']}" in said
    assert f"{shared.reach['NETPROV_BACKEND']}, its secrets under" in first.netprov("doctor")
    refused_elsewhere(shared.home(tmp_path / "b"), first)
    first.netprov("down", "duo", "--yes")
    assert list(held(cloud)) == ["imaging/.pulumi/meta.yaml"]
    assert shared.home(tmp_path / "b").facts("list")["networks"] == []


def refused_elsewhere(other: Deployment, first: Deployment) -> None:
    where = f"the nodes of duo run on {socket.gethostname()} (in {first.folder}/state/networks/duo)"
    for command in (("status", "duo"), ("up", str(other.file), "--yes"), ("down", "duo", "--yes")):
        process = other.start(*command)
        _, said = process.communicate(timeout=300)
        assert process.returncode == Exit.FAILED
        assert where in said
    assert where in str(other.facts("list"))


def test_doctor_says_what_is_wrong_with_the_place(shared: Shared, tmp_path: Path) -> None:
    lost = dataclasses.replace(shared.home(tmp_path), reach=shared.reach | {"NETPROV_BACKEND": "s3://nothing-here"})
    needs = {each["name"]: each for each in lost.facts("doctor", code=Exit.FAILED)["needs"]}
    assert needs["state"]["found"] is None
    assert needs["state"]["why"] == "there is no bucket nothing-here"
