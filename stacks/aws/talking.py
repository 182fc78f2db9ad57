"""Talks with nodes on AWS: a task stands in each node's place and does one thing after the other, by the node's bucket.

A question a task, as `netprov worklist` has it, takes a minute each; a study's whole way is some forty questions.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from provisioner.links.topology import Topology
from provisioner.proving.orthanc import NodeError, decoded
from provisioner.proving.worklist import Asked, written
from site_templates.aws.talk import END, answer, question
from stacks.aws.asking import STARTS_WITHIN_SECONDS, forgotten, given
from stacks.aws.cloud import Cloud, refusals
from stacks.aws.containers import command
from stacks.aws.design import Design, Placement
from stacks.aws.errand import started

SECONDS = 20.0
POLL_SECONDS = 0.1
SLACK_SECONDS = 10.0
"""Beyond what a thing itself may take: the bucket is between us."""


@dataclass
class Talk:
    """With one node's task."""

    node: str
    s3: Any
    bucket: str
    where: str
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self, wanted: Mapping[str, Any], seconds: float = SECONDS) -> tuple[int, bytes]:
        """Status and body. Raises NodeError where no answer comes."""
        until = time.monotonic() + seconds + SLACK_SECONDS
        with self._lock:
            number = self._say({**wanted, "seconds": seconds})
        while time.monotonic() < until:
            told = self._heard(f"{self.where}/{answer(number)}")
            if told is not None:
                return int(told["status"]), base64.b64decode(told["body"])
            time.sleep(POLL_SECONDS)
        raise NodeError(f"the task in the place of {self.node} gives no answer", "its log says what it did")

    def end(self) -> None:
        """The task has heard that it is over; one that hears nothing ends by itself."""
        with suppress(NodeError):
            self.do({END: True}, 0)

    def _say(self, wanted: Mapping[str, Any]) -> int:
        number = self._count
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.where}/{question(number)}", Body=json.dumps(wanted).encode())
        self._count += 1
        return number

    def _heard(self, key: str) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))
        except self.s3.exceptions.NoSuchKey:
            return None


class Far:
    """A node's REST, by the task that stands in its place."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get(self, path: str) -> Any:
        return decoded(self._call("GET", path))

    def post(self, path: str, body: object) -> Any:
        return decoded(self._call("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode()))

    def delete(self, path: str) -> Any:
        """What is gone already is no error."""
        return decoded(self._call("DELETE", path, gone=True))

    def get_bytes(self, path: str) -> bytes:
        return self._call("GET", path)

    def close(self) -> None:
        """The talk goes on: others use it too."""

    def _call(self, method: str, path: str, body: bytes | None = None, *, gone: bool = False) -> bytes:
        content = {} if body is None else {"body": base64.b64encode(body).decode()}
        status, told = self._talk.do({"method": method, "path": path, **content})
        if status == HTTPStatus.NOT_FOUND and gone:
            return b""
        return _said(status, told, f"node {self._talk.node}, {method} {path.partition('?')[0]}")


class FarHands:
    """What is done at a site, by the task in its node's place."""

    def __init__(self, topology: Topology, talks: Mapping[str, Talk]) -> None:
        self._topology, self._talks = topology, talks

    def scan(self, node: str, images: Sequence[tuple[str, bytes]]) -> None:
        its = self._topology.node(node)
        sent = [(uid, base64.b64encode(dataset).decode()) for uid, dataset in images]
        words = {"images": sent, "calling": its.scanners[0].aet, "called": its.aet}
        _said(*self._talks[node].do(words), f"the scanner {its.scanners[0].aet} cannot store")

    def as_site(self, reader: str, method: str, path: str) -> None:
        """At home the operator speaks in the site's name; from elsewhere the site has its own certificate."""
        home = self._topology.home
        words: dict[str, Any] = {"method": method, "path": path}
        if reader == home:
            words["headers"] = written(Asked(method, path, site=home)).headers
        else:
            words["to"] = home
        body = {"body": base64.b64encode(b"{}").decode()} if method == "POST" else {}
        _said(*self._talks[reader].do({**words, **body}), f"{reader} is answered by {home}")


def _said(status: int, told: bytes, what: str) -> bytes:
    if status != HTTPStatus.OK:
        raise NodeError(f"{what}: {status or ''} {told.decode('utf-8', 'replace')[:200]}", status=status or None)
    return told


@contextmanager
def talks(cloud: Cloud, design: Design, placements: Sequence[Placement]) -> Iterator[dict[str, Talk]]:
    """One with each node, all of them begun side by side; nothing of them is left at the end."""
    for each in placements:
        for service in ("ecs", "s3"):
            cloud.client(each.owner, service)  # roles are assumed once, before many ask
    with ExitStack() as held, ThreadPoolExecutor(max(1, len(placements)), "talk") as pool:
        begun = list(pool.map(lambda each: _begun(cloud, design, each), placements))
        for talk in begun:
            held.callback(_ended, talk)
        list(pool.map(lambda talk: talk.do({"method": "GET", "path": "/system"}, STARTS_WITHIN_SECONDS), begun))
        yield {talk.node: talk for talk in begun}


def _begun(cloud: Cloud, design: Design, placement: Placement) -> Talk:
    with refusals(f"no task can stand in the place of {placement.node}"):
        bucket, where, environment = given(cloud, design, placement)
        instead = {"command": command("talk"), "environment": environment}
        started(cloud, design, placement, f"the task in the place of {placement.node}", instead)
        return Talk(placement.node, cloud.client(placement.owner, "s3"), bucket, where)


def _ended(talk: Talk) -> None:
    with refusals(f"the talk with {talk.node} cannot be ended"):
        talk.end()
        forgotten(talk.s3, talk.bucket, f"{talk.where}/")
