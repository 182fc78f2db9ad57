"""Two people with a home each and one bucket between them work on one network; what is secret of it stays so."""

import dataclasses
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.engine.holder import Holder
from provisioner.errors import Exit
from tests.aws.cloud import REGION, Cloud
from tests.aws.deployment import Deployment
from tests.aws.inventory import own_vpcs
from tests.aws.sharing import BUCKET, KEY, TWO_SITES, Shared, founded, held, listed

pytestmark = pytest.mark.live

ELSEWHERE = Holder(77, "123", "another boot", "host-c", "c.operator", "up", "2026-11-29 08:00:00")
LOCK = "imaging/netprov/duo/holder.json"


@pytest.fixture(scope="module")
def shared(sky: Cloud, reach: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    yield founded(tmp_path_factory.mktemp("founder"), reach, TWO_SITES)
    sky.reset()


@pytest.fixture(scope="module")
def first(shared: Shared, sky: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Who has brought it up, after somebody else was killed half-way through its very first `up`."""
    killed = shared.home(tmp_path_factory.mktemp("killed"))
    process = killed.start("up", str(killed.file), "--target", "aws", "--yes", "--no-verify")
    until = time.monotonic() + 300
    while len(own_vpcs(sky.account())) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    home = shared.home(tmp_path_factory.mktemp("a"))
    assert "taking over" in home.up()
    assert len(own_vpcs(sky.account())) == 2, "nothing was made twice"
    return home


@pytest.fixture
def second(shared: Shared, first: Deployment, tmp_path: Path) -> Deployment:
    """Somebody else, who has never seen it."""
    return shared.home(tmp_path)


def said(home: Deployment, *arguments: str, code: int, **variables: str) -> str:
    process = dataclasses.replace(home, reach=home.reach | variables).start(*arguments)
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return err


def secrets(home: Deployment) -> dict[str, bytes]:
    root = home.folder / "state/networks/duo/secrets"
    return {str(each.relative_to(root)): each.read_bytes() for each in sorted(root.rglob("*")) if each.is_file()}


def test_the_other_one_sees_and_does_the_same(first: Deployment, second: Deployment) -> None:
    assert [each["network"] for each in second.facts("list")["networks"]] == ["duo"]
    status = second.facts("status", "duo", code=Exit.FAILED)
    assert {each["node"]: each["certificate_days"] for each in status["nodes"]} == {"RXA01": 89, "RXB01": 89}
    assert status["state"]["backend"] == second.reach["NETPROV_BACKEND"]
    assert second.facts("outputs") == first.facts("outputs")
    assert second.facts("plan", str(second.file), "--target", "aws")["steps"] == []
    assert second.facts("drift", "duo")["drift"] == []
    assert secrets(first) == secrets(second) != {}


def test_what_does_not_run_is_no_pass(second: Deployment) -> None:
    """moto starts no task, so there is nothing that a node could have loaded."""
    second.file.write_text(second.text, encoding="utf-8")
    words = said(second, "check", "--live", str(second.file), code=Exit.FAILED)
    assert "RXA01 does not run, so it has loaded nothing" in words


def test_options_do_as_variables(first: Deployment, shared: Shared, tmp_path: Path) -> None:
    """And are needed once in each home."""
    bare = {name: value for name, value in shared.reach.items() if not name.startswith("NETPROV_")}
    other = dataclasses.replace(first, folder=tmp_path, reach=bare)
    assert "there is no network 'duo' here" in said(other, "outputs", "duo", code=Exit.USAGE)
    where = ("--backend", shared.reach["NETPROV_BACKEND"])
    said(other, "outputs", "duo", *where, "--secrets-provider", shared.reach["NETPROV_SECRETS_PROVIDER"], code=0)
    said(other, "outputs", "duo", code=0)
    words = said(other, "outputs", "duo", *where[:1], "s3://others", "--secrets-provider", f"awskms://{KEY}", code=3)
    assert "there is no bucket others" in words


def test_no_secret_lies_open_in_the_bucket(sky: Cloud, first: Deployment) -> None:
    """Neither the authority's key nor the master key, nor a password or a node's key, in any object or its history."""
    objects = held(sky)
    assert "imaging/netprov/duo/safe.json" in objects
    known = secrets(first)
    master = known["master.key"]
    needles = [known["ca/1/ca.key"].splitlines()[2], master, master.hex().encode(), b"BEGIN PRIVATE KEY"]
    needles += [json.loads(known["aws/RXA01.json"])["key"].splitlines()[2].encode()]
    assert [name for name, content in objects.items() if any(each in content for each in needles)] == []
    state = json.loads(objects["imaging/.pulumi/stacks/netprov/duo.json"])["checkpoint"]["latest"]
    provider = state["secrets_providers"]  # after several runs, from two homes
    assert provider["type"] == "cloud"
    assert provider["state"]["url"] == f"awskms://{KEY}?region={REGION}&context_network=duo"
    assert "ciphertext" in json.dumps(state["resources"])


def test_a_killed_run_is_in_nobodys_way(first: Deployment, second: Deployment, sky: Cloud) -> None:
    """On the same machine: killed while it holds the network. The other home takes over, and finds nothing to do."""
    process = first.start("up", str(first.file), "--target", "aws", "--yes", "--no-verify")
    until = time.monotonic() + 300
    while LOCK not in listed(sky):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    up = second.facts("up", str(second.file), "--target", "aws", "--yes", "--no-verify")
    assert up["outcome"]["done"] == []
    assert f"(pid {process.pid})" in str(up["outcome"]["notices"])
    assert not [name for name in listed(sky) if "lock" in name or "holder" in name]


def test_what_one_changes_the_other_finds(first: Deployment, second: Deployment) -> None:
    second.edited("name: Bracken,", "name: Bracken Royal,").up()
    assert "Bracken Royal" in first.netprov("outputs", "duo")
    assert secrets(first) == secrets(second)


def test_another_machines_run_is_refused_and_never_broken(first: Deployment, sky: Cloud) -> None:
    sky.account().call("s3", "put_object", Bucket=BUCKET, Key=LOCK, Body=json.dumps(dataclasses.asdict(ELSEWHERE)))
    try:
        for command in (("up", str(first.file), "--target", "aws", "--yes"), ("drift", "duo"), ("unlock", "duo")):
            words = said(first, *command, code=Exit.LOCKED)
            assert "`netprov up` of c.operator on host-c (pid 77) since 2026-11-29 08:00:00" in words
            assert "netprov unlock duo" in words
        first.facts("outputs", "duo")
    finally:
        sky.account().call("s3", "delete_object", Bucket=BUCKET, Key=LOCK)


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"NETPROV_BACKEND": "s3://nothing-here"}, Exit.FAILED, "there is no bucket nothing-here"),
        ({"NETPROV_SECRETS_PROVIDER": ""}, Exit.USAGE, "kept under a KMS key, and none is named"),
        ({"NETPROV_SECRETS_PROVIDER": f"awskms://alias/no?region={REGION}"}, Exit.FAILED, "there is no key alias/no"),
        ({"NETPROV_SECRETS_PROVIDER": f"awskms://alias/other?region={REGION}"}, Exit.FAILED, "alias/other"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, Exit.FAILED, "there are no credentials for AWS"),
    ],
)
def test_what_stands_in_the_way_is_said(
    second: Deployment, sky: Cloud, variables: dict[str, str], code: int, words: str
) -> None:
    kms = sky.account()
    if "alias/other" not in str(kms.call("kms", "list_aliases")):
        other = kms.call("kms", "create_key")["KeyMetadata"]["KeyId"]
        kms.call("kms", "create_alias", AliasName="alias/other", TargetKeyId=other)
    variables = {"AWS_EC2_METADATA_DISABLED": "true"} | variables
    assert words in said(second, "status", "duo", code=code, **variables)
    assert words in said(second, "plan", str(second.file), "--target", "aws", code=code, **variables)


def test_who_may_not_is_told(second: Deployment, sky: Cloud) -> None:
    policy = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    before = sky.account().call("s3", "get_bucket_policy", Bucket=BUCKET)["Policy"]
    denying = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sky.account().call("s3", "put_bucket_policy", Bucket=BUCKET, Policy=denying)
    try:
        words = said(second, "status", "duo", code=Exit.FAILED)
    finally:
        sky.account().call("s3", "put_bucket_policy", Bucket=BUCKET, Policy=before)
    assert f"you may not use the bucket {BUCKET}: AWS refuses GetObject" in words


def test_a_safe_that_somebody_changed_does_not_open(second: Deployment, sky: Cloud) -> None:
    name = "imaging/netprov/duo/safe.json"
    whole = held(sky)[name]
    told = json.loads(whole)
    told["about"]["only_at"] = "host-c:/else"
    for broken, words in ((json.dumps(told), "the nodes of duo run on host-c"), ("{", "cannot be opened")):
        sky.account().call("s3", "put_object", Bucket=BUCKET, Key=name, Body=broken.encode())
        assert words in said(second, "status", "duo", code=Exit.FAILED)
    sky.account().call("s3", "put_object", Bucket=BUCKET, Key=name, Body=whole)
    second.facts("outputs", "duo")


def test_zz_the_other_one_takes_it_down(first: Deployment, second: Deployment, sky: Cloud) -> None:
    """Last in this file: then nothing is in the bucket, nor in either home."""
    second.netprov("down", "duo", "--yes", "--delete-studies")
    assert list(held(sky)) == ["imaging/.pulumi/meta.yaml"]
    assert "there is no network 'duo' here" in said(first, "status", "duo", code=Exit.USAGE)
    assert not (first.folder / "state/networks/duo").exists()
    assert not (second.folder / "state/networks/duo").exists()
