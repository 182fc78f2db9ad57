"""A Design as a Mermaid diagram: accounts, VPCs, nodes, sites, and how they are joined."""

from collections.abc import Iterator

from provisioner.definition.choices import Join
from stacks.aws.design import Design, Space


def mermaid(design: Design) -> str:
    return "\n".join(("flowchart LR", *_accounts(design), *_joins(design), *_links(design))) + "\n"


def _accounts(design: Design) -> Iterator[str]:
    for account in design.accounts:
        number = f" {account.number}" if account.number else ""
        yield f'  subgraph account-{account.slug}["account of {_words(account.owner)}{number}"]'
        for space in design.spaces:
            if space.account == account.owner:
                yield from _space(design, space)
        yield "  end"


def _space(design: Design, space: Space) -> Iterator[str]:
    yield f'    subgraph vpc-{space.name}["VPC {_words(space.name)} {space.cidr}"]'
    for each in design.placements:
        if each.space == space.name:
            yield f'      {each.node}["{each.node} {_words(each.name)}<br/>{each.cidr}"]'
    yield "    end"


def _joins(design: Design) -> Iterator[str]:
    if design.join is Join.TRANSIT_GATEWAY:
        yield '  gateway{{"transit gateway"}}'
        for name in sorted({name for pair in design.pairs for name in pair}):
            yield f"  vpc-{name} === gateway"
    elif design.join is Join.PEERING:
        for one, other in design.pairs:
            yield f"  vpc-{one} === vpc-{other}"
    for space in design.spaces:
        for site in space.onsite:
            way = " and ".join(
                word for word, there in (("VPN", site.vpn), ("Direct Connect", site.direct_connect)) if there
            )
            yield f'  site-{site.site}(["{site.site} on site<br/>{site.cidr}"]) == {way} === vpc-{space.name}'


def _links(design: Design) -> Iterator[str]:
    nodes = {each.node for each in design.placements}
    for source, target in sorted(
        {(each.source_name, each.node) for each in design.permits if each.source_name in nodes}
    ):
        yield f"  {source} --> {target}"


def _words(text: str) -> str:
    return text.replace('"', "'")
