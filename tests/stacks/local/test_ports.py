"""Ports: allocated once, disjoint whoever asks at once, and found again when their file is lost."""

import json
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from provisioner.engine.plan import Endpoint
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from stacks.local import procfs
from stacks.local.ports import allocate, allocate_database, holder_of, holder_when_settled, recorded, release


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def network(home: Path, name: str) -> NetworkFolder:
    return NetworkFolder(home / "networks" / name)


def numbers(endpoints: dict[str, Endpoint]) -> list[int]:
    return [port for e in endpoints.values() for port in (e.https_port, e.dicom_port, e.http_port, e.web_port)]


def test_ports_are_given_once_in_order_and_kept(tmp_path: Path) -> None:
    severn = network(tmp_path, "severn")
    first = allocate(tmp_path, severn, ["RXB02", "RXA01"], 21000)
    assert list(first) == ["RXB02", "RXA01"]
    assert numbers(first) == sorted(numbers(first))
    assert all(e.host == "127.0.0.1" for e in first.values())
    again = allocate(tmp_path, severn, ["RXA01", "RXB02", "RXC03"], 31000)
    assert {node: again[node] for node in first} == first
    assert recorded(severn) == again
    assert severn.ports.stat().st_mode & 0o777 == 0o600


def test_a_released_port_is_given_again_and_others_stay(tmp_path: Path) -> None:
    severn = network(tmp_path, "severn")
    release(severn, "RXA01")
    first = allocate(tmp_path, severn, ["RXA01", "RXB02"], 21000)
    release(severn, "RXA01")
    release(severn, "RXA01")
    assert recorded(severn) == {"RXB02": first["RXB02"]}
    assert allocate(tmp_path, severn, ["RXC03"], 21000)["RXC03"] == first["RXA01"]


def test_networks_of_one_home_never_share_a_port(tmp_path: Path) -> None:
    given = [allocate(tmp_path, network(tmp_path, name), ["A", "B"], 0) for name in ("severn", "trent", "avon")]
    database = allocate_database(tmp_path, network(tmp_path, "severn"), 0)
    everything = [*(port for each in given for port in numbers(each)), database]
    assert len(set(everything)) == 25
    assert allocate_database(tmp_path, network(tmp_path, "severn"), 0) == database


def test_homes_begin_at_places_of_their_own(tmp_path: Path) -> None:
    homes = [tmp_path / str(n) for n in range(8)]
    firsts = [allocate(home, network(home, "severn"), ["A"], 0)["A"].https_port for home in homes]
    assert len(set(firsts)) > 4
    assert all(20000 <= port < 32768 for port in firsts)


