"""A real Orthanc whose index is in the private PostgreSQL."""

import json
import os
import random
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from stacks.local import procfs
from stacks.local.account import private, service_account
from stacks.local.loopback import library
from stacks.local.postgres import Cluster
from stacks.local.processes import Service, running, start, stop, sweep

AliveWith = Callable[[str], list[int]]
Eventually = Callable[[Callable[[], bool]], bool]

pytestmark = pytest.mark.live

PASSWORD = "canary-Zq83xYp0"


def master(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


@dataclass(frozen=True)
class Archive:
    """A real Orthanc whose index is in PostgreSQL."""

    service: Service
    port: int
    eventually: Eventually

    def ask(self, path: str, data: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=60) as answer:
            return json.load(answer)

    def up(self) -> int:
        pid = start(self.service)
        assert self.eventually(self._answers), self.service.log.read_text()
        return pid

    def _answers(self) -> bool:
        try:
            return bool(self.ask("/system"))
        except OSError:
            assert running(self.service), self.service.log.read_text()
            return False


@pytest.fixture
def archive(
    ground: Path, cluster: Cluster, alive_with: AliveWith, free_port: int, eventually: Eventually
) -> Iterator[Archive]:
    account, folder, port = service_account(), ground / "RXA01", free_port
    private(folder, account)
    cluster.ensure()
    cluster.ensure_database("ORTHANC", "ORTHANC", PASSWORD)
    settings = {
        "StorageDirectory": str(folder),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "Plugins": ["/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so"],
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": False,
            "Host": "127.0.0.1",
            "Port": cluster.port,
            "Database": "ORTHANC",
            "Username": "ORTHANC",
            "Password": PASSWORD,
            "Lock": True,
        },
    }
    config = folder / "orthanc.json"
    config.write_text(json.dumps(settings))
    if account:
        os.chown(config, account.uid, account.gid)
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    environ = {"PATH": path, "LANG": "C.UTF-8", "LD_PRELOAD": str(library(ground / "cache"))}
    service = Service("orthanc", ("Orthanc", str(config)), folder, folder / "orthanc.log", environ, account)
    yield Archive(service, port, eventually)
    stop(replace(service, grace_seconds=0.0))
    sweep(folder)
    assert not alive_with(str(folder))


def instance() -> bytes:
    from io import BytesIO

    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    image.PatientID, image.PatientName = "SYNTHETIC-1", "Test^Synthetic"
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def found(archive: Archive) -> int:
    query = json.dumps({"Level": "Study", "Query": {"PatientID": "SYNTHETIC-1"}}).encode()
    return len(archive.ask("/tools/find", query))


def test_orthanc_keeps_its_index_there_through_restarts_and_kills(archive: Archive, cluster: Cluster) -> None:
    archive.up()
    assert archive.ask("/system")["DatabaseBackendPlugin"]
    assert archive.ask("/instances", instance())["Status"] == "Success"
    assert found(archive) == 1
    assert not (archive.service.folder / "index").exists()
    stop(archive.service)
    archive.up()
    assert found(archive) == 1
    os.kill(running(archive.service) or 0, signal.SIGKILL)
    os.kill(master(cluster), signal.SIGKILL)
    cluster.ensure()
    archive.up()
    assert found(archive) == 1
    assert archive.ask("/instances", instance())["Status"] == "Success"
    assert found(archive) == 2


def test_a_real_orthanc_is_one_whenever_netprov_is_killed(archive: Archive) -> None:
    quick = replace(archive.service, grace_seconds=0.0)

    def restless() -> None:
        while True:
            start(archive.service)
            time.sleep(random.uniform(0.0, 0.05))
            stop(quick)

    for _ in range(5):
        netprov = os.fork()
        if netprov == 0:
            try:
                restless()
            finally:
                os._exit(0)
        time.sleep(random.uniform(0.01, 0.2))
        os.kill(netprov, signal.SIGKILL)
        os.waitpid(netprov, 0)
        pid = archive.up()
        masters = [p for p in procfs.pids() if str(archive.service.folder) in procfs.command(p) and procfs.process(p)]
        assert masters == [pid]
        stop(quick)
