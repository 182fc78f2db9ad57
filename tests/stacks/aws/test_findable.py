"""Whatever a kill can leave behind is found by words that it was made with; and the state is mended as said."""

import re
from typing import Any

import pytest

from stacks.aws import ledger
from stacks.aws.findable import AGAIN, BY_INPUT, LISTED
from stacks.aws.listing import Listing
from tests.stacks.aws.conftest import EXAMPLES, Told, Told_, example

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
ELSEWHERE = {"account", "region", "its"}
"""Words that are no input's."""
PERHAPS = {"cidrIpv4", "prefixListId", "referencedSecurityGroupId", "peerVpcId"}
"""Of these one is there, or it is another resource's to say."""
NAMED_BY_ENGINE = {"aws:secretsmanager/secret:Secret"}


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest, told: Told_) -> Told:
    return told(example(request.param))


def words(kind: str) -> set[str]:
    """The inputs that a kind is found by."""
    listing = LISTED.get(kind)
    texts = [BY_INPUT[kind]] if listing is None else _asked(listing)
    found = {word for text in texts for word in re.findall(r"\{(\w+)", text)}
    return found - ELSEWHERE - PERHAPS - ({"name"} if kind in NAMED_BY_ENGINE else set())


def _asked(listing: Listing) -> list[str]:
    return [word for pairs in (listing.asked, listing.filters, listing.same) for _, word in pairs]


def test_everything_that_is_made_can_be_found_again(model: Told) -> None:
    made = {each.typ for each in model.resources if each.typ.startswith("aws:")}
    assert made - BY_INPUT.keys() - LISTED.keys() - AGAIN == set()


def test_it_is_found_by_what_it_was_made_with(model: Told) -> None:
    for each in model.resources:
        if each.typ in BY_INPUT or each.typ in LISTED:
            assert words(each.typ) <= {key for key, value in each.inputs.items() if value not in (None, "")}, each.name


def test_what_only_tags_tell_apart_has_tags(model: Told) -> None:
    tagged = [each for each in model.resources if each.typ in LISTED and LISTED[each.typ].tagged]
    assert tagged
    assert [each.name for each in tagged if not each.inputs.get("tags")] == []


def resource(name: str, its_id: str = "", *needs: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"urn": name, "id": its_id, "inputs": {"a": 1}, "dependencies": list(needs)}
    return {**made, **more}


def state(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    operations = [{"type": "creating", "resource": each} for each in pending]
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": operations}}


def test_what_is_found_is_entered_unproved_and_nothing_is_pending_any_more() -> None:
    begun = resource("b", "", "a", outputs={"left": "over"})
    found = ledger.entry(begun, "b-1")
    after = ledger.entered(state(resource("a", "a-1"), pending=(begun,)), [found], ["a"])
    assert ledger.pending(after) == ()
    assert [(each["urn"], each["id"]) for each in ledger.resources(after)] == [("a", "a-1"), ("b", "b-1")]
    assert ledger.resources(after)[1]["outputs"] == {}
    assert ledger.unsure(after) == ("a", "b")


def test_a_replacement_stands_before_what_it_replaces_and_after_what_it_needs() -> None:
    old = state(resource("task", "task:1"), resource("role", "r"), resource("service", "s"))
    after = ledger.entered(old, [resource("task", "task:2", "role")], [])
    assert [each["id"] for each in ledger.resources(after)] == ["task:1", "r", "task:2", "s"]
    assert ledger.live(after)["task"]["id"] == "task:2"
    assert [each["id"] for each in ledger.resources(after) if each.get("delete")] == ["task:1"]


def test_a_stranger_leaves_the_state_and_what_a_deletion_goes_by_comes_back() -> None:
    begun = resource("db", "db", inputs={"finalSnapshotIdentifier": "last", "engine": "postgres"})
    entered = ledger.entered(state(), [ledger.entry(begun, "db"), resource("role", "role")], [])
    read = state(*({**each, "inputs": {}} for each in ledger.resources(entered)))
    after = ledger.proved(read, {"db": ledger.steering(begun)}, frozenset({"role"}))
    (left,) = ledger.resources(after)
    assert (left["urn"], left["inputs"]) == ("db", {"finalSnapshotIdentifier": "last"})
    assert ledger.unsure(after) == ()
