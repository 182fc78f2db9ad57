"""What rules share: names in a message, and whether all have signed."""

import pytest

from cli.trial import read_snippet
from policies.level import Level, Seen, country
from policies.networks import a_member_of_two_networks_has_a_primary_one
from policies.pages import DAY, SOUND
from policies.stated import listed, signed_by_all
from provisioner.definition.network import Network

NAMES = [f"RX{letter}" for letter in "ABCDEFGHJKLM"]


@pytest.mark.parametrize(
    ("many", "words"),
    [
        (0, ""),
        (1, "RXA"),
        (8, "RXA, RXB, RXC, RXD, RXE, RXF, RXG, RXH"),
        (9, "RXA, RXB, RXC, RXD, RXE, RXF, RXG, RXH, RXJ"),
        (10, "RXA, RXB, RXC, RXD, RXE, RXF, RXG, RXH and 2 more"),
        (12, "RXA, RXB, RXC, RXD, RXE, RXF, RXG, RXH and 4 more"),
    ],
)
def test_a_message_names_some_and_counts_the_rest(many: int, words: str) -> None:
    assert listed(NAMES[:many]) == words


def network(text: str) -> Network:
    found = read_snippet(text).network
    assert found is not None
    return found


def test_of_several_agreements_that_somebody_is_missing_from_the_first_is_told() -> None:
    agreements = "{kind: sla, parties: [RXA], ref: ONE}, {kind: sla, parties: [RXB], ref: TWO}"
    given = network(f"{SOUND}governance: {{agreements: [{agreements}]}}\n")
    (fault,) = signed_by_all(given, ("sla",), "")
    assert fault.message == "expected every member as a party to ONE, found it without RXB"
    whole = network(f"{SOUND}governance: {{agreements: [{agreements}, {{kind: sla, parties: [RXA, RXB], ref: T}}]}}\n")
    assert list(signed_by_all(whole, ("sla",), "")) == []


def test_one_shared_member_is_enough_for_the_question_of_a_primary_network() -> None:
    own = network(SOUND.replace("kind: foundation_trust,", "kind: foundation_trust, primary_network: severn,"))
    other = network(
        "netprov: 1\nnetwork: {id: wye, name: Wye, environment: production}\noperating_model: collaboration\n"
        "members: [{ods: RXA, name: A, kind: nhs_trust, primary_network: severn, sites: [{ods: RXA09, name: A}]}]\n"
    )
    seen = Seen(own, country=country((own, other)), levels=(Level.DEFINITION, Level.NETWORKS))
    assert a_member_of_two_networks_has_a_primary_one.judge(own, DAY, seen) == ((), "")
