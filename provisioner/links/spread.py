"""Where copies of one member's images can end up, to be read: as text, as facts, as Graphviz and Mermaid drawings.

The SVG picture is picture/spread. All of them show the shortest way to each holder: a tree from the member's sites.
"""

import json
from collections.abc import Iterator

from provisioner.definition.network import Network
from provisioner.links.linking import derive
from provisioner.links.reach import Kind, Means, Reached, reaching
from provisioner.record import record

NOT_STATED = "not stated"


@record
class Spread:
    """Everyone whom copies of a member's images can reach."""

    network: str
    network_id: str
    colour: str
    member: str
    """ODS code."""
    reached: tuple[Reached, ...]
    names: tuple[tuple[str, str], ...]
    """Of legal persons, by their ODS codes."""

    @property
    def title(self) -> str:
        return f"Where copies of images of {self.owner(self.member)} ({self.member}) can end up"

    def owner(self, hands: str) -> str:
        """The name of a legal person, or what the definition says instead."""
        return dict(self.names).get(hands, hands) or NOT_STATED

    @property
    def summary(self) -> str:
        """4 legal entities in 2 countries (GB, IN), and where nothing is stated."""
        owners = {r.holder.owner for r in self.reached if r.holder.owner}
        countries = sorted({r.holder.country for r in self.reached if r.holder.country})
        unknown = any(not r.holder.country for r in self.reached)
        places = [*countries, *([f"country {NOT_STATED}"] if unknown else [])]
        return f"{len(self.reached)} holders, {len(owners)} legal entities; in {', '.join(places)}"


def spread(network: Network, member: str) -> Spread:
    """Of a member of the network; KeyError for a stranger."""
    if all(each.ods != member for each in network.members):
        raise KeyError(member)
    topology = derive(network)
    names = tuple((party.code, party.name) for party in topology.parties)
    found = reaching(network).of(member)
    return Spread(topology.name, topology.id, topology.colour, member, found, names)


def facts(shown: Spread) -> list[dict[str, object]]:
    """Every holder with the way to it, for programs."""
    return [
        {
            "member": shown.member,
            "holder": each.holder.id,
            "kind": each.holder.kind.value,
            "name": each.holder.name,
            "owner": each.holder.owner,
            "owner_name": shown.owner(each.holder.owner) if each.holder.owner else "",
            "country": each.holder.country,
            "region": each.holder.region,
            "path": list(each.path),
            "means": [way.means.value for way in each.ways],
            "pools": sorted({pool for way in each.ways for pool in way.pools}),
        }
        for each in shown.reached
    ]


def text(shown: Spread) -> str:
    """By country, and within it by the hands that copies are in; what is abroad comes first."""
    return "\n".join([shown.title, shown.summary, *_countries(shown)]) + "\n"


def _countries(shown: Spread) -> Iterator[str]:
    for country in sorted({r.holder.country for r in shown.reached}, key=lambda c: (c == "GB", c == "", c)):
        yield f"\n{country or f'country {NOT_STATED}'}"
        here = [r for r in shown.reached if r.holder.country == country]
        for owner in dict.fromkeys(r.holder.owner for r in here):
            yield f"  {shown.owner(owner)}{f' ({owner})' if owner and owner != shown.owner(owner) else ''}"
            for each in here:
                if each.holder.owner == owner:
                    yield f"    {' -> '.join(each.path)}{_how(each)}"


def _how(each: Reached) -> str:
    """What is at the end of the way, where the name does not say."""
    last = each.ways[-1] if each.ways else None
    pools = f", for the pool{'s' if len(last.pools) > 1 else ''} {', '.join(last.pools)}" if last and last.pools else ""
    return f"  ({last.means}{pools})" if last else "  (its own)"


def edges(shown: Spread) -> Iterator[tuple[str, str, Means]]:
    """The last step to each holder: together they are the tree of shortest ways."""
    for each in shown.reached:
        if each.ways:
            yield each.ways[-1].source, each.ways[-1].target, each.ways[-1].means


def dot(shown: Spread) -> str:
    """For Graphviz: `dot -Tsvg`."""
    lines = [f"  label={_quoted(shown.title)};", "  rankdir=LR;", "  node [shape=box, style=filled, fillcolor=white];"]
    for each in shown.reached:
        label = "\\n".join(map(_escaped, _label(shown, each)))
        lines.append(f'  {_quoted(each.holder.id)} [label="{label}", shape={_SHAPES[each.holder.kind]}];')
    lines += [f"  {_quoted(a)} -> {_quoted(b)} [label={_quoted(means)}];" for a, b, means in edges(shown)]
    return "\n".join([f"digraph {_quoted(shown.network_id)} {{", *lines, "}"]) + "\n"


_SHAPES = {Kind.NODE: "box", Kind.PLACE: "component", Kind.COPY: "cylinder", Kind.PEOPLE: "ellipse"}


def _label(shown: Spread, each: Reached) -> tuple[str, ...]:
    holder = each.holder
    return holder.name, f"{holder.id}, {holder.country or f'country {NOT_STATED}'}", shown.owner(holder.owner)


def _escaped(text_: str) -> str:
    return text_.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text_: str) -> str:
    return f'"{_escaped(text_)}"'


def mermaid(shown: Spread) -> str:
    """For a README or a wiki: what is abroad stands out."""
    numbers = {each.holder.id: f"h{number}" for number, each in enumerate(shown.reached)}
    lines = ["---", f"title: {_json(shown.title)}", "---", "flowchart LR"]
    for each in shown.reached:
        one, other = _BRACKETS[each.holder.kind]
        label = "<br/>".join("".join(_plain(c) for c in line) for line in _label(shown, each))
        lines.append(f'  {numbers[each.holder.id]}{one}"{label}"{other}')
    lines += [f"  {numbers[a]} -->|{means}| {numbers[b]}" for a, b, means in edges(shown)]
    lines += ["  classDef abroad fill:#FBE3DA,stroke:#B3261E,stroke-width:2px", "  classDef unknown stroke-dasharray:4"]
    for name, wanted in (("abroad", lambda c: c not in ("", "GB")), ("unknown", lambda c: c == "")):
        own = [numbers[r.holder.id] for r in shown.reached if wanted(r.holder.country)]
        lines += [f"  class {','.join(own)} {name}"] if own else []
    return "\n".join(lines) + "\n"


_BRACKETS = {Kind.NODE: ("[", "]"), Kind.PLACE: ("([", "])"), Kind.COPY: ("[(", ")]"), Kind.PEOPLE: ("((", "))")}


def _json(text_: str) -> str:
    """The title is YAML, where the escapes of JSON hold; what a page might take for markup is escaped as well."""
    return "".join(f"\\u{ord(c):04x}" if c in "<>&" else c for c in json.dumps(text_))


def _plain(character: str) -> str:
    return character if character.isalnum() or character in " .,()'-:/" else f"#{ord(character)};"
