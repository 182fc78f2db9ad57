"""Calls that moto 5.2.5 lacks: checked by botocore as every call is, then kept here, as moto would have kept them.

docs/aws-testing.md lists them. Each account has its own shelf, for as long as the test's moto runs.
"""

import itertools
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.model import ServiceModel
from botocore.session import Session
from botocore.validate import ParamValidator

from tests.aws.provider.wire import Values


@dataclass
class Shelf:
    """What would lie in AWS, by the service's name for its kind and by id."""

    items: dict[tuple[str, str, str], Values] = field(default_factory=dict)
    """By account, kind and id."""
    _count: Any = field(default_factory=lambda: itertools.count(1), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def put(self, account: str, kind: str, item: Values, key: str = "") -> str:
        with self._lock:
            made = key or f"{kind}-{next(self._count):08x}"
            self.items[account, kind, made] = item
        return made

    def get(self, account: str, kind: str, key: str) -> Values:
        return self.items[account, kind, key]

    def pop(self, account: str, kind: str, key: str) -> None:
        del self.items[account, kind, key]

    def owner(self, kind: str, key: str) -> str:
        """The account that such a thing lies in; none if there is none."""
        return next((account for account, other, held in self.items if (other, held) == (kind, key)), "")

    def members(self, share: str, kind: str) -> list[str]:
        """The principals, or resources, of a share."""
        return [key.partition(",")[2] for _, other, key in self.items if other == kind and key.startswith(f"{share},")]

    def left(self) -> list[str]:
        """What has not been taken away again."""
        return sorted(" ".join(key) for key in self.items)


def validated(service: str, operation: str, parameters: Values) -> Values:
    """The parameters, if AWS's own description of the operation has them so."""
    model = _described(service).operation_model(operation)
    given = {key: value for key, value in parameters.items() if value is not None}
    shape = model.input_shape
    assert shape is not None
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    return given


@cache
def _described(service: str) -> ServiceModel:
    return Session().get_service_model(service)