def test_homes_never_share_a_port_until_one_is_gone(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    first = allocate(one, network(one, "severn"), ["A", "B"], 24000)
    second = allocate(other, network(other, "severn"), ["A", "B"], 24000)
    assert not set(numbers(first)) & set(numbers(second))
    shutil.rmtree(one)
    assert allocate(third, network(third, "severn"), ["A", "B"], 24000) == first


def test_a_home_whose_ports_are_lost_stops_no_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    folder = network(one, "severn")
    settings_of(folder, "RXA01", allocate(one, folder, ["RXA01"], 24000)["RXA01"])
    folder.node("RXA01").front.unlink()
    folder.ports.write_text("torn")
    assert allocate(other, network(other, "severn"), ["A"], 0)


def test_a_port_in_use_is_passed_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104
        taken = {one.getsockname()[1], other.getsockname()[1]}
        for port in taken:
            folder = network(tmp_path, f"n{port}")
            assert not taken & set(numbers(allocate(tmp_path, folder, ["A"], port)))


def test_the_kernels_own_range_comes_last(tmp_path: Path) -> None:
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    if low < 2048:
        pytest.skip("this kernel hands out nearly every port")
    given = numbers(allocate(tmp_path, network(tmp_path, "severn"), ["A"], low))
    assert not [port for port in given if low <= port <= high]


def test_networks_that_come_up_at_once_get_disjoint_ports(tmp_path: Path) -> None:
    nodes = [f"N{n:02}" for n in range(20)]
    children = []
    for n in range(8):
        pid = os.fork()
        if pid == 0:
            try:
                allocate(tmp_path, network(tmp_path, f"n{n}"), nodes, 22000)
            finally:
                os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    everything = [port for n in range(8) for port in numbers(recorded(network(tmp_path, f"n{n}")))]
    assert len(everything) == len(set(everything)) == 8 * 20 * 4


def settings_of(folder: NetworkFolder, node: str, endpoint: Endpoint) -> None:
    files = folder.node(node)
    files.root.mkdir(parents=True)
    files.config.write_text(json.dumps({"DicomPort": endpoint.dicom_port, "HttpPort": endpoint.http_port}, indent=2))
    files.front.write_text(f"http {{\n server {{\n listen 127.0.0.1:{endpoint.https_port} ssl;\n }} }}\n")
    files.door.parent.mkdir()
    files.door.write_text(f"server {{\n listen 127.0.0.1:{endpoint.web_port} ssl;\n}}\n")


@pytest.mark.parametrize("damage", ["", "{", '{"nodes": {"A": {"https": "x"}}, "database": 0}', "[]", "\0" * 40, None])
def test_a_torn_file_is_made_again_from_what_runs(tmp_path: Path, damage: str | None) -> None:
    severn = network(tmp_path, "severn")
    given = allocate(tmp_path, severn, ["RXA01", "RXB02"], 0)
    database = allocate_database(tmp_path, severn, 0)
    for node, endpoint in given.items():
        settings_of(severn, node, endpoint)
    (severn.postgres / "data").mkdir(parents=True)
    (severn.postgres / "data/postgresql.conf").write_text(f"# netprov\nport = {database}\n")
    severn.ports.unlink() if damage is None else severn.ports.write_text(damage)
    assert recorded(severn) == given
    assert allocate(tmp_path, severn, ["RXA01", "RXB02"], 0) == given
    assert allocate_database(tmp_path, severn, 0) == database
    assert json.loads(severn.ports.read_text())["database"] == database


def test_ports_that_cannot_be_found_again_are_refused_in_words(tmp_path: Path) -> None:
    severn = network(tmp_path, "severn")
    given = allocate(tmp_path, severn, ["RXA01"], 0)
    settings_of(severn, "RXA01", given["RXA01"])
    severn.node("RXA01").front.unlink()
    severn.ports.write_text("torn")
    with pytest.raises(NetprovError, match=r"the ports of network severn are lost.*RXA01") as caught:
        allocate(tmp_path, severn, ["RXA01"], 0)
    assert "netprov up" in caught.value.hint


def test_a_home_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "networks").touch()
    with pytest.raises(NetprovError, match=r"ports cannot be noted in .*: Not a directory"):
        allocate(tmp_path, network(tmp_path, "severn"), ["A"], 0)


def test_the_holder_of_a_port_is_named(tmp_path: Path) -> None:
    listening = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen(
        ["python3", "-ISc", listening], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        assert holder_of(port) == f"pid {server.pid} (python3)"
        server.kill()
    assert holder_of(port) == ""


def test_a_holder_that_can_be_seen_is_named_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert holder_when_settled(server.getsockname()[1], 600.0).startswith(f"pid {os.getpid()} ")


def test_a_port_is_waited_for_while_who_holds_it_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # As the kernel shows a killed process that is still closing its files.
        monkeypatch.setattr(procfs, "socket_holders", lambda _inode: ())
        assert holder_when_settled(port, 0.02) == "a process of another user"
        threading.Timer(0.1, server.close).start()
        assert holder_when_settled(port, 600.0) == ""


def test_a_connection_is_no_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert holder_of(client.getsockname()[1]) == ""
        assert holder_of(server.getsockname()[1]).startswith(f"pid {os.getpid()} ")
