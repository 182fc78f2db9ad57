"""A network that several machines share has one run at a time: a living one is never broken, a dead one no obstacle."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from provisioner.engine import amazon, engine_state, lease
from provisioner.engine.backend import Address, Backend
from provisioner.engine.bucket import Bucket, Unchanged
from provisioner.engine.holder import Holder, this_process
from provisioner.engine.lease import Lease
from provisioner.engine.safe import networks_in
from provisioner.errors import Exit, Locked
from tests.aws.cloud import REGION, Cloud

pytestmark = pytest.mark.live

NAME = "states"
HOLD = f"""
import sys, time
from provisioner.engine.backend import Address
from provisioner.engine.bucket import Bucket
from provisioner.engine.holder import this_process
from provisioner.engine.lease import Lease
with Lease(Bucket(Address("{NAME}", "", "{REGION}", "")), "severn").held(this_process("up")):
    print("held", flush=True)
    time.sleep(600)
"""
ELSEWHERE = Holder(77, "123", "another boot", "host-b", "b.operator", "up", "2026-11-29 08:00:00")


@pytest.fixture
def bucket(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """One in the cloud, as this process sees it."""
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    cloud.account().call("s3", "create_bucket", Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
    amazon.client.cache_clear()
    yield Bucket(Address(NAME, "", REGION, ""))
    amazon.client.cache_clear()


@pytest.fixture
def running(bucket: Bucket) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def leave(bucket: Bucket, holder: Holder) -> None:
    """A lock that nobody renews."""
    assert bucket.put("netprov/severn/holder.json", json.dumps(dataclasses.asdict(holder)).encode())


def nothing(_: Holder) -> None: ...


def test_a_living_run_is_refused_and_named(bucket: Bucket, running: subprocess.Popen[str]) -> None:
    with pytest.raises(Locked, match=rf"severn is being changed by `netprov up` .*pid {running.pid}") as refused:
        Lease(bucket, "severn").held(this_process("down")).__enter__()
    assert refused.value.code is Exit.LOCKED
    with pytest.raises(Locked):
        Lease(bucket, "severn").free(nothing)
    with Lease(bucket, "avon").held(this_process("up")) as notice:
        assert notice == ""


def test_a_killed_run_of_this_machine_is_taken_over_at_once(bucket: Bucket, running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGKILL)
    running.wait()
    with Lease(bucket, "severn").held(this_process("up")) as notice:
        assert f"pid {running.pid}" in notice
    with Lease(bucket, "severn").held(this_process("up")) as notice:
        assert notice == ""


def test_of_two_who_come_at_once_one_is_first(bucket: Bucket) -> None:
    assert bucket.put("it", b"one")
    assert bucket.put("it", b"two") is None
    seen = bucket.get("it")
    assert seen
    assert seen.content == b"one"
    assert bucket.put("it", b"three", over=seen.edition)
    assert bucket.put("it", b"four", over=seen.edition) is None
    assert not bucket.delete("it", over=seen.edition)
    now = bucket.get("it")
    assert now
    with pytest.raises(Unchanged):
        bucket.get("it", known=now.edition)
    assert bucket.put("it", b"three") == now.edition, "an answer that was lost: it was us"


def test_of_another_machine_only_silence_is_seen(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(bucket, ELSEWHERE)
    mine = Lease(bucket, "severn")
    with pytest.raises(Locked, match=r"b\.operator on host-b \(pid 77\).*last heard of \d+ s ago") as refused:
        mine.held(this_process("up")).__enter__()
    assert "frees the network when nothing was heard for 5 minutes" in refused.value.hint
    with pytest.raises(Locked):
        mine.free(nothing)
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.0)
    with pytest.raises(Locked) as refused:
        mine.held(this_process("up")).__enter__()
    assert refused.value.hint.endswith("netprov unlock severn")
    assert mine.free(nothing) == ELSEWHERE
    assert mine.free(nothing) is None
    with mine.held(this_process("up")) as notice:
        assert notice == ""


def test_this_machine_before_it_was_started_anew_is_dead_when_silent(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at once: another machine may have the same name."""
    leave(bucket, dataclasses.replace(ELSEWHERE, host=socket.gethostname()))
    with pytest.raises(Locked):
        Lease(bucket, "severn").held(this_process("up")).__enter__()
    monkeypatch.setattr(lease, "SILENT_SECONDS", 0.0)
    with Lease(bucket, "severn").held(this_process("up")) as notice:
        assert "taking over" in notice


def test_a_holder_is_heard_of_as_long_as_it_lives(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    with Lease(bucket, "severn").held(this_process("up")):
        editions: set[str] = set()
        until = time.monotonic() + 120
        while len(editions) < 2 and time.monotonic() < until:
            found = bucket.get("netprov/severn/holder.json")
            assert found
            editions.add(found.edition)
            assert Holder(**json.loads(found.content)).pid == os.getpid()
    assert len(editions) == 2, "it is written anew"
    assert bucket.names("netprov/severn/holder.json") == ()


def test_a_run_that_has_lost_the_network_stops(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)

    def lose() -> None:
        with Lease(bucket, "severn").held(this_process("up")):
            bucket.delete("netprov/severn/holder.json")
            leave(bucket, ELSEWHERE)
            time.sleep(120)

    began = time.monotonic()
    with pytest.raises(Locked, match="held by this run no more"):
        lose()
    assert time.monotonic() - began < 60, "whatever it waits for"
    found = bucket.get("netprov/severn/holder.json")
    assert found
    assert Holder(**json.loads(found.content)) == ELSEWHERE, "what is another's is left to it"


def engine_lock(bucket: Bucket, host: str, pid: int) -> str:
    name = f".pulumi/locks/organization/netprov/severn/{host}-{pid}.json"
    held = {"pid": pid, "username": "someone", "hostname": host, "timestamp": "2026-11-29T08:00:00Z"}
    assert bucket.put(name, json.dumps(held).encode())
    return name


def test_the_engines_own_locks_go_by_the_same_rules(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_state, "PATIENCE_SECONDS", 0.0)
    engine_lock(bucket, os.uname().nodename, 2**22 + 1)
    engine_state.free_bucket(bucket, "severn")
    assert bucket.names(".pulumi/locks") == ()
    alive = engine_lock(bucket, os.uname().nodename, os.getpid())
    with pytest.raises(Locked, match=rf"someone@.* \(pid {os.getpid()}\) since 2026"):
        engine_state.free_bucket(bucket, "severn")
    bucket.delete(alive)
    foreign = engine_lock(bucket, "host-b", 77)
    with pytest.raises(Locked) as refused:
        engine_state.free_bucket(bucket, "severn")
    assert foreign in refused.value.hint
    engine_state.free_bucket(bucket, "avon")
    engine_state.free_bucket(bucket, "severn", silent="host-b")
    assert bucket.names(".pulumi/locks") == ()


def test_a_name_in_the_bucket_leads_nowhere_else(bucket: Bucket) -> None:
    """What it lists becomes folders of the home."""
    for name in ("netprov/../x", "netprov//x", "netprov/..", "netprov/Se vern/x", "netprov/severn/safe.json"):
        assert bucket.put(name, b"")
    assert networks_in(Backend(f"s3://{NAME}?region={REGION}", "awskms://alias/a")) == ("severn",)
