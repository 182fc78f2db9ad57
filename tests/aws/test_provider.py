"""The provider under the real engine: made, unchanged, changed, replaced, drifted and taken away, against real moto."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws.cloud import Cloud
from tests.aws.inventory import left
from tests.aws.sample import Shape, everything
from tests.aws.stack import Stack

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")]

FIRST = Shape()


def test_made_changed_and_taken_away(cloud: Cloud, tmp_path: Path) -> None:
    """Each step does what its edit says, and no more."""
    before = left(cloud.account())
    stack = Stack(tmp_path, cloud.provider, lambda: everything(FIRST))
    assert all(step.startswith("create ") for step in stack.up())
    made = left(cloud.account())
    assert stack.up() == []
    assert stack.drift() == []
    assert stack.up(lambda: everything(replace(FIRST, port=2762))) == ["update https-in"]
    assert stack.up(lambda: everything(replace(FIRST, port=2762, desired=2))) == ["update node"]
    assert len(left(cloud.account())) == len(made)
    stack.down()
    assert left(cloud.account()) == before
    assert cloud.shelf.left() == []
