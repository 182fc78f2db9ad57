"""One moto and one provider for all tests of the AWS target; each test begins with an empty cloud."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.cloud import REGION, Cloud, running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--aws-provider", choices=["moto", "real"], default="moto", help="who makes the calls to AWS")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With the real plugin only those tests are run in which it makes the calls: the others are of the stand-in."""
    if config.getoption("--aws-provider", default="moto") == "real":
        kept = [each for each in items if isinstance(each, pytest.Function) and "reach" in each.fixturenames]
        config.hook.pytest_deselected(items=[each for each in items if each not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def sky() -> Iterator[Cloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def cloud(sky: Cloud) -> Iterator[Cloud]:
    yield sky
    sky.reset()


@pytest.fixture(scope="session")
def reach(request: pytest.FixtureRequest, sky: Cloud) -> dict[str, str]:
    """What netprov is told of AWS: where it is, and our provider, unless the real plugin is to work."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    where = keys | {"AWS_ENDPOINT_URL": sky.endpoint}
    if request.config.getoption("--aws-provider", default="moto") == "moto":
        return where | {"NETPROV_AWS_PROVIDER": sky.provider}
    return where | {"PULUMI_HOME": os.environ.get("PULUMI_HOME", str(Path.home() / ".pulumi"))}
