"""The script that puts a node's files in place, run as the task runs it: against S3, with a role's own credentials."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from site_templates import text
from stacks.aws.bundle import Bundle, bundle
from stacks.aws.confidential import confidential
from tests.stacks.aws_node.conftest import NODE, Severn

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

REGION, SETTINGS, IMAGES = "eu-west-2", "severn-rxa01-settings", "severn-rxa01-images"
MASTER = 'pa"ss\\w${HOME}$ord'
"""What RDS may make of a password: all that JSON, Orthanc or a shell would take for something else."""


@dataclass(frozen=True)
class Cloud:
    """S3 as the task sees it, and where the task's credentials come from."""

    endpoint: str
    credentials: str
    s3: Any
    wrapped: Bundle


def serving(answer: bytes) -> ThreadingHTTPServer:
    """What ECS serves to a task: the credentials of its role."""

    class Credentials(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Credentials)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def told(endpoint: str, what: str, body: str = "") -> None:
    """One of moto's own switches."""
    with closing(HTTPConnection(endpoint.removeprefix("http://"), timeout=30)) as moto:
        moto.request("POST", f"/moto-api/{what}", body)
        moto.getresponse().read()


def checking(endpoint: str, *, on: bool) -> None:
    """Whether moto checks every signature, and what its signer may do."""
    told(endpoint, "reset-auth", "0" if on else "inf")


def client(endpoint: str, service: Any) -> Any:
    session = boto3.Session("test", "test", region_name=REGION)
    return session.client(service, endpoint_url=endpoint)


def of_role(endpoint: str, allowed: str) -> bytes:
    """Credentials of a role that may read one thing, as ECS hands them out."""
    iam, trust = client(endpoint, "iam"), {"Version": "2012-10-17", "Statement": []}
    may = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": allowed}]
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.put_role_policy(RoleName="runs", PolicyName="runs", PolicyDocument=document)
    held = client(endpoint, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="task")["Credentials"]
    names = {"AccessKeyId": "AccessKeyId", "SecretAccessKey": "SecretAccessKey", "Token": "SessionToken"}
    return json.dumps({ours: held[theirs] for ours, theirs in names.items()}).encode()


@pytest.fixture
def cloud(severn: Severn) -> Iterator[Cloud]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    told(endpoint, "reset")
    wrapped = bundle(severn.topology, NODE)
    s3 = client(endpoint, "s3")
    s3.create_bucket(Bucket=SETTINGS, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=SETTINGS, Key=wrapped.key, Body=wrapped.content)
    task = serving(of_role(endpoint, f"arn:aws:s3:::{SETTINGS}/bundle/*"))
    checking(endpoint, on=True)
    yield Cloud(endpoint, f"http://127.0.0.1:{task.server_address[1]}/v2/credentials", s3, wrapped)
    checking(endpoint, on=False)
    task.shutdown()
    task.server_close()
    told(endpoint, "reset")
    moto.stop()


def run(cloud: Cloud, severn: Severn, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """As the task's first container is started."""
    folder.mkdir()
    secret = confidential(severn.topology, severn.papers, NODE)
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": REGION,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": cloud.credentials,
        "NETPROV_S3_ENDPOINT": f"{cloud.endpoint}/{SETTINGS}",
        "NETPROV_BUNDLE_BUCKET": SETTINGS,
        "NETPROV_BUNDLE_KEY": cloud.wrapped.key,
        "NETPROV_BUNDLE_SHA256": cloud.wrapped.sha256,
        "NETPROV_BUCKET": IMAGES,
        "NETPROV_DATABASE_HOST": "index.example",
        "NETPROV_DATABASE": json.dumps({"username": "orthanc", "password": MASTER}),
        "NETPROV_SECRET": json.dumps(secret),
        "NETPROV_FOLDER": str(folder),
        "NETPROV_STATE": str(folder.parent / "state"),
        "NETPROV_LASTING": "sharing.db worklist.db",
        "NETPROV_UID": str(os.getuid()),
    }
    argv = [sys.executable, "-I", "-c", text("aws/boot.py")]
    return subprocess.run(argv, env=environment | changes, capture_output=True, text=True, check=False, timeout=120)


def test_every_file_is_in_place_complete_and_for_its_owner_alone(cloud: Cloud, severn: Severn, tmp_path: Path) -> None:
    done = run(cloud, severn, folder := tmp_path / "node")
    assert (done.returncode, done.stderr) == (0, "")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not [path for path in files if path.suffix in {".json", ".conf"} and "@netprov:" in path.read_text()]
    config = json.loads((folder / "orthanc.json").read_text())
    assert config["RegisteredUsers"] == {"netprov": severn.papers.keys.password(f"orthanc:{NODE}")}
    assert config["AwsS3Storage"]["BucketName"] == IMAGES
    assert config["PostgreSQL"]["Password"] == MASTER
    assert "${" not in (folder / "orthanc.json").read_text()
    assert (folder / "tls/node.key").read_text() == severn.papers.certificates[NODE].key
    assert (folder / "sharing.db").readlink() == tmp_path / "state/sharing.db"


def test_what_it_says_holds_no_secret(cloud: Cloud, severn: Severn, tmp_path: Path) -> None:
    done = run(cloud, severn, tmp_path / "node")
    said = done.stdout + done.stderr
    words = confidential(severn.topology, severn.papers, NODE)["words"].values()
    assert "are in place" in said
    assert not [word for word in (*words, MASTER) if word in said]


def test_a_bundle_that_somebody_has_changed_is_refused(cloud: Cloud, severn: Severn, tmp_path: Path) -> None:
    checking(cloud.endpoint, on=False)
    cloud.s3.put_object(Bucket=SETTINGS, Key=cloud.wrapped.key, Body=cloud.wrapped.content + b"\0")
    checking(cloud.endpoint, on=True)
    done = run(cloud, severn, folder := tmp_path / "node")
    assert done.returncode == 1
    assert "the bundle is another one" in done.stderr
    assert list(folder.iterdir()) == []


def test_another_nodes_files_cannot_be_fetched(cloud: Cloud, severn: Severn, tmp_path: Path) -> None:
    done = run(cloud, severn, tmp_path / "node", NETPROV_BUNDLE_KEY="elsewhere/bundle")
    assert done.returncode == 1
    assert "403" in done.stderr


def test_a_signature_with_another_key_is_refused(cloud: Cloud, severn: Severn, tmp_path: Path) -> None:
    """Moto does check signatures: without this, the tests above would prove little."""
    held = json.loads(of_other(cloud.credentials))
    forged = serving(json.dumps(held | {"SecretAccessKey": "not-it"}).encode())
    address = f"http://127.0.0.1:{forged.server_address[1]}/"
    done = run(cloud, severn, tmp_path / "node", AWS_CONTAINER_CREDENTIALS_FULL_URI=address)
    forged.shutdown()
    forged.server_close()
    assert done.returncode == 1
    assert "403" in done.stderr


def of_other(address: str) -> bytes:
    host, _, path = address.removeprefix("http://").partition("/")
    with closing(HTTPConnection(host, timeout=30)) as task:
        task.request("GET", f"/{path}")
        return task.getresponse().read()
