"""The worklist's event channel as a client that is not ours opens it: through the home's front, to a real Orthanc."""

import json
import os
import queue
import random
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import playwright
import pytest
from homed import sample
from scanned import PATIENCE, Network, at_front, deployed, until

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

DRIVER = Path(playwright.__file__).parent / "driver"
GLOBAL = "1.2.840.10008.5.1.4.34.5"


@dataclass
class Client:
    """One channel, or an attempt at one."""

    process: subprocess.Popen[str]
    lines: "queue.Queue[list[Any]]" = field(default_factory=queue.Queue)
    pongs: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(ValueError):  # it was killed in the middle of a line, or is listened to no more
            for line in self.process.stdout or ():
                kind, value = json.loads(line)
                if kind == "pong":
                    self.pongs.put(value)
                else:
                    self.lines.put([kind, value])

    def next(self, kind: str) -> Any:
        found, value = self.lines.get(timeout=120)
        assert found == kind, (found, value)
        return value

    def events(self, number: int) -> list[tuple[str, int]]:
        told = [self.next("event") for _ in range(number)]
        return [(each["00001000"]["Value"][0], each["00001002"]["Value"][0]) for each in told]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.next("close") in (1000, 1005)


@contextmanager
def opened(
    network: Network, caller: str, aet: str = "READER", ready: bool = True, login: bool = True
) -> Iterator[Client]:
    peer = json.loads((network.folder / f"nodes/{caller}/sharing.json").read_text())["peers"]["HUB"]
    url = peer["url"].replace("https:", "wss:") + f"dicom-web/subscribers/{aet}"
    words = [f"{peer['user']}:{peer['password']}"] if login else []
    tls = str(network.folder / f"nodes/{caller}/tls")
    script = str(Path(__file__).with_name("channel.cjs"))
    command = [str(DRIVER / "node"), script, str(DRIVER / "package/lib/utilsBundle.js"), url, tls, *words]
    deadline = time.monotonic() + PATIENCE
    while True:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            client = Client(process)
            try:
                if ready:
                    found = client.lines.get(timeout=120)
                    if found == ["refused", 503] and time.monotonic() < deadline:
                        continue  # channels of a test before are not yet known to be gone
                    assert found[0] == "open", found
                    assert client.pongs.get(timeout=120) == "still there"
                yield client
                return
            finally:
                process.kill()


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


def create(network: Network) -> str:
    uid = f"2.25.{random.getrandbits(100)}"
    body = json.dumps([sample(accession="CHANNEL")])
    assert at_front(network, "RXA01", "HUB", f"/dicom-web/workitems?{uid}", "POST", body.encode())[0] == 201
    return uid


def subscribe(network: Network, aet: str = "READER", uid: str = GLOBAL) -> None:
    path = f"/dicom-web/workitems/{uid}/subscribers/{aet}"
    assert at_front(network, "RXB01", "HUB", path, "POST")[0] == 201


def claim(network: Network, uid: str) -> None:
    assert at_front(network, "RXB01", "HUB", f"/netprov/worklist/workitems/{uid}/claim", "POST", b"{}")[0] == 200


def test_a_subscriber_is_told_in_order_what_happens_and_what_it_missed(network: Network) -> None:
    subscribe(network)
    with opened(network, "RXB01") as client:
        uid = create(network)
        assert client.events(2) == [(uid, 1), (uid, 5)]
        claim(network, uid)
        told = client.next("event")
        assert told["00741000"] == {"vr": "CS", "Value": ["IN PROGRESS"]}
        assert told["00000002"]["Value"] == ["1.2.840.10008.5.1.4.34.6.4"]
        assert at_front(network, "RXA01", "HUB", f"/dicom-web/workitems/{uid}/cancelrequest", "POST")[0] == 202
        assert client.events(1) == [(uid, 2)]
        client.close()
    other = create(network)
    with opened(network, "RXB01") as client:
        assert client.events(2) == [(other, 1), (other, 5)]
        claim(network, other)
        assert client.events(1) == [(other, 1)]
        client.close()
    assert client.lines.empty()


def test_each_hears_of_its_own_subscriptions_only(network: Network) -> None:
    subscribe(network)
    with opened(network, "RXA01") as same_title, opened(network, "RXB01", "OTHER") as other:
        uid = create(network)
        subscribe(network, "OTHER", uid)
        assert other.events(1) == [(uid, 1)], "the state as it is now, and nothing of before"
        same_title.close()
        assert same_title.lines.empty()


def test_whom_the_front_does_not_let_in(network: Network) -> None:
    with opened(network, "RXB01", ready=False, login=False) as stranger:
        assert stranger.next("refused") == 400
    with opened(network, "RXB01", "A.B-C%5C", ready=False) as odd:
        assert odd.next("refused") == 403
    with opened(network, "RXB01", "A" * 17, ready=False) as odd:
        assert odd.next("refused") == 400
    assert at_front(network, "RXB01", "HUB", "/dicom-web/subscribers/READER")[0] == 426
    assert at_front(network, "HUB", "RXB01", "/dicom-web/subscribers/READER")[0] == 403
    place = network.folder / "nodes/HUB/events.sock"
    assert stat.S_ISSOCK(place.stat().st_mode)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_site_has_four_channels_and_no_more(network: Network) -> None:
    with ExitStack() as held:
        clients = [held.enter_context(opened(network, "RXB01", f"R{number}")) for number in range(4)]
        with opened(network, "RXB01", "R4", ready=False) as fifth:
            assert fifth.next("refused") == 503
        with opened(network, "RXA01", "R4") as another_site:
            another_site.close()
        clients[0].process.kill()
        until(lambda: len(clients) == 4 and reopened(network), "a channel whose client is gone is free again")


def reopened(network: Network) -> bool:
    with opened(network, "RXB01", "R5", ready=False) as again:
        return bool(again.lines.get(timeout=120)[0] == "open")


def test_a_home_that_stops_takes_leave_of_who_listens_and_takes_no_longer_for_it(network: Network) -> None:
    """Then the place is known still: what happens while a client looks for the home again is not lost to it."""
    subscribe(network, "LEAVER")
    with opened(network, "RXB01", "LEAVER") as client, opened(network, "RXA01") as another:
        (pid,) = [p.pid for p in network.home.processes() if p.orthanc and "/nodes/HUB/" in p.argv]
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        assert client.next("close") == another.next("close") == 1001
        assert time.monotonic() - began < 20, "and not when its next ping is due"
        until(lambda: not Path(f"/proc/{pid}").exists(), "stopped")
        assert time.monotonic() - began < 60
    network.up()
    uid = create(network)
    with opened(network, "RXB01", "LEAVER") as client:
        assert client.events(3) == [(GLOBAL, 4), (uid, 1), (uid, 5)]
        client.close()
