"""What the resources of one node are called. Nothing here knows Pulumi."""

import hashlib

LONGEST_IN_BUCKET, LONGEST_TOKEN, LONGEST_VAULT, DIGITS = 50, 64, 50, 6


def named(network: str, node: str, part: str = "") -> str:
    """A resource's name: `severn-rxa01-images`."""
    return "-".join(each for each in (network, node.lower(), part) if each)


def brief(network: str, node: str, part: str, most: int) -> str:
    """A name where AWS takes no long ones: a long network is cut, and told apart by its digest."""
    whole = named(network, node, part)
    if len(whole) <= most:
        return whole
    digest = hashlib.sha256(network.encode()).hexdigest()[:DIGITS]
    rest = whole.removeprefix(network)
    return f"{network[: most - len(rest) - DIGITS]}{digest}{rest}"


def bucket(network: str, node: str, account: str) -> str:
    """Where a node's images are. No bucket of anybody's anywhere has it: the account's number is in it."""
    return f"{brief(network, node, 'images', LONGEST_IN_BUCKET)}-{account}"


def alias(network: str, node: str) -> str:
    """Of a node's key: it stays with the key, which has no name of its own."""
    return f"alias/{named(network, node)}"


def token(network: str, node: str) -> str:
    """By which AWS knows a node's file system: there is never a second one of it."""
    return brief(network, node, "state", LONGEST_TOKEN)


def vault(network: str, node: str) -> str:
    return brief(network, node, "backup", LONGEST_VAULT)
