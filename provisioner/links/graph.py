"""Drawings of a network: an SVG picture to show, and Mermaid text to paste into a page.

Both draw the same links: one line a pair, with heads where something may be done, and other than the usual
lines where a rule of the file narrows a link or adds one.
"""

import json
import re
from collections.abc import Iterator

from provisioner.definition.choices import Shape
from provisioner.links.picture.model import Link, groups, links
from provisioner.links.picture.strokes import on
from provisioner.links.picture.svg import svg
from provisioner.links.topology import Topology

__all__ = ["mermaid", "svg"]

MOST_LINKS = 400
"""Mermaid refuses a drawing of more than 500; a mesh beyond this many gets one knot that stands for its links."""


def mermaid(topology: Topology) -> str:
    """A Mermaid flowchart, for a README or a wiki that draws it."""
    # The title is YAML, where the escapes of JSON hold; what a page might take for markup is escaped as well.
    title = "".join(f"\\u{ord(c):04x}" if c in "<>&" else c for c in json.dumps(topology.name))
    return "\n".join(["---", f"title: {title}", "---", "flowchart LR", *_lines(topology)]) + "\n"


def _lines(topology: Topology) -> Iterator[str]:
    for group in groups(topology):
        label = f"{group.name} ({group.code})" if group.code else f"Hub of {group.name}"
        yield f"  subgraph m_{_id(group.code or 'HUB')}[{_quoted(label)}]"
        for node in group.nodes:
            home = ("shared worklist",) if node.id == topology.home else ()
            yield f"    n_{_id(node.id)}[{_quoted(node.name, node.id, *home)}]"
        yield "  end"
    for place in topology.places:
        yield f"  x_{_id(place.name)}([{_quoted(place.name, f'{place.kind}, {place.country}')}])"
    yield from _edges(topology)
    if topology.home:
        colour = topology.colour
        yield f"  style n_{_id(topology.home)} fill:{colour},color:{on(colour)},stroke:{colour}"


def _edges(topology: Topology) -> Iterator[str]:
    every, places = links(topology), {place.name for place in topology.places}
    knotted = topology.shape is Shape.MESH and len(every) > MOST_LINKS
    if knotted:
        alike = sum(link.usual and not link.abroad for link in every)
        yield f"  knot(({_quoted(f'{alike} links, both ways')}))"
        for node in topology.nodes:
            if any(link.usual and not link.abroad and node.id in (link.one, link.other) for link in every):
                yield f"  n_{_id(node.id)} <--> knot"
    for link in every:
        if not (knotted and link.usual and not link.abroad):
            yield _edge(link, places)


def _edge(link: Link, places: set[str]) -> str:
    one, other = (f"{'x' if end in places else 'n'}_{_id(end)}" for end in (link.one, link.other))
    if not link.there:
        one, other = other, one
    line = "--" if link.usual and not link.abroad else "-.-"
    told = link.there or link.back
    label = "" if link.usual else f"|{_quoted(', '.join(told))}|"
    return f"  {one} {'<' if link.there and link.back else ''}{line}>{label} {other}"


def _id(word: str) -> str:
    """A word of letters, digits and underscores; what a definition allows stays distinct."""
    return re.sub("[^A-Za-z0-9]", "_", word)


def _quoted(*lines: str) -> str:
    """Lines of text in quotes, with what Mermaid or HTML would read as markup written as numbers."""
    plain = (
        "".join(c if c.isalnum() or c in " .,()'-:/" else f"#{ord(c)};" for c in " ".join(line.split()))
        for line in lines
    )
    return f'"{"<br/>".join(plain)}"'
