"""What stays on AWS when a network is taken away: what holds studies, until somebody deletes that on purpose."""

from stacks.aws.design import Design


def kept(design: Design) -> tuple[str, ...]:
    """For people: what is still there, and in whose account."""
    found = []
    for account in design.accounts:
        nodes = [each.node.lower() for each in design.placements if each.account == account.owner]
        held = ", ".join(f"{design.network}-{node}-images-*" for node in nodes)
        snapshots = ", ".join(f"{design.network}-{node}-final" for node in nodes)
        if nodes:
            found.append(
                f"{account.owner} keeps the buckets {held}, their keys, and the database snapshots {snapshots}"
            )
    return tuple(found)
