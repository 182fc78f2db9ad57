"""Who may come in at a node on AWS: said by `netprov readers`, kept in Secrets Manager, seen by the node itself."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from site_templates.aws import boot
from site_templates.aws import readers as beside
from stacks.aws import readers
from tests.stacks.aws_node.conftest import EXAMPLE, NODE, Severn
from tests.stacks.aws_node.test_boot import REGION, client, serving, told

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    found = f"http://{host}:{port}"
    told(found, "reset")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": found,
    }.items():
        monkeypatch.setenv(name, value)
    yield found
    told(found, "reset")
    moto.stop()


@pytest.fixture
def folder(severn: Severn, tmp_path: Path) -> NetworkFolder:
    """A network as it was deployed."""
    made = NetworkFolder(tmp_path / severn.topology.id)
    made.root.mkdir()
    made.definition.write_text(EXAMPLE.read_text())
    return made


@pytest.fixture
def secret(severn: Severn, endpoint: str) -> str:
    """As the program makes it, with one of another node whose name begins alike."""
    tags = [{"Key": key, "Value": value} for key, value in severn.placement(NODE).tags]
    manager = client(endpoint, "secretsmanager")
    other = [each if each["Key"] != "site" else {"Key": "site", "Value": "RXA0"} for each in tags]
    manager.create_secret(Name="severn-rxa01-readers-0000000", Tags=other)
    return str(manager.create_secret(Name="severn-rxa01-readers-1234567", Tags=tags)["ARN"])


@pytest.fixture
def environ(endpoint: str, secret: str) -> Iterator[dict[str, str]]:
    """Of the container beside the front."""
    role = serving(json.dumps({"AccessKeyId": "test", "SecretAccessKey": "test", "Token": "t"}).encode())
    with closing(role.socket):
        yield {
            "AWS_REGION": REGION,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{role.server_address[1]}/",
            "NETPROV_READERS": secret,
            "NETPROV_SECRETS_ENDPOINT": endpoint,
        }
        role.shutdown()


@pytest.mark.usefixtures("secret")
def test_whoever_is_let_in_is_listed_until_dismissed(severn: Severn, folder: NetworkFolder) -> None:
    topology = severn.topology
    assert readers.readers(folder, topology, NODE) == ()
    first = readers.admit(folder, topology, NODE, "b.reader")
    assert readers.admit(folder, topology, NODE, "a.reader") != first
    assert readers.readers(folder, topology, NODE) == ("a.reader", "b.reader")
    assert readers.dismiss(folder, topology, NODE, "b.reader")
    assert not readers.dismiss(folder, topology, NODE, "b.reader")
    assert readers.readers(folder, topology, NODE) == ("a.reader",)
    assert readers.dismiss(folder, topology, NODE, "a.reader")
    assert readers.readers(folder, topology, NODE) == ()


def test_no_password_is_kept(severn: Severn, folder: NetworkFolder, endpoint: str, secret: str) -> None:
    password = readers.admit(folder, severn.topology, NODE, "a.reader")
    held = client(endpoint, "secretsmanager").get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
    assert "a.reader:{SSHA}" in held["SecretString"]
    assert password not in held["SecretString"]
    assert password not in "".join(path.read_text() for path in folder.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("there", [(), ("z.reader",)], ids=["the first", "a later one"])
@pytest.mark.usefixtures("secret")
def test_of_two_at_once_neither_undoes_the_other(severn: Severn, folder: NetworkFolder, there: tuple[str, ...]) -> None:
    topology = severn.topology
    for person in there:
        readers.admit(folder, topology, NODE, person)
    mine = readers._held(folder, topology, NODE)
    readers.admit(folder, topology, NODE, "faster")
    with pytest.raises(NetprovError, match="somebody else has changed the readers of RXA01"):
        readers._keep(mine, {**mine.lines, "slower": "slower:{SSHA}x"})
    assert readers.readers(folder, topology, NODE) == ("faster", *there)


@pytest.mark.usefixtures("endpoint")
def test_a_node_without_a_door_is_said_to_have_none(severn: Severn, folder: NetworkFolder) -> None:
    with pytest.raises(NetprovError, match="RXB01 has no readers' door yet"):
        readers.readers(folder, severn.topology, "RXB01")


def test_the_node_lets_in_whom_its_secret_names(
    severn: Severn, folder: NetworkFolder, environ: dict[str, str], tmp_path: Path
) -> None:
    people = tmp_path / "people"
    assert beside.looked(environ, people) == "0 may come in by the door"
    assert people.read_text() == ""
    assert beside.looked(environ, people) == ""
    readers.admit(folder, severn.topology, NODE, "a.reader")
    assert beside.looked(environ, people) == "1 may come in by the door"
    assert stat.S_IMODE(people.stat().st_mode) == 0o600
    readers.dismiss(folder, severn.topology, NODE, "a.reader")
    beside.looked(environ, people)
    assert "a.reader" not in people.read_text()


def test_who_may_come_in_stays_so_while_the_secret_cannot_be_asked_for(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "TRIES", 1)
    people = tmp_path / "people"
    people.write_text("a.reader:{SSHA}x\n")
    assert "stays as it is" in beside.looked(environ | {"NETPROV_SECRETS_ENDPOINT": "http://127.0.0.1:1"}, people)
    assert people.read_text() == "a.reader:{SSHA}x\n"
