"""The provider under the real engine: made, unchanged, changed, replaced, drifted and taken away, against real moto."""

from pathlib import Path

import pytest

from tests.aws.cloud import Cloud
from tests.aws.sample import Shape, everything
from tests.aws.stack import Stack

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")]


def test_made_changed_and_taken_away(cloud: Cloud, tmp_path: Path) -> None:
    stack = Stack(tmp_path, cloud.provider, lambda: everything(Shape()))
    stack.up()
    assert stack.up() == []
    assert stack.drift() == []
    assert stack.up(lambda: everything(Shape(port=2762))) == ["update https-in"]
    stack.down()
