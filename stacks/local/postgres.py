"""The PostgreSQL of a network's indexes: a private cluster that netprov runs, or a server that is given by its URL.

The private one listens on 127.0.0.1 with SCRAM passwords. Its superuser has no password and comes in through a socket
in the data folder alone, which nobody else may enter.
"""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.disk import place
from provisioner.errors import NetprovError
from provisioner.site.render import Database
from stacks.local import psql
from stacks.local.account import Account, database_account, private, reachable
from stacks.local.ground import Ground
from stacks.local.ports import HOST, allocate_database
from stacks.local.processes import Service, running, start, stop, tail

BINARIES = Path("/usr/lib/postgresql")
READY_SECONDS = 120.0
"""After a crash PostgreSQL first replays its log."""
STOP_SECONDS = 60.0
TICK = 0.005
READY_LINE = 7
"""The line of postmaster.pid that says how far the server is."""
LOCAL = ("localhost", HOST, "::1")

SETTINGS = """# Written by netprov at each start.
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '.'
max_connections = 300
shared_buffers = 32MB
huge_pages = off
max_wal_size = 256MB
min_wal_size = 32MB
jit = off
password_encryption = scram-sha-256
# A statement that fails is not logged: it may name what is nobody's business.
log_min_error_statement = panic
log_line_prefix = '%m [%p] '
"""
# The data folder appears whole or not at all: a killed initdb leaves a draft, which the next one removes.
INIT = """test -e "$3/PG_VERSION" && exit
rm -rf "$2" && "$1" -D "$2" --data-checksums --encoding=UTF8 --locale=C \\
  --auth-local=peer --auth-host=scram-sha-256 --no-instructions && mv -T "$2" "$3"
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A network's private PostgreSQL."""

    folder: Path
    port: int
    account: Account | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def running(self) -> bool:
        return self._pid() is not None

    def ensure(self) -> None:
        """Make the cluster if there is none, start it if it does not run, and wait until it answers."""
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private(self.folder, self.account)
        reachable(self.folder, self.account)
        if not self._initialised():
            self._init()
        _binaries(self._version())
        settings = SETTINGS.format(host=HOST, port=self.port)
        place(self.data / "postgresql.conf", settings, self.account)
        self._await_ready(start(self._service()))

    def ensure_database(self, name: str, user: str, password: str) -> None:
        psql.ensure_database(self._connection(), name, user, password)

    def drop_database(self, name: str) -> None:
        psql.drop_database(self._connection(), name)

    def stop(self, *, tidily: bool = True) -> None:
        """Stop quickly: transactions are rolled back, and everything is written unless its data is about to go."""
        if self._initialised():
            stop(replace(self._service(), stop_signal=signal.SIGINT if tidily else signal.SIGQUIT))
        stop(self._initdb(BINARIES))

    def _version(self) -> str:
        return (self.data / "PG_VERSION").read_text(encoding="ascii").strip()

    def _initialised(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _init(self) -> None:
        initdb = self._initdb(_binaries(None))
        with suppress(NetprovError):  # told below, with what it said itself
            start(initdb)
        while running(initdb):
            time.sleep(TICK)
        if not self._initialised():
            raise NetprovError(f"PostgreSQL's initdb fails: {tail(initdb.log, 2)}", f"see {initdb.log}")

    def _initdb(self, binaries: Path) -> Service:
        words = ("initdb", str(binaries / "initdb"), str(self.folder / "draft"), str(self.data))
        return self._program("initdb", ("/bin/sh", "-c", INIT, *words))

    def _service(self) -> Service:
        # Not looked for: what has run can be stopped when its package is gone.
        argv = (str(BINARIES / self._version() / "bin/postgres"), "-D", str(self.data))
        # PostgreSQL refuses to start where one of these names a pid that lives, whosever it is by now.
        socket = self.data / f".s.PGSQL.{self.port}"
        stale = (self.data / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock"))
        return self._program("postgresql", argv, stale)

    def _program(self, name: str, argv: tuple[str, ...], stale: tuple[Path, ...] = ()) -> Service:
        return Service(
            name=name,
            argv=argv,
            folder=self.folder,
            log=self.folder / f"{name}.log",
            environ={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            account=self.account,
            stop_signal=signal.SIGINT,
            grace_seconds=STOP_SECONDS,
            stale=stale,
        )

    def _pid(self) -> int | None:
        return running(self._service()) if self._initialised() else None

    def _await_ready(self, pid: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready(pid):
            late = time.monotonic() > deadline
            if late or self._pid() != pid:
                what = f"does not answer within {READY_SECONDS:.0f} s" if late else "does not start"
                log = self._service().log
                raise NetprovError(f"the network's PostgreSQL {what}: {tail(log, 3)}", f"see {log}")
            time.sleep(TICK)

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > READY_LINE and lines[0] == str(pid) and lines[READY_LINE].strip() == "ready"

    def _connection(self) -> psql.Connection:
        binaries = _binaries(self._version())
        # Through the folder that psql stands in, since the path of a socket may have 107 bytes only.
        options = ("--host=/proc/self/cwd", f"--port={self.port}", "--dbname=postgres")
        return psql.Connection(binaries / "psql", options, {"PATH": os.defpath}, self.data, self.account)


@dataclass(frozen=True, slots=True)
class Given:
    """A PostgreSQL server that somebody else runs. The password of its URL's user comes in PGPASSWORD."""

    url: str
    environ: Mapping[str, str]

    def running(self) -> bool:
        try:
            psql.ask(self._connection(), "SELECT 1;", {})
        except NetprovError:
            return False
        return True

    def ensure(self) -> None:
        """Raises NetprovError if it gives no answer."""
        psql.ask(self._connection(), "SELECT 1;", {})

    def ensure_database(self, name: str, user: str, password: str) -> None:
        psql.ensure_database(self._connection(), name, user, password)

    def drop_database(self, name: str) -> None:
        psql.drop_database(self._connection(), name)

    def stop(self, *, tidily: bool = True) -> None:
        """It is not ours to stop."""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "localhost", parts.port or 5432

    def _connection(self) -> psql.Connection:
        parts = urlsplit(self.url)
        if parts.password is not None:
            raise NetprovError(
                f"the address of PostgreSQL at {parts.hostname} holds a password", "take it out and set PGPASSWORD"
            )
        url = parts._replace(path=parts.path if parts.path.strip("/") else "/postgres").geturl()
        environ = {key: value for key, value in self.environ.items() if key.startswith("PG") or key == "HOME"}
        safe = {} if self.address[0] in LOCAL else {"PGSSLMODE": "require"}
        return psql.Connection("psql", (f"--dbname={url}",), {"PATH": os.defpath, **safe, **environ}, Path("/"), None)


def cluster_of(ground: Ground) -> Cluster | Given:
    """The PostgreSQL of a network."""
    if ground.topology.postgresql:
        return Given(ground.topology.postgresql, os.environ)
    folder = ground.folder
    port = allocate_database(folder.root.parent.parent, folder, 0)
    return Cluster(folder.postgres, port, database_account())


def database_of(ground: Ground, node: str) -> Database:
    """A node's database there; on a server that others use too, its name says whose node it is."""
    server, password = cluster_of(ground), ground.keys.password(f"postgres:{node}")
    if isinstance(server, Cluster):
        return Database(HOST, server.port, node, node, password)
    host, port = server.address
    name = f"{ground.topology.id}-{node}"
    return Database(host, port, name, name, password)


def _binaries(version: str | None) -> Path:
    """PostgreSQL's programs: those that a data folder needs, or the newest."""
    found = sorted(BINARIES.glob(f"{version or '[0-9]*'}/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        raise NetprovError(
            f"PostgreSQL{f' {version}' if version else ''} is not installed",
            f"apt-get install {f'postgresql-{version}' if version else 'postgresql'}",
        )
    return found[-1].parent
