"""One moto and one provider for all tests of the AWS target; each module begins with an empty cloud."""

from collections.abc import Iterator

import pytest

from tests.aws.cloud import Cloud, running


@pytest.fixture(scope="session")
def sky() -> Iterator[Cloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def cloud(sky: Cloud) -> Iterator[Cloud]:
    yield sky
    sky.reset()
