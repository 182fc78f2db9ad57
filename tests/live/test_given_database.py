"""A network whose index is kept in a PostgreSQL that somebody else runs, reached by its URL."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from living import contents
from vacant import vacant_port

from stacks.local import psql
from stacks.local.account import database_account
from stacks.local.postgres import Cluster

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

PASSWORD = "canary-Zq83xYp0"
MINE = "SELECT datname FROM pg_database WHERE datname LIKE 'severn-%' ORDER BY 1"


def test_a_network_keeps_its_index_in_a_given_postgresql_and_leaves_nothing_there(home: "Home") -> None:
    server = Cluster(home.path / "theirs", vacant_port(), database_account())
    server.ensure()
    try:
        boss = server._connection()
        psql.ask(boss, f"CREATE ROLE boss LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}';", {})
        file = Path(home.hosted("severn", ("RXA01", "RXA02")))
        storage = f"{{index: postgresql, postgresql: 'postgresql://boss@127.0.0.1:{server.port}/'}}"
        file.write_text(file.read_text() + f"platform: {{storage: {storage}}}\n")
        home.netprov("up", str(file), "--yes", PGPASSWORD=PASSWORD)
        assert psql.ask(boss, MINE, {}).split() == ["severn-RXA01", "severn-RXA02"]
        assert "no change" in home.netprov("up", str(file), "--yes", "--no-verify", PGPASSWORD=PASSWORD).stdout
        refused = home.netprov("up", str(file), "--yes", "--no-verify", PGPASSWORD="guessed", code=3)
        assert "PostgreSQL" in refused.stdout + refused.stderr
        assert not [path for path, text in contents(home.path / "state") if PASSWORD.encode() in text]
        home.netprov("down", "severn", "--yes", PGPASSWORD=PASSWORD)
        assert psql.ask(boss, MINE, {}) == "", "the databases are gone, the server runs on"
    finally:
        server.stop()
    assert not [p for p in home.processes() if p.pid != os.getpid()]
