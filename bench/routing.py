"""Routing beside Orthanc's own peer send of the same data between the same nodes, and how soon a study is listed.

What is timed of routing is all of it: copies with the network's number of the patient, the digests of what has
arrived, and the entry on the worklist. Of Orthanc it is one synchronous job of its peer store, through the same fronts.
"""

import json
import statistics
import sys
import time
from dataclasses import dataclass

from scanners import HUB, STABLE_SECONDS, Node, Routed, Study, deployed, study, until
from table import Row, to_json

SITE, OTHER = "RXA01", "RXB01"
"""A network has two members at least."""
TICK = 0.005


@dataclass(frozen=True, slots=True)
class Load:
    """One study, and how often it is sent."""

    number: int
    instances: int
    size: int
    rounds: int
    words: str


AT_MOST = 1 / 0.7
"""At least 70 % of the throughput of Orthanc's own send, entry on the worklist included."""
LOADS = (
    Load(1, 200, 512 * 1024, 4, "100 MB in 200 instances"),
    Load(2, 5000, 4096, 1, "5,000 instances of 4 kB"),
    Load(3, 20, 512 * 1024, 9, "10 MB in 20 instances"),
)
ENTRIES, SMALL = 25, 20


def throughput(network: Routed, load: Load) -> Row:
    site, hub = network.node(SITE), network.node(HUB)
    made = study(load.number, load.instances, load.size)
    for file in made.files.values():
        site.ask("POST", "/instances", file)
    routed, stored = list[float](), list[float]()
    for _ in range(load.rounds + 1):
        for seconds, way in ((routed, _routed), (stored, _stored)):
            hub.empty()
            _at_rest(network)
            seconds.append(way(site, hub, made))
    site.empty()
    hub.empty()
    against = "Orthanc's own peer send, same nodes"
    ours, theirs = statistics.median(routed[1:]), statistics.median(stored[1:])
    rate = f"{load.instances * load.size / ours / 1e6:.0f} MB/s"
    return Row("routing", load.words, ours, theirs, "s", against, AT_MOST, rate)


def _at_rest(network: Routed) -> None:
    """Neither end has anything under way, and the hub's own studies are announced."""
    until(lambda: not any(network.node(name).depth() for name in (SITE, HUB)), "the queues are empty")


def _routed(site: Node, hub: Node, made: Study) -> float:
    began = time.perf_counter()
    site.ask("POST", "/netprov/sharing/now", f'{{"study": "{made.uid}"}}'.encode())
    until(lambda: not site.depth(), "it has arrived", TICK)
    return _ended(began, hub, made)


def _stored(site: Node, hub: Node, made: Study) -> float:
    (name,) = site.get("/studies")
    began = time.perf_counter()
    site.ask("POST", f"/peers/{HUB}/store", f'{{"Resources": ["{name}"], "Synchronous": true}}'.encode())
    return _ended(began, hub, made)


def _ended(began: float, hub: Node, made: Study) -> float:
    seconds = time.perf_counter() - began
    arrived = hub.instances()
    if arrived != len(made.files):
        raise SystemExit(f"{arrived} of {len(made.files)} instances arrived")
    return seconds


def latency(network: Routed, number: int) -> tuple[float, float]:
    """Seconds until a study stands on the worklist: beyond StableAge, and since Orthanc called it stable."""
    site, hub, made = network.node(SITE), network.node(HUB), study(number, SMALL, 65536)
    network.scan(SITE, made)
    sent = time.perf_counter()
    name = site.ask("POST", "/tools/lookup", made.uid.encode())
    path = f"/studies/{json.loads(name)[0]['ID']}"
    until(lambda: site.get(path)["IsStable"], "it is stable", TICK)
    stable = time.perf_counter()
    until(lambda: _entered(hub, made.uid), "it is on the worklist", TICK)
    entered = time.perf_counter()
    return entered - sent - STABLE_SECONDS, entered - stable


def _entered(hub: Node, uid: str) -> bool:
    return f'"{uid}"'.encode() in hub.ask("GET", f"/netprov/worklist/entries?limit={ENTRIES + 10}")


def rows() -> list[Row]:
    with deployed((SITE, OTHER)) as network:
        found = [throughput(network, load) for load in LOADS]
        beyond, since = zip(*(latency(network, number) for number in range(100, 100 + ENTRIES)), strict=True)
    slowest = f"slowest of {ENTRIES}: {max(beyond):.2f} s"
    words = "from a scanner's last image to the entry, beyond StableAge; median"
    found.append(Row("routing", words, statistics.median(beyond), 1.0, "s", "1 s allowed", 1.0, slowest))
    words = "from Orthanc's word that a study is stable to the entry; median"
    found.append(Row("routing", words, statistics.median(since), 1.0, "s", "1 s allowed", 1.0))
    return found


if __name__ == "__main__":
    sys.stdout.write(to_json(rows()) + "\n")
