"""Events -> the board of a run: how far each node and each link has got, and the block that shows it."""

from dataclasses import dataclass, field

from cli.terminal import Style, seconds
from provisioner.engine.plan import Action, Event, Kind, State
from provisioner.links.topology import Topology

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_SPINNER = "|/-\\"
TURN_SECONDS = 0.1

UNDER_WAY = {
    Kind.AUTHORITY: "certifying",
    Kind.CERTIFICATE: "certifying",
    Kind.NODE: "starting",
    Kind.LINKS: "linking",
    Kind.DATABASE: "database",
}


STAGES = (Kind.CERTIFICATE, Kind.NODE, Kind.LINKS)
"""What a new node goes through."""
SETTLED = ("ready", "unchanged", "gone")


@dataclass(slots=True)
class Board:
    """How far each node and each link has got."""

    title: str
    nodes: dict[str, str]
    links: tuple[tuple[str, str], ...]
    last: Kind
    """The kind of step with which a new node is done: its links when coming, the node itself when going."""
    known: frozenset[str]
    """Nodes that were there before: each of their steps stands alone."""
    steps: set[tuple[str, Kind]] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Move the node that the event is about."""
        if event.name not in self.nodes:
            return
        if event.state is State.FAILED:
            self.nodes[event.name] = "failed"
        elif event.state is State.STARTED:
            self.nodes[event.name] = "leaving" if event.action is Action.DELETE else UNDER_WAY[event.kind]
        else:
            self.steps.add((event.name, event.kind))
            if event.kind is self.last or event.name in self.known:
                self.nodes[event.name] = "gone" if event.action is Action.DELETE else "ready"

    @property
    def settled(self) -> frozenset[str]:
        return frozenset(name for name, state in self.nodes.items() if state in SETTLED)

    @property
    def linked(self) -> int:
        """Links of which every end that is a node of this network is set."""
        return sum(1 for pair in self.links if all(end in self.settled for end in pair if end in self.nodes))

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1, since nodes that start together end together."""
        whole = len(self.nodes) * len(STAGES)
        begun = {(name, kind) for name, kind in self.steps if name not in self.settled}
        return (len(self.settled) * len(STAGES) + len(begun)) / max(1, whole)


def board(topology: Topology, known: frozenset[str] = frozenset()) -> Board:
    """The board at the start of a run that brings the network up."""
    pairs = sorted({(min(f.source, f.target), max(f.source, f.target)) for f in topology.flows})
    nodes = {node.id: "unchanged" if node.id in known else "waiting" for node in topology.nodes}
    return Board(topology.name, nodes, tuple(pairs), Kind.LINKS, known)


def farewell(topology: Topology) -> Board:
    """The board at the start of a run that takes the network away."""
    nodes = {node.id: "waiting" for node in topology.nodes}
    return Board(topology.name, nodes, (), Kind.NODE, frozenset())


def block(now: Board, elapsed: float, room: tuple[int, int], style: Style) -> list[str]:
    """The block's lines: a bar, and every node in columns; never wider or higher than the room."""
    columns, rows = room
    lines = [_bar(now, elapsed, columns, style)]
    width = min(max((len(name) for name in now.nodes), default=0) + 14, columns - 1)
    across = max(1, (columns - 1) // width)
    cells = [_cell(name, state, width, elapsed, style) for name, state in _most_telling(now, (rows - 3) * across)]
    lines += ["".join(cells[i : i + across]).rstrip() for i in range(0, len(cells), across)]
    return lines


def _most_telling(now: Board, room: int) -> list[tuple[str, str]]:
    """Every node in the definition's order; where they do not fit, those that are done or wait give way."""
    nodes = list(now.nodes.items())
    if len(nodes) <= room:
        return nodes
    weight = {"failed": 0, "waiting": 2, "ready": 3, "gone": 3, "unchanged": 4}
    kept = {name for name, _ in sorted(nodes, key=lambda n: weight.get(n[1], 1))[: max(0, room)]}
    return [node for node in nodes if node[0] in kept]


def _bar(now: Board, elapsed: float, columns: int, style: Style) -> str:
    total, failed = len(now.nodes), sum(1 for state in now.nodes.values() if state == "failed")
    counts = f"{len(now.settled)}/{total} nodes" + (f"  {now.linked}/{len(now.links)} links" if now.links else "")
    counts += (f"  {failed} failed" if failed else "") + f"  {seconds(elapsed)}"
    left = columns - 1 - len(counts)
    space = min(30, max(10, left - len(now.title) - 4))
    if left < space + 2:
        return counts[: columns - 1]
    filled = int(space * now.share)
    full, empty = ("━", "─") if style.unicode else ("#", ".")
    title = now.title[: max(0, left - space - 4)]
    bar = f"{style.paint(full * filled, 'green')}{empty * (space - filled)}  {counts}"
    return f"{style.paint(title, 'bold')}  {bar}" if title else bar


def _cell(name: str, state: str, width: int, elapsed: float, style: Style) -> str:
    marks = {"waiting": "·" if style.unicode else ".", "ready": "✓" if style.unicode else "+"}
    marks |= {"gone": marks["ready"], "unchanged": "=", "failed": "✗" if style.unicode else "!"}
    mark = marks.get(state) or spin(elapsed, style)
    colour = {"ready": "green", "failed": "red", "gone": "grey", "waiting": "grey", "unchanged": "grey"}.get(
        state, "yellow"
    )
    text = f"{mark} {name} {state}"[:width]
    return style.paint(text, colour) + " " * (width - len(text))


def spin(elapsed: float, style: Style) -> str:
    """The wheel that shows that netprov lives."""
    wheel = SPINNER if style.unicode else ASCII_SPINNER
    return wheel[int(elapsed / TURN_SECONDS) % len(wheel)]
