"""Addresses that stay when a network grows.

A place is picked by its name's own digest, and in the order of declaration where two want the same one: who is added
at the end of a list moves nobody.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network

from provisioner.errors import NetprovError

SPACE_BITS, BLOCK_BITS, SUBNET_BITS = 20, 25, 27
"""A VPC holds 32 blocks: one for what its nodes share, and one a node, of a subnet in each of up to four zones."""
WIDEST_BITS = 16
"""AWS gives a VPC no more than this."""


def spaces(pool: str, wanted: Sequence[tuple[str, str]], taken: Iterable[str]) -> Mapping[str, str]:
    """The addresses of each VPC, by its name: those that are given (the second value), else from the pool.

    None overlaps another or what is `taken`. Raises NetprovError.
    """
    used = [IPv4Network(each, strict=False) for each in taken]
    found: dict[str, IPv4Network] = {}
    for name, given in wanted:
        if given:
            found[name] = _given(name, given, used)
            used.append(found[name])
    for name, given in wanted:
        if not given:
            found[name] = _picked(pool, SPACE_BITS, name, used)
            used.append(found[name])
    return {name: str(found[name]) for name, _ in wanted}


def blocks(space: str, names: Sequence[str]) -> Mapping[str, str]:
    """A block of a VPC for each name; the first block is for what they share. Raises NetprovError."""
    used = [next(IPv4Network(space).subnets(new_prefix=BLOCK_BITS))]
    found = {}
    for name in names:
        block = _picked(space, BLOCK_BITS, name, used)
        used.append(block)
        found[name] = str(block)
    return found


def shared_block(space: str) -> str:
    """The block of what a VPC's nodes share."""
    return str(next(IPv4Network(space).subnets(new_prefix=BLOCK_BITS)))


def subnets(block: str, zones: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Zone and addresses of each subnet of a block."""
    parts = IPv4Network(block).subnets(new_prefix=SUBNET_BITS)
    return tuple((zone, str(part)) for zone, part in zip(zones, parts, strict=False))


def _given(name: str, given: str, used: Iterable[IPv4Network]) -> IPv4Network:
    try:
        space = IPv4Network(given)
    except ValueError:
        raise NetprovError(f"{given}, the addresses of {name}, are no whole network", "end it with zeros") from None
    if not WIDEST_BITS <= space.prefixlen <= SPACE_BITS:
        raise NetprovError(
            f"{given}, the addresses of {name}, are no VPC of ours", f"give it a /{WIDEST_BITS} to a /{SPACE_BITS}"
        )
    clash = next((each for each in used if each.overlaps(space)), None)
    if clash:
        raise NetprovError(f"{given}, the addresses of {name}, overlap {clash}", "give it others")
    return space


def _picked(pool: str, bits: int, name: str, used: Iterable[IPv4Network]) -> IPv4Network:
    """The place that the name's digest points at, or the next one that is free."""
    whole = IPv4Network(pool, strict=False)
    count = 1 << max(bits - whole.prefixlen, 0)
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % count
    busy = tuple(used)
    size = 1 << (32 - bits)
    for step in range(count):
        here = IPv4Network((int(whole.network_address) + (start + step) % count * size, bits))
        if not any(each.overlaps(here) for each in busy):
            return here
    raise NetprovError(f"{pool} has no room left for {name}", f"it holds {count} networks of /{bits}: give it more")
