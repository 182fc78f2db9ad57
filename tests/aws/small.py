"""The smallest network that has everything: two trusts, a site each, in one account."""

from pathlib import Path

from tests.aws.cloud import REGION, Cloud
from tests.aws.deployment import IMAGES, Deployment

NAME = "lune"
TEXT = """\
netprov: 1
network: {id: lune, name: Lune Imaging Network, environment: test, synthetic_data: true}
operating_model: hosted
host: RXA
members:
  - ods: RXA
    name: Aldermoor NHS Foundation Trust
    kind: foundation_trust
    sites: [{ods: RXA01, name: Aldermoor General Hospital, kind: acute, cidr: 10.21.1.0/24}]
  - ods: RXB
    name: Brackenfield NHS Trust
    kind: nhs_trust
    sites: [{ods: RXB01, name: Brackenfield Royal Infirmary, kind: acute, cidr: 10.22.1.0/24}]
reporting: {worklist: {home: RXA01}}
deployment:
  aws:
"""


TWO_ACCOUNTS = """\
    join: transit_gateway
    accounts:
      - {owner: RXA, account: "111111111111", role: "arn:aws:iam::111111111111:role/netprov"}
      - {owner: RXB, account: "222222222222", role: "arn:aws:iam::222222222222:role/netprov"}
"""
"""Each trust has its own, and what joins them is shared and has to be agreed to."""


def small(cloud: Cloud, folder: Path, settings: str = "") -> Deployment:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    reach = keys | {"AWS_ENDPOINT_URL": cloud.endpoint, "NETPROV_AWS_PROVIDER": cloud.provider}
    return Deployment(folder, reach, TEXT + IMAGES + settings)
