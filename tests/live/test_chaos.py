"""`kill -9` at any moment: one plain `up` then converges, one plain `down` leaves nothing.

NETPROV_CHAOS says how many moments (200 by `make chaos`), each time others; NETPROV_CHAOS_SEED repeats a run. In CI
they are the same sixteen each time, so that what fails was changed.

Every moment stands alone: its number and the seed give the operation, the victim and the delay.
"""

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

CHAOS = os.environ.get("NETPROV_CHAOS", "")
MOMENTS = int(CHAOS or 16)
SEED = os.environ.get("NETPROV_CHAOS_SEED") or (str(secrets.randbelow(10**6)) if CHAOS else "0")
SITES = ("RXA01", "RXA02", "RXB01")
NETWORK = "severn"
FIRST_PORT = 19600
"""Below those that netprov looks for by itself, and above those of vacant.py."""
VICTIMS = ("netprov", "engine", "both", "orthanc", "front", "worker", "all")
"""`worker` is a child of nginx, `all` is a power cut: everything at once."""

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Moment:
    """One disturbance: what is going on, who is killed, when (as a part of its usual time), and what is tried then."""

    operation: str
    victim: str
    part: float
    then: str

    @staticmethod
    def of(number: int) -> "Moment":
        dice = random.Random(f"{SEED}-{number}")
        operation = dice.choice(("up", "up", "down", "grow"))
        return Moment(operation, dice.choice(VICTIMS), dice.random(), dice.choice(("up", "up", "down")))


@pytest.fixture(scope="module")
def lasts(lasting_home: "Home") -> dict[str, float]:
    """Seconds that each operation takes undisturbed."""
    small, full = defined(lasting_home)
    return {
        "up": seconds(lasting_home, "up", small, "--yes", "--no-verify"),
        "grow": seconds(lasting_home, "up", full, "--yes", "--no-verify"),
        "down": seconds(lasting_home, "down", NETWORK, "--yes"),
    }


def defined(home: "Home") -> tuple[str, str]:
    """The network with two sites and with three. Its ports are its own: nobody else's network takes them afterwards."""
    paths = (home.hosted(NETWORK, SITES[:2], "small.yaml"), home.hosted(NETWORK, SITES))
    for path in map(Path, paths):
        path.write_text(f"{path.read_text()}deployment: {{local: {{first_port: {FIRST_PORT}}}}}\n")
    return paths


def seconds(home: "Home", *command: str) -> float:
    began = time.monotonic()
    home.netprov(*command)
    return time.monotonic() - began


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_kill_needs_no_repair(number: int, home: "Home", lasts: dict[str, float]) -> None:
    moment = Moment.of(number)
    print(f"NETPROV_CHAOS_SEED={SEED} moment {number}: {moment}")  # noqa: T201 - pytest shows it where the test fails
    small, full = defined(home)
    if moment.operation != "up":
        home.netprov("up", small if moment.operation == "grow" else full, "--yes", "--no-verify")
    command = ("down", NETWORK, "--yes") if moment.operation == "down" else ("up", full, "--yes", "--no-verify")
    print(disturbed(home, command, moment, lasts[moment.operation] * moment.part))  # noqa: T201
    ports = listening(home)
    if moment.then == "up":
        home.netprov("up", full, "--yes")
        assert_converged(home)
        ports |= listening(home)
    take_down(home)
    assert_nothing_left(home, ports)


def disturbed(home: "Home", command: tuple[str, ...], moment: Moment, delay: float) -> str:
    """Run the command and kill the victim at its moment; gives what happened, in words."""
    process = home.start(*command)
    time.sleep(delay)
    killed: tuple[int, ...] = ()
    while not killed and process.poll() is None:
        killed = kill(home, process, moment)
        time.sleep(0.005)
    out, err = process.communicate(timeout=600)
    return f"killed {killed or 'nobody: it was over'}; exit {process.returncode}\n{out}{err}"


def kill(home: "Home", netprov: subprocess.Popen[str], moment: Moment) -> tuple[int, ...]:
    """SIGKILL to the victim, if it is there."""
    found = home.processes()
    engines = [p.pid for p in found if p.parent == netprov.pid and "pulumi" in p.argv]
    victims: dict[str, Callable[[], list[int]]] = {
        "netprov": lambda: [netprov.pid],
        "engine": lambda: engines,
        "both": lambda: [netprov.pid, *engines] if engines else [],
        "orthanc": lambda: [p.pid for p in found if p.orthanc],
        "front": lambda: [p.pid for p in found if p.front],
        "worker": lambda: [p.pid for p in found if p.argv.startswith("nginx: worker")],
        "all": lambda: [netprov.pid, *(p.pid for p in found)],
    }
    pids = victims[moment.victim]()
    if moment.victim in ("orthanc", "front", "worker") and pids:
        pids = [pids[int(moment.part * 1e6) % len(pids)]]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return tuple(pids)


def assert_converged(home: "Home") -> None:
    """Every node runs once, the state is whole, and nothing in it is there twice."""
    status = home.facts("status", NETWORK)
    nodes = status["nodes"]
    assert isinstance(nodes, list)
    assert {n["node"]: n["running"] for n in nodes} == dict.fromkeys(SITES, True)
    found = home.processes()
    for site in SITES:
        folder = f"{home.network(NETWORK) / 'nodes' / site}"
        assert len([p for p in found if p.orthanc and folder in p.folder]) == 1, found
        assert len([p for p in found if p.front and folder in p.folder]) == 1, found
    masters = {p.pid for p in found if p.front}
    strays = [p for p in found if not p.orthanc and not p.front and p.parent not in masters]
    assert not strays, strays
    assert {p.name for p in (home.network(NETWORK) / "nodes").iterdir()} == set(SITES)
    assert_state_whole(home)


def assert_state_whole(home: "Home") -> None:
    (path,) = home.network(NETWORK).glob("engine/state/.pulumi/stacks/*/*.json")
    deployment = json.loads(path.read_text())["checkpoint"]["latest"]
    urns = [r["urn"] for r in deployment["resources"]]
    assert len(urns) == len(set(urns)), urns
    assert not deployment.get("pending_operations")
    assert not [r["urn"] for r in deployment["resources"] if r.get("delete")]
    assert sorted(u.rpartition("::")[2] for u in urns if "orthanc:index:Node::" in u) == sorted(SITES)


def take_down(home: "Home") -> None:
    """One plain `down`; where a run was killed before it had begun, there may be no network to take down."""
    there = home.network(NETWORK).exists()
    done = home.netprov("down", NETWORK, "--yes", code=None)
    if there or done.returncode not in (0, 1, 2):
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def assert_nothing_left(home: "Home", ports: set[int]) -> None:
    """No process, no file, no port."""
    end = time.monotonic() + 60
    while (left := home.processes()) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left
    networks = home.path / "state/networks"
    assert not networks.exists() or not list(networks.iterdir()), sorted(networks.rglob("*"))[:20]
    assert not {port for port in ports if answers(port)}


def listening(home: "Home") -> set[int]:
    """The ports that the network's nodes were given."""
    try:
        text = (home.network(NETWORK) / "ports.json").read_text()
    except FileNotFoundError:
        return set()
    return {value for value in numbers(json.loads(text)) if value > 1023}


def numbers(value: object) -> set[int]:
    match value:
        case dict():
            return set().union(*(numbers(v) for v in value.values()))
        case list():
            return set().union(*(numbers(v) for v in value))
        case bool():
            return set()
        case int():
            return {value}
        case _:
            return set()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
