"""A small network and two people: each with a home of their own, and one bucket between them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tests.aws.cloud import Cloud
from tests.aws.deployment import IMAGES, Deployment

BUCKET, KEY = "severn-state", "alias/severn-state"
TWO_SITES = f"""\
netprov: 1
network: {{id: duo, name: Duo Imaging Network, environment: test, synthetic_data: true}}
operating_model: hosted
host: RXA
members:
  - {{ods: RXA, name: Aldermoor Trust, kind: foundation_trust, sites: [{{ods: RXA01, name: Aldermoor, kind: acute}}]}}
  - {{ods: RXB, name: Brackenfield Trust, kind: foundation_trust, sites: [{{ods: RXB01, name: Bracken, kind: acute}}]}}
reporting: {{worklist: {{home: RXA01}}}}
deployment:
  aws:
{IMAGES}"""


@dataclass(frozen=True)
class Shared:
    """What `netprov state init` said to set."""

    reach: dict[str, str]
    text: str

    def home(self, folder: Path) -> Deployment:
        folder.mkdir(parents=True, exist_ok=True)
        return Deployment(folder, self.reach, self.text)


def founded(folder: Path, reach: dict[str, str], text: str, *, prefix: str = "/imaging") -> Shared:
    """A bucket and its key, by the command itself."""
    folder.mkdir(parents=True, exist_ok=True)
    said = Deployment(folder, reach, text).netprov("state", "init", f"s3://{BUCKET}{prefix}", "--kms", KEY)
    told = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    return Shared(reach | {name: value.strip("'") for name, value in told.items()}, text)


def held(cloud: Cloud) -> dict[str, bytes]:
    """Every object of the bucket."""
    s3 = cloud.account()
    return {name: s3.call("s3", "get_object", Bucket=BUCKET, Key=name)["Body"].read() for name in listed(cloud)}


def listed(cloud: Cloud) -> list[str]:
    """Their names alone: while somebody works there, one may be gone before it is read."""
    return [each["Key"] for each in cloud.account().call("s3", "list_objects_v2", Bucket=BUCKET).get("Contents", [])]


def digests(cloud: Cloud) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in held(cloud).items()}
