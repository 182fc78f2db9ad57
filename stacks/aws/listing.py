"""Where AWS lists a kind of thing, and how one of them is told from the others: a row of a table."""

from provisioner.record import record


@record
class Listing:
    """Where AWS lists such things, and how the one is told from the others."""

    service: str
    operation: str
    listed: str
    """The list in the answer; empty if the answer itself is the thing."""
    its_id: str
    """Words in braces may also be what the thing says of itself."""
    asked: tuple[tuple[str, str], ...] = ()
    """Parameters of the call; one that ends with [] is a list of one."""
    filters: tuple[tuple[str, str], ...] = ()
    """EC2's own."""
    same: tuple[tuple[str, str], ...] = ()
    """What the thing says of itself, and what that must be; both may be absent."""
    tagged: bool = False
    """Nothing but its tags tells it from others."""
    details: tuple[str, ...] = ()
    """More calls of the service, for what the list leaves out of each thing."""
    detailed: str = ""
    """The parameter by which those name the thing."""
    state: str = ""
    """Where it says how far it is."""
    making: frozenset[str] = frozenset()
    """It must be waited for: what it will be is not known yet."""
    leaving: frozenset[str] = frozenset()
    """It must be waited for, until it is gone."""
    gone: frozenset[str] = frozenset({"deleted"})
