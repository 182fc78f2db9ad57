"""`netprov up FILE --target aws` of whole networks, by the real engine, onto real moto; boto3 says what is there."""

from collections.abc import Iterator

import pytest

from stacks.aws.design import Design
from tests.aws import looks
from tests.aws.cloud import FIRST, REGION, Cloud
from tests.aws.deployment import Deployment, example
from tests.aws.inventory import left
from tests.aws.models import MODELS
from tests.aws.provider.account import Account

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", params=MODELS)
def network(
    request: pytest.FixtureRequest, sky: Cloud, reach: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """An example that is up."""
    found = example(request.param, MODELS[request.param], tmp_path_factory.mktemp(request.param), reach)
    found.up()
    yield found
    sky.reset()


def accounts(cloud: Cloud, design: Design) -> list[Account]:
    return [cloud.account(each.number or FIRST) for each in design.accounts]


@pytest.mark.parametrize(
    "look",
    [looks.open_doors, looks.public_things, looks.in_the_clear, looks.unpinned, looks.forgetful],
    ids=lambda look: look.__name__,
)
def test_nothing_is_wrong(sky: Cloud, network: Deployment, look: looks.Look) -> None:
    assert [each for account in accounts(sky, network.design) for each in look(account)] == []


def test_each_owner_has_what_is_its_own(sky: Cloud, network: Deployment) -> None:
    """The owner's account holds its VPC, and for each of its nodes the bucket of images, the service, the index."""
    design = network.design
    for account in design.accounts:
        look = sky.account(account.number or FIRST)
        spaces = [each.cidr for each in design.spaces if each.account == account.owner]
        assert sorted(looks.routes(look)) == sorted(spaces)
        nodes = [each.node.lower() for each in design.placements if each.account == account.owner]
        for node in nodes:
            assert any(node in bucket and "image" in bucket for bucket in looks.buckets(look)), node
        assert len(list(looks.services(look))) == len(nodes)


def test_ways_lead_there_and_back(sky: Cloud, network: Deployment) -> None:
    design = network.design
    ways = {cidr: to for account in accounts(sky, design) for cidr, to in looks.routes(account).items()}
    cidr = {each.name: each.cidr for each in design.spaces}
    for one, other in design.pairs:
        assert looks.leads(ways[cidr[one]], cidr[other])
        assert looks.leads(ways[cidr[other]], cidr[one])


def test_who_may_enter_is_exactly_who_is_linked(sky: Cloud, network: Deployment) -> None:
    design = network.design
    permitted = {(each.source, each.port) for each in design.permits}
    entered = {
        (rule["CidrIpv4"], rule["FromPort"])
        for account in accounts(sky, design)
        for rule in looks.rules(account)
        if not rule["IsEgress"] and rule.get("CidrIpv4")
    }
    assert entered == permitted


def test_nothing_is_elsewhere(sky: Cloud, network: Deployment) -> None:
    for account in network.design.accounts:
        role = f"arn:aws:iam::{account.number or FIRST}:role/look"
        abroad = Account(sky.endpoint, sky.shelf, "eu-west-1", role)
        regional = [each for each in left(abroad) if not each.startswith(("roles", "buckets", "hosted_zones"))]
        assert regional == []
        for bucket in looks.buckets(sky.account(account.number or FIRST)):
            where = sky.account(account.number or FIRST).call("s3", "get_bucket_location", Bucket=bucket)
            assert where["LocationConstraint"] == REGION


def test_a_second_run_changes_nothing(network: Deployment) -> None:
    assert network.facts("plan", str(network.file), "--target", "aws")["steps"] == []
