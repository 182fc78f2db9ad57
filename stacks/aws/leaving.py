"""What stays on AWS when a network is taken away: what holds studies, until somebody deletes that on purpose."""

from stacks.aws.design import Design


def kept(design: Design) -> tuple[str, ...]:
    """For people: what is still there, and in whose account."""
    found = []
    for account in design.accounts:
        nodes = [each.node for each in design.placements if each.account == account.owner]
        if nodes:
            named = f"{design.network}-{nodes[0].lower()}"
            found.append(
                f"the account of {account.owner} keeps what {', '.join(nodes)} held: images (bucket {named}-images-*)"
                f" and their key, queue and worklist (file system), backups (vault), index (snapshot {named}-final)"
            )
    return tuple(found)
