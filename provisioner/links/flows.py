"""Who may do what at whom: what the topology gives, as `links:` add to it, narrow it or take it away.

A pair of nodes that a rule speaks of is exactly what the rules say of it, and nothing more. Beyond the network
each direction stands alone: a place gets nothing here unless a link says so, from that place.
"""

from collections.abc import Mapping
from itertools import combinations

from provisioner.definition.choices import Operation, Protocol, Purpose, Shape
from provisioner.definition.hub import home, node_ids, shape
from provisioner.definition.network import External, LinkRule, Network
from provisioner.definition.once import once
from provisioner.links.topology import Flow

EXCHANGE = (Operation.ECHO, Operation.STORE, Operation.FIND, Operation.GET)
DELIVERY = (Operation.ECHO, Operation.STORE)
_ALL = tuple(Operation)

Direction = tuple[str, str]


@once
def usual(network: Network) -> Mapping[Direction, Flow]:
    """What the topology gives by itself."""
    nodes, middle, places = node_ids(network), home(network), {p.name: p for p in network.external}
    given: dict[Direction, Flow] = {}
    mesh = shape(network) is Shape.MESH
    # A hub's pairs are built, not picked from all pairs: those grow with the square of the sites.
    for pair in combinations(nodes, 2) if mesh else ((middle, node) for node in nodes if node != middle):
        for source, target in (pair, pair[::-1]):
            given[source, target] = Flow(source, target, _exchange(target, middle), Purpose.REPORTING)
    for place in places.values():
        via = place.via or middle
        if via in nodes and place.protocol is not Protocol.XCA:
            given[via, place.name] = Flow(via, place.name, DELIVERY, place.purpose)
    return given


@once
def stated(network: Network) -> tuple[tuple[LinkRule, Flow], ...]:
    """What each rule of `links:` says, one flow a direction; absent links say nothing."""
    said: list[tuple[LinkRule, Flow]] = []
    middle, places = home(network), {p.name: p for p in network.external}
    for rule in rules(network):
        if rule.absent:
            continue
        for source, target in spoken_of(rule, places):
            if rule.one_way and source != rule.source:
                continue
            operations = rule.operations or _default(source, target, middle, places)
            kept = tuple(o for o in _ALL if o in operations and (o is not Operation.WORKLIST or target == middle))
            place = places.get(source) or places.get(target)
            # `reporting` is also what a rule says that says nothing, so there the place's own purpose speaks.
            purpose = place.purpose if place and rule.purpose is Purpose.REPORTING else rule.purpose
            if kept:
                said.append((rule, Flow(source, target, kept, purpose)))
    return tuple(said)


@once
def flows(network: Network) -> tuple[Flow, ...]:
    """Every flow of the network, sorted by who calls and who is called."""
    places = {p.name: p for p in network.external}
    permitted = dict(usual(network))
    for rule in rules(network):
        for direction in spoken_of(rule, places):
            permitted.pop(direction, None)
    for _, flow in stated(network):
        direction = (flow.source, flow.target)
        permitted[direction] = _narrower(permitted[direction], flow) if direction in permitted else flow
    for rule in rules(network):
        for direction in spoken_of(rule, places) if rule.absent else ():
            permitted.pop(direction, None)
    return tuple(permitted[direction] for direction in sorted(permitted) if permitted[direction].operations)


@once
def rules(network: Network) -> tuple[LinkRule, ...]:
    """The rules that can mean something: two known ends, of which one at least is a node; never XCA."""
    some: list[LinkRule] = []
    nodes = set(node_ids(network))
    known = nodes | {p.name for p in network.external if p.protocol is not Protocol.XCA}
    for rule in network.links:
        ends = {rule.source, rule.target}
        if len(ends) == 2 and ends & nodes and ends <= known:
            some.append(rule)
    return tuple(some)


def spoken_of(rule: LinkRule, places: dict[str, External]) -> tuple[Direction, ...]:
    """The directions that a rule decides: both, or one where a place is at one end."""
    there = (rule.source, rule.target)
    return (there,) if rule.source in places or rule.target in places else (there, there[::-1])


def _exchange(target: str, middle: str) -> tuple[Operation, ...]:
    return (*EXCHANGE, Operation.WORKLIST) if target == middle else EXCHANGE


def _default(source: str, target: str, middle: str, places: dict[str, External]) -> tuple[Operation, ...]:
    return DELIVERY if source in places or target in places else _exchange(target, middle)


def _narrower(one: Flow, other: Flow) -> Flow:
    """What two rules both allow: LNK-06 refuses such a file, and until then the order of rules must not matter."""
    both = tuple(o for o in one.operations if o in other.operations)
    return Flow(one.source, one.target, both, min(one.purpose, other.purpose))
