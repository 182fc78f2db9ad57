"""Bucket policies as moto enforces them. It takes a refusal under a condition for a refusal of everything."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


@contextmanager
def conditions_left_out() -> Iterator[None]:
    """Within, a statement with a condition neither allows nor refuses: moto does not know what it asks about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeBucket, "get_permission", _permission)
        yield


def _permission(bucket: Any, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    statements = [each for each in json.loads(bucket.policy)["Statement"] if "Condition" not in each]
    return IAMPolicy(json.dumps({"Statement": statements})).is_action_permitted(action, resource)
