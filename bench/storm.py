"""Two hundred studies from five sites at once, the hub killed twice and one site once: what is lost, what is twice.

Whoever is killed is started again by a plain `netprov up`; scanners send again what their site did not take.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scanners import HUB, Node, Routed, Study, deployed, study, until
from table import Row, to_json

SITES = ("RXA01", "RXA02", "RXB01", "RXB02", "RXC01")
STUDIES, INSTANCES, SIZE = 200, 20, 64 * 1024
KILLS = ((0.15, HUB), (0.4, "RXB01"), (0.65, HUB))
"""At which part of all instances that the hub holds, who is killed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What stands at the hub when the storm is over."""

    seconds: float
    studies: int
    instances: int
    entries: int
    lost: int
    """Instances that are not there as they were sent."""
    twice: int
    """Instances and entries that are there once more than they should be."""
    wanting: int
    """Entries that are missing, or do not name all of their study."""
    dead: int


def storm(network: Routed, studies: dict[str, list[Study]]) -> float:
    """Seconds until every site has sent all that its scanner gave it."""
    hub, began = network.node(HUB), time.perf_counter()
    with ThreadPoolExecutor(len(SITES)) as scanners:
        sending = [scanners.submit(_scan_all, network, site, studies[site]) for site in SITES]
        for part, victim in KILLS:
            _until_held(hub, part)
            network.kill(victim)
            network.up()
        for each in sending:
            each.result()
    _until_held(hub, 1.0)
    until(lambda: not any(network.node(name).depth() for name in (*SITES, HUB)), "every queue is empty", 0.2)
    return time.perf_counter() - began


def _until_held(hub: Node, part: float) -> None:
    until(lambda: hub.instances() >= part * STUDIES * INSTANCES, f"{part:.0%} of all is at the hub")


def _scan_all(network: Routed, site: str, studies: list[Study]) -> None:
    for each in studies:
        network.scan(site, each)


def counted(network: Routed, studies: dict[str, list[Study]], seconds: float) -> Outcome:
    hub = network.node(HUB)
    sent = [each for at_site in studies.values() for each in at_site]
    held = _held(hub)
    lost = sum(not _whole(hub, held.get(uid, []), file) for each in sent for uid, file in each.files.items())
    entries = hub.get(f"/netprov/worklist/entries?limit={2 * STUDIES}")["entries"]
    named = [entry["study_uid"] for entry in entries]
    wanting = sum(named.count(each.uid) != 1 or _named(hub, each.uid) != INSTANCES for each in sent)
    twice = sum(len(found) - 1 for found in held.values()) + len(named) - len(set(named))
    count = hub.get("/statistics")
    dead = sum(len(network.node(name).get("/netprov/sharing/queue")["dead"]) for name in (*SITES, HUB))
    return Outcome(
        seconds, int(count["CountStudies"]), int(count["CountInstances"]), len(named), lost, twice, wanting, dead
    )


def _held(hub: Node) -> dict[str, list[str]]:
    """SOP Instance UID -> Orthanc's ids of it."""
    found: dict[str, list[str]] = {}
    for each in hub.get("/instances?expand"):
        found.setdefault(each["MainDicomTags"]["SOPInstanceUID"], []).append(each["ID"])
    return found


def _whole(hub: Node, names: list[str], file: bytes) -> bool:
    """The copy's header has another number of the patient; its pixels are the same."""
    return bool(names) and hub.ask("GET", f"/instances/{names[0]}/file")[-SIZE:] == file[-SIZE:]


def _named(hub: Node, study: str) -> int:
    """Instances that the entry of a study names."""
    (item,) = hub.get(f"/dicom-web/workitems?0020000D={study}")
    return sum(int(each["00201209"]["Value"][0]) for each in item["00404021"]["Value"])


def rows() -> list[Row]:
    # Made before anything runs: the sites send at once, and nobody waits for random bytes.
    studies = {site: [study(n, INSTANCES, SIZE) for n in range(k, STUDIES, len(SITES))] for k, site in enumerate(SITES)}
    with deployed(SITES) as network:
        seconds = storm(network, studies)
        found = counted(network, studies, seconds)
    what = f"{STUDIES} studies of {INSTANCES} from {len(SITES)} sites, hub killed twice, a site once"
    note = f"{found.studies} studies, {found.instances} instances and {found.entries} entries at the hub"
    return [
        Row("storm", f"{what}: until all is at the hub and on the worklist", seconds, 1, "s", "", None, note),
        Row("storm", "instances lost or changed", found.lost, 1, "", "", 0.0),
        Row("storm", "instances or entries that are there twice", found.twice, 1, "", "", 0.0),
        Row("storm", "entries missing or not whole", found.wanting, 1, "", "", 0.0),
        Row("storm", "dead letters", found.dead, 1, "", "", 0.0),
    ]


if __name__ == "__main__":
    sys.stdout.write(to_json(rows()) + "\n")
