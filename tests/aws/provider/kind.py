"""One kind of AWS resource: the Pulumi type, and the boto3 calls that make, read, change and delete it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.aws.provider.account import Account
from tests.aws.provider.wire import Values


class Unmapped(Exception):
    """A property that no call carries to AWS: the test would prove less than it seems to."""


class Wanted:
    """Properties to carry out. Whoever reads one takes it; what nobody has taken at the end is unmapped."""

    def __init__(self, properties: Values) -> None:
        self._properties = properties
        self._left = set(properties)

    def take(self, name: str, default: Any = None) -> Any:
        self._left.discard(name)
        return self._properties.get(name, default)

    def has(self, *names: str) -> bool:
        return any(name in self._properties for name in names)

    def calls(self, *names: str, **renamed: str) -> Values:
        """These properties as a call's parameters: `cidrBlock` is CidrBlock, unless renamed."""
        both = {name: pascal(name) for name in names} | renamed
        return {theirs: self.take(ours) for ours, theirs in both.items() if self._properties.get(ours) is not None}

    def ignore(self, *names: str) -> None:
        """Properties that steer the real provider itself and reach no API."""
        self._left.difference_update(names)

    def check(self, token: str) -> None:
        if self._left:
            raise Unmapped(f"{token}: no call carries {', '.join(sorted(self._left))}; map it in tests/aws/provider")


@dataclass(frozen=True, slots=True)
class Found:
    """A resource that exists: its id and what the state holds of it."""

    id: str
    properties: Values

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.properties.get(name, default)


class Kind:
    """How one Pulumi type maps to calls. `read` raises LookupError, or AWS's own error, for what is gone."""

    token: ClassVar[str]
    replaces: ClassVar[frozenset[str]] = frozenset()
    """A change of these makes a new resource, as the real provider does (ForceNew in its schema)."""
    named: ClassVar[str] = ""
    """The property that is made from the resource's name when it is not given."""
    taggable: ClassVar[str] = ""
    """Which service's way of tagging holds; none for what has no tags."""

    def create(self, aws: Account, wanted: Wanted) -> str:
        """Make it; the answer is its id."""
        raise NotImplementedError

    def read(self, aws: Account, found: Found) -> Values:
        """Its properties as AWS has them now, by Pulumi's names; what AWS does not tell is left out."""
        raise NotImplementedError

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        """Carry out the changed properties; a removed one is None."""

    def delete(self, aws: Account, found: Found) -> None:
        """Take it away."""
        raise NotImplementedError

    def tag_key(self, found: Found) -> str:
        """What the service knows it by when it is tagged."""
        return str(found.get("arn") or found.id)


def pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def pascals(value: Any) -> Any:
    """A nested property as a nested parameter."""
    match value:
        case dict():
            return {pascal(key): pascals(item) for key, item in value.items() if item is not None}
        case list():
            return [pascals(item) for item in value]
        case _:
            return value


def camels(value: Any) -> Any:
    """A nested answer as a nested property."""
    match value:
        case dict():
            return {camel(key): camels(item) for key, item in value.items()}
        case list():
            return [camels(item) for item in value]
        case _:
            return value


def told(answer: Mapping[str, Any], *names: str, **renamed: str) -> Values:
    """These properties out of an answer: the way back of `Wanted.calls`."""
    both = {name: pascal(name) for name in names} | renamed
    return {ours: answer[theirs] for ours, theirs in both.items() if answer.get(theirs) is not None}


def only(items: Iterable[Any]) -> Any:
    """The one item of an answer that lists what was asked for; LookupError if there is none."""
    for item in items:
        return item
    raise LookupError("AWS lists no such thing")


def policy(document: Any) -> str:
    """A policy document as the text that it is compared by."""
    held = json.loads(document) if isinstance(document, str) else document
    return json.dumps(held, sort_keys=True)
