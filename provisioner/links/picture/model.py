"""What a drawing shows of a topology: members with their nodes, and one link a pair."""

from dataclasses import dataclass

from provisioner.definition.choices import Operation, Shape
from provisioner.links.flows import DELIVERY, EXCHANGE
from provisioner.links.topology import Flow, Node, Topology


@dataclass(frozen=True, slots=True)
class Group:
    """A member's nodes, or the hub that is no member's site."""

    code: str
    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A pair that is linked: what `one` may do at `other`, and the other way round."""

    one: str
    other: str
    there: tuple[Operation, ...]
    back: tuple[Operation, ...]
    usual: bool
    """As the topology has it; no rule of the file has changed it."""
    abroad: bool
    """One end is a place beyond the network."""

    @property
    def words(self) -> str:
        """What may be done, for people."""
        ways = ((self.one, self.other, self.there), (self.other, self.one, self.back))
        return "; ".join(f"{a} may {', '.join(what)} at {b}" for a, b, what in ways if what)


def groups(topology: Topology) -> tuple[Group, ...]:
    """The members by code, each with its nodes; a hub of its own comes under its owner's name."""
    codes = sorted({node.member for node in topology.nodes})
    made = []
    for code in codes:
        nodes = tuple(node for node in topology.nodes if node.member == code)
        owner = code or nodes[0].owner
        made.append(Group(code, topology.name_of(owner), nodes))
    return tuple(made)


def links(topology: Topology) -> tuple[Link, ...]:
    """Every pair with a flow, sorted."""
    places = {place.name for place in topology.places}
    flows = {(f.source, f.target): f for f in topology.flows}
    pairs = sorted({(min(way), max(way)) for way in flows})
    made = []
    for one, other in pairs:
        there, back = flows.get((one, other)), flows.get((other, one))
        abroad = one in places or other in places
        usual = _delivers(there, back) if abroad else _usual(topology, one, other, there, back)
        made.append(Link(one, other, there.operations if there else (), back.operations if back else (), usual, abroad))
    return tuple(made)


def _delivers(there: Flow | None, back: Flow | None) -> bool:
    return [f.operations for f in (there, back) if f] == [DELIVERY]


def _usual(topology: Topology, one: str, other: str, there: Flow | None, back: Flow | None) -> bool:
    if topology.shape is Shape.HUB and topology.home not in (one, other):
        return False
    ways = ((there, other), (back, one))
    return all(flow is not None and flow.operations == _whole(topology, target) for flow, target in ways)


def _whole(topology: Topology, target: str) -> tuple[Operation, ...]:
    return (*EXCHANGE, Operation.WORKLIST) if target == topology.home else EXCHANGE
