"""What is worked out of a network once, however many ask."""

from dataclasses import replace

from provisioner.definition.network import Network
from provisioner.definition.once import once
from tests.policies.test_evaluate import network


def test_the_same_network_is_worked_on_once_and_an_equal_other_one_again() -> None:
    asked: list[Network] = []

    @once
    def ids(network: Network) -> list[str]:
        """Its id."""
        asked.append(network)
        return [network.network.id]

    first = network()
    assert ids(first) is ids(first)
    assert len(asked) == 1
    other = replace(first, links=first.links)
    assert (other, ids(other)) == (first, ["severn"])
    assert len(asked) == 2
    assert ids.__doc__ == "Its id."
