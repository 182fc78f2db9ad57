"""The private PostgreSQL, with a real one: made once, adopted, killed, and used by a real Orthanc."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from living import contents

from provisioner.errors import NetprovError
from stacks.local import procfs, psql
from stacks.local.account import database_account, private
from stacks.local.postgres import Cluster, Given
from stacks.local.processes import sweep

Eventually = Callable[[Callable[[], bool]], bool]
AliveWith = Callable[[str], list[int]]

pytestmark = pytest.mark.live

PASSWORD = "canary-Zq83xYp0"
BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"))


GUESTS = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'GONE'"


def log_in(cluster: Cluster, name: str, password: str, query: str = "SELECT 1") -> str:
    """As a node does: over TCP, with a password."""
    done = subprocess.run(
        [
            str(BINARIES / "psql"),
            "-XtAwc",
            query,
            "--host=127.0.0.1",
            f"--port={cluster.port}",
            f"--username={name}",
            name,
        ],
        env={"PGPASSWORD": password, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


def master(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def test_a_database_is_made_once_and_its_password_kept_in_step(cluster: Cluster) -> None:
    for password in ("first", PASSWORD, PASSWORD):
        cluster.ensure_database("RXA01", "RXA01", password)
        assert log_in(cluster, "RXA01", password) == "1"
    assert "password authentication failed" in log_in(cluster, "RXA01", "first")
    assert "no password supplied" in log_in(cluster, "RXA01", "")
    # Trusted extensions only need the database; Orthanc makes this one itself.
    assert "ERROR" not in log_in(cluster, "RXA01", PASSWORD, "CREATE EXTENSION IF NOT EXISTS pg_trgm")


def test_a_role_comes_to_its_own_database_only_and_the_superuser_over_tcp_to_none(cluster: Cluster) -> None:
    cluster.ensure_database("RXB02", "RXB02", "one")
    cluster.ensure_database("RXC03", "RXC03", "other")
    rows = "SELECT has_database_privilege('RXB02', 'RXC03', 'CONNECT')"
    assert log_in(cluster, "RXB02", "one", rows) == "f"
    admin = cluster.account.user if cluster.account else os.environ.get("USER", "nobody")
    assert "authentication failed" in log_in(cluster, admin, "anything")
    attributes = "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'RXB02'"
    assert log_in(cluster, "RXB02", "one", attributes) == "f"


def test_databases_are_made_side_by_side(cluster: Cluster) -> None:
    names = [f"SIDE{n}" for n in range(8)]
    threads = [threading.Thread(target=cluster.ensure_database, args=(n, n, "p")) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [log_in(cluster, name, "p") for name in names] == ["1"] * 8


def test_a_dropped_database_is_gone_with_its_role(cluster: Cluster, eventually: Eventually) -> None:
    cluster.ensure_database("GONE", "GONE", "p")
    with subprocess.Popen(
        [str(BINARIES / "psql"), "-Xw", "--host=127.0.0.1", f"--port={cluster.port}", "--username=GONE", "GONE"],
        env={"PGPASSWORD": "p", "PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as guest:
        assert eventually(lambda: log_in(cluster, "GONE", "p", GUESTS) == "2")
        for _ in range(2):
            cluster.drop_database("GONE")
        guest.communicate(b"SELECT 1;")
    assert "authentication failed" in log_in(cluster, "GONE", "p")


@pytest.mark.parametrize("name", ["", "a b", "a'b", 'a"b', "a\\b", "a;b", "x" * 64, "é"])
def test_a_name_that_is_more_than_a_name_is_refused(cluster: Cluster, name: str) -> None:
    with pytest.raises(NetprovError, match="cannot name a database"):
        cluster.ensure_database(name, "RXA01", "p")
    with pytest.raises(NetprovError, match="cannot name a database"):
        cluster.drop_database(name)


def test_ensure_adopts_what_runs_and_makes_nothing_twice(
    cluster: Cluster, alive_with: AliveWith, eventually: Eventually
) -> None:
    first = master(cluster)
    cluster.ensure()
    assert master(cluster) == first
    assert cluster.running()
    assert eventually(lambda: masters(cluster, alive_with) == 1)


def masters(cluster: Cluster, alive_with: AliveWith) -> int:
    """How many servers run; a process that one has just made of itself looks like it for a moment."""
    return len([pid for pid in alive_with(str(cluster.folder)) if "bin/postgres" in procfs.command(pid)])


def test_it_listens_on_loopback_alone_and_runs_without_rights(cluster: Cluster) -> None:
    pid = master(cluster)
    sockets = {target for _, target in procfs.open_files(pid)}
    tables = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6"))
    listening = [
        fields[1]
        for line in tables.splitlines()
        if len(fields := line.split()) > 9 and fields[3] == procfs.LISTEN and f"socket:[{fields[9]}]" in sockets
    ]
    assert listening == [f"0100007F:{cluster.port:04X}"]
    assert procfs.owner(pid) != 0
    assert cluster.data.stat().st_mode & 0o777 == 0o700
    assert cluster.folder.stat().st_mode & 0o777 == 0o700


def test_data_is_checked_by_sums(cluster: Cluster) -> None:
    cluster.ensure_database("SUMS", "SUMS", "p")
    assert log_in(cluster, "SUMS", "p", "SHOW data_checksums") == "on"
    assert log_in(cluster, "SUMS", "p", "SHOW fsync") == "on"


@pytest.mark.parametrize("whom", ["postmaster", "everybody"])
def test_killed_it_comes_back_with_its_data(cluster: Cluster, whom: str) -> None:
    cluster.ensure_database("KEPT", "KEPT", "p")
    log_in(cluster, "KEPT", "p", "CREATE TABLE IF NOT EXISTS t (n int)")
    log_in(cluster, "KEPT", "p", "INSERT INTO t VALUES (1)")
    before = int(log_in(cluster, "KEPT", "p", "SELECT count(*) FROM t"))
    pid = master(cluster)
    family = [pid, *(procfs.children(pid) if whom == "everybody" else ())]
    for each in family:
        with contextlib.suppress(ProcessLookupError):  # a server process of a connection just closed was still listed
            os.kill(each, signal.SIGKILL)
    cluster.ensure()
    assert master(cluster) != pid
    assert int(log_in(cluster, "KEPT", "p", "SELECT count(*) FROM t")) == before


def test_a_stale_postmaster_pid_that_names_somebody_alive_stops_nothing(
    cluster: Cluster, eventually: Eventually
) -> None:
    pid = master(cluster)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: procfs.process(pid) is None)
    # As after a reboot: the pid is another program's by now, of the same account.
    prefix = cluster.account.prefix if cluster.account else ()
    with subprocess.Popen([*prefix, "sleep", "1000"]) as stranger:
        assert eventually(lambda: procfs.name(stranger.pid) == "sleep")
        for file in (cluster.data / "postmaster.pid", cluster.data / f".s.PGSQL.{cluster.port}.lock"):
            lines = file.read_text().splitlines()
            file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        cluster.ensure()
        assert stranger.poll() is None
        stranger.kill()


def test_stopped_twice_and_started_again(cluster: Cluster, alive_with: AliveWith) -> None:
    cluster.ensure_database("AGAIN", "AGAIN", "p")
    cluster.stop()
    cluster.stop()
    assert not cluster.running()
    assert not alive_with(str(cluster.folder))
    cluster.ensure()
    assert log_in(cluster, "AGAIN", "p") == "1"


def test_no_secret_is_written_down_or_said(cluster: Cluster) -> None:
    seen: list[str] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.extend(procfs.command(pid) for pid in procfs.pids())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for turn in range(50):
            cluster.ensure_database("SECRET", "SECRET", PASSWORD)
            if turn > 1 and any("psql" in text for text in tuple(seen)):
                break
    finally:
        done.set()
        watcher.join()
    assert any("psql" in text for text in seen)
    assert not [text for text in seen if PASSWORD in text and "pytest" not in text]
    assert not [path for path, text in contents(cluster.folder) if PASSWORD.encode() in text]


def test_a_server_that_is_given_is_used_through_its_url(cluster: Cluster) -> None:
    psql.ask(
        cluster._connection(),
        f"CREATE ROLE boss LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'; CREATE DATABASE x;",
        {},
    )
    url = f"postgresql://boss@127.0.0.1:{cluster.port}/"
    given = Given(url, {"PGPASSWORD": PASSWORD, "SECRET": "not passed on"})
    assert given.running()
    assert given.address == ("127.0.0.1", cluster.port)
    given.ensure()
    for password in ("first", "second"):
        given.ensure_database("severn-RXA01", "severn-RXA01", password)
        assert log_in(cluster, "severn-RXA01", password) == "1"
    given.drop_database("severn-RXA01")
    assert "authentication failed" in log_in(cluster, "severn-RXA01", "second")
    given.stop()
    assert given.running()
    for wrong in (replace(given, environ={}), replace(given, url="postgresql://boss@127.0.0.1:9/")):
        assert not wrong.running()
        with pytest.raises(NetprovError, match="PostgreSQL refuses: ") as caught:
            wrong.ensure()
        assert PASSWORD not in caught.value.message
    with pytest.raises(NetprovError, match="holds a password") as caught:
        Given(url.replace("boss@", "boss:hidden@"), {}).ensure()
    assert "hidden" not in str(caught.value)


def test_a_netprov_killed_while_it_makes_a_cluster_is_simply_run_again(
    ground: Path, alive_with: AliveWith, eventually: Eventually, free_port: int
) -> None:
    cluster = Cluster(ground / "killed", free_port, database_account())
    try:
        for delay in (0.02, 0.2, 0.6):
            netprov = os.fork()
            if netprov == 0:
                try:
                    cluster.ensure()
                finally:
                    os._exit(0)
            time.sleep(random.uniform(delay / 2, delay))
            os.kill(netprov, signal.SIGKILL)
            os.waitpid(netprov, 0)
        cluster.ensure()
        cluster.ensure_database("RXA01", "RXA01", "p")
        assert log_in(cluster, "RXA01", "p") == "1"
        assert not (cluster.folder / "draft").exists()
        assert eventually(lambda: masters(cluster, alive_with) == 1)
    finally:
        cluster.stop()
        sweep(cluster.folder)
    assert not alive_with(str(cluster.folder))


def test_an_initdb_that_fails_is_told_in_its_own_words(ground: Path, free_port: int) -> None:
    cluster = Cluster(ground / "full", free_port, database_account())
    private(cluster.folder, cluster.account)
    (cluster.folder / "data").mkdir()
    (cluster.folder / "data/something").touch()
    with pytest.raises(NetprovError, match=r"initdb fails: .*data"):
        cluster.ensure()
