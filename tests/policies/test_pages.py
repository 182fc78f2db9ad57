"""The trial of a rule against its page: each way in which the two can differ is told."""

from collections.abc import Iterator

import pytest

from cli.trial import read_snippet
from policies.pages import complaints
from policies.rule import Fault, Rule, rule
from provisioner.definition.network import Network
from provisioner.findings import Severity


def zones(page: str) -> Rule:
    """A rule that asks for two zones, with another page."""

    def two_zones(network: Network) -> Iterator[Fault]:
        if network.platform and network.platform.zones < 2:
            yield Fault((*network.platform.path, "zones"), f"expected two, found {network.platform.zones}")

    two_zones.__doc__ = page
    return rule("OUR-01", Severity.WARN, "engineering: a test")(two_zones)


RIGHT = "PASS:\n    platform: {zones: 2}\n\nFAIL:\n    platform:\n      zones: 1  # here\n"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (RIGHT, []),
        ("", ["OUR-01: its page has no PASS", "OUR-01: its page has no FAIL"]),
        (
            RIGHT.replace("zones: 2", "zones: 1"),
            ["OUR-01, PASS 1: expected findings in no line; found them in `platform: {zones: 1}`"],
        ),
        (
            RIGHT.replace("zones: 1 ", "zones: 2 "),
            ["OUR-01, FAIL 1: expected findings in `zones: 2  # here`; found them in no line"],
        ),
        (RIGHT.replace("zones: 2", "zones: two"), ["OUR-01, PASS 1: the definition cannot be read"]),
        (
            RIGHT.replace("  # here", "").replace("zones: 1", "zones: 2"),
            ["OUR-01, FAIL 1: no line is marked with `# here`"],
        ),
    ],
)
def test_a_page_that_differs_from_its_rule_is_told(page: str, said: list[str]) -> None:
    assert list(complaints(zones(f"Two zones.\n\n{page}"), read_snippet)) == said
