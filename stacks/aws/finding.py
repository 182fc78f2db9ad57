"""Asks AWS for the one thing that a resource's own inputs describe. Never guesses: of two that match, none is taken."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.errors import NetprovError
from stacks.aws.cloud import Closed, Cloud, answer, answers, refusals
from stacks.aws.findable import AGAIN, BY_INPUT, LISTED
from stacks.aws.listing import Listing

WORD = re.compile(r"\{([\w.-]+)(\|last)?\}")
LONGEST_SECONDS = 3600
"""A database of two zones takes half an hour to be made or to go."""
ASK_EVERY_SECONDS = 5
Values = Mapping[str, Any]


class Finder:
    """Looks into the accounts of one network."""

    def __init__(self, cloud: Cloud, region: str) -> None:
        self._cloud = cloud
        self._region = region

    def find(self, owner: str, kind: str, inputs: Values, known: frozenset[str]) -> str:
        """The id that the engine's plugin takes to read the thing; empty if there is none, or none need be found.

        `known` are the ids that the state has already. Waits until AWS has made it, or taken it away. Raises
        NetprovError.
        """
        said = {**inputs, "account": self._account(owner), "region": self._region}
        if kind in AGAIN:
            return ""
        if kind in BY_INPUT:
            return filled(BY_INPUT[kind], said)
        if kind not in LISTED:
            raise NetprovError(f"nobody knows how to find a {kind}", "report it: a kill has left one behind")
        with refusals(f"what a killed run has left of {kind.rpartition(':')[2]} cannot be looked for"):
            return self._settled(owner, kind, said, known)

    def by_name(self, kind: str) -> bool:
        """Whether there can be only one such thing."""
        return kind in BY_INPUT

    def wait(self, owner: str, kind: str, inputs: Values) -> None:
        """Until AWS has made, or taken away, what is of this description. Raises NetprovError."""
        if kind in LISTED:
            with refusals(f"the {kind.rpartition(':')[2]} that a killed run was deleting cannot be looked for"):
                self._still(owner, LISTED[kind], {**inputs, "region": self._region})

    def _account(self, owner: str) -> str:
        with refusals(f"the account of {owner} cannot be reached"):
            return str(self._cloud.client(owner, "sts").get_caller_identity()["Account"])

    def _settled(self, owner: str, kind: str, said: Values, known: frozenset[str]) -> str:
        here = [each for each in self._still(owner, LISTED[kind], said) if each not in known]
        if len(here) > 1:
            raise _two(owner, kind, said, sorted(here))
        return here[0] if here else ""

    def _still(self, owner: str, listing: Listing, said: Values) -> list[str]:
        """The ids of what is there, when nothing of it is being made or taken away any more."""
        until = time.monotonic() + LONGEST_SECONDS
        while True:
            there = self._listed(owner, listing, said)
            states = {filled(listing.its_id, each): _text(at(each, listing.state)) for each in there}
            if not set(states.values()) & (listing.making | listing.leaving):
                return [its for its, state in states.items() if state not in listing.gone]
            if time.monotonic() > until:
                raise NetprovError(f"AWS has not come to an end with {', '.join(states)}", "run this again later")
            time.sleep(ASK_EVERY_SECONDS)

    def _listed(self, owner: str, listing: Listing, said: Values) -> Iterator[dict[str, Any]]:
        """Each candidate: what AWS says of it, and on top of it what the resource says of itself."""
        client = self._cloud.client(owner, listing.service)
        asked: dict[str, Any] = {
            name.removesuffix("[]"): [filled(word, said)] if name.endswith("[]") else filled(word, said)
            for name, word in listing.asked
        }
        if listing.filters:
            asked["Filters"] = [{"Name": name, "Values": [filled(word, said)]} for name, word in listing.filters]
        for page in answers(client, listing.operation, **asked):
            for item in page.get(listing.listed, ()) if listing.listed else (page,):
                its = item if isinstance(item, dict) else {"its": item}
                more = _details(client, listing, its)
                if more is not None and _is(listing, its | more, said):
                    yield {**said, **its, **more}


def _details(client: Any, listing: Listing, item: Values) -> dict[str, Any] | None:
    """None for what we may not even ask about: it is not ours."""
    found: dict[str, Any] = {}
    for operation in listing.details:
        try:
            found |= answer(client, operation, **{listing.detailed: filled(listing.its_id, item)})
        except Closed:
            return None
    return found


def _two(owner: str, kind: str, said: Values, ids: list[str]) -> NetprovError:
    what = said.get("name") or (said.get("tags") or {}).get("Name") or "of this description"
    return NetprovError(
        f"a killed run was making the {kind.rpartition(':')[2]} {what}, and the account of {owner} has"
        f" {len(ids)} that could be it: {', '.join(ids)}",
        "delete those that nothing uses, then run this again",
    )


def _is(listing: Listing, item: Values, said: Values) -> bool:
    if any(_text(at(item, path)) != filled(word, said) for path, word in listing.same):
        return False
    return not listing.tagged or dict(said.get("tags") or {}).items() <= tags_of(item).items()


def tags_of(item: Values) -> dict[str, str]:
    """In the two forms that services have them."""
    tags: list[dict[str, str]] = item.get("Tags") or []
    return {each.get("Key") or each["TagKey"]: each.get("Value") or each.get("TagValue", "") for each in tags}


def filled(template: str, values: Values) -> str:
    """A template with each word in its place; what there is no word for is empty."""

    def word(found: re.Match[str]) -> str:
        text = _text(at(values, found[1]))
        return re.split("[:/]", text)[-1] if found[2] else text

    return WORD.sub(word, template)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def at(value: Any, path: str) -> Any:
    """`Status.Code`, `vpcs.0.vpcId`: a value inside of others; None if there is none."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value
