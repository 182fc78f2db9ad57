"""When something is down or wrong: a site goes on with its own, and all of it flows when that is over."""

import json
import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from cut import Cut

from provisioner.home import NetworkFolder

if TYPE_CHECKING:
    from conftest import Home

from scanned import (
    SCANNERS,
    Network,
    arrived,
    defined,
    deployed,
    entry,
    exact,
    instances_of,
    read,
    report,
    study,
    study_of,
    until,
    workitems,
)
from test_door import Browser

pytestmark = pytest.mark.live
MANY = 5_000


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


def away(network: Network, node: str) -> None:
    """The whole machine: archive and front."""
    network.kill(node)
    for front in (p for p in network.home.processes() if p.front and f"/nodes/{node}/" in p.argv):
        os.kill(front.pid, signal.SIGTERM)
    until(lambda: not any(p.front and f"/nodes/{node}/" in p.argv for p in network.home.processes()), f"{node} is away")


def shown(network: Network, reader: Browser, study: str) -> int:
    """How many images of a study a person sees in the browser, at the own site."""
    status, _, text = reader.ask(f"/netprov/images/{study}")
    return sum(len(series["images"]) for series in json.loads(text)["series"]) if status == 200 else 0


def at_rest(network: Network) -> None:
    until(lambda: not any(network.queue(node)["depth"] for node in ("HUB", *SCANNERS)), "the queues are empty")


def test_while_the_hub_is_down_a_site_takes_and_shows_its_own_and_sends_it_later(network: Network) -> None:
    said = network.home.netprov("readers", "add", "RXB01", "a.reader").stdout
    password = dict(line.split(maxsplit=1) for line in said.splitlines())["password"]
    reader = Browser(NetworkFolder(network.folder), "RXB01", f"a.reader:{password}")
    away(network, "HUB")
    made = [study(3, patient=f"70{number}") for number in range(3)]
    for files in made:
        network.send("RXB01", files)
        assert shown(network, reader, study_of(files)) == 3
        kept = network.copies("RXB01", study_of(files)).values()
        assert {network.file("RXB01", name)[-1000:] for _, name in kept} == {file[-1000:] for file in files}
    until(
        lambda: network.queue("RXB01")["failing"] and network.queue("RXB01")["depth"] == len(made),
        "it is said that the hub does not answer",
    )
    told = network.queue("RXB01")
    assert told["failing"][0]["reason"].startswith("HUB does not answer")
    assert (told["depth"], told["dead"]) == (3, [])
    lines = network.get("RXB01", "/netprov/metrics").decode().splitlines()
    assert 'netprov_queue_failing{to="home"} 1' in lines
    (oldest,) = (line.split()[1] for line in lines if line.startswith("netprov_queue_oldest_unsent_seconds "))
    assert float(oldest) > 0
    status = network.home.netprov("status", network.id, code=None).stdout
    assert "✗ RXB01: 3 to send, the oldest for" in status
    assert "✗ RXB01: HUB does not answer" in status
    network.up()
    for files in made:
        assert arrived(network, files).keys() == instances_of(files)
    at_rest(network)
    assert [len(workitems(network, study_of(files))) for files in made] == [1, 1, 1]


def test_what_a_site_has_reported_while_the_hub_was_down_comes_there_and_is_flagged(network: Network) -> None:
    """Nobody could claim it: the entry stays open until somebody has looked at it."""
    files = study(1, patient="74")
    away(network, "HUB")
    network.send("RXB01", files)
    made = report(read(files[0]))
    network.get("RXB01", "/instances", "POST", made)
    until(lambda: network.queue("RXB01")["failing"], "it waits for the hub")
    network.up()
    network.post("RXB01", "/netprov/sharing/retry")
    assert arrived(network, [*files, made]).keys() == instances_of([*files, made])
    at_rest(network)
    assert "RXB01" in entry(network, study_of(files))["flag"]
    assert [item.ProcedureStepState for item in workitems(network, study_of(files))] == ["SCHEDULED"]


def test_a_link_that_is_cut_in_mid_transfer_loses_nothing_and_repeats_little(network: Network) -> None:
    files = study(60, size=400_000)
    settings = network.folder / "nodes/RXA01/sharing.json"
    whole = settings.read_text()
    address = json.loads(whole)["peers"]["HUB"]["url"].removeprefix("https://").rstrip("/")
    with Cut(int(address.rpartition(":")[2]), after=8_000_000) as cut:
        settings.write_text(whole.replace(address, f"127.0.0.1:{cut.port}"))
        try:
            network.send("RXA01", files)
            until(lambda: cut.is_cut, "in mid-transfer")
            until(lambda: network.queue("RXA01")["failing"], "the site has seen it")
            there = len(network.copies("HUB", study_of(files)))
            assert 0 < there < len(files)
            assert workitems(network, study_of(files)) == [], "nobody is told of half a study"
            before = cut.carried
            cut.mend()
            assert arrived(network, files).keys() == instances_of(files)
            at_rest(network)
        finally:
            settings.write_text(whole)
    assert exact(network, "RXA01", files)
    assert cut.carried - before < (len(files) - there + 2) * 450_000, "what was there already is not sent again"
    assert len(workitems(network, study_of(files))) == 1


def test_the_same_study_from_two_sites_is_two_entries_each_of_its_own_patient(network: Network) -> None:
    files = study(2, patient="89")
    for site in SCANNERS:
        network.send(site, files)
    uid = study_of(files)
    until(lambda: len(workitems(network, uid)) == len(SCANNERS), "on the worklist")
    assert {str(item.PatientID) for item in workitems(network, uid)} == {"RXA:89", "RXB:89"}
    at_rest(network)
    assert network.queue("HUB")["dead"] == []


def test_a_study_of_many_instances_stands_on_the_worklist_when_all_of_it_is_there(network: Network) -> None:
    """Last in this file. The scanner may pause for some seconds, which a busy machine makes of it."""
    text = defined().replace("stable_seconds: 1}", "stable_seconds: 10}")
    Network(network.home, network.home.define(text, "patient.yaml")).up()
    assert network.config("RXB01")["StableAge"] == 10
    files = study(MANY)
    network.send("RXB01", files)
    uid = study_of(files)
    until(lambda: workitems(network, uid), "on the worklist")
    assert network.copies("HUB", uid).keys() == instances_of(files)
    (item,) = workitems(network, uid)
    assert sum(int(each.NumberOfSeriesRelatedInstances) for each in item.InputInformationSequence) == MANY
