"""Each transaction of UPS-RS by programs that are not ours: curl asks, through the home's front, and pydicom reads."""

import json
import random
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from homed import coded, sample
from scanned import Network, deployed

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live
WORKLIST = "1.2.840.10008.5.1.4.34.5"


@pytest.fixture(scope="module")
def network(lasting_home: "Home") -> Iterator[Network]:
    yield from deployed(lasting_home)


def curl(network: Network, site: str, method: str, path: str, payload: Any = None) -> tuple[int, str, str]:
    """Status, headers and body; a payload is DICOM JSON."""
    peer = json.loads((network.folder / f"nodes/{site}/sharing.json").read_text())["peers"]["HUB"]
    tls = network.folder / f"nodes/{site}/tls"
    command = ["curl", "-sS", "-i", "-X", method, "--cacert", f"{tls}/trust.crt", "--cert", f"{tls}/node.crt"]
    command += ["--key", f"{tls}/node.key", "--config", "-", "-H", "Accept: application/dicom+json"]
    if payload is not None:
        command += ["-H", "Content-Type: application/dicom+json", "--data-raw", json.dumps(payload)]
    command += ["--globoff", f"{peer['url']}dicom-web/workitems{path}"]
    login = f'user = "{peer["user"]}:{peer["password"]}"\n'
    told = subprocess.run(command, input=login, capture_output=True, text=True, timeout=180, check=True).stdout
    head, _, body = told.partition("\n\n")
    return int(head.split()[1]), head, body


def dataset(body: str) -> pydicom.Dataset:
    (found,) = json.loads(body)
    return pydicom.Dataset.from_json(found)


def state(name: str, lock: str) -> dict[str, Any]:
    made = pydicom.Dataset()
    made.ProcedureStepState, made.TransactionUID = name, lock
    return made.to_json_dict()


def performed() -> dict[str, Any]:
    """What the table of final states asks for; nothing came of it."""
    done = pydicom.Dataset()
    done.PerformedStationNameCodeSequence = [coded("RXB01", "Birch")]
    done.PerformedWorkitemCodeSequence = [coded("110005", "Interpretation")]
    done.PerformedProcedureStepStartDateTime = "20261101101500"
    done.PerformedProcedureStepEndDateTime = "20261101102000"
    done.OutputInformationSequence = []
    made = pydicom.Dataset()
    made.UnifiedProcedureStepPerformedProcedureSequence = [done]
    return made.to_json_dict()


def test_from_created_to_completed(network: Network) -> None:
    uid, lock = (f"2.25.{random.getrandbits(100)}" for _ in range(2))
    status, head, _ = curl(network, "RXA01", "POST", f"?{uid}", [sample(accession="BYCURL")])
    assert (status, f"/dicom-web/workitems/{uid}" in head) == (201, True)
    status, _, body = curl(network, "RXB01", "GET", "?AccessionNumber=BYCURL&includefield=WorklistLabel")
    assert (status, dataset(body).SOPInstanceUID, dataset(body).WorklistLabel) == (200, uid, "reporting")
    status, head, _ = curl(network, "RXB01", "POST", f"/{uid}/subscribers/CURL")
    assert (status, "wss://" in head) == (201, True)
    assert curl(network, "RXB01", "PUT", f"/{uid}/state", state("IN PROGRESS", lock))[0] == 200
    assert curl(network, "RXA01", "PUT", f"/{uid}/state", state("IN PROGRESS", "2.25.5"))[0] == 409
    assert curl(network, "RXA01", "POST", f"/{uid}/cancelrequest")[0] == 202
    assert curl(network, "RXB01", "POST", f"/{uid}", performed())[0] == 400, "without the Transaction UID"
    assert curl(network, "RXB01", "PUT", f"/{uid}/state", state("COMPLETED", lock))[0] == 409, "final state"
    assert curl(network, "RXB01", "POST", f"/{uid}?{lock}", performed())[0] == 200
    assert curl(network, "RXB01", "PUT", f"/{uid}/state", state("COMPLETED", lock))[0] == 200
    status, _, body = curl(network, "RXA01", "GET", f"/{uid}")
    assert (status, dataset(body).ProcedureStepState, "TransactionUID" in dataset(body)) == (200, "COMPLETED", False)
    assert curl(network, "RXA01", "POST", f"/{uid}/cancelrequest")[0] == 409
    assert curl(network, "RXB01", "DELETE", f"/{uid}/subscribers/CURL")[0] == 200


def test_what_nobody_began_is_canceled_and_the_whole_list_is_subscribed_to(network: Network) -> None:
    uid = f"2.25.{random.getrandbits(100)}"
    assert curl(network, "RXB01", "POST", f"/{WORKLIST}/subscribers/CURL?deletionlock=true")[0] == 201
    assert curl(network, "RXA01", "POST", f"?{uid}", [sample()])[0] == 201
    reason = pydicom.Dataset()
    reason.ReasonForCancellation = "A duplicate"
    assert curl(network, "RXA01", "POST", f"/{uid}/cancelrequest", reason.to_json_dict())[0] == 202
    found = dataset(curl(network, "RXA01", "GET", f"/{uid}")[2])
    (progress,) = found.ProcedureStepProgressInformationSequence
    assert (found.ProcedureStepState, progress.ReasonForCancellation) == ("CANCELED", "A duplicate")
    assert curl(network, "RXB01", "POST", f"/{WORKLIST}/subscribers/CURL/suspend")[0] == 200
    assert curl(network, "RXB01", "DELETE", f"/{WORKLIST}/subscribers/CURL")[0] == 200
