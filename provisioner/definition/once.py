"""What is worked out of a network once, however many ask."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from provisioner.definition.network import Network

T = TypeVar("T")


def once(work: Callable[[Network], T]) -> Callable[[Network], T]:
    """Keep what came of the last network, which is known by its identity: to hash all that it holds takes longer.

    What is kept is shared, so nobody may change it.
    """
    last: tuple[Network, T] | None = None

    @wraps(work)
    def kept(network: Network) -> T:
        nonlocal last
        found = last
        if found is None or found[0] is not network:
            last = found = network, work(network)
        return found[1]

    return kept
